package imaging

import (
	"bytes"
	"encoding/binary"
)

// JPEG markers this room must know; ITU-T T.81 table B.1.
const (
	markerSOF0  = 0xC0
	markerSOF2  = 0xC2
	markerSOF15 = 0xCF
	markerDHT   = 0xC4
	markerJPG   = 0xC8
	markerDAC   = 0xCC
	markerRST0  = 0xD0
	markerRST7  = 0xD7
	markerEOI   = 0xD9
	markerSOS   = 0xDA
	markerAPP0  = 0xE0
	markerAPP1  = 0xE1
	markerTEM   = 0x01
)

// maxScans is the most passes over the picture a JPEG may take. Encoders make
// about ten; each costs the decoder a full pass for a few bytes of file.
const maxScans = 100

// jpegHeader walks the segments up to the end-of-image marker. libjpeg fills
// what is missing with gray and says nothing, so a file without that marker is
// refused here.
func jpegHeader(data []byte) (header, error) {
	var hd header
	var jfif, exif float64
	scans := 0
	for at := 2; ; {
		m, body, next, err := jpegSegment(data, at)
		if err != nil {
			return hd, err
		}
		at = next
		switch {
		case m == markerEOI:
			if hd.w == 0 {
				return hd, corrupt("the JPEG holds no picture", nil)
			}
			if hd.dpi = exif; exif == 0 {
				hd.dpi = jfif
			}
			return hd, checkSize(hd.w, hd.h)
		case m >= markerSOF0 && m <= markerSOF15 && m != markerDHT && m != markerJPG && m != markerDAC:
			if m > markerSOF2 || len(body) < 6 || body[0] != 8 {
				return hd, refuse(CodeBadImageType, "only baseline and progressive JPEG with 8 bits a sample are read; scan the page again", nil)
			}
			hd.h, hd.w = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
			hd.gray = body[5] == 1
			// Of each component a byte says how often it was sampled, along and down.
			hd.thin = len(body) >= 12 && body[5] == 3 && body[7] > body[10]
			if err := checkSize(hd.w, hd.h); err != nil {
				return hd, err
			}
		case m == markerSOS:
			if hd.w == 0 {
				return hd, corrupt("the JPEG has data before its header", nil)
			}
			if scans++; scans > maxScans {
				return hd, corrupt("the JPEG paints the picture too many times over", nil)
			}
			if at = endOfScan(data, at); at < 0 {
				return hd, truncated()
			}
		case m == markerAPP0 && bytes.HasPrefix(body, []byte("JFIF\x00")) && len(body) >= 12:
			jfif = jfifDPI(body)
		case m == markerAPP1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			exif, hd.turn = exifHints(body[6:])
		}
	}
}

// jpegSegment reads the marker segment at offset at: its marker, body, and where
// the next one begins.
func jpegSegment(data []byte, at int) (marker byte, body []byte, next int, err error) {
	for at < len(data) && data[at] == 0xFF && at+1 < len(data) && data[at+1] == 0xFF {
		at++ // fill bytes
	}
	if at+2 > len(data) {
		return 0, nil, 0, truncated()
	}
	if data[at] != 0xFF || data[at+1] == 0 {
		return 0, nil, 0, corrupt("the JPEG is damaged between its segments", nil)
	}
	marker = data[at+1]
	if marker == markerEOI || marker == markerTEM || marker >= markerRST0 && marker <= markerRST7 {
		return marker, nil, at + 2, nil
	}
	if at+4 > len(data) {
		return 0, nil, 0, truncated()
	}
	n := int(binary.BigEndian.Uint16(data[at+2:]))
	if n < 2 {
		return 0, nil, 0, corrupt("the JPEG has a segment of impossible length", nil)
	}
	if at+2+n > len(data) {
		return 0, nil, 0, truncated()
	}
	return marker, data[at+4 : at+2+n], at + 2 + n, nil
}

// endOfScan gives the offset of the marker that ends the entropy-coded data, -1
// when the file ends first.
func endOfScan(data []byte, at int) int {
	for {
		i := bytes.IndexByte(data[at:], 0xFF)
		if i < 0 || at+i+1 >= len(data) {
			return -1
		}
		at += i
		if m := data[at+1]; m != 0 && m != 0xFF && (m < markerRST0 || m > markerRST7) {
			return at
		}
		at++
		if data[at] == 0 {
			at++
		}
	}
}

func jfifDPI(body []byte) float64 {
	x, y := float64(binary.BigEndian.Uint16(body[8:])), float64(binary.BigEndian.Uint16(body[10:]))
	switch body[7] {
	case 1: // dots per inch
		return believeDPI(x, y)
	case 2: // dots per centimetre
		return believeDPI(x*cmPerInch, y*cmPerInch)
	}
	return 0 // an aspect ratio only
}

// exifHints reads resolution and orientation out of EXIF's TIFF structure; a
// damaged one gives no hints, never an error.
func exifHints(tiff []byte) (dpi float64, turn int) {
	t, err := openTIFF(tiff)
	if err != nil {
		return 0, 0
	}
	d, err := t.directory(t.first)
	if err != nil {
		return 0, 0
	}
	return d.dpi(), d.turn()
}
