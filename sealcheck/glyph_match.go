package sealcheck

import (
	"math"

	"heyin/imaging"
)

// glyphMatch is one glyph after its own rigid fit.
type glyphMatch struct {
	glyph   *glyph
	visible float64 // share of its pixels that are usable
	inked   float64 // its ink in the imprint against that of the specimen
	corr    float64 // correlation with the specimen or the model of it, the better
	moved   float64 // mm against its place in the whole
	turned  float64 // degrees against the whole
	extra   float64 // strongest ink on the specimen's clean paper, 0..1
	missing float64 // strongest gap: clean paper where the specimen has a stroke, 0..1
	at      pose    // where it was found
	odds    float64 // log odds that it was altered, of the comparer of digits or of characters
}

// clash is the weaker of extra and missing: an altered character has both, bad
// stamping only gaps, a smear only ink.
func (g glyphMatch) clash() float64 { return min(g.extra, g.missing) }

// checked reports whether enough of it is visible on both sides, and inked, to
// tell what is cut.
func (g glyphMatch) checked() bool {
	least := glyphInked
	switch {
	case g.glyph.white:
		least = groundInked
	case g.glyph.digit:
		least = digitInked
		if g.odds <= digitSure {
			least = digitFaint
		}
	}
	return g.visible >= glyphVisible && g.inked >= least
}

// matchGlyphs compares every glyph after a rigid fit of its own.
func (r *Reference) matchGlyphs(v view, p pose, f field, prof profile) []glyphMatch {
	out := make([]glyphMatch, len(r.glyphs))
	for i := range r.glyphs {
		out[i] = r.matchGlyph(&r.glyphs[i], v, p, f, prof)
	}
	return out
}

func (r *Reference) matchGlyph(g *glyph, v view, p pose, f field, prof profile) glyphMatch {
	m, v := glyphMatch{glyph: g}, v.of(g)
	fx, fy := f.at(g.cx-p.cx, g.cy-p.cy)
	gx, gy := p.at(g.cx+fx, g.cy+fy)
	at := pose{cx: g.cx, cy: g.cy, tx: gx, ty: gy, angle: p.angle, scale: p.scale}
	moved := at
	for _, plane := range []struct {
		soft   bool
		rounds int
	}{{true, glyphRounds}, {false, glyphRounds}} {
		moved = r.fitGlyph(g, v, at, moved, plane.soft, plane.rounds)
	}
	// Displacement in the specimen's frame.
	a, b, c, d := at.matrix()
	ex, ey := moved.tx-at.tx, moved.ty-at.ty
	m.moved = math.Hypot(a*ex+c*ey, b*ex+d*ey) / (at.scale * at.scale) / workPxMM
	m.turned = (moved.angle - at.angle) * 180 / math.Pi
	m.at = moved
	r.judgeGlyph(&m, v, moved, prof)
	return m
}

