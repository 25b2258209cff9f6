package sim

import (
	"image"
	"math"
)

// foldPaper leaves a crease across the page: a dark line beside a light one.
func foldPaper(d dice, img *image.RGBA) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	at, slope := d.between(0.3, 0.7), d.around(0, 0.004)
	upright := d.chance(0.35)
	long, across := w, h
	if upright {
		long, across = h, w
	}
	waves := newField(d, long, 4, float64(long)/9)
	depth := float32(d.between(0.1, 0.22))
	for i := range long {
		c := float64(across)*at + slope*float64(i) + 1.5*float64(waves.at(float64(i), 0))
		for k := -4; k <= 6; k++ {
			j := int(c) + k
			if j < 0 || j >= across {
				continue
			}
			x, y := i, j
			if upright {
				x, y = j, i
			}
			f := 1 - depth*float32(math.Exp(-float64(k*k)/4)) + 0.06*float32(math.Exp(-float64((k-3)*(k-3))/3))
			shadePixel(img, x, y, f)
		}
	}
}

func shadePixel(img *image.RGBA, x, y int, f float32) {
	q := img.Pix[img.PixOffset(x, y):]
	for c := range 3 {
		q[c] = clamp8(float32(q[c]) * f)
	}
}

// punchPaper makes two holes at the left edge; the lid shows through.
func punchPaper(d dice, img *image.RGBA, dark bool) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	px := float64(max(w, h)) / 297
	if w > h {
		px = float64(w) / 210
	}
	r := 2.9 * px
	cx, mid := d.between(9, 12)*px, float64(h)/2+d.around(0, 3)*px
	gap := math.Min(40*px, float64(h)*0.3)
	lid := uint8(205)
	if dark {
		lid = 30
	}
	for _, cy := range []float64{mid - gap, mid + gap} {
		for y := max(0, int(cy-r-2)); y < min(h, int(cy+r+3)); y++ {
			for x := max(0, int(cx-r-2)); x < min(w, int(cx+r+3)); x++ {
				dist := math.Hypot(float64(x)-cx, float64(y)-cy) - r
				if dist > 1.5 {
					continue
				}
				v := lid
				if dist > -1 {
					v = lid - lid/4
				}
				q := img.Pix[img.PixOffset(x, y):]
				q[0], q[1], q[2] = v, v, v
			}
		}
	}
}

// foldCorner turns a corner over: the lid shows beyond the crease, the paper's
// back on this side of it.
func foldCorner(d dice, img *image.RGBA, dark bool) {
	size := int(d.between(0.04, 0.08) * float64(min(img.Rect.Dx(), img.Rect.Dy())))
	right, bottom := d.chance(0.5), d.chance(0.6)
	lid := uint8(240)
	if dark {
		lid = 28
	}
	foldCornerBy(img, size, right, bottom, lid)
}

// foldCornerBy turns over so many pixels of one corner.
func foldCornerBy(img *image.RGBA, size int, right, bottom bool, lid uint8) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for j := range size {
		for i := range size {
			x, y := i, j
			if right {
				x = w - 1 - i
			}
			if bottom {
				y = h - 1 - j
			}
			q := img.Pix[img.PixOffset(x, y):]
			v := lid
			if i+j >= size {
				v = 226 + uint8(14*(i+j-size)/max(size, 1))
			} else if i+j > size-4 {
				v = 150
			}
			q[0], q[1], q[2] = v, v, v
		}
	}
}
