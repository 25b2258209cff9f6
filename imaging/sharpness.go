package imaging

import (
	"cmp"
	"math"
	"slices"
)

// edges describes the strongest edges between ink and paper of a picture.
type edges struct {
	step   float64 // gray levels from ink to paper
	spread float64 // standard deviation of the edge's blur, in pixels
	n      int     // how many edges were measured
}

const (
	edgeStride = 8  // every eighth row and column is enough: thousands of edges
	leastStep  = 16 // gray levels; below, noise makes edges of its own
	edgeNoise  = 2  // gray levels by which a rising edge may fall back between two pixels
)

// measureEdges measures how sharp print is: along rows and columns it follows
// each run from light to dark or back. A step of height s through a Gaussian
// blur of σ has the slope s/(σ√2π) at its middle. Of the runs, the stronger half
// is measured (weak ones are texture of the paper), and of their σ the lower
// quartile is taken: strokes that curve or shade look softer than the optics.
// im is gray.
func (im *Image) measureEdges() edges {
	w, h, pix := im.Width(), im.Height(), im.View()
	var steps [256]int
	found := make([]int32, 256*256) // edges by step and by slope
	n := 0
	collect := func(r edgeRun) {
		steps[r.step]++
		found[int(r.step)<<8|int(r.slope)]++
		n++
	}
	for y := edgeStride / 2; y < h; y += edgeStride {
		followEdges(pix[y*w:(y+1)*w], collect)
	}
	// Columns are gathered together: one by one, each pixel comes from memory anew.
	const together = 8
	columns := make([]byte, together*h)
	for first := edgeStride / 2; first < w; first += together * edgeStride {
		for y := range h {
			for k, x := 0, first; k < together && x < w; k, x = k+1, x+edgeStride {
				columns[k*h+y] = pix[y*w+x]
			}
		}
		for k, x := 0, first; k < together && x < w; k, x = k+1, x+edgeStride {
			followEdges(columns[k*h:(k+1)*h], collect)
		}
	}
	if n == 0 {
		return edges{}
	}
	const strong, sharp = 0.5, 0.25
	limit := quantileOf(steps[:], n, strong)
	type rated struct {
		spread float64
		n      int
	}
	var spreads []rated
	measured := 0
	for k, n := range found {
		if step, slope := k>>8, k&255; n > 0 && step >= limit {
			spreads = append(spreads, rated{float64(step) / (float64(slope) / 2 * math.Sqrt(2*math.Pi)), int(n)})
			measured += int(n)
		}
	}
	slices.SortFunc(spreads, func(a, b rated) int { return cmp.Compare(a.spread, b.spread) })
	spread, need := 0.0, int(sharp*float64(measured))
	for _, s := range spreads {
		if spread = s.spread; need < s.n {
			break
		}
		need -= s.n
	}
	return edges{step: float64(limit), spread: spread, n: n}
}

// edgeRun is one transition: its height, and the change over two pixels where it is
// steepest, in gray levels.
type edgeRun struct{ step, slope uint8 }

// followEdges walks along pixels and reports the transitions.
func followEdges(pix []byte, report func(edgeRun)) {
	from, last, dir, steepest := int(pix[0]), int(pix[0]), 0, 0
	before := last // the pixel before last
	flush := func() {
		if s := (last - from) * dir; s >= leastStep && steepest > 0 {
			report(edgeRun{uint8(s), uint8(steepest)}) //nolint:gosec // of bytes
		}
	}
	for _, p := range pix[1:] {
		v := int(p)
		d := v - last
		if d == 0 && v == before {
			continue // even paper
		}
		if d*dir < -edgeNoise || dir == 0 && d != 0 {
			flush()
			from, steepest = last, 0
			dir = 1
			if d < 0 {
				dir = -1
			}
		}
		steepest = max(steepest, (v-before)*dir)
		before, last = last, v
	}
	flush()
}
