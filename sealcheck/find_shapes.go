package sealcheck

import (
	"math"
	"slices"

	"heyin/models"
)

// outline is a seal's outer edge in working pixels: an ellipse or a rectangle
// with half sides a ≥ b, a turned by turn radians clockwise from +x.
type outline struct {
	cx, cy, a, b, turn float64
	angular            bool // rectangle
}

// side is a point of an outline with the direction it faces, in one of the four
// sides or quarters of the way around.
type side struct {
	x, y    float64
	dir     int
	quarter int
}

// sides adds to all the points around the outline, about sideStep pixels apart.
func (o outline) sides(all []side) []side {
	const sideStep = 1.5
	if o.angular {
		for k := range 4 {
			// The side that faces turn + k·90°: half length along, half width off.
			off, along := o.a, o.b
			if k%2 == 1 {
				off, along = o.b, o.a
			}
			ns, nc := math.Sincos(o.turn + float64(k)*math.Pi/2)
			dir := dirOf(nc, ns)
			n := max(int(2*along/sideStep), 4)
			for i := range n {
				t := along * (2*(float64(i)+0.5)/float64(n) - 1)
				all = append(all, side{o.cx + off*nc - t*ns, o.cy + off*ns + t*nc, dir, k})
			}
		}
		return all
	}
	s, c := math.Sincos(o.turn)
	n := max(int(math.Pi*(o.a+o.b)/sideStep), 40)
	stepS, stepC := math.Sincos(2 * math.Pi / float64(n))
	st, ct := 0.0, 1.0
	for i := range n {
		u, v := o.a*ct, o.b*st
		nu, nv := o.b*ct, o.a*st // along the normal (ct/a, st/b)
		all = append(all, side{o.cx + u*c - v*s, o.cy + u*s + v*c, dirOf(nu*c-nv*s, nu*s+nv*c), i * 4 / n})
		st, ct = st*stepC+ct*stepS, ct*stepC-st*stepS
	}
	return all
}

// within tells which points lie within the outline grown by grow pixels.
func (o outline) within(grow float64) func(x, y float64) bool {
	s, c := math.Sincos(o.turn)
	a, b := o.a+grow, o.b+grow
	if o.angular {
		return func(x, y float64) bool {
			x, y = x-o.cx, y-o.cy
			return math.Abs(c*x+s*y) <= a && math.Abs(c*y-s*x) <= b
		}
	}
	perA, perB := 1/(a*a), 1/(b*b)
	return func(x, y float64) bool {
		x, y = x-o.cx, y-o.cy
		u, v := c*x+s*y, c*y-s*x
		return u*u*perA+v*v*perB <= 1
	}
}

// bounds is the box around the outline.
func (o outline) bounds() (x0, y0, x1, y1 float64) {
	s, c := math.Sincos(o.turn)
	s, c = math.Abs(s), math.Abs(c)
	hw, hh := math.Hypot(o.a*c, o.b*s), math.Hypot(o.a*s, o.b*c)
	if o.angular {
		hw, hh = o.a*c+o.b*s, o.a*s+o.b*c
	}
	return o.cx - hw, o.cy - hh, o.cx + hw, o.cy + hh
}

// length is the way around, in pixels.
func (o outline) length() float64 {
	if o.angular {
		return 4 * (o.a + o.b)
	}
	return math.Pi * (o.a + o.b)
}

func (o outline) shape() models.SealShape {
	switch long := o.a/o.b >= ovalAspect; {
	case o.angular && long:
		return models.Rect
	case o.angular:
		return models.Square
	case long:
		return models.Oval
	}
	return models.Round
}

// fit is how an outline lies on a layer's edges.
type fit struct {
	support float64 // share of the outline on the page with an edge that faces outwards
	weakest float64 // the same of the weakest side, or quarter of the way around
	visible float64 // share of the outline on the page
	close   float64 // support, with edges right on the outline counting more
	clear   float64 // share of the outline with paper beyond it
}

