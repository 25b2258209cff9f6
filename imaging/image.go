// Package imaging turns the bytes of a scan into an upright, even page, judges
// its quality and finds its bar codes. It is the only owner of gocv.Mat: other
// rooms see Image (8-bit pixels, C memory, must be closed) and Plane (float32
// pixels, Go memory).
package imaging

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"

	"gocv.io/x/gocv"

	"heyin/models"
)

// Image is an 8-bit picture: gray (1 channel) or BGR (3 channels). It owns C
// memory: whoever receives one from a function closes it; a function that takes
// one borrows it. Not safe for concurrent use.
type Image struct {
	noCopy noCopy
	mat    gocv.Mat
	half   *Image // made when first asked for; it dies with the picture
	thin   bool   // see ThinColour
}

// noCopy makes go vet complain of a copied Image; a copied Mat closed twice aborts.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// own wraps a mat the caller gives away; an empty mat is an error, because
// OpenCV reports many failures that way.
func own(m gocv.Mat, err error) (*Image, error) {
	if err != nil {
		_ = m.Close()
		return nil, err
	}
	if m.Empty() {
		_ = m.Close()
		return nil, errors.New("imaging: OpenCV gave an empty image")
	}
	return &Image{mat: m}, nil
}

// ThinColour reports whether the file it was decoded from keeps colour for fewer pixels than
// brightness, as JPEG mostly does: narrow strokes have then lost colour to the paper beside them.
func (im *Image) ThinColour() bool { return im.thin }

// ownPart is own for a mat made of the pixels of im.
func (im *Image) ownPart(m gocv.Mat, err error) (*Image, error) {
	out, err := own(m, err)
	if err == nil {
		out.thin = im.thin
	}
	return out, err
}

// Close frees the pixels. Closing nil is allowed.
func (im *Image) Close() {
	if im != nil {
		im.half.Close()
		_ = im.mat.Close()
	}
}

// Width and Height are in pixels.
func (im *Image) Width() int { return im.mat.Cols() }

// Height is in pixels.
func (im *Image) Height() int { return im.mat.Rows() }

// Channels is 1 (gray) or 3 (BGR).
func (im *Image) Channels() int { return im.mat.Channels() }

// Bounds is the whole picture as a box.
func (im *Image) Bounds() models.Box {
	return models.Box{W: im.Width(), H: im.Height()}
}

// Clip gives the part of b that lies inside the picture; W or H is 0 when none does.
func (im *Image) Clip(b models.Box) models.Box {
	r := image.Rect(b.X, b.Y, b.X+b.W, b.Y+b.H).Intersect(image.Rect(0, 0, im.Width(), im.Height()))
	return models.Box{X: r.Min.X, Y: r.Min.Y, W: r.Dx(), H: r.Dy()}
}

// Crop copies the part of b inside the picture; an empty part is an error.
func (im *Image) Crop(b models.Box) (*Image, error) {
	c := im.Clip(b)
	if c.W == 0 || c.H == 0 {
		return nil, fmt.Errorf("imaging: crop %+v lies outside the %d×%d picture", b, im.Width(), im.Height())
	}
	view := im.mat.Region(image.Rect(c.X, c.Y, c.X+c.W, c.Y+c.H))
	defer view.Close()
	return im.ownPart(view.Clone(), nil)
}

// Resize scales to w×h pixels: by area when shrinking, bicubic when growing. When
// a whole number of pixels makes one, the rows and columns left over at the end
// are dropped: many times faster, and the scale is exact.
func (im *Image) Resize(w, h int) (*Image, error) {
	if w < 1 || h < 1 {
		return nil, fmt.Errorf("imaging: cannot resize to %d×%d", w, h)
	}
	how := gocv.InterpolationCubic
	if w < im.Width() {
		how = gocv.InterpolationArea
	}
	from := im.mat
	if k := im.Width() / w; k > 1 && k == im.Height()/h && im.Width()-k*w < k && im.Height()-k*h < k {
		from = im.mat.Region(image.Rect(0, 0, k*w, k*h))
		defer from.Close()
	}
	dst := gocv.NewMat()
	return im.ownPart(dst, gocv.Resize(from, &dst, image.Pt(w, h), 0, 0, how))
}

// Reduce scales down to w×h pixels by halves, which the picture keeps for the next
// time, and bilinearly for what remains, by area when that is much: many times
// faster than Resize, and good enough to find things, not to measure them.
func (im *Image) Reduce(w, h int) (*Image, error) {
	if w < 1 || h < 1 || w > im.Width() || h > im.Height() {
		return nil, fmt.Errorf("imaging: cannot reduce %d×%d to %d×%d", im.Width(), im.Height(), w, h)
	}
	if w == im.Width() && h == im.Height() {
		return im.ownPart(im.mat.Clone(), nil)
	}
	if 2*w > im.Width() || 2*h > im.Height() {
		if 8*w < 5*im.Width() {
			return im.Resize(w, h) // bilinearly, pixels would be left out
		}
		dst := gocv.NewMat()
		return im.ownPart(dst, gocv.Resize(im.mat, &dst, image.Pt(w, h), 0, 0, gocv.InterpolationLinear))
	}
	if im.half == nil {
		var err error
		if im.half, err = im.Resize(im.Width()/2, im.Height()/2); err != nil {
			return nil, err
		}
	}
	return im.half.Reduce(w, h)
}

