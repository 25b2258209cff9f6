package imaging

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"testing"

	xtiff "golang.org/x/image/tiff"
)

// exifBody is an APP1 body whose TIFF says orientation o and 300 dpi.
func exifBody(o int) []byte {
	file := makeTIFF(binary.BigEndian, tiffPage{w: 1, h: 1, pix: []byte{0}, dpi: 300, extra: []tiffEntry{{tagOrientation, tiffShort, o}}})
	return append([]byte("Exif\x00\x00"), file...)
}

func jfifBody(unit byte, x, y uint16) []byte {
	b := append([]byte("JFIF\x00\x01\x01"), unit)
	return append(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, x), y), 0, 0)
}

func physBody(perMetre uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, perMetre)
	return append(binary.BigEndian.AppendUint32(b, perMetre), 1)
}

// corner draws a picture that is red in its top left quarter, else white.
func corner(w, h int) *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	fill(im, 0, 0, w, h, color.White)
	fill(im, 0, 0, w/2, h/2, color.RGBA{200, 0, 0, 255})
	return im
}

func as[T draw.Image](dst T, src image.Image) T {
	draw.Draw(dst, dst.Bounds(), src, image.Point{}, draw.Src)
	return dst
}

func TestDecodeFormats(t *testing.T) {
	red := corner(400, 300)
	box := red.Bounds()
	var tiffRGB, tiffDeflate bytes.Buffer
	if err := xtiff.Encode(&tiffRGB, red, nil); err != nil {
		t.Fatal(err)
	}
	if err := xtiff.Encode(&tiffDeflate, as(image.NewRGBA64(box), red), &xtiff.Options{Compression: xtiff.Deflate, Predictor: true}); err != nil {
		t.Fatal(err)
	}
	jpg := asJPEG(t, red)
	transparent := image.NewNRGBA(box)
	fill(transparent, 0, 0, 200, 150, color.NRGBA{200, 0, 0, 255})
	for _, tc := range []struct {
		name   string
		data   []byte
		format Format
		dpi    float64
		gray   bool
	}{
		{"jpeg", jpg, JPEG, 0, false},
		{"jpeg, JFIF density an inch", withSegment(jpg, markerAPP0, jfifBody(1, 300, 300)), JPEG, 300, false},
		{"jpeg, JFIF density a centimetre", withSegment(jpg, markerAPP0, jfifBody(2, 118, 118)), JPEG, 118 * cmPerInch, false},
		{"jpeg, JFIF aspect ratio", withSegment(jpg, markerAPP0, jfifBody(0, 1, 1)), JPEG, 0, false},
		{"jpeg, default density is not believed", withSegment(jpg, markerAPP0, jfifBody(1, 72, 72)), JPEG, 0, false},
		{"jpeg, unequal density is not believed", withSegment(jpg, markerAPP0, jfifBody(1, 300, 200)), JPEG, 0, false},
		{"jpeg, EXIF turned", withSegment(jpg, markerAPP1, exifBody(6)), JPEG, 300, false},
		{"jpeg, junk behind the end", append(bytes.Clone(jpg), "junk"...), JPEG, 0, false},
		{"jpeg, progressive", testdata(t, "progressive.jpg"), JPEG, 0, false},
		{"jpeg, CMYK", testdata(t, "cmyk.jpg"), JPEG, 0, false},
		{"png", asPNG(t, red), PNG, 0, false},
		{"png, physical size", withChunk(asPNG(t, red), "pHYs", physBody(11811)), PNG, 11811 * metrePerInch, false},
		{"png, 16 bits", asPNG(t, as(image.NewNRGBA64(box), red)), PNG, 0, false},
		{"png, palette", asPNG(t, as(image.NewPaletted(box, palette.WebSafe), red)), PNG, 0, false},
		{"png, transparent paper", asPNG(t, transparent), PNG, 0, false},
		{"tiff", tiffRGB.Bytes(), TIFF, 0, false},
		{"tiff, 16 bits, deflate", tiffDeflate.Bytes(), TIFF, 0, false},
		{"tiff, fax group 4", testdata(t, "g4.tif"), TIFF, 200, true},
		{"png, gray", asPNG(t, as(image.NewGray(box), red)), PNG, 0, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			scan := decode(t, tc.data, 1)
			if scan.Format != tc.format || scan.Pages != 1 || scan.DPI != tc.dpi || scan.Gray != tc.gray {
				t.Errorf("format %s, %d pages, %v dpi, gray %v", scan.Format, scan.Pages, scan.DPI, scan.Gray)
			}
			if scan.Image.Width() != 400 || scan.Image.Height() != 300 || scan.Image.Channels() != 3 {
				t.Fatalf("%d×%d×%d", scan.Image.Width(), scan.Image.Height(), scan.Image.Channels())
			}
			in, out := pixel(scan.Image, 100, 75), pixel(scan.Image, 300, 225)
			if in[1] > 120 || !tc.gray && in[2] < 140 {
				t.Errorf("the red corner is BGR %v", in)
			}
			if min(out[0], out[1], out[2]) < 240 {
				t.Errorf("the paper is BGR %v", out)
			}
			if n, err := PageCount(context.Background(), tc.data); n != 1 || err != nil {
				t.Errorf("PageCount = %d, %v", n, err)
			}
		})
	}
}

