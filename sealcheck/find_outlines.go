package sealcheck

import (
	"math"
	"slices"

	"heyin/models"
)

// pt is a point in working pixels.
type pt struct{ x, y float64 }

// colouredSeals groups the ink of one tint into blobs and keeps those with the
// outline of a seal. A blob that is no seal as a whole may be two that touch:
// its discs are taken out and the rest is looked at again.
func colouredSeals(t tint, pxmm float64) []outline {
	var found []outline
	for _, g := range groups(t.on, t.w, t.h, colourGapMM*pxmm, sealMinMM*pxmm) {
		found = append(found, g.seals(t, pxmm, 1)...)
	}
	return found
}

// seals gives the outlines in one group; splits bounds the recursion.
func (g group) seals(t tint, pxmm float64, splits int) []outline {
	whole, ok := hullSeal(g.ink, t, pxmm, hullCover, inkInsideMin)
	disc, found := bestDisc(t.on, t.w, t.h, g.box, pxmm)
	disc.ink = t.name
	found = found && disc.cover >= discCover && disc.x1-disc.x0 >= splitDiscMM*pxmm
	switch {
	case ok && found && whole.shape != models.Square && whole.shape != models.Rect && disc.area() >= 0.85*whole.area():
		return []outline{disc} // the ring completes what the hull of a partial imprint lacks
	case ok && (!found || splits == 0 || whole.cover >= hullSure || disc.area() > 0.8*whole.area()):
		return []outline{whole}
	case !found:
		return nil
	case splits == 0:
		return []outline{disc}
	}
	rest := tint{name: t.name, w: t.w, h: t.h, on: slices.Clone(t.on)}
	clearDisc(rest.on, t.w, t.h, disc)
	out := []outline{disc}
	for _, r := range groupsIn(rest.on, t.w, t.h, g.box, colourGapMM*pxmm, sealMinMM*pxmm) {
		out = append(out, r.seals(rest, pxmm, splits-1)...)
	}
	return out
}

// group is ink that lies close together.
type group struct {
	box blob
	ink []pt
}

// groups joins ink nearer than gap pixels and keeps what is at least least
// pixels long one way and half of it the other.
func groups(on []bool, w, h int, gap, least float64) []group {
	near := distanceTo(on, w, h, float32(gap))
	joined := make([]bool, w*h)
	for i, d := range near.Pix {
		joined[i] = float64(d) <= gap/2
	}
	labels, blobs := components(joined, w, h)
	out := make([]group, len(blobs))
	for i, b := range blobs {
		out[i].box = b
	}
	for i, l := range labels {
		if l > 0 && on[i] {
			out[l-1].ink = append(out[l-1].ink, pt{float64(i % w), float64(i / w)})
		}
	}
	return slices.DeleteFunc(out, func(g group) bool {
		long, short := float64(max(g.box.w(), g.box.h())), float64(min(g.box.w(), g.box.h()))
		return long < least || short < least*0.5
	})
}

// groupsIn is groups within the bounds of a blob.
func groupsIn(on []bool, w, h int, in blob, gap, least float64) []group {
	part := make([]bool, w*h)
	for y := in.y0; y <= in.y1; y++ {
		copy(part[y*w+in.x0:y*w+in.x1+1], on[y*w+in.x0:y*w+in.x1+1])
	}
	return groups(part, w, h, gap, least)
}

// hullSeal judges a blob by its convex hull: a seal's hull is its ring or
// frame, so ink covers it; that of writing is mostly empty.
func hullSeal(ink []pt, t tint, pxmm, least, inside float64) (outline, bool) {
	hull := convexHull(ink)
	if len(hull) < 3 {
		return outline{}, false
	}
	long, short, rect := narrowestRect(hull)
	if short < sealMinMM*pxmm*0.9 || long > sealMaxMM*pxmm {
		return outline{}, false
	}
	if long/short > phraseAspect && short < phraseHeight*pxmm {
		return outline{}, false
	}
	area := polygonArea(hull)
	if float64(len(ink)) < inside*area {
		return outline{}, false
	}
	o := outline{ink: t.name, cover: hullCoverage(hull, t, hullWidthMM*pxmm)}
	o.x0, o.y0, o.x1, o.y1 = bounds(hull)
	o.shape = shapeOf(area/rect, long/short)
	return o, o.cover >= least
}

