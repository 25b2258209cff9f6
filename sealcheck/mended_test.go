package sealcheck

import (
	"bytes"
	"image/jpeg"
	"image/png"
	"math"
	"testing"

	"heyin/imaging"
)

// asJPEG is a picture as a scanner stores it, with one colour for four pixels.
func asJPEG(t *testing.T, im *imaging.Image) *imaging.Image {
	t.Helper()
	data, err := im.PNG()
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture, &jpeg.Options{Quality: 80}); err != nil {
		t.Fatal(err)
	}
	scan, err := imaging.Decode(t.Context(), b.Bytes(), 1)
	if err != nil {
		t.Fatal(err)
	}
	return scan.Image
}

// The digits of a code are thinner than what JPEG keeps the colour of: a good part of their ink looks pale
// or like print, and comes back.
func TestThinStrokesOutliveJPEG(t *testing.T) {
	seal := (&drawnSeal{ringMM: 19}).withCode("2071839465082")
	for i := range seal.characters {
		for k := range seal.characters[i] {
			seal.characters[i][k].width = 0.12
		}
	}
	s := another()
	s.dpi = 200
	im := seal.stamp(t, s)
	defer im.Close()
	scan := asJPEG(t, im)
	defer scan.Close()
	whole, err := inkOf(im, s.dpi)
	if err != nil {
		t.Fatal(err)
	}
	pale, err := inkOf(scan, s.dpi)
	if err != nil {
		t.Fatal(err)
	}
	lost := func(p *inked) (share float64) {
		n := 0.0
		for i, v := range whole.ink.Pix {
			x, y := float64(i%p.w-p.w/2), float64(i/p.w-p.h/2)
			if v < 0.5 || math.Hypot(x, y) > 18*workPxMM { // not the ring
				continue
			}
			n++
			if !p.known[i] || p.ink.Pix[i] < v/2 {
				share++
			}
		}
		return share / n
	}
	if before, after := lost(pale), lost(pale.mended(0)); after > before/4 || before < 0.1 {
		t.Errorf("%.0f %% of the digits' ink is lost, of the mended %.0f %%", 100*before, 100*after)
	}
}

// Print across a seal stays hidden, also where it crosses the seal's own strokes.
func TestMendedInkKeepsPrintHidden(t *testing.T) {
	s := carefully(300)
	s.hidden = true
	im := newDrawnSeal(4).stamp(t, s)
	defer im.Close()
	ink, err := inkOf(im, s.dpi)
	if err != nil {
		t.Fatal(err)
	}
	ink.chroma = chromaPixels // as if it were a JPEG's
	mended := ink.mended(0)
	hidden, uncovered := 0, 0
	for i, known := range ink.known {
		if !known {
			hidden++
			if mended.known[i] {
				uncovered++
			}
		}
	}
	if hidden == 0 || uncovered > hidden/100 {
		t.Errorf("%d of %d pixels under print are taken for the seal's", uncovered, hidden)
	}
}
