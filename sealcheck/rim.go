package sealcheck

import (
	"math"
	"sort"
)

// rim is the lower half of a line that runs along a round or oval seal's outline,
// at one depth below it: where codes stand. Places on it are lengths in pixels
// from its lowest point, clockwise.
type rim struct {
	cx, cy, a, b float64   // centre and half axes, pixels
	lengths      []float64 // at the angles of rimAngle
}

// rimSteps divide the half circle: 0.15 mm of a 45 mm seal's outline each.
const rimSteps = 480

func rimAngle(k int) float64 { return math.Pi * (float64(k)/rimSteps - 0.5) }

// rimAt is the line through a depth in pixels.
func (r *Reference) rimAt(depth float64) rim {
	a, b := r.axes()
	return rim{cx: float64(r.w-1) / 2, cy: float64(r.h-1) / 2, a: max(a-depth, 1), b: max(b-depth, 1)}.measured()
}

// measured adds the lengths.
func (l rim) measured() rim {
	l.lengths = make([]float64, rimSteps+1)
	for k := 1; k <= rimSteps; k++ {
		s, c := math.Sincos(rimAngle(k))
		s0, c0 := math.Sincos(rimAngle(k - 1))
		l.lengths[k] = l.lengths[k-1] + math.Hypot(l.a*(s-s0), l.b*(c-c0))
	}
	middle := l.lengths[rimSteps/2]
	for k := range l.lengths {
		l.lengths[k] -= middle
	}
	return l
}

// axes are the half axes of the seal's outline.
func (r *Reference) axes() (a, b float64) {
	return float64(r.w)/2 - sealMarginMM*workPxMM, float64(r.h)/2 - sealMarginMM*workPxMM
}

// depthOf is how deep below the outline the line through a point runs, pixels.
func (r *Reference) depthOf(x, y float64) float64 {
	x, y = x-float64(r.w-1)/2, y-float64(r.h-1)/2
	a, b := r.axes()
	lo, hi := -sealMarginMM*workPxMM, min(a, b)-1
	for range 24 { // to a thousandth of a pixel
		mid := (lo + hi) / 2
		if math.Hypot(x/(a-mid), y/(b-mid)) < 1 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// place gives the length at which a point's foot lies.
func (l rim) place(x, y float64) float64 {
	k := (math.Atan2(-(x-l.cx)/l.a, (y-l.cy)/l.b)/math.Pi + 0.5) * rimSteps
	k = min(max(k, 0), rimSteps-1e-9)
	i := int(k)
	return l.lengths[i] + (k-float64(i))*(l.lengths[i+1]-l.lengths[i])
}

// point gives the point at a length and the unit vector outwards.
func (l rim) point(length float64) (x, y, outX, outY float64) {
	i := min(max(sort.SearchFloat64s(l.lengths, length), 1), rimSteps)
	t := rimAngle(i-1) + (length-l.lengths[i-1])/(l.lengths[i]-l.lengths[i-1])*math.Pi/rimSteps
	s, c := math.Sincos(t)
	n := math.Hypot(l.b*s, l.a*c)
	return l.cx - l.a*s, l.cy + l.b*c, -l.b * s / n, l.a * c / n
}
