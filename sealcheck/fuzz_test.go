package sealcheck

import (
	"testing"

	"heyin/imaging"
)

// FuzzFile: any bytes as specimen and as imprint end in a verdict or a fault.
func FuzzFile(f *testing.F) {
	ref := newDrawnSeal(1).reference(f)
	for _, file := range oddFiles(f) {
		f.Add(file, 300.0)
	}
	for _, dpi := range oddDPI {
		f.Add(oddFiles(f)["16-bit PNG"], dpi)
	}
	f.Fuzz(func(t *testing.T, file []byte, dpi float64) {
		checkFile(t, ref, file, dpi)
	})
}

// FuzzPixels: any picture, tiled from a few bytes to a size with room for a
// seal, is searched and verified without a crash or a senseless figure.
func FuzzPixels(f *testing.F) {
	ref := newDrawnSeal(1).reference(f)
	f.Add([]byte{255}, uint16(140), uint16(140), false, 300.0)
	f.Add([]byte{40, 40, 220}, uint16(140), uint16(140), true, 300.0)
	f.Add([]byte{0, 0, 255}, uint16(1), uint16(1), true, 200.0)
	f.Add([]byte{9, 250}, uint16(1000), uint16(3), false, 100.0)
	f.Add([]byte{9, 9, 200, 250, 250, 250, 250, 250, 250}, uint16(140), uint16(139), true, 200.0)
	for _, dpi := range oddDPI {
		f.Add([]byte{40, 40, 220}, uint16(140), uint16(140), true, dpi)
	}
	f.Fuzz(func(t *testing.T, tile []byte, w, h uint16, colour bool, dpi float64) {
		channels := 1
		if colour {
			channels = 3
		}
		const most = 20_000 // pixels: a search takes milliseconds
		if len(tile) == 0 || w == 0 || h == 0 || int(w)*int(h) > most {
			return
		}
		pix := make([]byte, int(w)*int(h)*channels)
		for i := range pix {
			pix[i] = tile[(i/7+i)%len(tile)]
		}
		im, err := imaging.FromPixels(int(w), int(h), channels, pix)
		if err != nil {
			t.Fatal(err)
		}
		defer im.Close()
		checkPicture(t, ref, im, dpi)
	})
}
