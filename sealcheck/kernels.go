package sealcheck

import (
	"math"

	"heyin/imaging"
)

// blurred convolves p with a Gaussian of the given sigma in pixels, approximated
// by three box passes; the border repeats. A sigma below 0.3 gives a copy.
func blurred(p *imaging.Plane, sigma float64) *imaging.Plane {
	out := &imaging.Plane{W: p.W, H: p.H, Pix: append([]float32(nil), p.Pix...)}
	if sigma < 0.3 || p.W == 0 || p.H == 0 {
		return out
	}
	if sigma < 2 {
		return gaussBlurred(out, sigma)
	}
	// Three boxes of width 2r+1 have variance r(r+1).
	r := max(1, int(math.Round((math.Sqrt(1+4*sigma*sigma)-1)/2)))
	tmp := imaging.NewPlane(p.W, p.H)
	for range 3 {
		boxRows(tmp, out, r)
		boxColumns(out, tmp, r)
	}
	return out
}

// gaussBlurred is the exact separable form, cheaper and truer for small sigmas.
func gaussBlurred(p *imaging.Plane, sigma float64) *imaging.Plane {
	r := int(math.Ceil(3 * sigma))
	k := make([]float32, 2*r+1)
	var sum float32
	for i := range k {
		d := float64(i-r) / sigma
		k[i] = float32(math.Exp(-d * d / 2))
		sum += k[i]
	}
	for i := range k {
		k[i] /= sum
	}
	w, h := p.W, p.H
	tmp, out := imaging.NewPlane(w, h), imaging.NewPlane(w, h)
	padded := make([]float32, w+2*r)
	for y := range h {
		row := p.Pix[y*w : (y+1)*w]
		copy(padded[r:], row)
		for i := range r {
			padded[i], padded[r+w+i] = row[0], row[w-1]
		}
		weigh(tmp.Pix[y*w:(y+1)*w], k, func(i int) []float32 { return padded[i:] })
	}
	for y := range h {
		weigh(out.Pix[y*w:(y+1)*w], k, func(i int) []float32 { return tmp.Pix[min(max(y+i-r, 0), h-1)*w:] })
	}
	return out
}

// weigh writes the sum of rows, each times its weight, to dst; weights are the same from both ends.
func weigh(dst, k []float32, row func(i int) []float32) {
	last := len(k) - 1
	for i, c := range k[:last/2] {
		a, b := row(i)[:len(dst)], row(last - i)[:len(dst)]
		for x := range dst {
			dst[x] += c * (a[x] + b[x])
		}
	}
	for x, v := range row(last / 2)[:len(dst)] {
		dst[x] += k[last/2] * v
	}
}

// boxRows writes the running mean over 2r+1 pixels of each row of src to dst.
func boxRows(dst, src *imaging.Plane, r int) {
	w := src.W
	inv := 1 / float32(2*r+1)
	for y := range src.H {
		row, out := src.Pix[y*w:(y+1)*w], dst.Pix[y*w:(y+1)*w]
		var sum float32
		for i := -r; i <= r; i++ {
			sum += row[min(max(i, 0), w-1)]
		}
		for x := range w {
			out[x] = sum * inv
			sum += row[min(x+r+1, w-1)] - row[max(x-r, 0)]
		}
	}
}

// boxColumns is boxRows down the columns, a row at a time for the cache's sake.
func boxColumns(dst, src *imaging.Plane, r int) {
	w, h := src.W, src.H
	inv := 1 / float32(2*r+1)
	sum := make([]float32, w)
	row := func(y int) []float32 { y = min(max(y, 0), h-1); return src.Pix[y*w : (y+1)*w] }
	for i := -r; i <= r; i++ {
		for x, v := range row(i) {
			sum[x] += v
		}
	}
	for y := range h {
		out := dst.Pix[y*w : (y+1)*w]
		in, gone := row(y+r+1), row(y-r)
		for x := range out {
			out[x] = sum[x] * inv
			sum[x] += in[x] - gone[x]
		}
	}
}

