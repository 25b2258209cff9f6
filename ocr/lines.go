package ocr

import (
	"bytes"
	"cmp"
	"slices"
)

// Geometry of text, in millimetres on paper.
const (
	glyphMaxMM   = 9.0  // taller ink is a seal, a frame or a picture
	glyphMinMM   = 0.35 // smaller ink is dirt; a decimal point has 0.4 mm
	lineMinMM    = 1.4  // lowest line of text
	lineGapMM    = 3.0  // words further apart are separate pieces
	speckArea    = 3    // layout pixels
	lineOverlap  = 0.6  // share of the lower height that pieces of one line share
	blobMinMM    = 0.8  // a smaller piece, far from others, is dirt
	cellGap      = 3.5  // characters set wide in a cell, as in 户　名: gap against height
	lineMaxRatio = 90   // longest line against its height
)

// line is a piece of text that stands together.
type line struct {
	box
	cell int // index of the cell around it, -1 for none
}

// findLines groups ink that is not a rule into pieces of text; ink taller than
// tallest millimetres is none. Text in different cells never joins.
func findLines(in *ink, mask []uint8, rules *ruling, tallest float64) []line {
	text := in.blank()
	copy(text, mask)
	for i := 0; i < len(rules.mask); i++ {
		next := bytes.IndexByte(rules.mask[i:], 1)
		if next < 0 {
			break
		}
		i += next
		text[i] = 0
	}
	pieces, runs := components(text, in.w, in.h, 1)
	in.putBack(text)
	upright := rules.takeUpright(in, pieces)
	keep := make([]bool, len(pieces))
	for i, p := range pieces {
		size := max(p.w(), p.h())
		keep[i] = !upright[i] && p.area > speckArea && size >= in.px(glyphMinMM) && p.h() <= in.px(tallest) && p.w() <= 4*in.px(tallest)
	}
	gap := in.px(lineGapMM)
	smeared := in.blank()
	lastEnd, lastRow := -1, -1
	for _, r := range runs {
		if !keep[r.Component] {
			continue
		}
		from := r.X0
		if r.Y == lastRow && r.X0-lastEnd <= gap && !rules.between(r.Y*in.w+lastEnd, r.Y*in.w+r.X0) {
			from = lastEnd
		}
		for x := from; x < r.X1; x++ {
			smeared[r.Y*in.w+x] = 1
		}
		lastEnd, lastRow = r.X1, r.Y
	}
	blobs, _ := components(smeared, in.w, in.h, 1)
	in.putBack(smeared)
	var lines []line
	for _, b := range blobs {
		if max(b.w(), b.h()) < in.px(blobMinMM) {
			continue
		}
		cell := -1
		if cx, cy := b.centre(); len(rules.cellAt) > 0 {
			cell = int(rules.cellAt[cy*in.w+cx]) - 1
		}
		lines = append(lines, line{box: b.box, cell: cell})
	}
	lines = joinLines(in, lines)
	levelLines(lines, pieces, keep)
	return slices.DeleteFunc(lines, func(l line) bool {
		return l.h() < in.px(lineMinMM) || l.h() > in.px(tallest)*3/2 || l.w() > lineMaxRatio*l.h()
	})
}

// overshoot is the height, against the line's usual piece, from which a piece is
// a pen's stroke across the line and not part of it.
const overshoot = 1.5

// levelLines takes strokes that reach beyond a line of print, such as ticks,
// out of the line's height.
func levelLines(lines []line, pieces []component, keep []bool) {
	for i := range lines {
		l := &lines[i]
		var parts []component
		for k, p := range pieces {
			if x, y := p.centre(); keep[k] && l.contains(x, y) {
				parts = append(parts, p)
			}
		}
		usual := usualPieceHeight(parts)
		core, width := box{}, 0
		for _, p := range parts {
			if float64(p.h()) > overshoot*float64(usual) {
				continue
			}
			if width == 0 {
				core = p.box
			}
			core = core.union(p.box)
			width += p.w()
		}
		if float64(l.h()) > 1.2*float64(core.h()) && 2*width > l.w()/2 && core.h() > 0 {
			l.y0, l.y1 = core.y0, core.y1
		}
	}
}

// usualPieceHeight is the height that half the print of a line, by width, does
// not exceed; marks lower than half the tallest of that half count little.
func usualPieceHeight(parts []component) int {
	slices.SortFunc(parts, func(a, b component) int { return cmp.Compare(a.h(), b.h()) })
	total := 0
	for _, p := range parts {
		total += p.w()
	}
	sum := 0
	for _, p := range parts {
		if sum += p.w(); 10*sum >= 6*total {
			return p.h()
		}
	}
	return 0
}

// between reports a rule among the pixels from ≤ i < end of a row.
func (r *ruling) between(from, end int) bool {
	return len(r.mask) > 0 && slices.Contains(r.mask[from:end], 1)
}

// joinLines merges pieces that lie on one line and touch or nearly touch, until
// none is left to merge. Characters set wide join too, within a cell or behind the first
// of a line.
func joinLines(in *ink, lines []line) []line {
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.x0, b.x0) })
	for {
		merged := false
		for i := 0; i < len(lines); i++ {
			for j := i + 1; j < len(lines); j++ {
				if oneLine(in, lines[i], lines[j]) {
					lines[i].box = lines[i].union(lines[j].box)
					lines = slices.Delete(lines, j, j+1)
					j--
					merged = true
				}
			}
		}
		if !merged {
			return lines
		}
	}
}

func oneLine(in *ink, a, b line) bool {
	if a.cell != b.cell {
		return false
	}
	low := min(a.h(), b.h())
	share := float64(a.overlapY(b.box)) / float64(low)
	union := max(a.y1, b.y1) - min(a.y0, b.y0)
	if union > in.px(glyphMaxMM)*3/2 {
		return false
	}
	gap := -a.overlapX(b.box)
	switch {
	case gap <= 0: // above one another: parts of the same characters
		return share > 0 || -a.overlapY(b.box) <= in.px(0.5) && low < in.px(lineMinMM)
	case gap <= in.px(lineGapMM):
		return share >= lineOverlap
	default:
		first := a
		if b.x0 < a.x0 {
			first = b
		}
		return (a.cell >= 0 || first.lone()) && share >= lineOverlap && float64(gap) <= cellGap*float64(max(a.h(), b.h()))
	}
}

// lone reports whether a piece is as one Han character, which by itself says nothing:
// it may be the first of a label set wide.
func (l line) lone() bool {
	return float64(l.w()) >= 0.7*float64(l.h()) && float64(l.w()) <= shortLine*float64(l.h())
}
