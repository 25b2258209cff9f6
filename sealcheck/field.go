package sealcheck

import (
	"math"
	"slices"
)

// field is a smooth displacement over the specimen, a quadratic in each
// direction: what stamping on a soft pad and a worn scanner do. In pixels at
// workPxMM from the specimen's centre; bounded by fieldCapMM.
type field struct {
	unit float64    // pixels that make the polynomial's argument 1
	x, y [6]float64 // coefficients of 1, u, v, u², uv, v²
}

func (f field) at(x, y float64) (dx, dy float64) {
	row := f.row(y)
	return row.at(x)
}

// rowField is a field along one row, a quadratic in x.
type rowField struct {
	per  float64    // of u a pixel
	x, y [3]float64 // coefficients of 1, u, u²
}

func (f field) row(y float64) rowField {
	if f.unit == 0 {
		return rowField{}
	}
	v := y / f.unit
	along := func(c [6]float64) [3]float64 { return [3]float64{c[0] + c[2]*v + c[5]*v*v, c[1] + c[4]*v, c[3]} }
	return rowField{1 / f.unit, along(f.x), along(f.y)}
}

func (f *rowField) at(x float64) (dx, dy float64) {
	u := x * f.per
	dx, dy = f.x[0]+u*(f.x[1]+u*f.x[2]), f.y[0]+u*(f.y[1]+u*f.y[2])
	const limit = fieldCapMM * workPxMM
	if n := dx*dx + dy*dy; n > limit*limit {
		cut := limit / math.Sqrt(n)
		dx, dy = dx*cut, dy*cut
	}
	return dx, dy
}

func basis(u, v float64) [6]float64 { return [6]float64{1, u, v, u * u, u * v, v * v} }

// window is a small square of the specimen and how far the imprint lies off there.
type window struct {
	x, y       float64 // centre from the specimen's centre, pixels
	dx, dy     float64 // displacement, pixels
	xx, xy, yy float64 // structure tensor: along an edge nothing can be told
	corr       float64
	strength   float64
	legible    bool
}

// windows measures displacement in windowMM squares every half of that.
func (r *Reference) windows(v view, p pose) []window {
	var out []window
	half := int(windowMM * workPxMM / 2)
	var room [windowSamples]windowPixel
	for y := half; y < r.h-half; y += half {
		for x := half; x < r.w-half; x += half {
			if w, ok := r.window(v, p, x, y, half, &room); ok {
				out = append(out, w)
			}
		}
	}
	return out
}

// windowPixel is one of those by which a window is measured.
type windowPixel struct {
	x, y   float64 // from the specimen's centre
	gx, gy float64
	t, v   float64 // ink of specimen and imprint
	seen   bool
}

// window measures one square by a few Gauss-Newton steps of pure shift.
func (r *Reference) window(v view, p pose, x0, y0, half int, room *[windowSamples]windowPixel) (window, bool) {
	w := window{x: float64(x0) - p.cx, y: float64(y0) - p.cy}
	n := 0
	for y := y0 - half; y < y0+half; y += 2 {
		for x := x0 - half; x < x0+half; x += 2 {
			i := y*r.w + x
			if i < r.w || i >= len(r.fine.Pix)-r.w || x == 0 || x == r.w-1 || !r.clear[i] {
				continue
			}
			gx, gy := float64(r.fine.Pix[i+1]-r.fine.Pix[i-1])/2, float64(r.fine.Pix[i+r.w]-r.fine.Pix[i-r.w])/2
			w.xx, w.xy, w.yy = w.xx+gx*gx, w.xy+gx*gy, w.yy+gy*gy
			s := &room[n] // and not appended to a slice, which would copy it
			s.x, s.y, s.gx, s.gy, s.t = float64(x)-p.cx, float64(y)-p.cy, gx, gy, float64(r.fine.Pix[i])
			n++
		}
	}
	all := room[:n]
	w.strength = w.xx + w.yy
	if w.strength < windowStructure || len(all) < half*half/2 {
		return w, false
	}
	ma, mb, mc, md := p.matrix()
	for round := 0; ; round++ {
		var sw, st, sv, stt, stv, svv float64
		k := 0
		for i := range all {
			s := &all[i]
			sx, sy := s.x+w.dx, s.y+w.dy
			var val float32
			if val, s.seen = v.fineAt(ma*sx+mb*sy+p.tx, mc*sx+md*sy+p.ty); !s.seen {
				continue
			}
			s.v = float64(val)
			k++
			sw, st, sv, stt, stv, svv = sw+1, st+s.t, sv+s.v, stt+s.t*s.t, stv+s.t*s.v, svv+s.v*s.v
		}
		if 2*k < len(all) {
			return w, false
		}
		ctt, ctv, cvv := stt/sw-st/sw*st/sw, stv/sw-st/sw*sv/sw, svv/sw-sv/sw*sv/sw
		w.corr = ctv / math.Sqrt(max(ctt*cvv, 1e-12))
		gain := ctv / max(ctt, 1e-9)
		if round == windowRounds {
			w.legible = gain > windowGain
			return w, true
		}
		gain = min(max(gain, 0.3), 1.5)
		offset := sv/sw - gain*st/sw
		var hxx, hxy, hyy, bx, by float64
		for i := range all {
			s := &all[i]
			if !s.seen {
				continue
			}
			e := s.v - gain*s.t - offset
			wt := 1.0
			if ae := math.Abs(e); ae > fitHuber {
				wt = fitHuber / ae
			}
			gx, gy := gain*s.gx, gain*s.gy
			hxx, hxy, hyy = hxx+wt*gx*gx, hxy+wt*gx*gy, hyy+wt*gy*gy
			bx, by = bx+wt*gx*e, by+wt*gy*e
		}
		ridge := 0.05 * (hxx + hyy)
		hxx, hyy = hxx+ridge, hyy+ridge
		det := hxx*hyy - hxy*hxy
		if det < 1e-12 {
			return w, false
		}
		w.dx -= (bx*hyy - by*hxy) / det
		w.dy -= (by*hxx - bx*hxy) / det
		const limit = windowReachMM * workPxMM
		w.dx, w.dy = min(max(w.dx, -limit), limit), min(max(w.dy, -limit), limit)
	}
}

