package ocr

import (
	"bytes"
	"slices"

	"heyin/imaging"
)

// Geometry of ruled lines, in millimetres on paper.
const (
	ruleRunMM      = 6.0 // a straight stretch longer than any stroke of body text
	ruleColumnMM   = 4.6 // the same for vertical rules: less than a table row
	ruleLengthMM   = 9.0 // shortest horizontal rule
	ruleHeightMM   = 4.6 // shortest vertical rule: a table row
	ruleThickMM    = 1.2
	ruleSlender    = 3    // lengths of a thick piece that make a run through it a rule
	ruleSlope      = 0.02 // residual skew, folds
	ruleGapMM      = 0.5  // worn print
	ruleReachMM    = 2.0  // rules end short of each other by less
	minCellWidthMM = 4.0
	minCellHighMM  = 3.2
	minCellFill    = 0.75 // share of the bounding box: cells are rectangles
)

// ruling is the ruled lines of a page and the cells they enclose.
type ruling struct {
	mask  []uint8 // 1 on a rule; empty when there is none
	cells []cell
	// cellAt maps a layout pixel to 1 + the index of its cell, 0 for none; empty with mask.
	cellAt []uint16
}

// cell is a rectangle enclosed by rules: a table cell, or a framed field.
type cell struct{ box }

// noRules is the ruling of a picture without rules: the frame of a stamp is none.
var noRules = &ruling{}

// findRules finds the ruled lines of a mask, and the cells.
func findRules(in *ink, mask []uint8) *ruling {
	w, h := in.w, in.h
	rules := &ruling{mask: make([]uint8, w*h), cellAt: make([]uint16, w*h)}
	barrier := in.blank()
	reach := in.px(ruleReachMM)

	for _, r := range apartFromText(in, mask, straight(in, mask, w, h, in.px(ruleRunMM), in.px(ruleLengthMM))) {
		paint(rules.mask, w, h, r.Y-1, r.Y+2, r.X0, r.X1)
		paint(barrier, w, h, r.Y, r.Y+1, r.X0-reach, r.X1+reach)
	}
	turned := in.blank()
	transpose(turned, mask, w, h)
	for _, r := range straight(in, turned, h, w, in.px(ruleColumnMM), in.px(ruleHeightMM)) {
		// Here y counts columns and x rows.
		paint(rules.mask, w, h, r.X0, r.X1, r.Y-1, r.Y+2)
		paint(barrier, w, h, r.X0-reach, r.X1+reach, r.Y, r.Y+1)
	}
	rules.findCells(in, barrier)
	in.putBack(barrier, turned)
	return rules
}

// straight gives the horizontal runs that belong to ruled lines: runs at least
// minRun long, worn gaps closed, in thin connected pieces at least minLength
// long.
func straight(in *ink, mask []uint8, w, h, minRun, minLength int) []imaging.Run {
	gap := in.px(ruleGapMM)
	long := in.blank()
	for y := range h {
		row := mask[y*w : (y+1)*w]
		start, end, inked := -1, -1, 0
		flush := func() {
			// A run through text has holes; a rule is nearly all ink.
			if start >= 0 && end-start >= minRun && inked*10 >= (end-start)*8 {
				for x := start; x < end; x++ {
					long[y*w+x] = 1
				}
			}
			start, inked = -1, 0
		}
		for x := 0; x < w; x = end {
			next := bytes.IndexByte(row[x:], 1)
			if next < 0 {
				break
			}
			if x += next; start >= 0 && x-end > gap {
				flush()
			}
			if start < 0 {
				start = x
			}
			if end = x + bytes.IndexByte(row[x:], 0); end < x {
				end = w
			}
			inked += end - x
		}
		flush()
	}
	pieces, runs := components(long, w, h, 1)
	in.putBack(long)
	var out []imaging.Run
	for _, r := range runs {
		p := pieces[r.Component]
		thick := in.px(ruleThickMM) + int(ruleSlope*float64(p.w()))
		// A rule that runs into something thick, such as a punched hole, is told by
		// its own length.
		if p.w() >= minLength && (p.h() <= thick || r.X1-r.X0 >= max(minLength, ruleSlender*p.h())) {
			out = append(out, r)
		}
	}
	return out
}

// The tops or feet of bold figures make a straight run, too: between them there is paper, and
// above or below print goes on in every stroke. Above or below a rule, however worn, it goes on
// in a few columns, where something crosses it; a stroke through words has no paper in it.
// Measured: of 694 pieces over 60 mm, which are rules, print goes on in more than 0.10 of the
// columns of two (108 pages); of 67 runs beside which it goes on, those of pens, stamps and
// creases have paper in 0.03 at most, those of figures in 0.09 or more (14 pages).
const (
	goesOnMM    = 0.6
	goesOnShare = 0.10
	paperShare  = 0.06
)

