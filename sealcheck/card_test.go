package sealcheck

import (
	"context"
	"math"
	"slices"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// card is a white card to stamp on and print frames on, 300 dpi.
type card struct {
	w, h int
	pix  []byte
}

const cardDPI = 300.0

func newCard(wMM, hMM float64) *card {
	c := &card{w: int(wMM / 25.4 * cardDPI), h: int(hMM / 25.4 * cardDPI)}
	c.pix = make([]byte, c.w*c.h*3)
	for i := range c.pix {
		c.pix[i] = 249
	}
	return c
}

// stamp lays a seal with its centre at (x, y) mm; where it meets what is there, inks add.
func (c *card) stamp(tb testing.TB, d *drawnSeal, s stamping, x, y float64) {
	tb.Helper()
	im := d.stamp(tb, s)
	defer im.Close()
	pix, n := im.Pixels(), im.Width()
	x0, y0 := int(x/25.4*cardDPI)-n/2, int(y/25.4*cardDPI)-n/2
	for sy := range n {
		for sx := range n {
			if X, Y := x0+sx, y0+sy; X >= 0 && Y >= 0 && X < c.w && Y < c.h {
				for k := range 3 {
					i := (Y*c.w+X)*3 + k
					c.pix[i] = byte(int(c.pix[i]) * min(int(pix[(sy*n+sx)*3+k]), 248) / 248)
				}
			}
		}
	}
}

// rule prints a line of some thickness in mm, along an axis.
func (c *card) rule(bgr [3]byte, x0, y0, x1, y1, thick float64) {
	at := func(mm float64) int { return int(mm / 25.4 * cardDPI) }
	for y := max(at(y0-thick/2), 0); y <= min(at(y1+thick/2), c.h-1); y++ {
		for x := max(at(x0-thick/2), 0); x <= min(at(x1+thick/2), c.w-1); x++ {
			copy(c.pix[(y*c.w+x)*3:], bgr[:])
		}
	}
}

// frame prints a rectangle.
func (c *card) frame(bgr [3]byte, x0, y0, x1, y1 float64) {
	c.rule(bgr, x0, y0, x1, y0, 0.3)
	c.rule(bgr, x0, y1, x1, y1, 0.3)
	c.rule(bgr, x0, y0, x0, y1, 0.3)
	c.rule(bgr, x1, y0, x1, y1, 0.3)
}

func (c *card) image(tb testing.TB) *imaging.Image {
	tb.Helper()
	im, err := imaging.FromPixels(c.w, c.h, 3, c.pix)
	if err != nil {
		tb.Fatal(err)
	}
	return im
}

func (c *card) seals(tb testing.TB) []models.CardSeal {
	tb.Helper()
	im := c.image(tb)
	defer im.Close()
	got, err := Card(context.Background(), im, cardDPI)
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

func codes(q models.Quality) (out []string) {
	for _, f := range q.Findings {
		out = append(out, f.Code)
	}
	return out
}

// A seal cut out of a card's JPEG is known to have thin colour, though it is kept as PNG.
func TestCardKeepsThinColour(t *testing.T) {
	c := newCard(60, 60)
	c.stamp(t, newDrawnSeal(1), carefully(cardDPI), 30, 30)
	im := c.image(t)
	defer im.Close()
	scan := asJPEG(t, im)
	defer scan.Close()
	for want, card := range map[bool]*imaging.Image{false: im, true: scan} {
		seals, err := Card(t.Context(), card, cardDPI)
		if err != nil || len(seals) != 1 {
			t.Fatalf("%d seals, %v", len(seals), err)
		}
		kept, err := imaging.Decode(t.Context(), seals[0].Image, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer kept.Close()
		if kept.Image.ThinColour() != want {
			t.Errorf("thin colour of the cut seal: %v, want %v", !want, want)
		}
	}
}

// Three seals in printed frames: each comes out whole, in order, without its
// frame, and serves as a specimen of its own seal only.
func TestCardCutsSealsOutOfTheirFrames(t *testing.T) {
	for name, line := range map[string][3]byte{"black": blackInk, "red": {70, 60, 200}, "blue": blueInk} {
		c := newCard(150, 110)
		at := [][2]float64{{32, 33}, {100, 30}, {34, 80}} // the first two side by side, the left one lower
		for i, p := range at {
			c.frame(line, p[0]-22, p[1]-22, p[0]+22, p[1]+22)
			c.stamp(t, newDrawnSeal(uint64(i+1)), carefully(cardDPI), p[0], p[1])
		}
		c.frame(line, 4, 4, 146, 106)
		seals := c.seals(t)
		if len(seals) != len(at) {
			t.Errorf("%s frames: %d seals, want %d: %+v", name, len(seals), len(at), boxes(seals))
			continue
		}
		for i, s := range seals {
			r, err := NewReference(models.Specimen{Ref: "x", DPI: s.DPI, Image: s.Image})
			if err != nil {
				t.Fatal(err)
			}
			if w, h := r.SizeMM(); w < 38.5 || w > 40 || h < 38.5 || h > 40 {
				t.Errorf("%s frames: seal %d measures %.1f × %.1f mm, want 39: its frame is in the crop", name, i, w, h)
			}
			if s.Quality.Grade != models.QualityGood {
				t.Errorf("%s frames: seal %d is %s: %v", name, i, s.Quality.Grade, s.Quality.Findings)
			}
			for k := range at {
				turned := carefully(300)
				turned.turnDeg, turned.noise = 25, 77
				if v := newDrawnSeal(uint64(k+1)).verify(t, r, turned); (v.Verdict == models.Match) != (k == i) {
					t.Errorf("%s frames: seal %d against imprint %d: %s, %s", name, i, k, v.Verdict, v.ReasonEN)
				}
			}
		}
	}
}

func boxes(seals []models.CardSeal) (out []models.Box) {
	for _, s := range seals {
		out = append(out, s.Box)
	}
	return out
}

// Each defect of a card is named, and those that spoil a specimen refuse it.
func TestCardNamesDefects(t *testing.T) {
	pale := carefully(cardDPI)
	pale.gain = 0.12
	tests := []struct {
		name  string
		draw  func(c *card)
		grade models.QualityGrade
		code  string
	}{
		{"clean", func(c *card) { c.stamp(t, newDrawnSeal(1), carefully(cardDPI), 40, 40) }, models.QualityGood, ""},
		{"red frame close around", func(c *card) {
			c.frame([3]byte{70, 60, 200}, 19.8, 19.8, 60.2, 60.2)
			c.stamp(t, newDrawnSeal(1), carefully(cardDPI), 40, 40)
		}, models.QualityUsable, FindingFrame},
		{"pale", func(c *card) { c.stamp(t, newDrawnSeal(1), pale, 40, 40) }, models.QualityRescan, FindingFaint},
		{"clipped", func(c *card) { c.stamp(t, newDrawnSeal(1), carefully(cardDPI), 18, 40) }, models.QualityRescan, FindingClipped},
		{"two overlap", func(c *card) {
			c.stamp(t, newDrawnSeal(1), carefully(cardDPI), 40, 40)
			c.stamp(t, newDrawnSeal(2), carefully(cardDPI), 70, 42)
		}, models.QualityRescan, FindingHidden},
		{"print across", func(c *card) {
			c.stamp(t, newDrawnSeal(1), carefully(cardDPI), 40, 40)
			for y := 24.0; y < 58; y += 2.5 {
				c.rule(blackInk, 26, y, 54, y, 0.6)
			}
		}, models.QualityRescan, FindingHidden},
	}
	for _, tt := range tests {
		c := newCard(110, 80)
		tt.draw(c)
		seals := c.seals(t)
		if len(seals) == 0 {
			t.Errorf("%s: nothing found", tt.name)
			continue
		}
		s := seals[0]
		if r, err := NewReference(models.Specimen{DPI: s.DPI, Image: s.Image}); tt.code == FindingFrame && err == nil {
			if w, _ := r.SizeMM(); w > 39.3 {
				t.Errorf("%s: the specimen measures %.1f mm, want 39: the frame is in it", tt.name, w)
			}
		}
		if s.Quality.Grade != tt.grade || tt.code != "" && !slices.Contains(codes(s.Quality), tt.code) {
			t.Errorf("%s: %s %v, want %s with %s", tt.name, s.Quality.Grade, s.Quality.Findings, tt.grade, tt.code)
		}
	}
}

func TestCardNeedsItsResolution(t *testing.T) {
	im := newCard(20, 20).image(t)
	defer im.Close()
	for _, dpi := range []float64{0, -300, math.NaN(), math.Inf(1)} {
		if _, err := Card(context.Background(), im, dpi); models.ClassOf(err) != models.Permanent {
			t.Errorf("%g dpi: %v, want the fault card_resolution", dpi, err)
		}
	}
	if got, err := Card(context.Background(), im, cardDPI); err != nil || len(got) != 0 {
		t.Errorf("a blank card gave %v, %v", got, err)
	}
}
