package ocr

import (
	"math"
	"slices"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// sealedAt is a form with the ring, the star and some strokes of a red seal about (cx, cy), in pixels.
func sealedAt(t *testing.T, name string, cx, cy float64) *imaging.Image {
	t.Helper()
	const mm = goldenDPI / 25.4
	p := newPen(t, name)
	for y := range p.h {
		for x := range p.w {
			dx, dy := float64(x)-cx, float64(y)-cy
			r, a := math.Hypot(dx, dy)/mm, math.Atan2(dy, dx)
			stroke := r > 13 && r < 17 && math.Mod(a+4*math.Pi, 0.3) < 0.05
			if r > 18.8 && r < 20 || r < 3+2.5*math.Cos(5*a) || stroke {
				i := 3 * (y*p.w + x)
				for c, light := range [3]int{60, 50, 205} { // B, G, R that the ink lets pass
					p.pix[i+c] = byte(int(p.pix[i+c]) * light / 255)
				}
			}
		}
	}
	return p.page(t)
}

// TestSealOverTheAnswers: wherever a seal lies on a form, it is no answer, and turns none round.
func TestSealOverTheAnswers(t *testing.T) {
	r := openReader(t)
	for _, c := range []struct {
		file  string
		step  int
		never []models.Mark
	}{
		{"form_blank.png", 26, []models.Mark{models.Agree, models.Differ}},
		{"form_tick_agree.png", 52, []models.Mark{models.Differ, models.Blank}},
		{"form_tick_differ.png", 52, []models.Mark{models.Agree, models.Blank}},
	} {
		for _, b := range goldenBoxes {
			for dx := -130; dx <= 130; dx += c.step { // a ring's radius is 118
				x, y := b.centre()
				im := sealedAt(t, c.file, float64(x+dx), float64(y))
				got, err := r.Read(t.Context(), &imaging.Sheet{Image: im, DPI: goldenDPI}, nil)
				if err != nil {
					t.Fatal(err)
				}
				if slices.Contains(c.never, got.Mark.Mark) {
					t.Errorf("%s, a seal %d pixels beside the box at %v: %+v", c.file, dx, b, got.Mark)
				}
			}
		}
	}
}
