package ocr

import (
	"math"
	"slices"

	"heyin/models"
)

// A balance replaced as a whole is even in itself. It is held against the other
// balances of the page, and its paper against that beside it.

// Limits for whole balances.
const (
	shapesTold  = 3    // digits of a balance that occur elsewhere tell of its typeface
	shapeTimes  = 4.0  // what two typefaces lack of likeness, against what one does
	patchGapMM  = 2.0  // of a patch beyond the print: less is cut away
	patchFarMM  = 5.0  // from the print, where the paper must be the page's own again
	patchLight  = 0.01 // least change on either side, where both show it
	patchStepMM = 0.5  // width of a column whose paper is measured
	patchSlant  = 1.5  // times what the light changes over the way: it may change faster
	patchPrint  = 0.06 // darker than the lightest paper of a column by so much is print;
	// its fringe of blur and of JPEG's waves is so wide, and this share of a column is bare.
	patchFringeMM, patchBare = 0.2, 0.1
)

// oddLines finds balances that as a whole were not printed like the others, by their
// place in lines. Of two that differ nothing says which; both are named.
func oddLines(lines [][]figure) map[int]models.Oddity {
	odd := map[int]models.Oddity{}
	var judged []int
	for i, line := range lines {
		if len(line) >= fewestFigures {
			judged = append(judged, i)
		}
	}
	for _, i := range judged {
		var others [][]figure
		for _, k := range judged {
			if k != i {
				others = append(others, lines[k])
			}
		}
		if o, ok := oddLine(lines[i], others); ok {
			odd[i] = o
		}
	}
	if n := len(judged); n > 2 && 2*len(odd) > n { // it is the measure that fails
		clear(odd)
	}
	return odd
}

func oddLine(line []figure, others [][]figure) (models.Oddity, bool) {
	if len(others) == 0 {
		return "", false
	}
	over := func(of func(f figure) float64) (own, usual, spread float64) {
		var values []float64
		for _, o := range others {
			values = append(values, medianOf(o, of))
		}
		usual = median(values)
		for i, v := range values {
			values[i] = math.Abs(v - usual)
		}
		return medianOf(line, of), usual, median(values)
	}
	for _, m := range []struct {
		oddity models.Oddity
		limit  float64
		share  bool // the limit is of the usual value
		of     func(f figure) float64
	}{
		{models.OddSize, sizeShare, true, func(f figure) float64 { return f.bottom - f.top }},
		{models.OddStroke, strokeShare, true, func(f figure) float64 { return f.stroke }},
		{models.OddInk, inkLight, false, func(f figure) float64 { return f.shade }},
		{models.OddInk, inkLight, false, func(f figure) float64 { return f.hue }},
	} {
		own, usual, spread := over(m.of)
		if m.share {
			m.limit *= usual
		}
		if off := math.Abs(own - usual); off > m.limit && off > beyondSpread*spread {
			return m.oddity, true
		}
	}
	// Shapes: against the other balances, and within each side.
	var across, within []float64
	gather := func(into *[]float64, from, to []figure) {
		for _, f := range from {
			if best, n := likest(f, to); n > 0 {
				*into = append(*into, best)
			}
		}
	}
	var rest []figure
	for _, o := range others {
		rest = append(rest, o...)
	}
	gather(&across, line, rest)
	gather(&within, line, line)
	gather(&within, rest, rest)
	if len(across) < shapesTold || len(within) < shapesTold {
		return "", false
	}
	if like := median(across); like < shapeLike && 1-like > shapeTimes*(1-median(within)) {
		return models.OddShape, true
	}
	return "", false
}

