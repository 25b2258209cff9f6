package imaging

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-pdf/fpdf"

	"heyin/models"
)

// fill paints a rectangle.
func fill(im draw.Image, x, y, w, h int, c color.Color) {
	draw.Draw(im, image.Rect(x, y, x+w, y+h), image.NewUniform(c), image.Point{}, draw.Src)
}

// drawPage draws a page of print-like blocks and a table on paper of w×h pixels;
// like any form it has a heading and margins.
func drawPage(w, h int, seed uint64) *image.RGBA {
	r := rand.New(rand.NewPCG(seed, 1))
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	fill(im, 0, 0, w, h, color.RGBA{252, 250, 244, 255})
	black := color.RGBA{30, 30, 34, 255}
	u := max(2, min(w, h)/400) // a stroke
	glyph := func(x, y, size int) {
		for range 5 {
			if r.IntN(2) == 0 {
				fill(im, x+r.IntN(size), y+r.IntN(size-u), u, u+r.IntN(size/2), black)
			} else {
				fill(im, x+r.IntN(size/2), y+r.IntN(size), u+r.IntN(size/2), u, black)
			}
		}
	}
	left, right := w/10, w-w/10
	for x := w / 3; x < 2*w/3; x += 18 * u {
		glyph(x, h/16, 14*u)
	}
	y := h / 8
	for range 7 {
		for x, end := left, right-r.IntN(w/3); x < end; x += 10 * u {
			glyph(x, y, 8*u)
		}
		y += 16 * u
	}
	for row := range 5 {
		fill(im, left, y+row*18*u, right-left, u, black)
	}
	for col := range 4 {
		fill(im, left+col*(right-left)/3, y, u, 72*u, black)
	}
	return im
}

