package imaging

import (
	"encoding/binary"
	"testing"

	"errors"
	"heyin/models"
)

// seeds are small whole files and their broken sisters.
func seeds(f *testing.F) {
	jpg := asJPEG(f, corner(120, 110))
	f.Add(jpg)
	f.Add(jpg[:len(jpg)/2])
	f.Add(withSegment(jpg, markerAPP1, exifBody(6)))
	f.Add(withSegment(jpg, markerAPP0, jfifBody(1, 300, 300)))
	f.Add(asPNG(f, corner(120, 110)))
	f.Add(withChunk(asPNG(f, corner(120, 110)), "pHYs", physBody(11811)))
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		f.Add(makeTIFF(order, grayPage(100, 100, 9), grayPage(100, 120, 200)))
	}
	f.Add(testdata(f, "g4.tif"))
	f.Add(testdata(f, "cmyk.jpg"))
}

// FuzzHeaders: no header crashes or outgrows the limits, and every refusal is a
// permanent fault with a reason.
func FuzzHeaders(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		format, err := Sniff(data)
		if err != nil {
			faultCode(t, err)
			return
		}
		var hd header
		switch format {
		case JPEG:
			hd, err = jpegHeader(data)
		case PNG:
			hd, err = pngHeader(data)
		default:
			return
		}
		checkHeader(t, hd, err)
	})
}

// FuzzTIFF: the page list ends, stays within its limit, and each page's header is
// sound or refused; the rewritten file lists that page first.
func FuzzTIFF(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		tf, err := openTIFF(data)
		if err != nil {
			return
		}
		pages, err := tf.pages()
		if err != nil {
			faultCode(t, err)
			return
		}
		if len(pages) > MaxPages {
			t.Fatalf("%d pages", len(pages))
		}
		for _, off := range pages {
			hd, err := tf.header(off)
			checkHeader(t, hd, err)
			one, err := tf.only(off)
			if err != nil {
				t.Fatal(err)
			}
			again, err := openTIFF(one)
			if err != nil || again.first != off || len(one) != len(data) {
				t.Fatalf("page at %d: %v, first at %d", off, err, again.first)
			}
		}
	})
}

func checkHeader(t *testing.T, hd header, err error) {
	t.Helper()
	if err != nil {
		if _, ok := errors.AsType[*models.Fault](err); !ok {
			t.Fatalf("%v is no fault", err)
		}
		return
	}
	if hd.w < minSide || hd.h < minSide || hd.w*hd.h > MaxPixels || hd.dpi != 0 && (hd.dpi < minDPI || hd.dpi > maxDPI) {
		t.Fatalf("%+v is beyond the limits", hd)
	}
}
