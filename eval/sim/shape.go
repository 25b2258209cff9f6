package sim

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/vector"
)

// point is in millimetres, y down.
type point struct{ X, Y float64 }

func (p point) add(q point) point { return point{p.X + q.X, p.Y + q.Y} }

// turn rotates p clockwise about the origin.
func (p point) turn(deg float64) point {
	s, c := math.Sincos(deg * math.Pi / 180)
	return point{c*p.X - s*p.Y, s*p.X + c*p.Y}
}

// shape is a set of closed polygons, filled by the non-zero rule.
type shape [][]point

// move returns the shape with every corner passed through f.
func (s shape) move(f func(point) point) shape {
	out := make(shape, len(s))
	for i, poly := range s {
		out[i] = make([]point, len(poly))
		for j, p := range poly {
			out[i][j] = f(p)
		}
	}
	return out
}

// place scales by (sx, sy), turns and then shifts.
func (s shape) place(sx, sy, deg float64, at point) shape {
	return s.move(func(p point) point { return point{p.X * sx, p.Y * sy}.turn(deg).add(at) })
}

// bold gives the shape thickened by e on every side: the union of copies shifted
// around a circle.
func (s shape) bold(e float64) shape {
	if e <= 0 {
		return s
	}
	const copies = 8
	out := append(shape{}, s...)
	for i := range copies {
		shift := point{e, 0}.turn(float64(i) * 360 / copies)
		out = append(out, s.move(shift.add)...)
	}
	return out
}

// bounds is the smallest box around the shape.
func (s shape) bounds() (lo, hi point) {
	lo, hi = point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, poly := range s {
		for _, p := range poly {
			lo = point{math.Min(lo.X, p.X), math.Min(lo.Y, p.Y)}
			hi = point{math.Max(hi.X, p.X), math.Max(hi.Y, p.Y)}
		}
	}
	return lo, hi
}

// raster fills the shape into coverage 0..1 of w×h pixels; toPx maps millimetres
// to pixels.
func (s shape) raster(w, h int, toPx func(point) point) *mask {
	r := vector.NewRasterizer(w, h)
	for _, poly := range s {
		for i, p := range poly {
			q := toPx(p)
			if i == 0 {
				r.MoveTo(float32(q.X), float32(q.Y))
			} else {
				r.LineTo(float32(q.X), float32(q.Y))
			}
		}
		r.ClosePath()
	}
	alpha := image.NewAlpha(image.Rect(0, 0, w, h))
	r.Draw(alpha, alpha.Bounds(), image.NewUniform(color.Opaque), image.Point{})
	m := newMask(w, h)
	for i, a := range alpha.Pix {
		m.A[i] = float32(a) / 255
	}
	return m
}

// curveSteps is how many chords stand for a full turn; a 42 mm ring is then
// within 0.01 mm of round.
const curveSteps = 160

// ellipse is clockwise on the page, as the outer contours of glyphs are, so that
// ink that touches adds up.
func ellipse(a, b float64, wobble func(turn float64) float64) []point {
	poly := make([]point, curveSteps)
	for i := range poly {
		t := float64(i) / curveSteps
		s, c := math.Sincos(2 * math.Pi * t)
		w := wobble(t)
		poly[i] = point{(a + w) * c, (b + w) * s}
	}
	return poly
}

func reversed(poly []point) []point {
	out := make([]point, len(poly))
	for i, p := range poly {
		out[len(poly)-1-i] = p
	}
	return out
}

// roundRect is a rectangle about the origin with rounded corners, clockwise.
func roundRect(w, h, r float64) []point {
	var poly []point
	const steps = 6
	for q, corner := range []point{{w/2 - r, h/2 - r}, {-w/2 + r, h/2 - r}, {-w/2 + r, -h/2 + r}, {w/2 - r, -h/2 + r}} {
		for i := range steps + 1 {
			s, c := math.Sincos((float64(q) + float64(i)/steps) * math.Pi / 2)
			poly = append(poly, point{corner.X + r*c, corner.Y + r*s})
		}
	}
	return poly
}

// star is a five-pointed star with its top point up.
func star(radius float64) []point {
	const inner = 0.382 // of the outer radius: edges in line
	poly := make([]point, 10)
	for i := range poly {
		r := radius
		if i%2 == 1 {
			r *= inner
		}
		poly[i] = point{0, -r}.turn(float64(i) * 36)
	}
	return poly
}

// stroke is the trail of a pen through the points, with a width at each.
func stroke(points []point, widths []float64) shape {
	var out shape
	for i, p := range points {
		disc := make([]point, 12)
		for k := range disc {
			disc[k] = point{widths[i] / 2, 0}.turn(float64(k) * 30).add(p)
		}
		out = append(out, disc)
		if i == 0 {
			continue
		}
		q := points[i-1]
		dx, dy := p.X-q.X, p.Y-q.Y
		n := math.Hypot(dx, dy)
		if n == 0 {
			continue
		}
		nx, ny := -dy/n, dx/n
		a, b := widths[i-1]/2, widths[i]/2
		out = append(out, []point{{q.X - nx*a, q.Y - ny*a}, {p.X - nx*b, p.Y - ny*b}, {p.X + nx*b, p.Y + ny*b}, {q.X + nx*a, q.Y + ny*a}})
	}
	return out
}

// bezier samples a cubic at n+1 points.
func bezier(a, b, c, d point, n int) []point {
	out := make([]point, n+1)
	for i := range out {
		t := float64(i) / float64(n)
		u := 1 - t
		w := [4]float64{u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t}
		out[i] = point{
			w[0]*a.X + w[1]*b.X + w[2]*c.X + w[3]*d.X,
			w[0]*a.Y + w[1]*b.Y + w[2]*c.Y + w[3]*d.Y,
		}
	}
	return out
}
