package ocr

import (
	"context"
	"math"
	"slices"
	"unicode"
)

// formRows finds accounts stated as label and value: on one line, in
// neighbouring cells, or one below the other. Every account number is paired
// with the next balance.
func (r *Reader) formRows(ctx context.Context, p *page, hits []hit) ([]row, error) {
	var rows []row
	var open *row
	for _, h := range hits {
		switch h.role {
		case roleAccount:
			if b, ok := p.valueOf(h, looksLikeAccount); ok {
				open = &row{account: b}
			}
		case roleCurrency:
			if open != nil {
				open.currency = p.plainValueOf(h)
			}
		case roleBalance:
			if open == nil {
				continue
			}
			b, ok := p.valueOf(h, looksLikeAmount)
			if !ok { // as in a table, not before it has been read at full height
				t := p.neighbour(h, func(t *text) bool { return maybeAmount(t) || countDigits(t.glyphs) >= headingDigits })
				if t == nil {
					continue
				}
				if err := r.readTall(ctx, p, t); err != nil {
					return nil, err
				}
				if b, ok = p.valueOf(h, looksLikeAmount); !ok {
					continue
				}
			}
			open.balance, open.doubt = b, p.torn(h)
			rows = append(rows, *open)
			open = nil
		}
	}
	doubtFar(rows)
	return rows, nil
}

// doubtFar doubts balances that stand farther below their account than in other blocks of the form: lines between
// may not have been read, and the balance be another account's.
func doubtFar(rows []row) {
	below := func(w row) int { return w.balance.at.y0 - w.account.at.y0 }
	nearest := math.MaxInt
	for _, w := range rows {
		nearest = min(nearest, below(w))
	}
	for i, w := range rows {
		if below(w)-nearest > w.account.at.h() {
			rows[i].doubt = true
		}
	}
}

// neighbourMM bounds how far from its label a value may stand, to the right and
// below.
const (
	neighbourRightMM = 60.0
	neighbourBelowMM = 12.0
)

// valueOf finds the value a label announces: behind it, right of it, or below.
func (p *page) valueOf(h hit, looks func(*text) float64) (place, bool) {
	if h.hasValue() {
		rest := &text{line: h.text.line, glyphs: h.text.glyphs[h.valueFrom():h.next]}
		if looks(rest) < looksRight && !(h.goesOn() && startsLikeValue(rest)) {
			return place{}, false
		}
		b := h.valueBox()
		last := p.lastBefore(h)
		b.x0 = min(b.x0, int(h.text.glyphs[last].middle()+h.text.halfWidth(last))) // the first glyph of a value may not have been read
		if last < h.end {                                                          // no colon between
			b.x0 = p.paperNear(b.x0, int(h.text.glyphs[last+1].middle()), h.text.box)
		}
		out := p.freePlace(b)
		out.at.x0, out.limit.x0 = b.x0, b.x0 // the label stands there
		if h.next < len(h.text.glyphs) {
			out.at.x1, out.limit.x1 = b.x1, b.x1
		}
		return out, true
	}
	if t := p.neighbour(h, func(t *text) bool { return looks(t) >= looksRight }); t != nil {
		out := p.freePlace(t.box)
		if label := h.labelBox(); label.x1 <= t.x0 { // No. reads as 0 before a number
			end := min(label.x1+p.ink.px(cellInsetMM), t.x0)
			out.at.x0, out.limit.x0 = max(out.at.x0, end), max(out.limit.x0, end)
		}
		return out, true
	}
	return place{}, false
}

// lastBefore is the glyph behind which the value of a label begins: the last before it, but no comma with print before it that was not
// read, as the 2 of 余额2,131.
func (p *page) lastBefore(h hit) int {
	t, last := h.text, h.valueFrom()-1
	inked := inkedColumns(p.ink.black, t.box)
	for i := last; i >= h.end && isSeparator(t.glyphs[i].char); i-- {
		print := 0
		for x := int(t.glyphs[i-1].middle() + t.halfWidth(i-1)); x < int(t.glyphs[i].middle()-t.halfWidth(i)); x++ {
			if inked(x) {
				print++
			}
		}
		if float64(print) > besideColumns*float64(t.h()) {
			last = i - 1
		}
	}
	return last
}

// paperNear is the end of the paper between two glyphs of a line about x, and no farther than end, where a value begins:
// glyphs are read roughly at their middle, and the edge of 额 before figures is a 1 to both readers. It is the
// widest, or the first that is hardly narrower: behind it a sign may stand.
func (p *page) paperNear(x, end int, line box) int {
	level := trimLevel * inkLevelIn(p.ink.black, line, minInk)
	inked := func(x int) bool { // the sign is a pixel high
		for y := line.y0; y < line.y1; y++ {
			if p.ink.black.At(x, y) > level {
				return true
			}
		}
		return false
	}
	reach := int(valueNear * float64(line.h()))
	var gaps [][2]int
	widest := 0
	for i := max(line.x0, x-reach); i <= min(line.x1, x+reach, end); i++ {
		from := i
		for i < line.x1 && !inked(i) {
			i++
		}
		if i > from {
			gaps, widest = append(gaps, [2]int{from, i}), max(widest, i-from)
		}
	}
	for _, g := range gaps {
		if float64(g[1]-g[0]) >= valuePaper*float64(widest) {
			return g[1]
		}
	}
	return x
}

const (
	valueNear  = 0.4 // heights of the line, how far from where it was read a value may begin: less than half of a figure and of a character in two parts
	valuePaper = 0.6 // of the widest paper there
)

// startsLikeValue reports whether what was read of a value is in keeping with a
// number of any kind.
func startsLikeValue(t *text) bool {
	return !t.hasHan()
}

func (t *text) hasHan() bool {
	return slices.ContainsFunc(t.glyphs, func(g placed) bool { return unicode.Is(unicode.Han, g.char) })
}

// plainValueOf is the text a label announces.
func (p *page) plainValueOf(h hit) string {
	if h.hasValue() {
		return (&text{glyphs: h.text.glyphs[h.valueFrom():h.next]}).String()
	}
	if t := p.neighbour(h, func(t *text) bool { return len(t.glyphs) > 0 && len(t.hits()) == 0 }); t != nil {
		return t.String()
	}
	return ""
}

// neighbour finds the piece nearest to a label, right of it on its line or
// below it.
func (p *page) neighbour(h hit, fits func(*text) bool) *text {
	label := h.labelBox()
	var best *text
	nearest := 0
	var others []box // labels whose value may be there
	for _, o := range p.findHits() {
		if !o.hasValue() && (o.text != h.text || o.from != h.from) {
			others = append(others, o.labelBox())
		}
	}
	for _, t := range p.texts {
		if t == h.text || !fits(t) {
			continue
		}
		right, below := t.x0-label.x1, t.y0-label.y1
		var far int
		switch {
		case float64(t.overlapY(label)) >= sameRow*float64(min(t.h(), label.h())) && right >= -2 && right <= p.ink.px(neighbourRightMM):
			far = right
		case t.overlapX(label) > 0 && below >= -2 && below <= p.ink.px(neighbourBelowMM):
			far = 2 * below // the right is the likelier place
		default:
			continue
		}
		announced := func(o box) bool { // on the line of the value, and nearer
			return 2*o.overlapY(t.box) >= min(o.h(), t.h()) && o.x1 <= t.x0+2 && (right < 0 || o.x0 >= label.x1)
		}
		if (best == nil || far < nearest) && !slices.ContainsFunc(others, announced) {
			best, nearest = t, far
		}
	}
	return best
}