// fitGlyph takes Gauss-Newton steps of shift and turn, within the reach allowed
// around the start.
func (r *Reference) fitGlyph(g *glyph, v view, start, p pose, soft bool, rounds int) pose {
	plane := v.fine
	if soft {
		plane = v.soft
	}
	seen := make([]seenPoint, 0, len(g.pixels))
	for range rounds {
		seen = seen[:0]
		ma, mb, mc, md := p.matrix()
		var st, sv, stt, stv float64
		for i := range g.pixels {
			q := &g.pixels[i]
			if !r.clear[q.i] {
				continue
			}
			x, y := float64(q.x), float64(q.y)
			ink, known := sample2(plane, v.known, ma*x+mb*y+p.tx, mc*x+md*y+p.ty)
			if !known {
				continue
			}
			seen = append(seen, seenPoint{int32(i), ink})
			t, v := float64(q.v), float64(ink)
			st, sv, stt, stv = st+t, sv+v, stt+t*t, stv+t*v
		}
		sw := float64(len(seen))
		if sw < 0.3*float64(len(g.pixels)) {
			return p
		}
		ctt, ctv := stt/sw-st/sw*st/sw, stv/sw-st/sw*sv/sw
		gain := min(max(ctv/max(ctt, 1e-9), 0.3), 1.5)
		offset := sv/sw - gain*st/sw
		var xx, xy, xt, yy, yt, tt, bx, by, bt float64
		for _, s := range seen {
			q := &g.pixels[s.of]
			e := float64(s.ink) - gain*float64(q.v) - offset
			wt := 1.0
			if ae := math.Abs(e); ae > fitHuber {
				wt = fitHuber / ae
			}
			jx, jy := gain*float64(q.gx), gain*float64(q.gy)
			jt := jy*float64(q.x) - jx*float64(q.y)
			xx, xy, xt, yy, yt, tt = xx+wt*jx*jx, xy+wt*jx*jy, xt+wt*jx*jt, yy+wt*jy*jy, yt+wt*jy*jt, tt+wt*jt*jt
			bx, by, bt = bx+wt*jx*e, by+wt*jy*e, bt+wt*jt*e
		}
		// The fourth unknown, stretch, stays 0.
		h := [4][4]float64{{xx, xy, xt}, {0, yy, yt}, {0, 0, tt}}
		b := [4]float64{bx, by, bt}
		ridge := 0.02 * (h[0][0] + h[1][1])
		h[0][0] += ridge
		h[1][1] += ridge
		h[2][2] *= 1.02
		h[2][2] += 1e-6
		h[3][3] = 1
		step, ok := solve4(h, b)
		if !ok {
			return p
		}
		next := p
		next.tx -= ma*step[0] + mb*step[1]
		next.ty -= mc*step[0] + md*step[1]
		next.angle -= step[2]
		next.angle = min(max(next.angle, start.angle-glyphTurnCap*math.Pi/180), start.angle+glyphTurnCap*math.Pi/180)
		ex, ey := next.tx-start.tx, next.ty-start.ty
		if n := math.Hypot(ex, ey); n > glyphShiftCapMM*workPxMM {
			k := glyphShiftCapMM * workPxMM / n
			next.tx, next.ty = start.tx+ex*k, start.ty+ey*k
		}
		p = next
	}
	return p
}

// judgeGlyph takes the figures at the fitted place.
func (r *Reference) judgeGlyph(m *glyphMatch, v view, p pose, prof profile) {
	g := m.glyph
	ma, mb, mc, md := p.matrix()
	var soft moments
	seen := make([]seenPixel, 0, len(g.pixels))
	var want, have float64
	for _, q := range g.pixels {
		if !r.clear[q.i] {
			continue
		}
		x, y := float64(q.x), float64(q.y)
		val, known := v.fineAt(ma*x+mb*y+p.tx, mc*x+md*y+p.ty)
		if !known {
			continue
		}
		d := r.sdf.Pix[q.i]
		soft.add(float64(q.v), float64(val))
		want += prof.at(d)
		have += float64(val)
		seen = append(seen, seenPixel{(int(q.i)/r.w-g.y0)*g.w + int(q.i)%r.w - g.x0, d, q.v, val})
	}
	m.visible = float64(len(seen)) / float64(max(len(g.pixels), 1))
	m.inked = have / max(want, 1)
	local := fitStroke(seen, prof)
	m.corr = max(soft.corr(), local.corr)
	m.extra, m.missing = clashes(g, seen, prof, local)
}

// seenPixel is a pixel of a glyph that both sides show.
type seenPixel struct {
	at       int     // in the glyph's box
	d        float32 // mm from the specimen's edge
	specimen float32
	imprint  float32
}

// stroke is how a glyph's own strokes came out against the profile of the whole.
type stroke struct {
	wider float64 // mm
	gain  float64
	corr  float64 // of the imprint with the model so widened
}