// onPatch reports whether a balance stands on a piece of other paper: at once beside the
// print the paper is another, the same way on both sides. Where one side is not bare,
// the other must be clearly so, and have the paper of the account's number.
func (p *page) onPatch(balance, number []figure) (bool, error) {
	inside, beside, err := p.paperOf(balance)
	if err != nil || len(inside) < 4 {
		return false, err
	}
	row, _, err := p.paperOf(number)
	if err != nil {
		return false, err
	}
	half := len(inside) / 2
	ends := [2]float64{median(inside[:half]), median(inside[half:])}
	slope := math.Abs(ends[1]-ends[0]) / float64(half) // a column
	way := float64(half)/2 + (patchGapMM+patchFarMM)/2/patchStepMM
	var jumps []float64
	clear := false
	for side, paper := range beside {
		if len(paper) == 0 {
			continue
		}
		noise := slices.Max(paper) - slices.Min(paper)
		if noise > paperLight { // print, a rule, a crease
			continue
		}
		jump := ends[side] - median(paper)
		jumps = append(jumps, jump)
		clear = math.Abs(jump) > paperLight+patchSlant*slope*way+noise && 2*math.Abs(median(paper)-median(row)) < math.Abs(jump)
	}
	switch len(jumps) {
	case 0:
		return false, nil
	case 1:
		return clear && len(row) > 0, nil
	}
	least, both := min(math.Abs(jumps[0]), math.Abs(jumps[1])), math.Abs(jumps[0]+jumps[1])/2
	return jumps[0]*jumps[1] > 0 && least > patchLight && both > paperLight, nil
}

// paperIn is the light that the paper in some columns throws back; ok is false where print
// and its fringe, so many pixels wide, leave too little of it. Were print left in, paper
// between figures would seem darker than that beside them, the more the bolder they are.
func (r raster) paperIn(x0, x1, fringe int) (light float64, ok bool) {
	all := make([]float64, 0, (x1-x0)*r.h)
	for y := range r.h {
		for x := x0; x < x1; x++ {
			all = append(all, r.light(r.channels*(y*r.w+x)))
		}
	}
	least := slices.Sorted(slices.Values(all))[len(all)*19/20] - patchPrint
	var bare []float64
	for i, v := range all {
		x, y := x0+i%(x1-x0), i/(x1-x0)
		clear := true
		for v := max(0, y-fringe); v <= min(r.h-1, y+fringe) && clear; v++ {
			for u := max(0, x-fringe); u <= min(r.w-1, x+fringe) && clear; u++ {
				clear = r.light(r.channels*(v*r.w+u)) > least
			}
		}
		if clear {
			bare = append(bare, v)
		}
	}
	return median(bare), float64(len(bare)) >= patchBare*float64(len(all))
}

// paperOf is the light that the paper between some figures throws back, by columns of
// patchStepMM, and that of the paper to their left and right.
func (p *page) paperOf(line []figure) (inside []float64, beside [2][]float64, err error) {
	if len(line) == 0 {
		return nil, beside, nil
	}
	px := p.ink.perMM * p.ink.scale
	far, gap := int(patchFarMM*px), int(patchGapMM*px)
	first, last := line[0].at, line[len(line)-1].at
	at := models.Box{X: first.X, Y: max(first.Y, last.Y), W: last.X + last.W - first.X}
	at.H = min(first.Y+first.H, last.Y+last.H) - at.Y // no paper above or below: the patch may end there
	box := p.image.Clip(models.Box{X: at.X - far, Y: at.Y, W: at.W + 2*far, H: at.H})
	if box.W <= 0 || box.H <= 0 {
		return nil, beside, nil
	}
	crop, err := p.image.Crop(box)
	if err != nil {
		return nil, beside, err
	}
	defer crop.Close()
	raw := rasterOf(crop)
	left, right := at.X-box.X, at.X+at.W-box.X
	step, fringe := max(2, int(patchStepMM*px)), int(math.Ceil(patchFringeMM*px))
	columns := func(from, to int) (out []float64) {
		for x := max(0, from); x+step <= min(raw.w, to); x += step {
			if light, ok := raw.paperIn(x, x+step, fringe); ok {
				out = append(out, light)
			}
		}
		return out
	}
	return columns(left, right), [2][]float64{columns(left-far, left-gap), columns(right+gap, right+far)}, nil
}
