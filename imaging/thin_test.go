package imaging

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"testing"

	"heyin/models"
)

// What a JPEG keeps less colour of is told, also of a part of it, and of that saved as PNG.
func TestThinColour(t *testing.T) {
	picture := image.NewRGBA(image.Rect(0, 0, 400, 300))
	var jpg, lossless bytes.Buffer
	if err := errors.Join(jpeg.Encode(&jpg, picture, nil), png.Encode(&lossless, picture)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		thin bool
	}{"jpeg": {jpg.Bytes(), true}, "png": {lossless.Bytes(), false}} {
		scan, err := Decode(t.Context(), c.data, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer scan.Close()
		part, err := scan.Image.Crop(models.Box{W: 200, H: 200})
		if err != nil {
			t.Fatal(err)
		}
		defer part.Close()
		saved, err := part.PNG()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(saved)); err != nil {
			t.Errorf("another reader refuses the saved part: %v", err)
		}
		again, err := Decode(t.Context(), saved, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if scan.Image.ThinColour() != c.thin || part.ThinColour() != c.thin || again.Image.ThinColour() != c.thin {
			t.Errorf("%s: %v, a part of it %v, saved %v", name, scan.Image.ThinColour(), part.ThinColour(), again.Image.ThinColour())
		}
	}
}