// apartFromText leaves out those of the horizontal runs, given row by row, whose pieces are
// parts of print: taken for rules they would be erased.
func apartFromText(in *ink, mask []uint8, runs []imaging.Run) []imaging.Run {
	pieces := map[int][]imaging.Run{}
	for _, r := range runs {
		pieces[r.Component] = append(pieces[r.Component], r)
	}
	far := in.px(goesOnMM)
	goesOn := func(x, y, step int) bool {
		for range far {
			if y += step; y < 0 || y >= in.h || mask[y*in.w+x] == 0 {
				return false
			}
		}
		return true
	}
	text := map[int]bool{}
	top, bottom := make([]int, in.w), make([]int, in.w) // a piece's first and last row by column
	for id, piece := range pieces {
		x0, x1 := in.w, 0
		for _, r := range piece {
			x0, x1 = min(x0, r.X0), max(x1, r.X1)
		}
		for x := x0; x < x1; x++ {
			top[x] = in.h
		}
		for _, r := range piece {
			for x := r.X0; x < r.X1; x++ {
				top[x], bottom[x] = min(top[x], r.Y), r.Y
			}
		}
		strokes, gaps := 0, 0
		for x := x0; x < x1; x++ {
			if top[x] == in.h {
				continue
			}
			if goesOn(x, top[x], -1) || goesOn(x, bottom[x], 1) {
				strokes++
			}
			inked := false
			for y := top[x]; y <= bottom[x] && !inked; y++ {
				inked = mask[y*in.w+x] != 0
			}
			if !inked {
				gaps++
			}
		}
		wide := float64(x1 - x0)
		text[id] = float64(strokes) > goesOnShare*wide && float64(gaps) > paperShare*wide
	}
	return slices.DeleteFunc(runs, func(r imaging.Run) bool { return text[r.Component] })
}

// paint sets the pixels y0 ≤ y < y1, x0 ≤ x < x1 that lie in the page.
func paint(mask []uint8, w, h, y0, y1, x0, x1 int) {
	for y := max(0, y0); y < min(h, y1); y++ {
		for x := max(0, x0); x < min(w, x1); x++ {
			mask[y*w+x] = 1
		}
	}
}

// Upright pieces as thin and slender as this are pieces of rules, where a page has so many:
// worn or slanting print is not found as one straight run, and is read as a 1 beside
// figures. Of a 1 the stroke is a tenth of the height.
const (
	uprightThickMM = 0.6
	uprightSlender = 12 // times as high as wide
	fewestUpright  = 3
)

// takeUpright adds to the rules those pieces of a mask that are parts of upright ones, and
// tells which they are.
func (r *ruling) takeUpright(in *ink, pieces []component) []bool {
	taken := make([]bool, len(pieces))
	n := 0
	for i, p := range pieces {
		taken[i] = p.w() <= in.px(uprightThickMM) && p.h() >= max(in.px(ruleHeightMM), uprightSlender*p.w())
		if taken[i] {
			n++
		}
	}
	if n < fewestUpright || len(r.mask) == 0 {
		return make([]bool, len(pieces))
	}
	for i, p := range pieces {
		if taken[i] {
			paint(r.mask, in.w, in.h, p.y0-1, p.y1+1, p.x0-1, p.x1+1)
		}
	}
	return taken
}

// findCells takes for a cell each rectangular piece of paper that the barrier
// shuts in.
func (r *ruling) findCells(in *ink, barrier []uint8) {
	// The barrier is a pixel thin where it steps sideways; thicken it so that the
	// 8-connected search cannot slip through a diagonal.
	shut := in.blank()
	for y := range in.h {
		row := barrier[y*in.w : (y+1)*in.w]
		for x := 0; x < in.w; x++ {
			next := bytes.IndexByte(row[x:], 1)
			if next < 0 {
				break
			}
			x += next
			paint(shut, in.w, in.h, y, y+2, x, x+2)
		}
	}
	pieces, runs := components(shut, in.w, in.h, 0)
	in.putBack(shut)
	index := make([]uint16, len(pieces))
	for i, p := range pieces {
		if p.w() < in.px(minCellWidthMM) || p.h() < in.px(minCellHighMM) {
			continue
		}
		if p.x0 == 0 || p.y0 == 0 || p.x1 == in.w || p.y1 == in.h {
			continue
		}
		if float64(p.area) < minCellFill*float64(p.w()*p.h()) {
			continue
		}
		r.cells = append(r.cells, cell{p.box})
		index[i] = uint16(len(r.cells))
	}
	for _, run := range runs {
		if id := index[run.Component]; id != 0 {
			for x := run.X0; x < run.X1; x++ {
				r.cellAt[run.Y*in.w+x] = id
			}
		}
	}
}
