package sealcheck

import (
	"math"

	"heyin/imaging"
)

// level is the specimen at one resolution with what the fit needs of it.
type level struct{ points []templatePoint }

// templatePoint is a pixel of the specimen with structure.
type templatePoint struct {
	x, y          float64 // pixels at workPxMM, from the centre
	v             float64 // ink
	gx, gy        float64 // slope of ink a pixel at workPxMM
	turn, stretch float64 // of ink, when the specimen is turned and stretched by 1 about its centre
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
				t := templatePoint{x: float64(float32(x) - cx), y: float64(float32(y) - cy), v: float64(p.Pix[y*p.W+x]), gx: float64(gx), gy: float64(gy)}
				t.turn, t.stretch = t.gy*t.x-t.gx*t.y, t.gx*t.x+t.gy*t.y
				out = append(out, t)
			}
		}
	}
	return out
}

// register fits every hypothesis coarsely, and the best of them to the end; not ok when there
// is none. Errors are OpenCV's.
func (r *Reference) register(p *inked) (at pose, ok bool, err error) {
	hypotheses, err := r.poses(p)
	if err != nil {
		return pose{}, false, err
	}
	for stage, g := range fitStages {
		view := blurred(p.ink, g.blurMM*workPxMM)
		scores := make([]float64, len(hypotheses))
		for i, h := range hypotheses {
			hypotheses[i], scores[i] = r.levels[stage].fit(view, p.between, h, g.rounds)
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
func (l level) fit(view *imaging.Plane, known quads, p pose, rounds int) (pose, float64) {
	seen := make([]seenPoint, 0, len(l.points))
	var corr float64
	for round := 0; ; round++ {
		seen = seen[:0]
		a, b, c, d := p.matrix()
		// Gain and offset of the imprint against the specimen, by regression.
		var st, sv, stt, stv, svv float64
		for i := range l.points {
			of := &l.points[i]
			ink, ok := sample2(view, known, a*of.x+b*of.y+p.tx, c*of.x+d*of.y+p.ty)
			if !ok {
				continue
			}
			seen = append(seen, seenPoint{int32(i), ink})
			t, v := of.v, float64(ink)
			st, sv, stt, stv, svv = st+t, sv+v, stt+t*t, stv+t*v, svv+v*v
		}
		sw := float64(len(seen))
		if sw < 20 {
			return p, -1
		}
		ctt, ctv, cvv := stt/sw-st/sw*st/sw, stv/sw-st/sw*sv/sw, svv/sw-sv/sw*sv/sw
		corr = ctv / math.Sqrt(max(ctt*cvv, 1e-12))
		// A template hardly covered by known pixels explains little.
		corr *= min(1, sw/float64(len(l.points))/fitKnown)
		if round == rounds {
			return p, corr
		}
		gain := min(max(ctv/max(ctt, 1e-9), 0.3), 1.5)
		offset := sv/sw - gain*st/sw
		n := l.equations(seen, gain, offset)
		step, ok := solve4(n.system(gain))
		if !ok {
			return p, corr
		}
		// The imprint at p shows the specimen displaced by -step: e ≈ −∇T·u.
		p = p.nudged(-step[0], -step[1], -step[2], -step[3])
	}
}

// normal4 are the normal equations of shift, turn and stretch, named and not indexed for
// speed's sake: upper triangle and right side.
type normal4 struct{ xx, xy, xt, xs, yy, yt, ys, tt, ts, ss, x, y, t, s float64 }

// equations sums them over the points seen, with Huber weights; slopes are those of the specimen, without the gain.
func (l level) equations(seen []seenPoint, gain, offset float64) normal4 {
	var xx, xy, xt, xs, yy, yt, ys, tt, ts, ss, x, y, t, s float64 // not in a struct, which would lie in memory
	for _, q := range seen {
		of := &l.points[q.of]
		e := float64(q.ink) - gain*of.v - offset
		w := 1.0
		if ae := math.Abs(e); ae > fitHuber {
			w = fitHuber / ae
		}
		gx, gy, turn, stretch := of.gx, of.gy, of.turn, of.stretch
		wx, wy, wt, ws := w*gx, w*gy, w*turn, w*stretch
		x, y, t, s = x+wx*e, y+wy*e, t+wt*e, s+ws*e
		xx, xy, xt, xs = xx+wx*gx, xy+wx*gy, xt+wx*turn, xs+wx*stretch
		yy, yt, ys = yy+wy*gy, yt+wy*turn, ys+wy*stretch
		tt, ts, ss = tt+wt*turn, ts+wt*stretch, ss+ws*stretch
	}
	return normal4{xx, xy, xt, xs, yy, yt, ys, tt, ts, ss, x, y, t, s}
}

// system gives the equations for slopes that are gain times as steep.
func (n *normal4) system(gain float64) (h [4][4]float64, g [4]float64) {
	h = [4][4]float64{{n.xx, n.xy, n.xt, n.xs}, {0, n.yy, n.yt, n.ys}, {0, 0, n.tt, n.ts}, {0, 0, 0, n.ss}}
	g = [4]float64{gain * n.x, gain * n.y, gain * n.t, gain * n.s}
	for r := range h {
		for c := range h[r] {
			h[r][c] *= gain * gain
		}
	}
	return h, g
}

// quads tell of each pixel whether it and its neighbours to the right, below and both are
// known: what lies between them is.
type quads []bool

func quadsOf(known []bool, w, h int) quads {
	q := make(quads, len(known))
	for y := range h - 1 {
		row, next, out := known[y*w:(y+1)*w], known[(y+1)*w:(y+2)*w], q[y*w:(y+1)*w]
		for x := range w - 1 {
			out[x] = row[x] && row[x+1] && next[x] && next[x+1]
		}
	}
	return q
}

// sample2 reads ink bilinearly, and whether it is known; outside it is not.
func sample2(view *imaging.Plane, known quads, x, y float64) (float32, bool) {
	ix, iy := int(x), int(y)
	if x < 0 || y < 0 || ix+1 >= view.W || iy+1 >= view.H {
		return 0, false
	}
	ax, ay := float32(x-float64(ix)), float32(y-float64(iy))
	i := iy*view.W + ix
	upper, lower := view.Pix[i:i+2:len(view.Pix)], view.Pix[i+view.W:i+view.W+2:len(view.Pix)]
	top := upper[0] + ax*(upper[1]-upper[0])
	bottom := lower[0] + ax*(lower[1]-lower[0])
	return top + ay*(bottom-top), known[i]
}

// seenPoint is one of the specimen's that the imprint shows.
type seenPoint struct {
	of  int32 // its place among them
	ink float32
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
