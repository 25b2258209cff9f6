package sealcheck

import (
	"math"
	"slices"

	"heyin/imaging"
)

// blurred convolves p with a Gaussian of the given sigma in pixels, approximated
// by three box passes; the border repeats. A sigma below 0.3 gives a copy.
func blurred(p *imaging.Plane, sigma float64) *imaging.Plane {
	if sigma >= 0.3 && sigma < 2 && p.W > 0 && p.H > 0 {
		return gaussBlurred(p, sigma)
	}
	if sigma < 0.3 || p.W == 0 || p.H == 0 {
		return &imaging.Plane{W: p.W, H: p.H, Pix: append([]float32(nil), p.Pix...)}
	}
	// Three boxes of width 2r+1 have variance r(r+1).
	r := max(1, int(math.Round((math.Sqrt(1+4*sigma*sigma)-1)/2)))
	tmp, out := imaging.NewPlane(p.W, p.H), imaging.NewPlane(p.W, p.H)
	for from, k := p, 0; k < 3; k++ {
		boxRows(tmp, from, r)
		boxColumns(out, tmp, r)
		from = out
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
	out, padded := imaging.NewPlane(w, h), make([]float32, w+2*r)
	// Rows already weighed along themselves, as many as one row of the result needs.
	across := make([][]float32, len(k))
	for i := range across {
		across[i] = make([]float32, w)
	}
	done := 0
	for y := range h {
		for ; done <= min(y+r, h-1); done++ {
			row := p.Pix[done*w : (done+1)*w]
			copy(padded[r:], row)
			for i := range r {
				padded[i], padded[r+w+i] = row[0], row[w-1]
			}
			weigh(across[done%len(k)], k, func(i int) []float32 { return padded[i:] })
		}
		weigh(out.Pix[y*w:(y+1)*w], k, func(i int) []float32 { return across[min(max(y+i-r, 0), h-1)%len(k)] })
	}
	return out
}

// weigh writes the sum of rows, each times its weight, to dst; weights are the same from both ends.
func weigh(dst, k []float32, row func(i int) []float32) {
	n, last := len(dst), len(k)-1
	pair := func(i int) (float32, []float32, []float32) { return k[i], row(i)[:n], row(last - i)[:n] }
	middle := row(last / 2)[:n]
	c, a, b := pair(0)
	for x, v := range middle {
		dst[x] = k[last/2]*v + c*(a[x]+b[x])
	}
	i := 1
	for ; i+1 < last/2; i += 2 { // two pairs at once: half as often through dst
		c, a, b := pair(i)
		d, e, f := pair(i + 1)
		for x := range dst {
			dst[x] += c*(a[x]+b[x]) + d*(e[x]+f[x])
		}
	}
	if i < last/2 {
		c, a, b := pair(i)
		for x := range dst {
			dst[x] += c * (a[x] + b[x])
		}
	}
}

// boxRows writes the running mean over 2r+1 pixels of each row of src to dst, two rows at once: either
// waits for its own last sum.
func boxRows(dst, src *imaging.Plane, r int) {
	w, h := src.W, src.H
	inv := 1 / float32(2*r+1)
	room := make([]float32, 2*(w+2*r+1))
	begin := func(padded []float32, y int) (sum float32, in, gone, out []float32) {
		row := src.Pix[y*w : (y+1)*w]
		copy(padded[r:], row)
		for i := range r {
			padded[i], padded[r+w+i] = row[0], row[w-1]
		}
		for _, v := range padded[:2*r+1] {
			sum += v
		}
		return sum, padded[2*r+1:][:w], padded[:w], dst.Pix[y*w : (y+1)*w]
	}
	for y := 0; y < h; y += 2 {
		sum, in, gone, out := begin(room[:len(room)/2], y)
		sum2, in2, gone2, out2 := begin(room[len(room)/2:], min(y+1, h-1))
		in, gone, in2, gone2, out2 = in[:len(out)], gone[:len(out)], in2[:len(out)], gone2[:len(out)], out2[:len(out)]
		for x := range out {
			out[x], out2[x] = sum*inv, sum2*inv
			sum += in[x] - gone[x]
			sum2 += in2[x] - gone2[x]
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

// distanceTo gives for each pixel the Euclidean distance in pixels to the
// nearest set pixel of mask, at most limit.
func distanceTo(mask []bool, w, h int, limit float32) *imaging.Plane {
	d := imaging.NewPlane(w, h)
	// Down and up: distance to the nearest set pixel in the column.
	above := slices.Repeat([]float32{limit}, w)
	for y := range h {
		row := d.Pix[y*w : (y+1)*w]
		for x, on := range mask[y*w : (y+1)*w] {
			if !on {
				row[x] = min(above[x]+1, limit)
			}
		}
		above = row
	}
	for y := h - 2; y >= 0; y-- {
		row, below := d.Pix[y*w:(y+1)*w], d.Pix[(y+1)*w:(y+2)*w]
		for x, v := range row {
			row[x] = min(v, below[x]+1)
		}
	}
	// Along the row: the nearest of those, searched outwards, which ends soon, for most pixels are near one or the limit is.
	pad, most := int(limit)+1, int32(math.Ceil(float64(limit)*float64(limit)))
	roots := make([]float32, most)
	for i := range roots {
		roots[i] = min(float32(math.Sqrt(float64(i))), limit)
	}
	squares := slices.Repeat([]int32{most}, w+2*pad)
	for y := range h {
		row := d.Pix[y*w : (y+1)*w]
		for x, v := range row {
			if squares[pad+x] = most; v < limit {
				squares[pad+x] = int32(v * v)
			}
		}
		last, next := -pad, 0 // places of the nearest that says anything, on either side
		for x := range row {
			at := pad + x
			least, e := squares[at], 1
			if least == most { // all as far as those say the same
				for next < w && (next < x || squares[pad+next] == most) {
					next++
				}
				if e = min(x-last, next-x); e >= pad {
					continue
				}
			} else {
				last = x
			}
			for square := int32(e * e); square < least; e++ {
				least = min(least, square+squares[at-e], square+squares[at+e])
				square += int32(2*e + 1)
			}
			if least < squares[at] {
				row[x] = roots[least]
			}
		}
	}
	return d
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
