package sealcheck

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"heyin/imaging"
)

// inked is a picture at workPxMM, separated into the seal's ink and the rest.
type inked struct {
	w, h     int
	ink      *imaging.Plane // coverage by the seal's ink: 0 paper, 1 full; a little above where it pools
	dense    *imaging.Plane // the same, not cut off at full: the mottle of solid areas, for the fingerprint
	known    []bool         // false where print, pen or the edge of the scan hides what the seal left
	between  quads          // the same of what lies between pixels
	coloured bool           // the ink has a hue, so print could be told from it
	full     float32        // optical density of full ink
	hue      [3]float32     // unit density vector of the ink, B G R
	hidden   float64        // share of the picture that is not known

	bgr    []*imaging.Plane // density above paper; of a coloured ink also
	gray   []float32        // what of it is gray
	chroma float64          // blur of JPEG's colours, pixels at workPxMM; 0: there is none
}

// errNoInk and errSize are why a picture cannot be compared at all.
var (
	errNoInk = errors.New("no seal ink in the picture")
	errSize  = errors.New("the picture is too small or too large for a seal")
)

// inkOf brings a picture to workPxMM, levels its paper, takes the ink's hue from
// the picture itself and unmixes it from gray print.
func inkOf(im *imaging.Image, dpi float64) (*inked, error) {
	if dpi <= 0 || math.IsNaN(dpi) || math.IsInf(dpi, 0) {
		return nil, fmt.Errorf("%w: resolution %g dpi", errSize, dpi)
	}
	k := workPxMM * 25.4 / dpi
	w, h := int(math.Round(float64(im.Width())*k)), int(math.Round(float64(im.Height())*k))
	if min(w, h) < minSideMM*workPxMM || max(w, h) > maxSideMM*workPxMM {
		return nil, fmt.Errorf("%w: %.1f × %.1f mm", errSize, float64(w)/workPxMM, float64(h)/workPxMM)
	}
	at := im
	if w != im.Width() || h != im.Height() {
		var err error
		if at, err = im.Resize(w, h); err != nil {
			return nil, err
		}
		defer at.Close()
	}
	d := at.Density()
	for _, c := range d {
		levelPaper(c)
	}
	p := &inked{w: w, h: h, ink: imaging.NewPlane(w, h), known: make([]bool, w*h), bgr: d}
	if im.ThinColour() {
		p.chroma = k * chromaPixels
	}
	if len(d) == 3 {
		p.hue, p.coloured = inkHue(d[0].Pix, d[1].Pix, d[2].Pix)
	}
	if p.coloured {
		p.unmix(d[0].Pix, d[1].Pix, d[2].Pix)
	} else {
		p.takeGray(d)
	}
	p.between = quadsOf(p.known, w, h)
	return p, p.normalise()
}

// levelPaper subtracts a plane fitted to the paper: first to the lighter pixels,
// then twice to all near the fit. Within one crop the paper's shade is linear.
func levelPaper(c *imaging.Plane) {
	fit := fitTilt(c, tilt{a: float64(quantile(c.Pix, paperShare))}, math.Inf(1), 0)
	for range 2 {
		fit = fitTilt(c, fit, paperSpread, paperSpread)
	}
	for y := range c.H {
		start := fit.at(0, float64(y))
		for x, row := 0, c.Pix[y*c.W:(y+1)*c.W]; x < len(row); x++ {
			row[x] -= float32(start + fit.bx*float64(x))
		}
	}
}

// tilt is a plane a + bx·x + by·y.
type tilt struct{ a, bx, by float64 }

func (t tilt) at(x, y float64) float64 { return t.a + t.bx*x + t.by*y }

// fitTilt is the least-squares plane through those pixels, of every second row and column, that
// lie no more below or above another plane; level when they do not determine one.
func fitTilt(c *imaging.Plane, near tilt, below, above float64) tilt {
	var n, sx, sy, sxx, sxy, syy, sv, sxv, syv float64
	for py := 0; py < c.H; py += 2 {
		y, row := float64(py), c.Pix[py*c.W:(py+1)*c.W]
		start := near.at(0, y)
		var rn, rx, rxx, rv, rxv float64 // of the row
		for px := 0; px < len(row); px += 2 {
			x, v := float64(px), float64(row[px])
			if d := v - start - near.bx*x; d < -below || d > above {
				continue
			}
			rn, rx, rxx, rv, rxv = rn+1, rx+x, rxx+x*x, rv+v, rxv+x*v
		}
		n, sx, sxx, sv, sxv = n+rn, sx+rx, sxx+rxx, sv+rv, sxv+rxv
		sy, sxy, syy, syv = sy+rn*y, sxy+rx*y, syy+rn*y*y, syv+rv*y
	}
	if n == 0 {
		return tilt{}
	}
	mx, my, mv := sx/n, sy/n, sv/n
	cxx, cxy, cyy := sxx/n-mx*mx, sxy/n-mx*my, syy/n-my*my
	cxv, cyv := sxv/n-mx*mv, syv/n-my*mv
	det := cxx*cyy - cxy*cxy
	if n < 16 || det < 1 {
		return tilt{a: mv}
	}
	t := tilt{bx: (cxv*cyy - cyv*cxy) / det, by: (cyv*cxx - cxv*cxy) / det}
	t.a = mv - t.bx*mx - t.by*my
	return t
}

