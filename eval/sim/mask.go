package sim

import "math"

// mask is coverage 0..1 a pixel, rows packed.
type mask struct {
	W, H int
	A    []float32
}

func newMask(w, h int) *mask { return &mask{w, h, make([]float32, w*h)} }

// at samples bilinearly; outside is 0.
func (m *mask) at(x, y float64) float32 {
	x, y = x-0.5, y-0.5
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int(fx), int(fy)
	if ix < 0 || iy < 0 || ix+1 >= m.W || iy+1 >= m.H {
		return 0
	}
	tx, ty := float32(x-fx), float32(y-fy)
	row := m.A[iy*m.W+ix:]
	a, b, c, d := row[0], row[1], row[m.W], row[m.W+1]
	return (a+(b-a)*tx)*(1-ty) + (c+(d-c)*tx)*ty
}

// blur approximates a Gaussian of sigma pixels by three passes of a box.
func (m *mask) blur(sigma float64) *mask {
	out := &mask{m.W, m.H, append([]float32(nil), m.A...)}
	if sigma <= 0 {
		return out
	}
	// Width of the box whose three passes have the variance of the Gaussian.
	r := int(math.Round((math.Sqrt(4*sigma*sigma+1) - 1) / 2))
	if r < 1 {
		r = 1
	}
	tmp := make([]float32, max(m.W, m.H))
	for range 3 {
		for y := range m.H {
			boxLine(out.A[y*m.W:], 1, m.W, r, tmp)
		}
		for x := range m.W {
			boxLine(out.A[x:], m.W, m.H, r, tmp)
		}
	}
	return out
}

// boxLine averages over 2r+1 values of a line of n values, step apart; outside is 0.
func boxLine(a []float32, step, n, r int, tmp []float32) {
	inv := 1 / float32(2*r+1)
	var sum float32
	for i := range min(r, n) {
		sum += a[i*step]
	}
	for i := range n {
		if j := i + r; j < n {
			sum += a[j*step]
		}
		if j := i - r - 1; j >= 0 {
			sum -= a[j*step]
		}
		tmp[i] = sum * inv
	}
	for i := range n {
		a[i*step] = tmp[i]
	}
}

// smoothstep rises from 0 at lo to 1 at hi.
func smoothstep(lo, hi, v float32) float32 {
	t := (v - lo) / (hi - lo)
	if t <= 0 {
		return 0
	}
	if t >= 1 {
		return 1
	}
	return t * t * (3 - 2*t)
}

// field is smooth noise between about -1 and 1: random values on a grid, joined.
type field struct {
	w, h int
	cell float64 // pixels between grid points
	v    []float32
}

func newField(d dice, w, h int, cell float64) *field {
	cell = math.Max(cell, 1)
	f := &field{int(float64(w)/cell) + 3, int(float64(h)/cell) + 3, cell, nil}
	f.v = make([]float32, f.w*f.h)
	for i := range f.v {
		f.v[i] = float32(2*d.Float64() - 1)
	}
	return f
}

// at is the value at a pixel inside the w×h the field was made for.
func (f *field) at(x, y float64) float32 {
	gx, gy := x/f.cell, y/f.cell
	ix, iy := int(gx), int(gy)
	if ix < 0 || iy < 0 || ix+1 >= f.w || iy+1 >= f.h {
		return 0
	}
	tx, ty := float32(gx-float64(ix)), float32(gy-float64(iy))
	tx, ty = tx*tx*(3-2*tx), ty*ty*(3-2*ty)
	row := f.v[iy*f.w+ix:]
	a, b, c, e := row[0], row[1], row[f.w], row[f.w+1]
	return (a+(b-a)*tx)*(1-ty) + (c+(e-c)*tx)*ty
}
