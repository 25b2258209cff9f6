//go:build matprofile

package imaging

import (
	"bytes"
	"context"
	"testing"

	"gocv.io/x/gocv"

	"heyin/models"
)

// TestNoOpenMats runs every exported function, on sound and on bad input, and
// counts the Mats left open. Run with -tags matprofile beside the usual tags.
func TestNoOpenMats(t *testing.T) {
	jpg := asJPEG(t, drawPage(600, 800, 1))
	start := gocv.MatProfile.Count()
	check := func(what string) {
		t.Helper()
		if n := gocv.MatProfile.Count(); n != start {
			var where bytes.Buffer
			if err := gocv.MatProfile.WriteTo(&where, 1); err != nil {
				t.Fatal(err)
			}
			t.Fatalf("%s left %d Mats open:\n%s", what, n-start, where.String())
		}
	}
	for name, data := range map[string][]byte{
		"jpeg": jpg, "png": asPNG(t, drawPage(600, 800, 2)), "alpha": asPNG(t, corner(300, 300)),
		"g4": testdata(t, "g4.tif"), "pdf": makePDF(t, true, "", jpg),
		"cut": jpg[:len(jpg)/2], "damaged": patched(jpg, len(jpg)/2, 0xFF, 0xD9), "bomb": patched(jpg, 3, 0xC0, 0, 17, 8, 0xFF, 0xFF, 0xFF, 0xFF),
	} {
		if scan, err := Decode(context.Background(), data, 1); err == nil {
			scan.Close()
		}
		check("Decode " + name)
	}

	scan, err := Decode(context.Background(), jpg, 1)
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := Straighten(scan)
	if err != nil {
		t.Fatal(err)
	}
	if err := sheet.TurnOver(); err != nil {
		t.Fatal(err)
	}
	if _, err := FindCodes(sheet.Image); err != nil {
		t.Fatal(err)
	}
	Inspect(scan, sheet)
	im := sheet.Image
	results := map[string]func() (*Image, error){
		"Crop":         func() (*Image, error) { return im.Crop(models.Box{X: 5, Y: 5, W: 20, H: 20}) },
		"Crop outside": func() (*Image, error) { return im.Crop(models.Box{X: -50, W: 20, H: 20}) },
		"Resize":       func() (*Image, error) { return im.Resize(30, 40) },
		"Turn":         func() (*Image, error) { return im.Turn(90) },
		"Turn askew":   func() (*Image, error) { return im.Turn(45) },
		"Warp":         func() (*Image, error) { return im.Warp(Similarity(50, 50, 100, 100, 5, 1), 50, 50) },
		"Gray":         func() (*Image, error) { return im.Gray() },
		"FromPixels":   func() (*Image, error) { return FromPixels(2, 1, 1, []byte{1, 2}) },
	}
	for _, f := range results {
		if made, err := f(); err == nil {
			made.Close()
		}
	}
	if _, err := im.PNG(); err != nil {
		t.Error(err)
	}
	if _, err := im.JPEG(80); err != nil {
		t.Error(err)
	}
	im.Density()
	sheet.Close()
	bent, _ := creased(drawnBothSides(), false, 0.4, 0)
	folded, err := Decode(context.Background(), asJPEG(t, bent), 1)
	if err != nil {
		t.Fatal(err)
	}
	flat, err := Unfold(&Sheet{Image: folded.Image, DPI: 150})
	if flat == nil || err != nil {
		t.Errorf("a folded page: %v, %v", flat, err)
	}
	flat.Close()
	folded.Close()
	scan.Close()
	check("all")
}
