package imaging

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"slices"
	"strings"
	"testing"
)

// patched copies file and overwrites bytes from at on.
func patched(file []byte, at int, b ...byte) []byte {
	out := bytes.Clone(file)
	copy(out[at:], b)
	return out
}

func TestBadFiles(t *testing.T) {
	page := drawPage(600, 800, 3)
	jpg, pngFile := asJPEG(t, page), asPNG(t, page)
	sof := bytes.Index(jpg, []byte{0xFF, markerSOF0}) // marker, length 2, precision, height 2, width 2
	twoPages := makeTIFF(binary.LittleEndian, grayPage(120, 160, 100), grayPage(120, 160, 200))
	firstIFD := int(binary.LittleEndian.Uint32(twoPages[4:]))
	link := firstIFD + 2 + 12*int(binary.LittleEndian.Uint16(twoPages[firstIFD:]))
	loop := bytes.Clone(twoPages)
	binary.LittleEndian.PutUint32(loop[link:], uint32(firstIFD))
	lost := bytes.Clone(twoPages)
	binary.LittleEndian.PutUint32(lost[link:], 1<<31)
	bigTIFF := makeTIFF(binary.BigEndian, tiffPage{w: 100_000, h: 100_000, pix: []byte{0}})
	zeroTIFF := makeTIFF(binary.BigEndian, tiffPage{w: 0, h: 200, pix: []byte{0}})
	many := makeTIFF(binary.LittleEndian, slices.Repeat([]tiffPage{{w: 100, h: 100, pix: []byte{0}}}, MaxPages+1)...)
	pdf := makePDF(t, true, "", jpg)
	pdf201 := makePDF(t, true, "", slices.Repeat([][]byte{asJPEG(t, corner(120, 170))}, MaxPages+1)...)
	hugePage := bytes.Replace(pdf, []byte("/MediaBox [0 0 595.28 841.89]"), []byte("/MediaBox [0 0 99995. 99995.]"), 1)

	for _, tc := range []struct {
		name string
		data []byte
		code string
	}{
		{"nothing", nil, CodeEmptyFile},
		{"zero bytes", make([]byte, 4096), CodeBadImageType},
		{"text", []byte("this is no picture"), CodeBadImageType},
		{"zip", []byte("PK\x03\x04 and so on, named .pdf"), CodeBadImageType},
		{"gif", []byte("GIF89a......................"), CodeBadImageType},
		{"html before pdf", append([]byte("<html>"), pdf...), CodeBadImageType},
		{"big tiff variant", []byte("II+\x00\x08\x00\x00\x00........"), CodeBadImageType},

		{"jpeg magic only", jpg[:3], CodeImageTruncated},
		{"jpeg cut in its header", jpg[:sof+4], CodeImageTruncated},
		{"jpeg cut in its data", jpg[:len(jpg)*2/3], CodeImageTruncated},
		{"jpeg without its last byte", jpg[:len(jpg)-1], CodeImageTruncated},
		{"jpeg without data", slices.Concat(jpg[:2], []byte{0xFF, markerEOI}), CodeImageCorrupt},
		{"jpeg data before header", slices.Concat(jpg[:2], []byte{0xFF, markerSOS, 0, 3, 0}, jpg[sof:]), CodeImageCorrupt},
		{"jpeg with junk between segments", slices.Concat(jpg[:sof], []byte("junk"), jpg[sof:]), CodeImageCorrupt},
		{"jpeg segment of length 1", slices.Concat(jpg[:2], []byte{0xFF, 0xE5, 0, 1}, jpg[2:]), CodeImageCorrupt},
		{"jpeg bomb", patched(jpg, sof+5, 0xFF, 0xFF, 0xFF, 0xFF), CodeImageTooLarge},
		{"jpeg without width", patched(jpg, sof+7, 0, 0), CodeImageCorrupt},
		{"jpeg of 12 bits", patched(jpg, sof+4, 12), CodeBadImageType},
		{"jpeg, lossless", patched(jpg, sof+1, 0xC3), CodeBadImageType},

		{"png magic only", pngFile[:8], CodeImageTruncated},
		{"png cut in its data", pngFile[:len(pngFile)/2], CodeImageTruncated},
		{"png without its end", pngFile[:len(pngFile)-12], CodeImageTruncated},
		{"png with no header", slices.Concat(pngFile[:8], pngFile[33:]), CodeImageCorrupt},
		{"png bomb", patched(pngFile, 16, 0, 1, 0, 0, 0, 1, 0, 0), CodeImageTooLarge},
		{"png of impossible size", patched(pngFile, 16, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF), CodeImageTooLarge},
		{"png without height", patched(pngFile, 20, 0, 0, 0, 0), CodeImageCorrupt},
		{"png with a broken checksum", patched(pngFile, 29, 0, 0, 0, 0), CodeImageCorrupt},
		{"png with damaged data", patched(pngFile, len(pngFile)/2, 1, 2, 3, 4, 5, 6, 7, 8), CodeImageCorrupt},

		{"too small", asPNG(t, image.NewGray(image.Rect(0, 0, 20, 20))), CodeImageTooSmall},

		{"tiff magic only", twoPages[:4], CodeImageTruncated},
		{"tiff cut before its directory", twoPages[:firstIFD], CodeImageTruncated},
		{"tiff cut in its second page", twoPages[:len(twoPages)-40], CodeImageCorrupt},
		{"tiff without pages", patched(twoPages, 4, 0, 0, 0, 0), CodeImageCorrupt},
		{"tiff loop", loop, CodeImageCorrupt},
		{"tiff page beyond the file", lost, CodeImageTruncated},
		{"tiff directory of no entries", patched(twoPages, firstIFD, 0, 0), CodeImageCorrupt},
		{"tiff directory of 65535 entries", patched(twoPages, firstIFD, 0xFF, 0xFF), CodeImageCorrupt},
		{"tiff bomb", bigTIFF, CodeImageTooLarge},
		{"tiff without width", zeroTIFF, CodeImageCorrupt},
		{"tiff of 201 pages", many, CodeTooManyPages},
		{"tiff with strip beyond the file", makeTIFF(binary.LittleEndian, tiffPage{w: 500, h: 500, pix: []byte{0}}), CodeImageCorrupt},

		{"pdf magic only", pdf[:5], CodeImageCorrupt},
		{"pdf cut", pdf[:200], CodeImageCorrupt},
		{"pdf with a password", makePDF(t, true, "secret", jpg), CodePDFEncrypted},
		{"pdf of 201 pages", pdf201, CodeTooManyPages},
		{"pdf of a huge page", hugePage, CodeImageTooLarge},
		{"pdf of no page", []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R/Size 3>>\n%%EOF"), CodeImageCorrupt},
	} {
		t.Run(tc.name, func(t *testing.T) {
			scan, err := Decode(context.Background(), tc.data, 1)
			if err == nil {
				scan.Close()
				t.Fatal("decoded")
			}
			if code := faultCode(t, err); code != tc.code {
				t.Errorf("%v: want %s", err, tc.code)
			}
			if strings.Contains(err.Error(), "/tmp") {
				t.Errorf("%v tells where it keeps its files", err)
			}
		})
	}
}

// An 11 mm seal cut out of a scan of 200 dpi has fewer pixels than any page.
func TestCropMayBeSmallerThanAPage(t *testing.T) {
	for _, side := range []int{1, 87} {
		scan, err := DecodeCrop(t.Context(), asPNG(t, image.NewGray(image.Rect(0, 0, side, side))))
		if err != nil {
			t.Errorf("%d pixels: %v", side, err)
			continue
		}
		if w, h := scan.Image.Width(), scan.Image.Height(); w != side || h != side {
			t.Errorf("%d pixels: got %d×%d", side, w, h)
		}
		scan.Close()
	}
}

func TestNoSuchPage(t *testing.T) {
	jpg := asJPEG(t, corner(200, 200))
	for _, data := range [][]byte{jpg, asPNG(t, corner(200, 200)), makeTIFF(binary.BigEndian, grayPage(120, 160, 9)), makePDF(t, true, "", jpg)} {
		for _, page := range []int{-1, 0, 2} {
			if _, err := Decode(context.Background(), data, page); err == nil || faultCode(t, err) != CodeNoSuchPage {
				t.Errorf("page %d: %v", page, err)
			}
		}
	}
}

// A cancelled caller is no fault of the file.
func TestPDFCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := PageCount(ctx, makePDF(t, true, "", asJPEG(t, corner(200, 200)))); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

// A reader process has an empty environment; PDFs must be read all the same.
func TestPDFWithoutPath(t *testing.T) {
	data := makePDF(t, true, "", asJPEG(t, corner(1654, 2339)))
	t.Setenv("PATH", "")
	if n, err := PageCount(context.Background(), data); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}
