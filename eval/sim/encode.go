package sim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
)

// encodeJPEG writes a scan with its resolution in the JFIF header, which Go's
// encoder leaves out and every scanner fills in. gray stores one channel.
func encodeJPEG(img *image.RGBA, quality int, dpi float64, gray bool) ([]byte, error) {
	var stored image.Image = img
	if gray {
		g := image.NewGray(img.Rect)
		draw.Draw(g, g.Rect, img, image.Point{}, draw.Src)
		stored = g
	}
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, stored, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("sim: encode JPEG: %w", err)
	}
	const soi = 2 // bytes of the start marker
	d := uint16(dpi)
	jfif := []byte{0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 2, 1, byte(d >> 8), byte(d), byte(d >> 8), byte(d), 0, 0}
	return append(append(append([]byte{}, buf.Bytes()[:soi]...), jfif...), buf.Bytes()[soi:]...), nil
}

// TIFF tags and types used below (TIFF 6.0, and JPEG by Technical Note 2).
const (
	tagWidth, tagHeight, tagBits, tagCompression     = 256, 257, 258, 259
	tagPhotometric, tagStripOffsets, tagSamples      = 262, 273, 277
	tagRowsPerStrip, tagStripBytes, tagXRes, tagYRes = 278, 279, 282, 283
	tagResolutionUnit, tagSubsampling                = 296, 530

	tiffShort, tiffLong, tiffRational = 3, 4, 5
	tiffJPEG, tiffYCbCr, tiffInch     = 7, 6, 2
)

// tiffPage is one page of a TIFF file: a colour JPEG as image/jpeg writes it (4:2:0).
type tiffPage struct {
	jpeg []byte
	w, h int
	dpi  float64
}

// encodeTIFF puts the pages into one little-endian TIFF, each a single strip of
// JPEG: what document scanners make. The x/image encoder writes one page only.
func encodeTIFF(pages []tiffPage) []byte {
	le := binary.LittleEndian
	out := le.AppendUint32([]byte{'I', 'I', 42, 0}, 0)
	link := 4 // where the offset of the next directory goes
	for _, p := range pages {
		data := len(out)
		out = append(out, p.jpeg...)
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
		bits := len(out)
		for range 3 {
			out = le.AppendUint16(out, 8)
		}
		res := len(out)
		out = le.AppendUint32(le.AppendUint32(out, uint32(p.dpi)), 1)
		entries := []struct{ tag, kind, count, value int }{
			{tagWidth, tiffLong, 1, p.w}, {tagHeight, tiffLong, 1, p.h}, {tagBits, tiffShort, 3, bits},
			{tagCompression, tiffShort, 1, tiffJPEG}, {tagPhotometric, tiffShort, 1, tiffYCbCr},
			{tagStripOffsets, tiffLong, 1, data}, {tagSamples, tiffShort, 1, 3}, {tagRowsPerStrip, tiffLong, 1, p.h},
			{tagStripBytes, tiffLong, 1, len(p.jpeg)}, {tagXRes, tiffRational, 1, res}, {tagYRes, tiffRational, 1, res},
			{tagResolutionUnit, tiffShort, 1, tiffInch}, {tagSubsampling, tiffShort, 2, 2 | 2<<16},
		}
		le.PutUint32(out[link:], uint32(len(out)))
		out = le.AppendUint16(out, uint16(len(entries)))
		for _, e := range entries {
			out = le.AppendUint16(le.AppendUint16(out, uint16(e.tag)), uint16(e.kind))
			out = le.AppendUint32(le.AppendUint32(out, uint32(e.count)), uint32(e.value))
		}
		link = len(out)
		out = le.AppendUint32(out, 0)
	}
	return out
}