// far is a distance larger than any on a page, in squared pixels.
const far = 1e12

// distanceTo gives for each pixel the Euclidean distance in pixels to the
// nearest set pixel of mask (Felzenszwalb and Huttenlocher 2012), at most limit.
func distanceTo(mask []bool, w, h int, limit float32) *imaging.Plane {
	d := imaging.NewPlane(w, h)
	// Columns: distance to the nearest set pixel above or below.
	for x := range w {
		run := float32(limit)
		for y := range h {
			if run++; mask[y*w+x] {
				run = 0
			}
			d.Pix[y*w+x] = min(run, limit)
		}
		run = limit
		for y := h - 1; y >= 0; y-- {
			if run++; mask[y*w+x] {
				run = 0
			}
			d.Pix[y*w+x] = min(run, d.Pix[y*w+x])
		}
	}
	// Rows: lower envelope of parabolas.
	f, v, z := make([]float64, w), make([]int, w), make([]float64, w+1)
	for y := range h {
		row := d.Pix[y*w : (y+1)*w]
		for x, c := range row {
			f[x] = float64(c) * float64(c)
		}
		k := 0
		v[0], z[0], z[1] = 0, -far, far
		for q := 1; q < w; q++ {
			s := meet(f, q, v[k])
			for s <= z[k] {
				k--
				s = meet(f, q, v[k])
			}
			k++
			v[k], z[k], z[k+1] = q, s, far
		}
		k = 0
		for q := range w {
			for z[k+1] < float64(q) {
				k++
			}
			e := float64(q - v[k])
			row[q] = min(limit, float32(math.Sqrt(e*e+f[v[k]])))
		}
	}
	return d
}

// meet is where the parabolas rooted at q and p cross.
func meet(f []float64, q, p int) float64 {
	return (f[q] + float64(q*q) - f[p] - float64(p*p)) / float64(2*(q-p))
}

// blob is a connected set of pixels.
type blob struct {
	area           int
	x0, y0, x1, y1 int // inclusive
}

func (b blob) w() int { return b.x1 - b.x0 + 1 }
func (b blob) h() int { return b.y1 - b.y0 + 1 }

// components labels the 8-connected sets of mask: label 0 is background, label
// i+1 belongs to blobs[i]. Blobs come in the order of their first pixel.
func components(mask []bool, w, h int) (labels []int32, blobs []blob) {
	blobs, runs := connected(mask, w, h)
	return imaging.Numbered(runs, w, h), blobs
}

// connected gives the sets of components, and their runs.
func connected(mask []bool, w, h int) (blobs []blob, runs []imaging.Run) {
	bits := make([]uint8, w*h)
	for i, on := range mask {
		if on {
			bits[i] = 1
		}
	}
	found, runs := imaging.Connected(bits, w, h, 1, 0)
	blobs = make([]blob, len(found))
	for i, c := range found {
		blobs[i] = blob{c.Area, c.Box.X, c.Box.Y, c.Box.X + c.Box.W - 1, c.Box.Y + c.Box.H - 1}
	}
	return blobs, runs
}

// bilinear samples p between pixels; outside is 0.
func bilinear(p *imaging.Plane, x, y float64) float32 {
	fx, fy := math.Floor(x), math.Floor(y)
	ix, iy := int(fx), int(fy)
	ax, ay := float32(x-fx), float32(y-fy)
	if ix >= 0 && iy >= 0 && ix+1 < p.W && iy+1 < p.H {
		i := iy*p.W + ix
		top := p.Pix[i] + ax*(p.Pix[i+1]-p.Pix[i])
		i += p.W
		bottom := p.Pix[i] + ax*(p.Pix[i+1]-p.Pix[i])
		return top + ay*(bottom-top)
	}
	top := p.At(ix, iy)*(1-ax) + p.At(ix+1, iy)*ax
	bottom := p.At(ix, iy+1)*(1-ax) + p.At(ix+1, iy+1)*ax
	return top*(1-ay) + bottom*ay
}
