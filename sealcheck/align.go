package sealcheck

import (
	"slices"

	"heyin/imaging"
)

// aligned is the imprint brought onto the specimen's pixels.
type aligned struct {
	ink    *imaging.Plane // imprint ink, blurred by fineBlurMM
	known  []bool         // inside the scan, and not hidden by print
	usable []bool         // known, and the specimen is clear there too
}

// laid gives an imprint of which nothing has been read.
func (r *Reference) laid() *aligned {
	return &aligned{ink: imaging.NewPlane(r.w, r.h), known: make([]bool, r.w*r.h), usable: make([]bool, r.w*r.h)}
}

// align samples the imprint at every specimen pixel through the pose and a
// smooth field of displacements.
func (r *Reference) align(v view, p pose, f field) *aligned {
	a, to := r.laid(), newPlacer(p, f)
	for y := range r.h {
		to.row(y)
		for x := range r.w {
			i := y*r.w + x
			a.ink.Pix[i], a.known[i] = v.fineAt(to.at(x))
			a.usable[i] = a.known[i] && r.clear[i]
		}
	}
	return a
}

// placer takes pixels of the specimen to the imprint, row by row: through a field, then a pose.
type placer struct {
	p          pose
	a, b, c, d float64 // of the pose
	f          field
	y          float64 // of the row, from the specimen's centre
	bend       rowField
}

func newPlacer(p pose, f field) *placer {
	t := &placer{p: p, f: f}
	t.a, t.b, t.c, t.d = p.matrix()
	return t
}

func (t *placer) row(y int) {
	t.y = float64(y) - t.p.cy
	t.bend = t.f.row(t.y)
}

// at gives where the x-th pixel of the row lies.
func (t *placer) at(x int) (float64, float64) {
	u := float64(x) - t.p.cx
	dx, dy := t.bend.at(u)
	u, v := u+dx, t.y+dy
	return t.a*u + t.b*v + t.p.tx, t.c*u + t.d*v + t.p.ty
}

// view is the imprint as the fine stages read it.
type view struct {
	fine   *imaging.Plane // ink blurred by fineBlurMM
	soft   *imaging.Plane // ink blurred by glyphBlurMM, for the first steps of a glyph's fit
	known  quads
	digits *view // how the digits of a code are read; nil: in the same way
}

func newView(p *inked) view {
	return view{fine: blurred(p.ink, fineBlurMM*workPxMM), soft: blurred(p.ink, glyphBlurMM*workPxMM), known: p.between}
}

// fineAt reads fine between pixels, and whether it is known there.
func (v view) fineAt(x, y float64) (float32, bool) { return sample2(v.fine, v.known, x, y) }

// viewOf reads an imprint; digits, whose strokes are the thinnest, with their colour mended.
func (r *Reference) viewOf(p *inked) view {
	v := newView(p)
	if slices.ContainsFunc(r.glyphs, func(g glyph) bool { return g.digit }) {
		digits := newView(p.mended(0))
		v.digits = &digits
	}
	return v
}

// of is how a glyph is read.
func (v view) of(g *glyph) view {
	if g.digit && v.digits != nil {
		return *v.digits
	}
	return v
}
