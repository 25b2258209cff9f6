package ocr

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"heyin/imaging"
	"heyin/models"
)

// ErrPoorSample says that a page was not read well enough to learn its form.
var ErrPoorSample = errors.New("learn from a clean scan of a slip that heyin read reads whole: number, accounts and answer")

// Print is learnt when it was read with such confidence, and no coloured ink of a stamp or
// pen lies on it.
const (
	learntConfidence = 0.8
	learntInk        = 0.02 // mean density
)

// Learn reads a sample of a form and gives its layout. codes are the bar codes of the
// sheet. ErrPoorSample where the sample does not show what a layout needs.
func (r *Reader) Learn(ctx context.Context, sheet *imaging.Sheet, codes []models.Code, name string) (Layout, error) {
	defer func() { r.last = nil }()
	reading, err := r.readPicture(ctx, sheet.Image, sheet.DPI, codes)
	if err != nil {
		return Layout{}, err
	}
	p := r.last
	if !reading.StatementNo.Agreed || !allAgreed(reading.Accounts) || !p.answerPlace {
		return Layout{}, ErrPoorSample
	}
	hits := p.findHits()
	rows, err := r.tableRows(ctx, p, hits)
	if err != nil {
		return Layout{}, err
	}
	l := Layout{Version: layoutVersion, Name: name}
	tables := tablesOf(rows)
	zone := p.resultZone(hits, nil)
	labels := 0
	for i := range len(tables) + 1 { // above, between and below the tables
		part := box{0, 0, p.ink.w, p.ink.h}
		if i > 0 {
			part.y0 = tables[i-1].y1
		}
		if i < len(tables) {
			part.y1 = tables[i].y0
		}
		b, err := r.learnBlock(ctx, p, part, hits, zone)
		if err != nil {
			return Layout{}, err
		}
		if len(b.Labels) > 0 {
			if i < len(tables) {
				b.Fields = append(b.Fields, p.firstRow(rows, tables[i])...)
			}
			l.Blocks = append(l.Blocks, b)
			labels += len(b.Labels)
		}
	}
	if labels < fewestLabels {
		return Layout{}, ErrPoorSample
	}
	return l, nil
}

// tablesOf gives where the rows of each table stand, top down.
func tablesOf(rows []row) []box {
	var tables []box
	last := -1
	for _, w := range rows {
		b := w.account.at.union(w.balance.at)
		if w.group == last {
			b = b.union(tables[len(tables)-1])
			tables = tables[:len(tables)-1]
		}
		tables, last = append(tables, b), w.group
	}
	slices.SortFunc(tables, func(a, b box) int { return cmp.Compare(a.y0, b.y0) })
	return tables
}

// firstRow is where the first account of a table stands.
func (p *page) firstRow(rows []row, table box) []LayoutField {
	i := slices.IndexFunc(rows, func(w row) bool { return min(w.account.at.y0, w.balance.at.y0) == table.y0 })
	return []LayoutField{{roleAccount, p.place(rows[i].account.at)}, {roleBalance, p.place(rows[i].balance.at)}}
}

// place is a box in millimetres, to a tenth.
func (p *page) place(b box) layoutPlace {
	tenth := func(px int) float64 { return math.Round(10*p.mm(px)) / 10 }
	return layoutPlace{tenth(b.x0), tenth(b.y0), max(0.1, tenth(b.w())), max(0.1, tenth(b.h()))}
}

// learnBlock learns what is printed in a part of the page; zone is the place of the answer.
// Where no label of a field is printed, another known word serves.
func (r *Reader) learnBlock(ctx context.Context, p *page, part box, hits []hit, zone []box) (b LayoutBlock, err error) {
	looks := map[role]func(*text) float64{roleStatement: looksLikeNumber, roleCutOff: looksLikeDate}
	var labels, spare []hit
	for _, h := range hits {
		switch x, y := h.labelBox().centre(); {
		case h.from > 0 || !part.contains(x, y):
		case h.role == roleOther:
			spare = append(spare, h)
		default:
			labels = append(labels, h)
			if looks[h.role] == nil {
				continue
			}
			if at, ok := p.valueOf(h, looks[h.role]); ok {
				b.Fields = append(b.Fields, LayoutField{h.role, p.place(at.at)})
			}
		}
	}
	if len(labels) == 0 {
		labels = spare[:min(1, len(spare))]
	}
	for _, h := range labels {
		l := LayoutLabel{Text: h.text.String()[:len(string(h.text.runes()[:h.end]))], Names: h.role, At: p.place(h.labelBox())}
		if h.text.cell >= 0 {
			at := p.place(p.rules.cells[h.text.cell].box)
			l.Cell = layoutSize{at[2], at[3]}
		}
		b.Labels = append(b.Labels, l)
	}
	for _, t := range p.texts {
		x, y := t.centre()
		isLabel := slices.ContainsFunc(labels, func(h hit) bool { return h.text == t })
		if !part.contains(x, y) || isLabel || t.extent == unread || tells(t) {
			continue
		}
		print := LayoutPrint{layoutWords(t.String()), t.extent == headRead, p.place(t.box)}
		if err := r.ensure(ctx, p, wholeRead, t); err != nil {
			return b, err
		}
		if p.isForms(t, zone) {
			b.Print = append(b.Print, print)
		}
	}
	return b, nil
}

// isForms reports whether a piece, read whole, is print of the form: it holds words known
// to stand on forms; in the place of the answer, a printed explanation.
func (p *page) isForms(t *text, zone []box) bool {
	if t.confidence < learntConfidence || !isInstruction(t.String()) && (len(t.hits()) == 0 || inZone(t.box, zone)) {
		return false
	}
	for _, plane := range []*imaging.Plane{p.ink.warm, p.ink.cool} {
		if plane != nil && meanOf(plane, t.box) > learntInk {
			return false
		}
	}
	return true
}
