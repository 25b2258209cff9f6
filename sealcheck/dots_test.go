package sealcheck

import (
	"math"
	"math/rand/v2"
	"testing"

	"heyin/imaging"
)

// A film of ink has no screen; the same seal in dots of 150 lines an inch has one,
// also where the scan's resolution is too low to show it as it is.
func TestScreenIsSeen(t *testing.T) {
	const dotsMM = 150 / 25.4
	for _, dpi := range []float64{200, 300, 600} {
		im := newDrawnSeal(3).stamp(t, carefully(dpi))
		defer im.Close()
		if d := printedDots(t, im, dpi); d.screen >= limitOf("screen") {
			t.Errorf("%g dpi: a stamped seal has a screen of %.1f", dpi, d.screen)
		}
		sin, cos := math.Sincos(15 * math.Pi / 180)
		k := 2 * math.Pi * dotsMM * 25.4 / dpi
		screened := repainted(t, im, func(x, y int, bgr []byte) {
			u, v := k*(float64(x)*cos+float64(y)*sin), k*(float64(y)*cos-float64(x)*sin)
			paler := 0.15 * (2 + math.Cos(u) + math.Cos(v)) / 4
			for c := range bgr {
				bgr[c] += byte(paler * float64(255-bgr[c]))
			}
		})
		if d := printedDots(t, screened, dpi); d.screen <= limitOf("screen") {
			t.Errorf("%g dpi: a screen has %.1f", dpi, d.screen)
		}
	}
}

// Drops are on strokes and paper; grain of either alone, as of a rough paper or
// a mottled stamping, is none.
func TestDropsAreSeen(t *testing.T) {
	const dpi = 300
	im := newDrawnSeal(3).stamp(t, carefully(dpi))
	defer im.Close()
	for _, c := range []struct {
		name          string
		paper, stroke float64 // share of pixels with a drop, or without
		printed       bool
	}{{"film", 0, 0, false}, {"rough paper", 0.06, 0, false}, {"mottled ink", 0, 0.12, false}, {"drops", 0.06, 0.12, true}} {
		r := rand.New(rand.NewPCG(4, 2))
		d := printedDots(t, repainted(t, im, func(_, _ int, bgr []byte) {
			if bgr[0] < 128 {
				if r.Float64() < c.stroke {
					bgr[0], bgr[1], bgr[2] = bgr[0]+70, bgr[1]+70, 255
				}
			} else if r.Float64() < c.paper {
				bgr[r.IntN(3)] -= 90
			}
		}), dpi)
		if (d.drops > limitOf("drops")) != c.printed {
			t.Errorf("%s: %.2f", c.name, d.drops)
		}
	}
}

func printedDots(tb testing.TB, im *imaging.Image, dpi float64) dots {
	tb.Helper()
	ink, err := inkOf(im, dpi)
	if err != nil {
		tb.Fatal(err)
	}
	d, err := dotsOf(im, dpi, ink)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// repainted is a copy of a colour picture with every pixel changed.
func repainted(tb testing.TB, im *imaging.Image, paint func(x, y int, bgr []byte)) *imaging.Image {
	tb.Helper()
	pix := im.Pixels()
	for i := 0; i < len(pix); i += 3 {
		paint(i/3%im.Width(), i/3/im.Width(), pix[i:i+3])
	}
	out, err := imaging.FromPixels(im.Width(), im.Height(), 3, pix)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(out.Close)
	return out
}