// Turn rotates clockwise by a multiple of 90 degrees, without resampling.
func (im *Image) Turn(deg int) (*Image, error) {
	var flag gocv.RotateFlag
	switch ((deg % 360) + 360) % 360 {
	case 0:
		return im.ownPart(im.mat.Clone(), nil)
	case 90:
		flag = gocv.Rotate90Clockwise
	case 180:
		flag = gocv.Rotate180Clockwise
	case 270:
		flag = gocv.Rotate90CounterClockwise
	default:
		return nil, fmt.Errorf("imaging: Turn takes multiples of 90°, got %d", deg)
	}
	dst := gocv.NewMat()
	return im.ownPart(dst, gocv.Rotate(im.mat, &dst, flag))
}

// Affine is a 2×3 matrix that takes a point of the result to a point of the
// source (x' = A[0]x + A[1]y + A[2], y' = A[3]x + A[4]y + A[5]).
type Affine [6]float64

// Similarity is the map result → source for a result of w×h pixels whose centre
// shows (cx, cy) of the source, turned by deg clockwise against it and magnified
// by scale (result pixels per source pixel).
func Similarity(w, h int, cx, cy, deg, scale float64) Affine {
	s, c := math.Sincos(deg * math.Pi / 180)
	s, c = s/scale, c/scale
	ox, oy := float64(w-1)/2, float64(h-1)/2
	return Affine{c, s, cx - c*ox - s*oy, -s, c, cy + s*ox - c*oy}
}

// Warp samples the picture bilinearly through a into w×h pixels; what lies
// outside the source becomes white paper.
func (im *Image) Warp(a Affine, w, h int) (*Image, error) {
	m := gocv.NewMatWithSize(2, 3, gocv.MatTypeCV64F)
	defer m.Close()
	for i, v := range a {
		m.SetDoubleAt(i/3, i%3, v)
	}
	dst := gocv.NewMat()
	return im.ownPart(dst, gocv.WarpAffineWithParams(im.mat, &dst, m, image.Pt(w, h),
		gocv.InterpolationLinear|gocv.WarpInverseMap, gocv.BorderConstant, color.RGBA{R: 255, G: 255, B: 255, A: 255}))
}

// Gray gives a one-channel copy.
func (im *Image) Gray() (*Image, error) {
	if im.Channels() == 1 {
		return own(im.mat.Clone(), nil)
	}
	dst := gocv.NewMat()
	return own(dst, gocv.CvtColor(im.mat, &dst, gocv.ColorBGRToGray))
}

// Pixels gives the bytes, rows packed, Channels() bytes a pixel (B, G, R). The
// slice is a copy in Go memory.
func (im *Image) Pixels() []byte { return im.mat.ToBytes() }

// View gives the bytes without copying; they die with the Image, and are a copy
// after all when its rows are not packed.
func (im *Image) View() []byte {
	if pix, err := im.mat.DataPtrUint8(); err == nil {
		return pix
	}
	return im.Pixels()
}

// FromPixels makes an Image of packed bytes; the inverse of Pixels.
func FromPixels(w, h, channels int, pix []byte) (*Image, error) {
	t := gocv.MatTypeCV8UC1
	if channels == 3 {
		t = gocv.MatTypeCV8UC3
	} else if channels != 1 {
		return nil, fmt.Errorf("imaging: %d channels; want 1 or 3", channels)
	}
	if w < 1 || h < 1 || len(pix) != w*h*channels {
		return nil, fmt.Errorf("imaging: %d bytes do not make %d×%d×%d", len(pix), w, h, channels)
	}
	// NewMatFromBytes borrows pix in some versions: clone so that Go may free it.
	m, err := gocv.NewMatFromBytes(h, w, t, pix)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	return own(m.Clone(), nil)
}

// Repainted is a picture of the same size, channels and history with other pixels, as Pixels has them.
func (im *Image) Repainted(pix []byte) (*Image, error) {
	out, err := FromPixels(im.Width(), im.Height(), im.Channels(), pix)
	if err == nil {
		out.thin = im.thin
	}
	return out, err
}

// PNG encodes losslessly, with the fastest compression: evidence is written
// often and read seldom. That its colour is thin is kept.
func (im *Image) PNG() ([]byte, error) {
	data, err := im.encode(gocv.PNGFileExt, []int{gocv.IMWritePngCompression, 1})
	if err == nil && im.thin {
		data = withThinChunk(data)
	}
	return data, err
}

// JPEG encodes with the given quality, 1..100.
func (im *Image) JPEG(quality int) ([]byte, error) {
	return im.encode(gocv.JPEGFileExt, []int{gocv.IMWriteJpegQuality, quality})
}

func (im *Image) encode(ext gocv.FileExt, params []int) ([]byte, error) {
	buf, err := gocv.IMEncodeWithParams(ext, im.mat, params)
	if err != nil {
		return nil, fmt.Errorf("imaging: encode %s: %w", ext, err)
	}
	defer buf.Close()
	return append([]byte(nil), buf.GetBytes()...), nil
}

// shrinkTo gives a copy shrunk by the whole number that brings the longer side
// nearest to side pixels: it may be half as long again.
func (im *Image) shrinkTo(side int) (*Image, error) {
	k := im.reduction(side)
	return im.Reduce(max(1, im.Width()/k), max(1, im.Height()/k))
}

// grayAt is shrinkTo in gray.
func (im *Image) grayAt(side int) (*Image, error) {
	if im.reduction(side) == 1 {
		return im.Gray()
	}
	small, err := im.shrinkTo(side)
	if err != nil {
		return nil, err
	}
	defer small.Close()
	return small.Gray()
}

// reduction is the factor by which shrinkTo shrinks.
func (im *Image) reduction(side int) int {
	return max(1, int(math.Round(float64(max(im.Width(), im.Height()))/float64(side))))
}