func shapeOf(fill, aspect float64) models.SealShape {
	switch {
	case fill < roundRatio && aspect < ovalAspect:
		return models.Round
	case fill < roundRatio:
		return models.Oval
	case aspect < ovalAspect:
		return models.Square
	default:
		return models.Rect
	}
}

// hullCoverage is the share of the hull's length with ink within width pixels.
func hullCoverage(hull []pt, t tint, width float64) float64 {
	on, all := 0, 0
	for i, a := range hull {
		b := hull[(i+1)%len(hull)]
		n := int(math.Ceil(math.Hypot(b.x-a.x, b.y-a.y)))
		for k := range n {
			f := float64(k) / float64(n)
			all++
			if inkNear(t.on, t.w, t.h, a.x+f*(b.x-a.x), a.y+f*(b.y-a.y), width) {
				on++
			}
		}
	}
	return float64(on) / float64(max(all, 1))
}

func inkNear(on []bool, w, h int, x, y, radius float64) bool {
	r := int(math.Ceil(radius))
	cx, cy := int(math.Round(x)), int(math.Round(y))
	for yy := max(cy-r, 0); yy <= min(cy+r, h-1); yy++ {
		for xx := max(cx-r, 0); xx <= min(cx+r, w-1); xx++ {
			dx, dy := float64(xx)-x, float64(yy)-y
			if on[yy*w+xx] && dx*dx+dy*dy <= radius*radius {
				return true
			}
		}
	}
	return false
}

// convexHull is Andrew's monotone chain, counter-clockwise in a y-up view.
func convexHull(in []pt) []pt {
	p := slices.Clone(in)
	slices.SortFunc(p, func(a, b pt) int {
		if a.x != b.x {
			return int(math.Copysign(1, a.x-b.x))
		}
		if a.y != b.y {
			return int(math.Copysign(1, a.y-b.y))
		}
		return 0
	})
	if len(p) < 3 {
		return p
	}
	cross := func(o, a, b pt) float64 { return (a.x-o.x)*(b.y-o.y) - (a.y-o.y)*(b.x-o.x) }
	var hull []pt
	half := func(q pt, base int) {
		for len(hull) >= base+2 && cross(hull[len(hull)-2], hull[len(hull)-1], q) <= 0 {
			hull = hull[:len(hull)-1]
		}
		hull = append(hull, q)
	}
	for _, q := range p {
		half(q, 0)
	}
	base := len(hull) - 1
	for i := len(p) - 2; i >= 0; i-- {
		half(p[i], base)
	}
	return hull[:len(hull)-1]
}

// narrowestRect gives the sides and area of the rectangle of least area around a
// hull; one of its sides lies along a side of the hull.
func narrowestRect(hull []pt) (long, short, area float64) {
	area = math.Inf(1)
	for i, a := range hull {
		b := hull[(i+1)%len(hull)]
		n := math.Hypot(b.x-a.x, b.y-a.y)
		if n == 0 {
			continue
		}
		ux, uy := (b.x-a.x)/n, (b.y-a.y)/n
		lo, hi, top := math.Inf(1), math.Inf(-1), 0.0
		for _, p := range hull {
			u := (p.x-a.x)*ux + (p.y-a.y)*uy
			v := math.Abs(-(p.x-a.x)*uy + (p.y-a.y)*ux)
			lo, hi, top = min(lo, u), max(hi, u), max(top, v)
		}
		if s := (hi - lo + 1) * (top + 1); s < area {
			area, long, short = s, max(hi-lo, top)+1, min(hi-lo, top)+1
		}
	}
	return long, short, area
}

func polygonArea(p []pt) float64 {
	var s float64
	for i, a := range p {
		b := p[(i+1)%len(p)]
		s += a.x*b.y - b.x*a.y
	}
	return math.Abs(s) / 2
}

// bounds is the box of points, a pixel wider so that it holds their pixels.
func bounds(p []pt) (x0, y0, x1, y1 float64) {
	x0, y0, x1, y1 = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, q := range p {
		x0, y0, x1, y1 = min(x0, q.x), min(y0, q.y), max(x1, q.x+1), max(y1, q.y+1)
	}
	return x0, y0, x1, y1
}
