package sealcheck

import (
	"math"
	"slices"
)

// pt is a point in working pixels.
type pt struct{ x, y float64 }

// group is ink that lies close together.
type group struct {
	box   blob
	large bool
	ink   []pt
}

// groups joins ink nearer than gap pixels and keeps what is at least least
// pixels long one way and half of it the other; their ink only where points are asked for.
func groups(on []bool, w, h int, gap, least float64, points bool) []group {
	// Only the rows with ink, and what it reaches, are looked at.
	first := slices.Index(on, true)
	if first < 0 {
		return nil
	}
	top, bottom := max(first/w-int(gap), 0), h
	for bottom > 0 && !slices.Contains(on[(bottom-1)*w:bottom*w], true) {
		bottom--
	}
	bottom = min(bottom+int(gap), h)
	on = on[top*w : bottom*w]
	blobs, runs := connected(closeTo(on, w, bottom-top, gap/2), w, bottom-top)
	out := make([]group, len(blobs))
	for i, b := range blobs {
		long, short := float64(max(b.w(), b.h())), float64(min(b.w(), b.h()))
		out[i].large = long >= least && short >= least*0.5
		b.y0, b.y1 = b.y0+top, b.y1+top
		out[i].box = b
	}
	for _, r := range runs {
		if g := &out[r.Component]; points && g.large {
			for x := r.X0; x < r.X1; x++ {
				if on[r.Y*w+x] {
					g.ink = append(g.ink, pt{float64(x), float64(r.Y + top)})
				}
			}
		}
	}
	return slices.DeleteFunc(out, func(g group) bool { return !g.large })
}

// closeTo marks what lies within radius pixels of a set pixel.
func closeTo(on []bool, w, h int, radius float64) []bool {
	r := int(radius)
	reach := make([]int, r+1) // to the sides, by the distance above or below
	for d := range reach {
		reach[d] = int(math.Sqrt(radius*radius - float64(d*d)))
	}
	away := make([]uint8, w*h) // rows to the nearest set pixel of the column, at most r+1
	run := slices.Repeat([]uint8{uint8(r + 1)}, w)
	sweep := func(y int) {
		row, set := away[y*w:(y+1)*w], on[y*w:(y+1)*w]
		for x := range row {
			run[x] = min(run[x]+1, uint8(r+1))
			if set[x] {
				run[x] = 0
			}
			row[x] = min(row[x], run[x])
		}
	}
	for i := range away {
		away[i] = uint8(r + 1)
	}
	for y := range h {
		sweep(y)
	}
	for x := range run {
		run[x] = uint8(r + 1)
	}
	for y := h - 1; y >= 0; y-- {
		sweep(y)
	}
	out := make([]bool, w*h)
	for y := range h {
		row, set := away[y*w:(y+1)*w], out[y*w:(y+1)*w]
		until := -1
		for x, d := range row {
			if int(d) <= r {
				until = max(until, x+reach[d])
			}
			set[x] = x <= until
		}
		until = w
		for x := w - 1; x >= 0; x-- {
			if d := int(row[x]); d <= r {
				until = min(until, x-reach[d])
			}
			set[x] = set[x] || x >= until
		}
	}
	return out
}

// hulls finds, in ink that no fitted outline explains, blobs whose convex hull
// is inked all around: seals too poorly stamped for a fit. The hull of writing is
// mostly empty and seldom runs along strokes.
func (l *layer) hulls(taken []candidate, pxmm float64) []candidate {
	on := slices.Clone(l.on)
	for _, c := range taken {
		x0, y0, x1, y1 := c.bounds()
		own := c.outline.within(takenGrowMM * pxmm)
		for y := max(int(y0)-3, 0); y <= min(int(y1)+3, l.h-1); y++ {
			for x := max(int(x0)-3, 0); x <= min(int(x1)+3, l.w-1); x++ {
				on[y*l.w+x] = on[y*l.w+x] && !own(float64(x), float64(y))
			}
		}
	}
	var out []candidate
	for _, g := range groups(on, l.w, l.h, colourGapMM*pxmm, sealMinMM*pxmm, true) {
		hull := convexHull(g.ink)
		if len(hull) < 3 {
			continue
		}
		o, rect := narrowestRect(hull)
		area := polygonArea(hull)
		o.angular = area/rect >= roundRatio
		c := candidate{outline: o, layer: l, fit: l.alongHull(hull)}
		if c.sized(pxmm) && float64(len(g.ink)) >= inkInside*area && c.close >= hullInked && c.support >= hullFacing {
			out = append(out, c)
		}
	}
	return out
}

// alongHull measures a hull: support is the share with edges that face outwards,
// close that with ink nearby. What lies along the page's border does not count.
func (l *layer) alongHull(hull []pt) fit {
	var on, near, facing, all float64
	for i, a := range hull {
		b := hull[(i+1)%len(hull)]
		length := math.Hypot(b.x-a.x, b.y-a.y)
		// Counter-clockwise with y up is clockwise on the page; outside is on the left.
		d := dirOf((b.y-a.y)/length, -(b.x-a.x)/length)
		n := int(math.Ceil(length))
		for k := range n {
			t := (float64(k) + 0.5) / float64(n)
			x, y := a.x+t*(b.x-a.x), a.y+t*(b.y-a.y)
			all++
			if x < edgeFree || y < edgeFree || x > float64(l.w-1)-edgeFree || y > float64(l.h-1)-edgeFree {
				continue
			}
			on++
			if inkNear(l.on, l.w, l.h, x, y, hullWidthMM*findDPI/25.4) {
				near++
			}
			if l.facing(x, y, d) > 0 {
				facing++
			}
		}
	}
	on = max(on, 1)
	return fit{support: facing / on, close: near / on, visible: on / all}
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

// narrowestRect gives the rectangle of least area around a hull, and that area;
// one of its sides lies along a side of the hull.
func narrowestRect(hull []pt) (best outline, area float64) {
	area = math.Inf(1)
	for i, a := range hull {
		b := hull[(i+1)%len(hull)]
		n := math.Hypot(b.x-a.x, b.y-a.y)
		if n == 0 {
			continue
		}
		ux, uy := (b.x-a.x)/n, (b.y-a.y)/n
		u0, u1, v0, v1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
		for _, p := range hull {
			u, v := p.x*ux+p.y*uy, -p.x*uy+p.y*ux
			u0, u1, v0, v1 = min(u0, u), max(u1, u), min(v0, v), max(v1, v)
		}
		if s := (u1 - u0 + 1) * (v1 - v0 + 1); s < area {
			u, v := (u0+u1)/2, (v0+v1)/2
			area = s
			best = outline{cx: u*ux - v*uy, cy: u*uy + v*ux, a: (u1 - u0) / 2, b: (v1 - v0) / 2, turn: math.Atan2(uy, ux)}
		}
	}
	if best.b > best.a {
		best.a, best.b, best.turn = best.b, best.a, best.turn+math.Pi/2
	}
	return best, area
}

func polygonArea(p []pt) float64 {
	var s float64
	for i, a := range p {
		b := p[(i+1)%len(p)]
		s += a.x*b.y - b.x*a.y
	}
	return math.Abs(s) / 2
}