// fitStroke tries widths around the profile's and takes the one that leaves the
// least unexplained.
func fitStroke(seen []seenPixel, prof profile) stroke {
	best, least := stroke{gain: 1}, math.Inf(1)
	sums := moments{n: float64(len(seen))}
	for _, q := range seen {
		v := float64(q.imprint)
		sums.b, sums.bb = sums.b+v, sums.bb+v*v
	}
	rings := ringsOf(seen)
	for k := -strokeSteps; k <= strokeSteps; k++ {
		wider := float64(k) * strokeStepMM
		var a, aa, ab float64
		for _, q := range rings {
			v := prof.at(q.d - float32(wider))
			a, aa, ab = a+q.n*v, aa+q.n*v*v, ab+v*q.ink
		}
		sums.a, sums.aa, sums.ab = a, aa, ab
		gain := sums.ab / max(sums.aa, 1e-9)
		if rest := sums.bb - gain*sums.ab; rest < least {
			least, best = rest, stroke{wider, min(max(gain, 0.4), 1.3), sums.corr()}
		}
	}
	return best
}

// ring is pixels as far from the specimen's edge as each other, of which there are many, for distances on a grid are few.
type ring struct {
	d   float32 // mm
	n   float64
	ink float64 // of all
}

// ringsOf gathers the pixels of each distance.
func ringsOf(seen []seenPixel) []ring {
	const most = sdfLimitMM*workPxMM + 1
	var places [2 * most * most]int32 // by the whole square of the distance in pixels, on paper and in strokes: one more than the ring's index
	var out []ring
	for _, q := range seen {
		px := math.Abs(float64(q.d))*workPxMM + 0.5
		k := 2 * int(px*px+0.5)
		if q.d < 0 {
			k++
		}
		if places[k] == 0 {
			out = append(out, ring{d: q.d})
			places[k] = int32(len(out))
		}
		at := &out[places[k]-1]
		at.n, at.ink = at.n+1, at.ink+float64(q.imprint)
	}
	return out
}

// clashes gives the strongest extra and missing ink, smoothed over clashBlurMM,
// where the other side is clean: mottled ink is neither.
func clashes(g *glyph, seen []seenPixel, prof profile, s stroke) (extra, missing float64) {
	diff := imaging.NewPlane(g.w, g.h)
	edge := prof.edge + s.wider + clashEdgeMM
	for _, q := range seen {
		ink := min(float64(q.imprint)/s.gain, 1.15)
		e := float32(ink - prof.at(q.d-float32(s.wider)))
		if (e > 0 && q.specimen < clashClean) || (e < 0 && ink < clashClean) {
			diff.Pix[q.at] = e
		}
	}
	smooth := blurred(diff, clashBlurMM*workPxMM)
	for _, q := range seen {
		if e := float64(smooth.Pix[q.at]); float64(q.d) > edge {
			extra = max(extra, e)
		} else {
			missing = max(missing, -e)
		}
	}
	return min(extra, 1), min(missing, 1)
}

// largestMM2 is the area in mm² of the largest connected set.
func largestMM2(on []bool, w, h int) float64 {
	blobs, _ := connected(on, w, h)
	most := 0
	for _, b := range blobs {
		most = max(most, b.area)
	}
	return float64(most) / (workPxMM * workPxMM)
}

// moments sums what a correlation needs.
type moments struct{ n, a, b, aa, ab, bb float64 }

func (m *moments) add(a, b float64) {
	m.n++
	m.a, m.b, m.aa, m.ab, m.bb = m.a+a, m.b+b, m.aa+a*a, m.ab+a*b, m.bb+b*b
}

func (m moments) corr() float64 {
	if m.n == 0 {
		return 0
	}
	va, vb := m.aa/m.n-m.a/m.n*m.a/m.n, m.bb/m.n-m.b/m.n*m.b/m.n
	return (m.ab/m.n - m.a/m.n*m.b/m.n) / math.Sqrt(max(va*vb, 1e-12))
}
