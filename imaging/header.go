package imaging

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
)

// Format is the kind of a scanned file, told by its first bytes only: names and
// content types lie.
type Format string

// Formats a station may upload.
const (
	JPEG Format = "jpeg"
	PNG  Format = "png"
	TIFF Format = "tiff"
	PDF  Format = "pdf"
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// Sniff tells the format of data by its first bytes, or gives a permanent fault.
func Sniff(data []byte) (Format, error) {
	switch {
	case len(data) == 0:
		return "", refuse(CodeEmptyFile, "the file is empty; scan the page again", nil)
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return JPEG, nil
	case bytes.HasPrefix(data, []byte(pngMagic)):
		return PNG, nil
	case bytes.HasPrefix(data, []byte("II*\x00")), bytes.HasPrefix(data, []byte("MM\x00*")):
		return TIFF, nil
	case bytes.HasPrefix(data, []byte("%PDF-")):
		return PDF, nil
	}
	return "", refuse(CodeBadImageType, "the file is no JPEG, PNG, TIFF or PDF; scan the page again as one of these", nil)
}

// header is what a file says of one picture before it is decoded.
type header struct {
	w, h  int
	dpi   float64 // 0 when the file does not say
	gray  bool
	alpha bool
	thin  bool // colour is kept for fewer pixels than brightness
	// turn is the EXIF or TIFF hint, degrees by which the stored picture lies
	// turned clockwise; 0 also when unknown. Scanners often lie: a hint only.
	turn int
}

const (
	cmPerInch    = 2.54
	metrePerInch = 0.0254
	// Densities outside these are defaults or nonsense (72, 96 and 1 are what
	// software writes when it does not know).
	minDPI, maxDPI = 100, 1200
)

// believeDPI drops densities that no document scanner states.
func believeDPI(x, y float64) float64 {
	if x < minDPI || x > maxDPI || y < minDPI || y > maxDPI || math.Abs(x-y) > 0.02*x {
		return 0
	}
	return (x + y) / 2
}

func truncated() error {
	return refuse(CodeImageTruncated, "the file ends too early; scan or send the page again", nil)
}

func corrupt(what string, err error) error {
	return refuse(CodeImageCorrupt, what+"; scan the page again", err)
}

// pngHeader walks the chunks from IHDR to IEND, so that a cut file is found
// before libpng fills the missing rows.
func pngHeader(data []byte) (header, error) {
	var hd header
	for at := len(pngMagic); ; {
		if at+12 > len(data) {
			return hd, truncated()
		}
		n := int(binary.BigEndian.Uint32(data[at:]))
		kind := string(data[at+4 : at+8])
		if n > len(data)-at-12 {
			return hd, truncated()
		}
		body := data[at+8 : at+8+n]
		switch {
		case at == len(pngMagic):
			if kind != "IHDR" || n != 13 {
				return hd, corrupt("a PNG must begin with its header", nil)
			}
			hd.w, hd.h = int(binary.BigEndian.Uint32(body)), int(binary.BigEndian.Uint32(body[4:]))
			hd.gray, hd.alpha = body[9] == 0 || body[9] == 4, body[9] == 4 || body[9] == 6
		case kind == "tRNS":
			hd.alpha = true
		case kind == thinChunk:
			hd.thin = true
		case kind == "pHYs" && n == 9 && body[8] == 1:
			hd.dpi = believeDPI(float64(binary.BigEndian.Uint32(body))*metrePerInch, float64(binary.BigEndian.Uint32(body[4:]))*metrePerInch)
		case kind == "IEND":
			return hd, checkSize(hd.w, hd.h)
		}
		at += 12 + n
	}
}

// thinChunk marks a PNG whose pixels had thin colour before, because they were a JPEG's (Image.ThinColour). By the case of
// its letters (PNG specification 5.4) others may pass it over, and keep it when they change nothing of importance.
const thinChunk = "thCo"

// withThinChunk puts the mark behind a PNG's header chunk; it has no body.
func withThinChunk(png []byte) []byte {
	const headed = len(pngMagic) + 12 + 13
	chunk := binary.BigEndian.AppendUint32([]byte{0, 0, 0, 0, thinChunk[0], thinChunk[1], thinChunk[2], thinChunk[3]}, crc32.ChecksumIEEE([]byte(thinChunk)))
	return slices.Concat(png[:headed], chunk, png[headed:])
}