// off is the displacement of a window against (dx, dy), in mm, along the
// directions its structure determines.
func (w window) off(dx, dy float64) float64 {
	ex, ey := w.dx-dx, w.dy-dy
	trace := w.xx + w.yy
	half := math.Sqrt(math.Max(0, (w.xx-w.yy)*(w.xx-w.yy)/4+w.xy*w.xy))
	strongest := trace/2 + half
	q := (w.xx*ex*ex + 2*w.xy*ex*ey + w.yy*ey*ey) / max(strongest, 1e-12)
	return math.Sqrt(max(q, 0)) / workPxMM
}

// smoothField fits the field to the windows with structure-tensor weights and
// Huber loss.
func (r *Reference) smoothField(ws []window) field {
	f := field{unit: float64(max(r.w, r.h)) / 2}
	for range 4 {
		var h [12][13]float64
		for _, w := range ws {
			if !w.legible {
				continue
			}
			dx, dy := f.at(w.x, w.y)
			wt := 1 / (w.xx + w.yy)
			if e := w.off(dx, dy); e > fieldHuberMM {
				wt *= fieldHuberMM / e
			}
			b := basis(w.x/f.unit, w.y/f.unit)
			for i := range 6 {
				for j := range 6 {
					h[i][j] += wt * w.xx * b[i] * b[j]
					h[i][j+6] += wt * w.xy * b[i] * b[j]
					h[i+6][j] += wt * w.xy * b[i] * b[j]
					h[i+6][j+6] += wt * w.yy * b[i] * b[j]
				}
				h[i][12] += wt * b[i] * (w.xx*w.dx + w.xy*w.dy)
				h[i+6][12] += wt * b[i] * (w.xy*w.dx + w.yy*w.dy)
			}
		}
		// Ridge: without evidence the field is zero.
		for i := range 12 {
			h[i][i] += fieldRidge
		}
		c := eliminate(h)
		copy(f.x[:], c[:6])
		copy(f.y[:], c[6:])
	}
	return f
}

// eliminate solves a positive definite system given as rows with right side.
func eliminate(h [12][13]float64) (x [12]float64) {
	for k := range 12 {
		for i := k + 1; i < 12; i++ {
			f := h[i][k] / h[k][k]
			for j := k; j < 13; j++ {
				h[i][j] -= f * h[k][j]
			}
		}
	}
	for k := 11; k >= 0; k-- {
		v := h[k][12]
		for j := k + 1; j < 12; j++ {
			v -= h[k][j] * x[j]
		}
		x[k] = v / h[k][k]
	}
	return x
}

// offsets are the windows' deviations from the field in mm, ascending.
func offsets(ws []window, f field) []float64 {
	var out []float64
	for _, w := range ws {
		if w.legible {
			dx, dy := f.at(w.x, w.y)
			out = append(out, w.off(dx, dy))
		}
	}
	slices.Sort(out)
	return out
}

// percentile of ascending values, 0 for none.
func percentile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}
