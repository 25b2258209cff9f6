package imaging

import "math"

// Plane is a picture of float32 values in Go memory, rows packed: optical
// density, distance, weight. It needs no closing.
type Plane struct {
	W, H int
	Pix  []float32 // len W*H
}

// NewPlane gives a plane of zeros.
func NewPlane(w, h int) *Plane { return &Plane{W: w, H: h, Pix: make([]float32, w*h)} }

// At gives the value at (x, y), 0 outside.
func (p *Plane) At(x, y int) float32 {
	if x < 0 || y < 0 || x >= p.W || y >= p.H {
		return 0
	}
	return p.Pix[y*p.W+x]
}

// density is -log10(v/255) for each byte, with 0 read as 1: the deepest black an
// 8-bit scan can state is density 2.4.
var density = func() (t [256]float32) {
	for v := range t {
		t[v] = float32(-math.Log10(float64(max(v, 1)) / 255))
	}
	return t
}()

// DensityOf is the optical density of a byte of a picture.
func DensityOf(v byte) float32 { return density[v] }

// Density gives one plane of optical density a channel (B, G, R; or one for
// gray), against pure white. Ink adds in density where it multiplies in light
// (Beer–Lambert), so inks can be separated by linear unmixing.
func (im *Image) Density() []*Plane {
	n, pix := im.Channels(), im.View()
	planes := make([]*Plane, n)
	for c := range planes {
		p := NewPlane(im.Width(), im.Height())
		for i := range p.Pix {
			p.Pix[i] = density[pix[i*n+c]]
		}
		planes[c] = p
	}
	return planes
}
