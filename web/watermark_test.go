package web

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"heyin/models"
)

func whitePage(t *testing.T, w, h int, encode func(*bytes.Buffer, image.Image) error) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	var buf bytes.Buffer
	if err := encode(&buf, img); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func asPNG(b *bytes.Buffer, i image.Image) error  { return png.Encode(b, i) }
func asJPEG(b *bytes.Buffer, i image.Image) error { return jpeg.Encode(b, i, nil) }

// inked is the share of a quarter of the picture that is no longer white.
func inked(t *testing.T, data []byte, quarter int) float64 {
	t.Helper()
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	b := img.Bounds()
	w, h := b.Dx()/2, b.Dy()/2
	x0, y0 := (quarter%2)*w, (quarter/2)*h
	dark := 0
	for y := y0; y < y0+h; y++ {
		for x := x0; x < x0+w; x++ {
			if color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y < 0xf0 {
				dark++
			}
		}
	}
	return float64(dark) / float64(w*h)
}

// The mark lies on every quarter of a page, and leaves most of it as it was.
func TestWatermarkCoversThePage(t *testing.T) {
	for name, page := range map[string]struct {
		data []byte
		kind string
	}{"png": {whitePage(t, 827, 1169, asPNG), "image/png"}, "jpeg": {whitePage(t, 1169, 827, asJPEG), "image/jpeg"}} {
		out, err := watermarked(page.data, page.kind, "user:7 anna 2026-11-25 13:00")
		if err != nil {
			t.Fatal(name, err)
		}
		for q := range 4 {
			if share := inked(t, out, q); share < 0.01 || share > 0.25 {
				t.Errorf("%s: %.3f of quarter %d is marked", name, share, q)
			}
		}
	}
	small := whitePage(t, 400, 60, asPNG)
	if out, err := watermarked(small, "image/png", "user:7"); err != nil || !bytes.Equal(out, small) {
		t.Error("a crop was marked")
	}
	if _, err := watermarked([]byte("\x89PNG\r\n\x1a\nbroken"), "image/png", "x"); err == nil {
		t.Error("a broken picture was marked")
	}
}

// Who judges sees the seal as it is; the archive shows who looked, and when.
func TestArchiveImagesAreMarked(t *testing.T) {
	s := newSite(t)
	page := whitePage(t, 827, 1169, asPNG)
	up := world.Upload(t, s.station, "page.png", fmt.Sprint("marked", world.Serial()))
	world.Read(t, up.ReceiptID, world.Result(t, world.Statement(t, s.branch, "Mark Ltd"), models.ReasonSealUnsure), map[string][]byte{"page": page})
	image := fmt.Sprintf("/api/v1/receipts/%d/images/page", up.ReceiptID)
	archivist, reviewer := s.signedIn(t, s.branch, models.RoleArchivist), s.signedIn(t, s.branch, models.RoleReviewer)
	for name, c := range map[string]*client{"archivist": archivist, "reviewer without a claim": reviewer} {
		if a := c.get(image).want(t, http.StatusOK); inked(t, []byte(a.body), 0) < 0.01 || a.header.Get("Content-Type") != "image/png" {
			t.Errorf("%s: no mark", name)
		}
	}
	reviewer.post(fmt.Sprintf("/review/%d/claim", up.ReceiptID), nil).want(t, http.StatusSeeOther)
	if a := reviewer.get(image).want(t, http.StatusOK); !strings.EqualFold(a.body, string(page)) {
		t.Error("the judge's picture is not as stored")
	}
}

func BenchmarkWatermark(b *testing.B) {
	img := image.NewRGBA(image.Rect(0, 0, 1654, 2339)) // A4 at 200 dpi
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := watermarked(buf.Bytes(), "image/png", "user:7 anna 2026-11-25 13:00"); err != nil {
			b.Fatal(err)
		}
	}
}