func asJPEG(t testing.TB, im image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, im image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withSegment puts a JPEG segment behind the start marker.
func withSegment(file []byte, marker byte, body []byte) []byte {
	head := []byte{0xFF, 0xD8, 0xFF, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}
	return append(append(head, body...), file[2:]...)
}

// withChunk puts a PNG chunk behind the header.
func withChunk(file []byte, kind string, body []byte) []byte {
	const afterIHDR = 8 + 25
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	chunk = append(append(chunk, kind...), body...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	return append(append(append([]byte{}, file[:afterIHDR]...), chunk...), file[afterIHDR:]...)
}

// tiffEntry is a tag with one SHORT or LONG value.
type tiffEntry struct{ tag, kind, value int }

// tiffPage is an uncompressed gray page.
type tiffPage struct {
	w, h  int
	pix   []byte
	extra []tiffEntry
	dpi   int
}

// makeTIFF writes an uncompressed multi-page TIFF.
func makeTIFF(order binary.AppendByteOrder, pages ...tiffPage) []byte {
	out := []byte("II*\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		out = []byte("MM\x00*")
	}
	out = order.AppendUint32(out, 0)
	link := 4
	for _, p := range pages {
		strip := len(out)
		out = append(out, p.pix...)
		resolution := len(out)
		out = order.AppendUint32(order.AppendUint32(out, uint32(p.dpi)), 1)
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
		putUint32(order, out[link:], uint32(len(out)))
		entries := append([]tiffEntry{
			{tagWidth, tiffLong, p.w}, {tagHeight, tiffLong, p.h}, {258, tiffShort, 8}, {259, tiffShort, 1}, {tagPhotometric, tiffShort, 1},
			{273, tiffLong, strip}, {277, tiffShort, 1}, {278, tiffLong, p.h}, {279, tiffLong, len(p.pix)},
			{tagXResolution, tiffRational, resolution}, {tagYResolution, tiffRational, resolution}, {tagResUnit, tiffShort, 2},
		}, p.extra...)
		out = order.AppendUint16(out, uint16(len(entries)))
		for _, e := range entries {
			out = order.AppendUint16(order.AppendUint16(out, uint16(e.tag)), uint16(e.kind))
			out = order.AppendUint32(out, 1)
			if e.kind == tiffShort {
				out = order.AppendUint16(order.AppendUint16(out, uint16(e.value)), 0)
			} else {
				out = order.AppendUint32(out, uint32(e.value))
			}
		}
		link = len(out)
		out = order.AppendUint32(out, 0)
	}
	return out
}

func putUint32(order binary.AppendByteOrder, b []byte, v uint32) {
	copy(b, order.AppendUint32(nil, v))
}

// grayPage is a TIFF page of one level with a darker first row, so that a turn shows.
func grayPage(w, h int, level byte) tiffPage {
	p := tiffPage{w: w, h: h, pix: bytes.Repeat([]byte{level}, w*h), dpi: 200}
	copy(p.pix, bytes.Repeat([]byte{level / 2}, w))
	return p
}

// makePDF writes one A4 page a picture, which covers the page when full.
func makePDF(t testing.TB, full bool, password string, jpegs ...[]byte) []byte {
	t.Helper()
	pdf := fpdf.New("P", "mm", "A4", "")
	if password != "" {
		pdf.SetProtection(0, password, password)
	}
	for i, data := range jpegs {
		name := string(rune('a' + i))
		pdf.AddPage()
		pdf.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "JPEG"}, bytes.NewReader(data))
		if full {
			pdf.ImageOptions(name, 0, 0, 210, 297, false, fpdf.ImageOptions{}, 0, "")
		} else {
			pdf.ImageOptions(name, 40, 40, 100, 141, false, fpdf.ImageOptions{}, 0, "")
		}
	}
	var b bytes.Buffer
	if err := pdf.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// makeLoosePDF writes a page of w×h inches which a picture fills.
func makeLoosePDF(t testing.TB, jpg []byte, w, h float64) []byte {
	t.Helper()
	pdf := fpdf.NewCustom(&fpdf.InitType{OrientationStr: "P", UnitStr: "in", Size: fpdf.SizeType{Wd: w, Ht: h}})
	pdf.AddPage()
	pdf.RegisterImageOptionsReader("a", fpdf.ImageOptions{ImageType: "JPEG"}, bytes.NewReader(jpg))
	pdf.ImageOptions("a", 0, 0, w, h, false, fpdf.ImageOptions{}, 0, "")
	var b bytes.Buffer
	if err := pdf.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// makeTypedPDF writes a page that is a scan with a large full stop typed over it.
func makeTypedPDF(t testing.TB, jpg []byte) []byte {
	t.Helper()
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.AddPage()
	pdf.RegisterImageOptionsReader("a", fpdf.ImageOptions{ImageType: "JPEG"}, bytes.NewReader(jpg))
	pdf.ImageOptions("a", 0, 0, 210, 297, false, fpdf.ImageOptions{}, 0, "")
	pdf.SetFont("Helvetica", "B", 400)
	pdf.Text(137.6, 232, ".")
	var b bytes.Buffer
	if err := pdf.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(t testing.TB, data []byte, page int) *Scan {
	t.Helper()
	scan, err := Decode(context.Background(), data, page)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(scan.Close)
	return scan
}

// scanOf makes a scan of a drawing without a file in between.
func scanOf(t testing.TB, im *image.RGBA, dpi float64) *Scan {
	t.Helper()
	b := im.Bounds()
	pix := make([]byte, 0, 3*b.Dx()*b.Dy())
	for i := 0; i < len(im.Pix); i += 4 {
		pix = append(pix, im.Pix[i+2], im.Pix[i+1], im.Pix[i])
	}
	own, err := FromPixels(b.Dx(), b.Dy(), 3, pix)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(own.Close)
	return &Scan{Image: own, DPI: dpi, Pages: 1}
}

// pixel gives B, G, R.
func pixel(im *Image, x, y int) [3]byte {
	p := im.Pixels()[im.Channels()*(y*im.Width()+x):]
	return [3]byte{p[0], p[1], p[2]}
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// faultCode checks that err is a permanent fault and gives its code.
func faultCode(t testing.TB, err error) string {
	t.Helper()
	f, ok := errors.AsType[*models.Fault](err)
	if !ok {
		t.Fatalf("%v is no fault", err)
	}
	if f.Class != models.Permanent || f.Reason == "" {
		t.Errorf("%v: class %s, reason %q", err, f.Class, f.Reason)
	}
	return f.Code
}
