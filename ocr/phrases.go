package ocr

import (
	"context"
	"slices"

	"heyin/imaging"
)

// Geometry of answers written or stamped, in millimetres on paper.
const (
	writtenMaxMM    = 13.0 // tallest character of pen or stamp
	writtenMinMM    = 2.2
	writtenMinWide  = 4.0
	writtenMaxWide  = 90.0
	zoneBelowMM     = 16.0 // an answer stands at most so far below its label
	zoneAboveMM     = 4.0
	sealMinMM       = 15.0 // a piece of coloured ink this large is a seal
	maxOutsideZone  = 4    // pieces read when the place of the answer is empty
	zoneInkMinShare = 0.4  // of a piece's area that lies in the zone
)

// written is a piece of ink that may be the answer.
type written struct {
	box
	plane  func(inks) *imaging.Plane
	form   string // stamped or handwritten
	inZone bool
}

// Forms of the mark.
const (
	formTick        = "tick"
	formHandwritten = "handwritten"
	formStamped     = "stamped"
	formNone        = "none"
)

func warmInk(i inks) *imaging.Plane  { return i.warm }
func coolInk(i inks) *imaging.Plane  { return i.cool }
func blackInk(i inks) *imaging.Plane { return i.black }
func totalInk(i inks) *imaging.Plane { return i.total }

// writtenPieces lists the ink that may be an answer: coloured anywhere, black
// in the zone only, where it is no print of the form.
func (p *page) writtenPieces(zone []box, options []option, hits []hit) []written {
	var out []written
	if p.ink.warm != nil {
		out = append(out, p.coloured(coolInk, formHandwritten, zone)...)
		out = append(out, p.coloured(warmInk, formStamped, zone)...)
	}
	for _, t := range p.texts {
		if !inZone(t.box, zone) || isInstruction(t.String()) || slices.ContainsFunc(options, func(o option) bool { return o.text == t }) {
			continue
		}
		b, ok := p.unprinted(t, hits)
		if !ok || slices.ContainsFunc(out, func(w written) bool { return w.overlapX(b) > b.w()/2 && w.overlapY(b) > b.h()/3 }) {
			continue
		}
		out = append(out, written{box: b, plane: totalInk, form: formHandwritten, inZone: true})
	}
	return slices.DeleteFunc(out, func(w written) bool {
		return w.h() < p.ink.px(writtenMinMM) || w.w() < p.ink.px(writtenMinWide) || w.w() > p.ink.px(writtenMaxWide)
	})
}

// unprinted is the part of a black piece that is not a printed label; false when
// none is left.
func (p *page) unprinted(t *text, hits []hit) (box, bool) {
	for _, h := range hits {
		if h.text != t {
			continue
		}
		if h.role == roleResult && h.hasValue() {
			return h.valueBox(), true
		}
		return box{}, false
	}
	return t.box, true
}

// coloured finds pieces of coloured writing outside seals.
func (p *page) coloured(plane func(inks) *imaging.Plane, form string, zone []box) []written {
	mask := p.ink.mask(plane(p.ink.inks))
	pieces, _ := components(mask, p.ink.w, p.ink.h, 1)
	var seals []box
	for _, c := range pieces {
		if c.h() >= p.ink.px(sealMinMM) && c.w() >= p.ink.px(writtenMinWide) || c.w() >= p.ink.px(sealMinMM) && c.h() >= p.ink.px(writtenMaxMM) {
			seals = append(seals, c.box)
		}
	}
	var out []written
	for _, l := range findLines(p.ink, mask, p.rules, writtenMaxMM) {
		x, y := l.centre()
		if slices.ContainsFunc(seals, func(s box) bool { return s.contains(x, y) }) {
			continue
		}
		out = append(out, written{box: l.box, plane: plane, form: form, inZone: inZone(l.box, zone)})
	}
	return out
}

// inZone reports whether enough of b lies in the zone.
func inZone(b box, zone []box) bool {
	for _, z := range zone {
		if x, y := b.overlapX(z), b.overlapY(z); x > 0 && y > 0 && float64(x*y) >= zoneInkMinShare*float64(b.w()*b.h()) {
			return true
		}
	}
	return false
}

// resultZone is where the form asks for the answer: the cells beside its label,
// or the paper right of the label and below.
func (p *page) resultZone(hits []hit, options []option) []box {
	var zone []box
	around := func(b box) box {
		return box{b.x0 - p.ink.px(2), b.y0 - p.ink.px(zoneAboveMM), p.ink.w, b.y1 + p.ink.px(zoneBelowMM)}
	}
	for _, h := range hits {
		if h.role != roleResult {
			continue
		}
		if h.text.cell < 0 {
			zone = append(zone, around(h.labelBox()))
			continue
		}
		own := p.rules.cells[h.text.cell].box
		zone = append(zone, own)
		for _, c := range p.rules.cells {
			if c.x0 >= own.x1-2 && float64(c.overlapY(own)) >= sameRow*float64(min(c.h(), own.h())) {
				zone = append(zone, c.box)
			}
		}
	}
	if len(zone) == 0 {
		for _, o := range options {
			zone = append(zone, around(o.word))
		}
	}
	return zone
}

// readWritten reads one piece in several views and keeps the most telling: a
// view that says differ or is unclear outweighs one that agrees.
func (r *Reader) readWritten(ctx context.Context, p *page, w written) (phraseReading, error) {
	b := w.box.grow(p.ink.px(lineMarginMM))
	cut, err := p.ink.cut(p.image, p.ink.sheetBox(b))
	if err != nil {
		return phraseReading{}, err
	}
	var views []*strip
	for _, plane := range []func(inks) *imaging.Plane{w.plane, totalInk} {
		pl := plane(cut.inks)
		level := inkLevel(pl, minInk)
		where := trim(pl, trimLevel*level)
		if where.w() < 8 || where.h() < 8 {
			continue
		}
		views = append(views, newStrip(pl, where, level))
	}
	lattices, err := r.first.recognise(ctx, views)
	if err != nil {
		return phraseReading{}, err
	}
	var best phraseReading
	for i, l := range lattices {
		if reading := readPhrase(l); i == 0 || reading.fit > best.fit {
			best = reading
		}
	}
	for _, l := range lattices {
		reading := readPhrase(l)
		if best.opinion == opinionAgree && (reading.opinion == opinionDiffer || reading.opinion == opinionUnclear) {
			best.opinion = opinionUnclear
		}
	}
	return best, nil
}