func TestDecodeHint(t *testing.T) {
	jpg := asJPEG(t, corner(400, 300))
	for orientation, want := range map[int]int{1: 0, 3: 180, 6: 270, 8: 90, 2: 0} {
		scan := decode(t, withSegment(jpg, markerAPP1, exifBody(orientation)), 1)
		if scan.Hint != want {
			t.Errorf("EXIF %d: hint %d, want %d", orientation, scan.Hint, want)
		}
		if p := pixel(scan.Image, 100, 75); p[1] > 120 {
			t.Errorf("EXIF %d turned the pixels: BGR %v", orientation, p)
		}
	}
}

func TestDecodeTIFFPages(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		turned := grayPage(150, 200, 180)
		turned.extra = []tiffEntry{{tagOrientation, tiffShort, 6}}
		data := makeTIFF(order, grayPage(120, 160, 100), turned, grayPage(160, 120, 250))
		before := bytes.Clone(data)
		for i, want := range []struct {
			w, h  int
			level byte
			hint  int
		}{{120, 160, 100, 0}, {150, 200, 180, 270}, {160, 120, 250, 0}} {
			scan := decode(t, data, i+1)
			if scan.Pages != 3 || scan.Image.Width() != want.w || scan.Image.Height() != want.h || scan.DPI != 200 || !scan.Gray || scan.Hint != want.hint {
				t.Errorf("%v page %d: %d pages, %d×%d, %v dpi, hint %d", order, i+1, scan.Pages, scan.Image.Width(), scan.Image.Height(), scan.DPI, scan.Hint)
			}
			if top, middle := pixel(scan.Image, 50, 0)[0], pixel(scan.Image, 50, 60)[0]; top != want.level/2 || middle != want.level {
				t.Errorf("%v page %d: levels %d, %d", order, i+1, top, middle)
			}
		}
		if !bytes.Equal(before, data) {
			t.Error("Decode changed the caller's bytes")
		}
	}
}

func TestDecodePDF(t *testing.T) {
	first, second := asJPEG(t, drawPage(1654, 2339, 1)), asJPEG(t, corner(1654, 2339))
	data := makePDF(t, true, "", first, second)
	for page, want := range [][]byte{first, second} {
		scan, plain := decode(t, data, page+1), decode(t, want, 1)
		if scan.Format != PDF || scan.Pages != 2 || scan.DPI != 200 {
			t.Errorf("page %d: %s, %d pages, %v dpi", page+1, scan.Format, scan.Pages, scan.DPI)
		}
		if !bytes.Equal(scan.Image.Pixels(), plain.Image.Pixels()) {
			t.Errorf("page %d: the scanned picture was resampled", page+1)
		}
	}
	drawn := decode(t, makePDF(t, false, "", second), 1)
	if w, h := drawn.Image.Width(), drawn.Image.Height(); drawn.DPI != renderDPI || w < 2478 || w > 2482 || h < 3506 || h > 3510 {
		t.Errorf("a page that is no single scan: %d×%d at %v dpi", w, h, drawn.DPI)
	}
	typed := decode(t, makeTypedPDF(t, asJPEG(t, corner(1654, 2339))), 1)
	if p := pixel(typed.Image, 1240, 1762); typed.DPI != 200 || max(p[0], p[1], p[2]) > 100 {
		t.Errorf("text typed over the scan was lost: BGR %v at %v dpi", p, typed.DPI)
	}
}

// Telephones lay a scan down at 72 dpi whatever it has; its pixels are the scan.
func TestDecodePDFOfMadeUpResolution(t *testing.T) {
	jpg := asJPEG(t, drawPage(1654, 1165, 1))
	for _, dpi := range []float64{50, 72, 96} {
		scan, plain := decode(t, makeLoosePDF(t, jpg, 1654/dpi, 1165/dpi), 1), decode(t, jpg, 1)
		if scan.DPI != 0 || !bytes.Equal(scan.Image.Pixels(), plain.Image.Pixels()) {
			t.Errorf("laid at %v dpi: %d×%d at %v dpi", dpi, scan.Image.Width(), scan.Image.Height(), scan.DPI)
		}
	}
}
