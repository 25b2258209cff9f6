package imaging

import (
	"image"
	"image/color"
	"math"
	"testing"

	"heyin/models"
)

// creased is a page folded once across or down its middle: what lies beyond comes turned
// by deg and slipped by so many pixels along the crease, which lies in shadow. where gives
// the place on it of a point of the page.
func creased(page *image.RGBA, upright bool, deg, slip float64) (_ *image.RGBA, where func(x, y float64) (float64, float64)) {
	w, h := page.Rect.Dx(), page.Rect.Dy()
	cx, cy := float64(w)/2, float64(h)/2
	s, c := math.Sincos(deg * math.Pi / 180)
	out := image.NewRGBA(page.Rect)
	far := func(x, y float64) float64 {
		if upright {
			return x - cx
		}
		return y - cy
	}
	dx, dy := slip, 0.0
	if upright {
		dx, dy = 0, slip
	}
	for y := range h {
		for x := range w {
			u, v := float64(x), float64(y)
			away := far(u, v)
			if away > 0 {
				p, q := u-cx-dx, v-cy-dy
				u, v = c*p+s*q+cx, c*q-s*p+cy
			}
			shade := 1 - 0.2*math.Exp(-away*away/4)
			i, j := int(math.Floor(u)), int(math.Floor(v))
			tx, ty := u-float64(i), v-float64(j)
			for k, edge := range [3]uint8{252, 250, 244} {
				at := func(x, y int) float64 {
					if x < 0 || y < 0 || x >= w || y >= h {
						return float64(edge)
					}
					return float64(page.Pix[page.PixOffset(x, y)+k])
				}
				light := (at(i, j)*(1-tx)+at(i+1, j)*tx)*(1-ty) + (at(i, j+1)*(1-tx)+at(i+1, j+1)*tx)*ty
				out.Pix[out.PixOffset(x, y)+k] = uint8(light * shade)
			}
			out.Pix[out.PixOffset(x, y)+3] = 255
		}
	}
	return out, func(x, y float64) (float64, float64) {
		if far(x, y) <= 0 {
			return x, y
		}
		p, q := x-cx, y-cy
		return c*p - s*q + cx + dx, s*p + c*q + cy + dy
	}
}

// drawnBothSides draws a page with print on both sides of any crease.
func drawnBothSides() *image.RGBA {
	const w, h = 1240, 1754
	page := drawPage(w, h, 3)
	for y := range h / 2 { // the upper half once more below
		copy(page.Pix[page.PixOffset(0, h/2+y):page.PixOffset(0, h/2+y+1)], page.Pix[page.PixOffset(0, y):page.PixOffset(0, y+1)])
	}
	for _, x := range []int{124, 1100} { // a frame across the crease
		fill(page, x, h/4, 3, h/2, color.RGBA{30, 30, 34, 255})
	}
	return page
}

// A folded page is laid even: its panels agree about where everything stands.
func TestUnfold(t *testing.T) {
	page := drawnBothSides()
	for name, c := range map[string]struct {
		upright   bool
		deg, slip float64
	}{
		"bent across": {false, 0.4, 0}, "slipped across": {false, 0, 6}, "bent and slipped": {false, -0.3, -5}, "bent down": {true, 0.4, 0}, "slipped down": {true, 0, 7},
	} {
		bent, where := creased(page, c.upright, c.deg, c.slip)
		sheet := &Sheet{Image: scanOf(t, bent, 0).Image, DPI: 150}
		flat, err := Unfold(sheet)
		if err != nil {
			t.Fatal(err)
		}
		if flat == nil {
			t.Errorf("%s: taken for flat", name)
			continue
		}
		// Two marks, one a panel, must lie to each other as on the page: their boxes lead
		// back to where they are on the sheet.
		near, far := [2]float64{300, 400}, [2]float64{900, 1300}
		var off [2][2]float64
		for i, p := range [][2]float64{near, far} {
			x, y := where(p[0], p[1])
			// The place on the flat picture that leads to (x, y).
			u, v := x, y
			for range 4 {
				b := flat.ToSheet(models.Box{X: int(math.Round(u)) - 2, Y: int(math.Round(v)) - 2, W: 4, H: 4})
				u, v = u+x-float64(b.X)-float64(b.W)/2, v+y-float64(b.Y)-float64(b.H)/2
			}
			off[i] = [2]float64{u - p[0], v - p[1]}
		}
		if d := math.Hypot(off[0][0]-off[1][0], off[0][1]-off[1][1]); d > 2.5 {
			t.Errorf("%s: the panels lie %.1f pixels off each other: %v", name, d, off)
		}
		flat.Close()
	}
}

// What lies flat is left alone, a crease on it or not.
func TestUnfoldLeavesFlatPages(t *testing.T) {
	page := drawnBothSides()
	shadowed, _ := creased(page, false, 0, 0)
	for name, im := range map[string]*image.RGBA{"flat": page, "creased": shadowed} {
		flat, err := Unfold(&Sheet{Image: scanOf(t, im, 0).Image, DPI: 150})
		if flat != nil || err != nil {
			t.Errorf("%s: %v, %v", name, flat, err)
		}
		flat.Close()
	}
}

// The shadow of a crease goes with it; print does not.
func TestUnfoldTakesTheShadow(t *testing.T) {
	bent, _ := creased(drawnBothSides(), false, 0.4, 0)
	flat, err := Unfold(&Sheet{Image: scanOf(t, bent, 0).Image, DPI: 150})
	if err != nil || flat == nil {
		t.Fatal(flat, err)
	}
	defer flat.Close()
	pix, w := flat.Image.View(), flat.Image.Width()
	for _, x := range []int{40, 600, 1200} {
		if dip := int(pix[3*(850*w+x)]) - int(pix[3*(877*w+x)]); dip > 15 { // of 50
			t.Errorf("at %d the paper along the crease is %d levels darker", x, dip)
		}
	}
}
