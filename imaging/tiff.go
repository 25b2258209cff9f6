package imaging

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// TIFF tags this room must know; TIFF 6.0.
const (
	tagWidth       = 256
	tagHeight      = 257
	tagCompression = 259
	tagPhotometric = 262
	tagOrientation = 274
	tagXResolution = 282
	tagYResolution = 283
	tagResUnit     = 296
)

const (
	tiffShort, tiffLong, tiffRational = 3, 4, 5
	// maxTags bounds one directory; real ones have 12 to 60.
	maxTags = 512
)

// codings are the compressions that are read: none, the three fax codings, LZW,
// JPEG, deflate under both its numbers, PackBits. libtiff gives a black picture
// for one it does not know, and says nothing.
var codings = []int{1, 2, 3, 4, 5, 7, 8, 32946, 32773}

var errTIFF = errors.New("not a sound TIFF structure")

// tiffFile is a view of the directories of a classic TIFF file. Offsets are
// checked at each use; nothing is copied.
type tiffFile struct {
	data  []byte
	order binary.ByteOrder
	first int
}

func openTIFF(data []byte) (tiffFile, error) {
	t := tiffFile{data: data}
	switch {
	case len(data) < 8:
		return t, errTIFF
	case string(data[:4]) == "II*\x00":
		t.order = binary.LittleEndian
	case string(data[:4]) == "MM\x00*":
		t.order = binary.BigEndian
	default:
		return t, errTIFF
	}
	t.first = int(t.order.Uint32(data[4:]))
	return t, nil
}

// tiffDir is one directory: one page.
type tiffDir struct {
	t    tiffFile
	at   int // offset of the first entry
	n    int
	next int // offset of the next directory, 0 at the end
}

func (t tiffFile) directory(at int) (tiffDir, error) {
	if at < 8 || at > len(t.data)-2 {
		return tiffDir{}, fmt.Errorf("%w: directory at %d of %d bytes", errTIFF, at, len(t.data))
	}
	d := tiffDir{t: t, at: at + 2, n: int(t.order.Uint16(t.data[at:]))}
	end := d.at + 12*d.n
	if d.n == 0 || d.n > maxTags || end > len(t.data) {
		return tiffDir{}, fmt.Errorf("%w: a directory of %d entries at %d", errTIFF, d.n, at)
	}
	// Some EXIF writers leave out the link that ends the chain.
	if end+4 <= len(t.data) {
		d.next = int(t.order.Uint32(t.data[end:]))
	}
	return d, nil
}

// pages gives the offsets of all directories in order. A chain that loops, runs
// out of the file or has more than MaxPages links is a fault.
func (t tiffFile) pages() ([]int, error) {
	var at []int
	for off := t.first; off != 0; {
		if slices.Contains(at, off) {
			return nil, corrupt("the page list of the TIFF runs in a circle", nil)
		}
		if len(at) == MaxPages {
			return nil, refuse(CodeTooManyPages, fmt.Sprintf("the file has more than %d pages; split it", MaxPages), nil)
		}
		d, err := t.directory(off)
		if err != nil {
			return nil, truncatedTIFF(t, off, err)
		}
		at = append(at, off)
		off = d.next
	}
	if len(at) == 0 {
		return nil, corrupt("the TIFF holds no page", nil)
	}
	return at, nil
}

// truncatedTIFF tells a cut file (the link points behind its end) from a damaged one.
func truncatedTIFF(t tiffFile, off int, err error) error {
	if off >= len(t.data)-2 {
		return truncated()
	}
	return corrupt("the page list of the TIFF is damaged", err)
}

// entry gives the offset of a tag's 12 bytes, -1 when the tag is absent.
func (d tiffDir) entry(tag uint16) int {
	for i := range d.n {
		if at := d.at + 12*i; d.t.order.Uint16(d.t.data[at:]) == tag {
			return at
		}
	}
	return -1
}

// number reads a tag that holds one SHORT or LONG.
func (d tiffDir) number(tag uint16) (int, bool) {
	at := d.entry(tag)
	if at < 0 {
		return 0, false
	}
	switch d.t.order.Uint16(d.t.data[at+2:]) {
	case tiffShort:
		return int(d.t.order.Uint16(d.t.data[at+8:])), true
	case tiffLong:
		return int(d.t.order.Uint32(d.t.data[at+8:])), true
	}
	return 0, false
}

func (d tiffDir) rational(tag uint16) float64 {
	at := d.entry(tag)
	if at < 0 || d.t.order.Uint16(d.t.data[at+2:]) != tiffRational {
		return 0
	}
	off := int(d.t.order.Uint32(d.t.data[at+8:]))
	if off < 0 || off > len(d.t.data)-8 {
		return 0
	}
	den := d.t.order.Uint32(d.t.data[off+4:])
	if den == 0 {
		return 0
	}
	return float64(d.t.order.Uint32(d.t.data[off:])) / float64(den)
}

func (d tiffDir) dpi() float64 {
	x, y := d.rational(tagXResolution), d.rational(tagYResolution)
	switch unit, given := d.number(tagResUnit); {
	case !given || unit == 2: // inch, also the default
		return believeDPI(x, y)
	case unit == 3:
		return believeDPI(x*cmPerInch, y*cmPerInch)
	}
	return 0
}

// turn gives the orientation tag as degrees by which the stored picture lies
// turned clockwise; mirrored orientations give 0, no scanner makes them.
func (d tiffDir) turn() int {
	o, _ := d.number(tagOrientation)
	return map[int]int{3: 180, 6: 270, 8: 90}[o]
}

// tiffHeader reads the header of the page whose directory begins at off.
func (t tiffFile) header(off int) (header, error) {
	d, err := t.directory(off)
	if err != nil {
		return header{}, truncatedTIFF(t, off, err)
	}
	w, okW := d.number(tagWidth)
	h, okH := d.number(tagHeight)
	if !okW || !okH {
		return header{}, corrupt("a page of the TIFF has no size", nil)
	}
	if coding, given := d.number(tagCompression); given && !slices.Contains(codings, coding) {
		return header{}, refuse(CodeBadImageType, fmt.Sprintf("the TIFF is packed in a way (%d) that is not read; scan the page again as JPEG or PDF", coding), nil)
	}
	photometric, _ := d.number(tagPhotometric)
	hd := header{w: w, h: h, dpi: d.dpi(), gray: photometric <= 1, turn: d.turn()}
	return hd, checkSize(w, h)
}

// only gives the file with the page at off as its first and its orientation
// made plain: OpenCV reads the first page and would turn it by that tag, but
// boxes are in pixels as stored. The pixels are not touched.
func (t tiffFile) only(off int) ([]byte, error) {
	d, err := t.directory(off)
	if err != nil {
		return nil, truncatedTIFF(t, off, err)
	}
	data := slices.Clone(t.data)
	t.order.PutUint32(data[4:], uint32(off))
	if at := d.entry(tagOrientation); at >= 0 {
		t.order.PutUint16(data[at+2:], tiffShort)
		t.order.PutUint32(data[at+4:], 1)
		t.order.PutUint32(data[at+8:], 0)
		t.order.PutUint16(data[at+8:], 1)
	}
	return data, nil
}
