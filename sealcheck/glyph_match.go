package sealcheck

import "math"

// glyphMatch is one glyph after its own rigid fit.
type glyphMatch struct {
	glyph   *glyph
	checked bool    // enough of it is visible on both sides
	visible float64 // share of its pixels that are usable
	inked   float64 // its ink in the imprint against that of the specimen
	corr    float64 // correlation with the specimen or the model of it, the better
	moved   float64 // mm against its place in the whole
	turned  float64 // degrees against the whole
	extra   float64 // mm² of the largest blob of ink where the specimen is paper
	missing float64 // mm² of the largest blob of paper where the specimen is ink
	dx, dy  float64
}

// pair is the geometric mean of extra and missing blob in mm²: one altered
// character has both, bad stamping only one.
func (g glyphMatch) pair() float64 { return math.Sqrt(g.extra * g.missing) }

// matchGlyphs compares every glyph after a rigid fit of its own.
func (r *Reference) matchGlyphs(v view, p pose, f field, prof profile) []glyphMatch {
	out := make([]glyphMatch, len(r.glyphs))
	for i := range r.glyphs {
		out[i] = r.matchGlyph(&r.glyphs[i], v, p, f, prof)
	}
	return out
}

func (r *Reference) matchGlyph(g *glyph, v view, p pose, f field, prof profile) glyphMatch {
	m := glyphMatch{glyph: g}
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
	m.dx, m.dy = (a*ex+c*ey)/(at.scale*at.scale), (b*ex+d*ey)/(at.scale*at.scale)
	m.moved = math.Hypot(m.dx, m.dy) / workPxMM
	m.turned = (moved.angle - at.angle) * 180 / math.Pi
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
	for range rounds {
		ma, mb, mc, md := p.matrix()
		var sw, st, sv, stt, stv float64
		for _, q := range g.pixels {
			if !r.clear[q.i] {
				continue
			}
			x, y := float64(q.x), float64(q.y)
			val, w := sample2(plane, v.known, ma*x+mb*y+p.tx, mc*x+md*y+p.ty)
			t, fv, fw := float64(q.v), float64(val), float64(w)
			sw, st, sv, stt, stv = sw+fw, st+fw*t, sv+fw*fv, stt+fw*t*t, stv+fw*t*fv
		}
		if sw < 0.3*float64(len(g.pixels)) {
			return p
		}
		ctt, ctv := stt/sw-st/sw*st/sw, stv/sw-st/sw*sv/sw
		gain := min(max(ctv/max(ctt, 1e-9), 0.3), 1.5)
		offset := sv/sw - gain*st/sw
		var h [4][4]float64
		var b [4]float64
		for _, q := range g.pixels {
			if !r.clear[q.i] || (q.gx == 0 && q.gy == 0) {
				continue
			}
			x, y := float64(q.x), float64(q.y)
			val, w := sample2(plane, v.known, ma*x+mb*y+p.tx, mc*x+md*y+p.ty)
			if w == 0 {
				continue
			}
			e := float64(val) - gain*float64(q.v) - offset
			wt := 1.0
			if ae := math.Abs(e); ae > fitHuber {
				wt = fitHuber / ae
			}
			jx, jy := gain*float64(q.gx), gain*float64(q.gy)
			jt := jy*x - jx*y
			h[0][0] += wt * jx * jx
			h[0][1] += wt * jx * jy
			h[0][2] += wt * jx * jt
			h[1][1] += wt * jy * jy
			h[1][2] += wt * jy * jt
			h[2][2] += wt * jt * jt
			b[0] += wt * jx * e
			b[1] += wt * jy * e
			b[2] += wt * jt * e
		}
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
	var soft, model moments
	extra, missing := make([]bool, g.w*g.h), make([]bool, g.w*g.h)
	usable := 0.0
	var want, have float64
	for _, q := range g.pixels {
		if !r.clear[q.i] {
			continue
		}
		x, y := float64(q.x), float64(q.y)
		val, w := sample2(v.fine, v.known, ma*x+mb*y+p.tx, mc*x+md*y+p.ty)
		if w == 0 {
			continue
		}
		usable++
		d := r.sdf.Pix[q.i]
		soft.add(float64(q.v), float64(val))
		model.add(prof.at(d), float64(val))
		want += prof.at(d)
		have += float64(val)
		k := (int(q.i)/r.w-g.y0)*g.w + int(q.i)%r.w - g.x0
		switch {
		case float64(d) > prof.edge+extraTolMM && val > extraInk:
			extra[k] = true
		case float64(d) < min(prof.edge, 0)-missingTolMM && val < missingInk:
			missing[k] = true
		}
	}
	m.visible = usable / float64(len(g.pixels))
	m.checked = m.visible >= glyphVisible
	m.inked = have / max(want, 1)
	m.corr = max(soft.corr(), model.corr())
	m.extra, m.missing = largestMM2(extra, g.w, g.h), largestMM2(missing, g.w, g.h)
}

func largestMM2(on []bool, w, h int) float64 {
	_, blobs := components(on, w, h)
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
