package ocr

import (
	"context"
	"slices"
	"unicode"
)

// tornGap is the paper, in heights, between the lines of a label in one cell.
const tornGap = 1.2

// joinTorn makes one piece of a label printed in two: set wide behind a number (1.账　号), or, of the
// answer, in two lines of a cell (核对 above 结果). The number is left out.
func (r *Reader) joinTorn(ctx context.Context, p *page) error {
	for i := 0; i < len(p.texts); i++ {
		a := p.texts[i]
		if a.extent != wholeRead || len(a.glyphs) == 0 || len(a.hits()) > 0 {
			continue
		}
		for k, b := range p.texts {
			wide, stacked := a.numbered() && a.setWideBefore(b), a.cell >= 0 && a.aboveInCell(b)
			if !wide && !stacked {
				continue
			}
			if err := r.ensure(ctx, p, wholeRead, b); err != nil {
				return err
			}
			first := a.glyphs
			if wide {
				first = first[len(first)-1:]
			}
			joined := &text{line: line{a.union(b.box), a.cell}, glyphs: slices.Concat(first, b.glyphs), confidence: min(a.confidence, b.confidence), extent: wholeRead}
			if wide {
				joined.x0 = int(first[0].middle() - a.halfWidth(len(a.glyphs)-1))
			}
			name := joined.runes()
			for len(name) > 0 && isSeparator(name[len(name)-1]) {
				name = name[:len(name)-1]
			}
			if role := roleOf(name); wide && role != roleNone || stacked && role == roleResult {
				p.texts[i] = joined
				p.texts = slices.Delete(p.texts, k, k+1)
				i = -1 // indices have moved
				break
			}
		}
	}
	return nil
}

// numbered reports whether one Han character stands behind a number.
func (t *text) numbered() bool {
	n := len(t.glyphs) - 1
	return n > 0 && unicode.Is(unicode.Han, t.glyphs[n].char) && !slices.ContainsFunc(t.glyphs[:n], func(g placed) bool { return unicode.IsLetter(g.char) })
}

// setWideBefore reports whether other goes on where t ends, as characters set wide do.
func (t *text) setWideBefore(other *text) bool {
	gap := other.x0 - t.x1
	return gap > 0 && float64(gap) <= cellGap*float64(max(t.h(), other.h())) && float64(t.overlapY(other.box)) >= lineOverlap*float64(min(t.h(), other.h()))
}

// aboveInCell reports whether t and other stand one below the other in a cell, begun alike.
func (t *text) aboveInCell(other *text) bool {
	gap := other.y0 - t.y1
	return t.cell == other.cell && gap >= 0 && float64(gap) <= tornGap*float64(t.h()) && 2*abs(t.x0-other.x0) <= t.h() && t.w() <= 3*t.h()
}
