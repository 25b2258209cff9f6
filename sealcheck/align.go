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

// align samples the imprint at every specimen pixel through the pose and a
// smooth field of displacements.
func (r *Reference) align(v view, p pose, f field) *aligned {
	a := &aligned{ink: imaging.NewPlane(r.w, r.h), known: make([]bool, r.w*r.h), usable: make([]bool, r.w*r.h)}
	ma, mb, mc, md := p.matrix()
	for y := range r.h {
		for x := range r.w {
			i := y*r.w + x
			dx, dy := f.at(float64(x)-p.cx, float64(y)-p.cy)
			sx, sy := float64(x)-p.cx+dx, float64(y)-p.cy+dy
			ink, w := sample2(v.fine, v.known, ma*sx+mb*sy+p.tx, mc*sx+md*sy+p.ty)
			a.ink.Pix[i], a.known[i] = ink, w > 0
			a.usable[i] = a.known[i] && r.clear[i]
		}
	}
	return a
}

// view is the imprint as the fine stages read it.
type view struct {
	fine   *imaging.Plane // ink blurred by fineBlurMM
	soft   *imaging.Plane // ink blurred by glyphBlurMM, for the first steps of a glyph's fit
	known  *imaging.Plane // 1 where known
	digits *view          // how the digits of a code are read; nil: in the same way
}

func newView(p *inked) view {
	return view{fine: blurred(p.ink, fineBlurMM*workPxMM), soft: blurred(p.ink, glyphBlurMM*workPxMM), known: planeOf(p.known, p.w, p.h)}
}

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
