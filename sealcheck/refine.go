package sealcheck

import (
	"math"

	"heyin/imaging"
)

// level is the specimen at one resolution with what the fit needs of it.
type level struct{ points []templatePoint }

// templatePoint is a pixel of the specimen with structure.
type templatePoint struct {
	x, y   float32 // pixels at workPxMM, from the centre
	v      float32 // ink
	gx, gy float32 // slope of ink a pixel at workPxMM
}

// newLevels blurs the specimen for each stage of the fit and lists its
// structured pixels.
func newLevels(soft *imaging.Plane) []level {
	var out []level
	for _, g := range fitStages {
		out = append(out, level{structured(blurred(soft, g.blurMM*workPxMM), g.stride)})
	}
	return out
}

// structured lists pixels on a grid of the given stride whose slope is not small.
func structured(p *imaging.Plane, stride int) []templatePoint {
	var strongest float32
	slope := func(x, y int) (gx, gy float32) {
		i := y*p.W + x
		return (p.Pix[i+1] - p.Pix[i-1]) / 2, (p.Pix[i+p.W] - p.Pix[i-p.W]) / 2
	}
	for y := 1; y < p.H-1; y += stride {
		for x := 1; x < p.W-1; x += stride {
			gx, gy := slope(x, y)
			strongest = max(strongest, gx*gx+gy*gy)
		}
	}
	var out []templatePoint
	cx, cy := float32(p.W-1)/2, float32(p.H-1)/2
	for y := 1; y < p.H-1; y += stride {
		for x := 1; x < p.W-1; x += stride {
			if gx, gy := slope(x, y); gx*gx+gy*gy > fitSlope*strongest {
				out = append(out, templatePoint{float32(x) - cx, float32(y) - cy, p.Pix[y*p.W+x], gx, gy})
			}
		}
	}
	return out
}

// register fits every hypothesis coarsely, and the best of them to the end; not ok when there
// is none. Errors are OpenCV's.
func (r *Reference) register(p *inked) (at pose, ok bool, err error) {
	known := planeOf(p.known, p.w, p.h)
	hypotheses, err := r.poses(p)
	if err != nil {
		return pose{}, false, err
	}
	for stage, g := range fitStages {
		view := blurred(p.ink, g.blurMM*workPxMM)
		scores := make([]float64, len(hypotheses))
		for i, h := range hypotheses {
			hypotheses[i], scores[i] = r.levels[stage].fit(view, known, h, g.rounds)
		}
		hypotheses = topPoses(hypotheses, scores, g.keep)
	}
	if len(hypotheses) == 0 {
		return pose{}, false, nil
	}
	return hypotheses[0], true, nil
}

func topPoses(h []pose, scores []float64, keep int) []pose {
	var out []pose
	for range min(keep, len(h)) {
		best := -1
		for i, s := range scores {
			if best < 0 || s > scores[best] {
				best = i
			}
		}
		out = append(out, h[best])
		scores[best] = math.Inf(-1)
	}
	return out
}

// fit improves a pose by Gauss-Newton on the difference of ink with Huber
// weights, and gives the correlation over the structured pixels at the end.
func (l level) fit(view, known *imaging.Plane, p pose, rounds int) (pose, float64) {
	n := len(l.points)
	diff, weight := make([]float32, n), make([]float32, n)
	var corr float64
	for round := 0; ; round++ {
		a, b, c, d := p.matrix()
		// Gain and offset of the imprint against the specimen, by regression.
		var sw, st, sv, stt, stv, svv float64
		for i, t := range l.points {
			x, y := a*float64(t.x)+b*float64(t.y)+p.tx, c*float64(t.x)+d*float64(t.y)+p.ty
			v, w := sample2(view, known, x, y)
			diff[i], weight[i] = v, w
			fw, ft, fv := float64(w), float64(t.v), float64(v)
			sw, st, sv = sw+fw, st+fw*ft, sv+fw*fv
			stt, stv, svv = stt+fw*ft*ft, stv+fw*ft*fv, svv+fw*fv*fv
		}
		if sw < 20 {
			return p, -1
		}
		ctt, ctv, cvv := stt/sw-st/sw*st/sw, stv/sw-st/sw*sv/sw, svv/sw-sv/sw*sv/sw
		corr = ctv / math.Sqrt(max(ctt*cvv, 1e-12))
		// A template hardly covered by known pixels explains little.
		corr *= min(1, sw/float64(n)/fitKnown)
		if round == rounds {
			return p, corr
		}
		gain := min(max(ctv/max(ctt, 1e-9), 0.3), 1.5)
		offset := sv/sw - gain*st/sw
		var h [4][4]float64
		var g [4]float64
		for i, t := range l.points {
			e := float64(diff[i]) - gain*float64(t.v) - offset
			w := float64(weight[i])
			if ae := math.Abs(e); ae > fitHuber {
				w *= fitHuber / ae
			}
			gx, gy := gain*float64(t.gx), gain*float64(t.gy)
			j := [4]float64{gx, gy, gy*float64(t.x) - gx*float64(t.y), gx*float64(t.x) + gy*float64(t.y)}
			for r := range 4 {
				g[r] += w * j[r] * e
				for q := r; q < 4; q++ {
					h[r][q] += w * j[r] * j[q]
				}
			}
		}
		step, ok := solve4(h, g)
		if !ok {
			return p, corr
		}
		// The imprint at p shows the specimen displaced by -step: e ≈ −∇T·u.
		p = p.nudged(-step[0], -step[1], -step[2], -step[3])
	}
}

// sample2 reads ink and known at once, bilinearly; outside is unknown.
func sample2(view, known *imaging.Plane, x, y float64) (v, w float32) {
	ix, iy := int(x), int(y)
	if x < 0 || y < 0 || ix+1 >= view.W || iy+1 >= view.H {
		return 0, 0
	}
	ax, ay := float32(x-float64(ix)), float32(y-float64(iy))
	i := iy*view.W + ix
	j := i + view.W
	top := view.Pix[i] + ax*(view.Pix[i+1]-view.Pix[i])
	bottom := view.Pix[j] + ax*(view.Pix[j+1]-view.Pix[j])
	if known.Pix[i] == 0 || known.Pix[i+1] == 0 || known.Pix[j] == 0 || known.Pix[j+1] == 0 {
		return top + ay*(bottom-top), 0
	}
	return top + ay*(bottom-top), 1
}

// solve4 solves the symmetric system whose upper triangle is h.
func solve4(h [4][4]float64, g [4]float64) ([4]float64, bool) {
	for r := range 4 {
		h[r][r] *= 1 + 1e-6
		for c := range r {
			h[r][c] = h[c][r]
		}
	}
	for k := range 4 {
		if h[k][k] < 1e-9 {
			return g, false
		}
		for r := k + 1; r < 4; r++ {
			f := h[r][k] / h[k][k]
			for c := k; c < 4; c++ {
				h[r][c] -= f * h[k][c]
			}
			g[r] -= f * g[k]
		}
	}
	for k := 3; k >= 0; k-- {
		for c := k + 1; c < 4; c++ {
			g[k] -= h[k][c] * g[c]
		}
		g[k] /= h[k][k]
	}
	return g, true
}
