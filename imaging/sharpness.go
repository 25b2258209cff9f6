package imaging

import (
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
	var found []edgeRun
	collect := func(r edgeRun) {
		steps[min(r.step, 255)]++
		found = append(found, r)
	}
	for y := edgeStride / 2; y < h; y += edgeStride {
		followEdges(pix[y*w:], 1, w, collect)
	}
	for x := edgeStride / 2; x < w; x += edgeStride {
		followEdges(pix[x:], w, h, collect)
	}
	if len(found) == 0 {
		return edges{}
	}
	const strong, sharp = 0.5, 0.25
	limit := quantile(steps[:], strong)
	var spreads []float64
	for _, r := range found {
		if r.step >= limit {
			spreads = append(spreads, float64(r.step)/(float64(r.slope)*math.Sqrt(2*math.Pi)))
		}
	}
	slices.Sort(spreads)
	return edges{step: float64(limit), spread: spreads[int(sharp*float64(len(spreads)))], n: len(found)}
}

// edgeRun is one transition: its height and its steepest slope over two pixels,
// halved, in gray levels.
type edgeRun struct {
	step  int
	slope float64
}

// followEdges walks n pixels that lie stride apart and reports the transitions.
func followEdges(pix []byte, stride, n int, report func(edgeRun)) {
	from, last, dir, steepest := int(pix[0]), int(pix[0]), 0, 0
	before := last // the pixel before last
	flush := func() {
		if s := (last - from) * dir; s >= leastStep && steepest > 0 {
			report(edgeRun{step: s, slope: float64(steepest) / 2})
		}
	}
	for i := 1; i < n; i++ {
		v := int(pix[i*stride])
		d := v - last
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