// inkHue is the mean direction, in density, of the most frequent hue; false when
// hardly anything is coloured.
func inkHue(b, g, r []float32) (hue [3]float32, coloured bool) {
	const bins = 36
	var weight [bins]float64
	var sum [bins][3]float64
	n := 0
	for i := range b {
		lo, hi := min(b[i], g[i], r[i]), max(b[i], g[i], r[i])
		if hi-lo < max(hueFloor, huePure*hi) {
			continue
		}
		n++
		// Angle in the plane across the gray axis.
		x, y := float64(2*b[i]-g[i]-r[i]), math.Sqrt(3)*float64(g[i]-r[i])
		k := int((math.Atan2(y, x)/(2*math.Pi)+0.5)*bins) % bins
		c := float64(hi - lo)
		weight[k] += c
		sum[k][0] += c * float64(b[i])
		sum[k][1] += c * float64(g[i])
		sum[k][2] += c * float64(r[i])
	}
	if float64(n) < hueShare*float64(len(b)) {
		return hue, false
	}
	best, top := 0, 0.0
	for k := range weight {
		if s := weight[k] + weight[(k+1)%bins] + weight[(k+bins-1)%bins]; s > top {
			best, top = k, s
		}
	}
	var v [3]float64
	for d := -2; d <= 2; d++ {
		for c := range v {
			v[c] += sum[(best+d+bins)%bins][c]
		}
	}
	norm := math.Sqrt(v[0]*v[0] + v[1]*v[1] + v[2]*v[2])
	for c := range v {
		hue[c] = float32(max(v[c], 0) / norm)
	}
	return hue, norm > 0
}

// unmix splits density into seal ink and gray, neither negative, and marks what
// gray hides.
func (p *inked) unmix(b, g, r []float32) {
	split := splitter(p.hue)
	p.gray = make([]float32, len(b))
	for i := range b {
		s, k := split(b[i], g[i], r[i])
		switch {
		case s < 0:
			s, k = 0, max(evenly*(b[i]+g[i]+r[i]), 0)
		case k < 0:
			s, k = max(b[i]*p.hue[0]+g[i]*p.hue[1]+r[i]*p.hue[2], 0), 0
		}
		p.ink.Pix[i], p.gray[i] = s, k
	}
	p.known = p.awayFrom(p.grayer(p.ink, 1))
}

// grayer marks what is too gray to be the seal's ink, of which full is the density.
func (p *inked) grayer(ink *imaging.Plane, full float32) []bool {
	on := make([]bool, len(p.gray))
	for i, k := range p.gray {
		on[i] = k > max(printFloor, printShare*full*ink.Pix[i])
	}
	return on
}

// awayFrom marks the pixels that print does not reach.
func (p *inked) awayFrom(print []bool) []bool {
	known := slices.Repeat([]bool{true}, len(print))
	halo := printHaloMM * workPxMM
	reach := int(halo)
	for i, on := range print {
		if !on {
			continue
		}
		x, y := i%p.w, i/p.w
		for ny := max(y-reach, 0); ny <= min(y+reach, p.h-1); ny++ {
			for nx := max(x-reach, 0); nx <= min(x+reach, p.w-1); nx++ {
				if dx, dy := nx-x, ny-y; float64(dx*dx+dy*dy) <= halo*halo {
					known[ny*p.w+nx] = false
				}
			}
		}
	}
	return known
}

// evenly is each component of gray's unit vector.
var evenly = float32(1 / math.Sqrt(3))

// splitter gives what a colour has of a unit vector of ink and what of gray.
func splitter(hue [3]float32) func(b, g, r float32) (ink, gray float32) {
	c := evenly * (hue[0] + hue[1] + hue[2])
	inv := 1 / max(1-c*c, 0.02)
	return func(b, g, r float32) (ink, gray float32) {
		du, de := b*hue[0]+g*hue[1]+r*hue[2], evenly*(b+g+r)
		return (du - c*de) * inv, (de - c*du) * inv
	}
}

// takeGray treats all density as seal ink: without a hue print cannot be told.
func (p *inked) takeGray(d []*imaging.Plane) {
	for i := range p.ink.Pix {
		var s float32
		for _, c := range d {
			s += c.Pix[i]
		}
		p.ink.Pix[i] = max(s/float32(len(d)), 0)
		p.known[i] = true
	}
}

// normalise scales ink so that well inked strokes are 1.
func (p *inked) normalise() error {
	var strong []float32
	top := quantile(p.ink.Pix, 0.995)
	if top < inkFloor {
		return errNoInk
	}
	for i, v := range p.ink.Pix {
		if v > 0.4*top && p.known[i] {
			strong = append(strong, v)
		}
	}
	if float64(len(strong)) < minInkMM2*workPxMM*workPxMM {
		return errNoInk
	}
	p.full = inkSaturation * quantile(strong, 0.5)
	hidden := 0
	p.dense = imaging.NewPlane(p.w, p.h)
	for i := range p.ink.Pix {
		p.dense.Pix[i] = max(p.ink.Pix[i]/p.full, 0)
		p.ink.Pix[i] = min(p.dense.Pix[i], inkCeiling)
		if !p.known[i] {
			hidden++
		}
	}
	p.hidden = float64(hidden) / float64(len(p.known))
	return nil
}
