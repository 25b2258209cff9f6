package sealcheck

import "math"

// pose is a similarity that takes a point of the specimen to the imprint, both
// in pixels at workPxMM: rotate about the specimen's centre (cx, cy) by angle,
// scale, and move the centre to (tx, ty).
type pose struct {
	cx, cy float64
	tx, ty float64
	angle  float64 // radians, clockwise on the page
	scale  float64
}

func (p pose) at(x, y float64) (float64, float64) {
	s, c := math.Sincos(p.angle)
	x, y = (x-p.cx)*p.scale, (y-p.cy)*p.scale
	return c*x - s*y + p.tx, s*x + c*y + p.ty
}

// matrix gives the linear part, row by row.
func (p pose) matrix() (a, b, c, d float64) {
	s, co := math.Sincos(p.angle)
	return p.scale * co, -p.scale * s, p.scale * s, p.scale * co
}

// nudged composes the pose after a small similarity in the specimen's frame:
// shift (dx, dy), turn and stretch about the centre.
func (p pose) nudged(dx, dy, turn, stretch float64) pose {
	a, b, c, d := p.matrix()
	p.tx += a*dx + b*dy
	p.ty += c*dx + d*dy
	p.angle += turn
	p.scale = min(max(p.scale*(1+stretch), 1-scaleCap), 1+scaleCap)
	return p
}

// degrees gives the turn in (-180, 180].
func (p pose) degrees() float64 {
	d := math.Mod(p.angle*180/math.Pi, 360)
	switch {
	case d > 180:
		d -= 360
	case d <= -180:
		d += 360
	}
	return d
}