func (l *layer) fitOf(o outline) fit {
	var hit, on [4]float64
	var f fit
	l.walk = o.sides(l.walk[:0])
	for _, p := range l.walk {
		if !l.judged(p) {
			continue
		}
		on[p.quarter]++
		if v := l.facing(p.x, p.y, p.dir); v > 0 {
			hit[p.quarter]++
			f.close += v
		}
		if nx, ny := dirVector(p.dir); !l.inkAt(p.x+nearOut*nx, p.y+nearOut*ny) && !l.inkAt(p.x+farOut*nx, p.y+farOut*ny) {
			f.clear++
		}
	}
	n := on[0] + on[1] + on[2] + on[3]
	if n == 0 {
		return fit{}
	}
	f.visible = n / float64(len(l.walk))
	f.support, f.close, f.clear = (hit[0]+hit[1]+hit[2]+hit[3])/n, f.close/n, f.clear/n
	f.weakest = 1
	for q := range 4 {
		if on[q] >= 8 {
			f.weakest = min(f.weakest, hit[q]/on[q])
		}
	}
	return f
}

// closeOf is the close of fitOf, or something less when that cannot exceed least.
func (l *layer) closeOf(o outline, least float64) float64 {
	l.walk = slices.DeleteFunc(o.sides(l.walk[:0]), func(p side) bool { return !l.judged(p) })
	n := float64(len(l.walk))
	sum, most := 0.0, n // most: what can still be reached
	for _, p := range l.walk {
		v := l.facing(p.x, p.y, p.dir)
		sum += v
		if most -= 1 - v; most <= least*n {
			break
		}
	}
	return sum / max(n, 1)
}

// judged tells whether a point of an outline is far enough from the page's border.
func (l *layer) judged(p side) bool {
	return p.x >= edgeFree && p.y >= edgeFree && p.x <= float64(l.w-1)-edgeFree && p.y <= float64(l.h-1)-edgeFree
}

// inkAt reports ink at a point; beyond the page is none.
func (l *layer) inkAt(x, y float64) bool {
	px, py := int(x+0.5), int(y+0.5)
	return px >= 0 && py >= 0 && px < l.w && py < l.h && l.on[py*l.w+px]
}

// rank orders outlines of a size in pixels: well supported on all sides, with
// paper around, which half a seal has not, and of two rings of a seal the outer.
func (f fit) rank(size float64) float64 {
	return f.close * math.Pow(f.clear, rankClear) * (1 - rankWeakest + rankWeakest*min(f.weakest/weakestFull, 1)) * math.Pow(size, rankSize)
}

// nearOut and farOut are how far beyond an outline paper is looked for, in
// pixels: 1 and 1.8 mm, the gap between a seal's characters and less than that to
// the next print.
const nearOut, farOut = 4, 7

// edgeFree is how near to the page's border, in pixels, an outline is not judged.
const edgeFree = 2.0

// refined moves, turns and stretches an outline by small steps to where it fits
// best. A circle stays one.
func (l *layer) refined(o outline) (outline, fit) {
	best := l.closeOf(o, 0)
	circle := !o.angular && o.a == o.b
	for _, step := range []float64{2, 1, 0.5} {
		turn := step / max(o.a, 1)
		for range 4 {
			before := best
			moves := []outline{
				{cx: step}, {cx: -step}, {cy: step}, {cy: -step}, {a: step, b: step}, {a: -step, b: -step},
			}
			if !circle {
				moves = append(moves, outline{a: step}, outline{a: -step}, outline{b: step}, outline{b: -step}, outline{turn: turn}, outline{turn: -turn})
			}
			if o.angular {
				// One side at a time: its opposite stays.
				s, c := math.Sincos(o.turn)
				for _, k := range []float64{step / 2, -step / 2} {
					moves = append(moves, outline{cx: k * c, cy: k * s, a: k}, outline{cx: k * c, cy: k * s, a: -k},
						outline{cx: -k * s, cy: k * c, b: k}, outline{cx: -k * s, cy: k * c, b: -k})
				}
			}
			for _, m := range moves {
				try := o
				try.cx, try.cy, try.a, try.b, try.turn = o.cx+m.cx, o.cy+m.cy, o.a+m.a, o.b+m.b, o.turn+m.turn
				if try.b < 3 {
					continue
				}
				if v := l.closeOf(try, best); v > best {
					o, best = try, v
				}
			}
			if best == before {
				break
			}
		}
	}
	if o.b > o.a {
		o.a, o.b, o.turn = o.b, o.a, o.turn+math.Pi/2
	}
	return o, l.fitOf(o)
}
