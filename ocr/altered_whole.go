package ocr

import (
	"math"

	"heyin/models"
)

// A balance replaced as a whole is even in itself. It is held against the other
// balances of the page, and its paper against that beside it.

// Limits for whole balances.
const (
	shapesTold = 3   // digits of a balance that occur elsewhere tell of its typeface
	shapeTimes = 4.0 // what two typefaces lack of likeness, against what one does
	patchGapMM = 2.0 // of a patch beyond the print: less is cut away
	patchFarMM = 5.0 // from the print, where the paper must be the page's own again
	patchStep  = 0.5 // mm, width of a column whose paper is measured
	patchSlant = 1.5 // times what the light changes over the way: it may change faster
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

// onPatch reports whether a balance stands on a piece of other paper: the paper changes
// at once some way beside the print, on each side that is bare, and there is that of
// the account's number. Without the number both sides must be bare.
func (p *page) onPatch(at models.Box, number []figure) (bool, error) {
	px := p.ink.perMM * p.ink.scale
	far, rim := int(patchFarMM*px), int(figureGapMM*px)
	box := p.image.Clip(models.Box{X: at.X - far, Y: at.Y - rim, W: at.W + 2*far, H: at.H + 2*rim})
	if at.W <= 0 || box.W < at.W+far || box.H == 0 {
		return false, nil
	}
	crop, err := p.image.Crop(box)
	if err != nil {
		return false, err
	}
	defer crop.Close()
	raw := rasterOf(crop)
	left, right := at.X-box.X, at.X+at.W-box.X
	gap := int(patchGapMM * px)
	inside := p.paperBetween(raw, left, right, px)
	half := len(inside) / 2
	if half < 2 {
		return false, nil
	}
	ends := [2]float64{median(inside[:half]), median(inside[half:])}
	slope := math.Abs(ends[1]-ends[0]) / (float64(right-left) / 2) // a pixel
	bare, sign := 0, 0.0
	var beside float64
	for side, zone := range [][2]int{{left - far, left - gap}, {right + gap, right + far}} {
		paper := p.paperBetween(raw, max(0, zone[0]), min(raw.w, zone[1]), px)
		if len(paper) < int((patchFarMM-patchGapMM)/patchStep)-1 {
			continue
		}
		low, high := math.Inf(1), math.Inf(-1)
		for _, v := range paper {
			low, high = min(low, v), max(high, v)
		}
		if high-low > paperLight { // print, a rule, a crease
			continue
		}
		way := float64(right-left)/4 + float64(gap+far)/2
		jump := ends[side] - median(paper)
		if math.Abs(jump) < paperLight+patchSlant*slope*way+(high-low) || sign*jump < 0 {
			return false, nil
		}
		bare, sign, beside = bare+1, jump, median(paper)
	}
	if bare == 0 || bare == 1 && len(number) < fewestFigures {
		return false, nil
	}
	if len(number) >= fewestFigures {
		row := medianOf(number, func(f figure) float64 { return (f.paper[0] + f.paper[1]) / 2 })
		return math.Abs(beside-row) < math.Abs(median(inside)-row)/2, nil
	}
	return bare == 2, nil
}

// paperBetween is the light that the paper throws back in each column of patchStep
// between two of a raster.
func (p *page) paperBetween(raw raster, from, to int, px float64) []float64 {
	var out []float64
	step := int(math.Max(2, patchStep*px))
	for x := from; x+step <= to; x += step {
		var light []float64
		for y := range raw.h {
			for u := x; u < x+step; u++ {
				light = append(light, raw.light(raw.channels*(y*raw.w+u)))
			}
		}
		out = append(out, paperOf(light))
	}
	return out
}
