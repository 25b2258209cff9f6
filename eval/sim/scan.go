package sim

import (
	"image"
	"image/color"
	"math"
)

// Scan says what a scanner and the paper's fate do to a page. The zero value
// is a perfect scan on white.
type Scan struct {
	SkewDeg float64
	Turn    int     // 0, 90, 180 or 270: how far the stored page lies turned clockwise
	NoiseSD float64 // of a gray value, in 1/255
	BlurPx  float64
	Fade    float64 // 0..1, share of contrast lost
	Tint    color.RGBA
	Shadow  float64 // 0..1, depth of a shadow along an edge
	Blotch  float64 // 0..1, cloudy lighting, as of crumpled paper
	Fold    bool
	Creases []crease // of a letter that was folded, in order
	Punch   bool
	Gray    bool
	DogEar  bool
	Dark    bool // the scanner's lid is black
}

// track maps a pixel of the page to a pixel of the stored file.
type track func(point) point

// scan gives the stored picture and the way of every point.
func scan(d dice, page *image.RGBA, s Scan) (*image.RGBA, track) {
	b := page.Bounds()
	w, h := b.Dx(), b.Dy()
	if s.Fold {
		foldPaper(d, page)
	}
	if s.Punch {
		punchPaper(d, page, s.Dark)
	}
	if s.DogEar {
		foldCorner(d, page, s.Dark)
	}
	if s.BlurPx > 0 {
		page = blurRGBA(page, s.BlurPx)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	bed := uint8(246)
	if s.Dark {
		bed = 24
	}
	sin, cos := math.Sincos(s.SkewDeg * math.Pi / 180)
	cx, cy := float64(w)/2, float64(h)/2
	noise := newGrain(d, s.NoiseSD)
	light := s.lighting(d, w, h)
	fade := float32(1 - s.Fade)
	tint := [3]float32{float32(s.Tint.R) / 255, float32(s.Tint.G) / 255, float32(s.Tint.B) / 255}
	if s.Tint == (color.RGBA{}) {
		tint = [3]float32{1, 1, 1}
	}
	for y := range h {
		dy := float64(y) - cy
		reel, shade := noise.start(d), float32(1)
		for x := range w {
			dx, dim := float64(x)-cx, float32(1)
			q := out.Pix[y*out.Stride+x*4:]
			q[3] = 255
			v := [3]float32{float32(bed), float32(bed), float32(bed)}
			at := point{cos*dx + sin*dy + cx, -sin*dx + cos*dy + cy}
			for i := len(s.Creases) - 1; i >= 0; i-- {
				dim *= float32(s.Creases[i].light(at))
				at = s.Creases[i].paper(at)
			}
			sample(page, at.X, at.Y, &v)
			if light != nil && x%lightStep == 0 {
				shade = light(x, y)
			}
			n := noise.v[(reel+x)&grainMask]
			for c := range 3 {
				t := (255 - (255-v[c])*fade) * tint[c] * shade * dim
				t += n + 0.5*noise.v[(reel+x*3+c*911)&grainMask]
				q[c] = clamp8(t)
			}
			if s.Gray {
				g := clamp8(0.3*float32(q[0]) + 0.59*float32(q[1]) + 0.11*float32(q[2]))
				q[0], q[1], q[2] = g, g, g
			}
		}
	}
	skewed := func(p point) point {
		dx, dy := p.X-cx, p.Y-cy
		return point{cos*dx - sin*dy + cx, sin*dx + cos*dy + cy}
	}
	turned, turn := turnRGBA(out, s.Turn)
	lain := unfolded(s.Creases)
	return turned, func(p point) point { return turn(skewed(lain(p))) }
}

// lightStep is how many pixels share one value of the light, which changes slowly.
const lightStep = 8

// sample reads a pixel bilinearly; outside the page v stays.
func sample(img *image.RGBA, x, y float64, v *[3]float32) {
	ix, iy := int(math.Floor(x)), int(math.Floor(y))
	if ix < 0 || iy < 0 || ix+1 >= img.Rect.Dx() || iy+1 >= img.Rect.Dy() {
		if ix >= -1 && iy >= -1 && ix < img.Rect.Dx() && iy < img.Rect.Dy() {
			p := img.Pix[max(iy, 0)*img.Stride+max(ix, 0)*4:]
			*v = [3]float32{float32(p[0]), float32(p[1]), float32(p[2])}
		}
		return
	}
	tx, ty := float32(x-float64(ix)), float32(y-float64(iy))
	p := img.Pix[iy*img.Stride+ix*4:]
	r := img.Pix[(iy+1)*img.Stride+ix*4:]
	for c := range 3 {
		a, b := float32(p[c])*(1-tx)+float32(p[c+4])*tx, float32(r[c])*(1-tx)+float32(r[c+4])*tx
		v[c] = a*(1-ty) + b*ty
	}
}

func clamp8(v float32) uint8 {
	if v <= 0 {
		return 0
	}
	if v >= 255 {
		return 255
	}
	return uint8(v + 0.5)
}

// grain is a reel of normal noise; every row starts at another place of it.
type grain struct{ v []float32 }

const grainMask = 1<<15 - 1

func newGrain(d dice, sd float64) grain {
	g := grain{make([]float32, grainMask+1)}
	if sd > 0 {
		for i := range g.v {
			g.v[i] = float32(d.NormFloat64() * sd)
		}
	}
	return g
}

func (g grain) start(d dice) int { return d.IntN(grainMask) }

// lighting gives the share of light at a pixel, nil when even.
func (s Scan) lighting(d dice, w, h int) func(x, y int) float32 {
	if s.Shadow == 0 && s.Blotch == 0 {
		return nil
	}
	clouds := newField(d, w, h, float64(w)/6)
	side, reach := d.IntN(4), d.between(0.12, 0.4)
	return func(x, y int) float32 {
		from := []float64{float64(x) / float64(w), float64(y) / float64(h), 1 - float64(x)/float64(w), 1 - float64(y)/float64(h)}[side]
		l := 1 + float32(s.Blotch)*0.25*(clouds.at(float64(x), float64(y))-1)
		if s.Shadow > 0 && from < reach {
			l *= 1 - float32(s.Shadow*0.45*(1-from/reach))
		}
		return l
	}
}

// blurRGBA mixes each pixel with its neighbours; a sigma above 1 repeats.
func blurRGBA(src *image.RGBA, sigma float64) *image.RGBA {
	passes := max(1, int(math.Round(sigma*sigma/0.5)))
	side := uint32(math.Min(1, sigma*sigma/0.5) * 64) // of 256, each neighbour
	mid := 256 - 2*side
	img := &image.RGBA{Pix: append([]uint8(nil), src.Pix...), Stride: src.Stride, Rect: src.Rect}
	tmp := make([]uint8, len(img.Pix))
	step := func(dst, from []uint8, near int) {
		copy(dst[:near], from[:near])
		copy(dst[len(dst)-near:], from[len(from)-near:])
		for i := near; i < len(from)-near; i++ {
			dst[i] = uint8((uint32(from[i])*mid + (uint32(from[i-near])+uint32(from[i+near]))*side + 128) >> 8)
		}
	}
	for range passes {
		step(tmp, img.Pix, 4)
		step(img.Pix, tmp, img.Stride)
	}
	return img
}

// turnRGBA turns by a multiple of 90 degrees clockwise.
func turnRGBA(src *image.RGBA, deg int) (*image.RGBA, track) {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	fw, fh := float64(w), float64(h)
	var to func(x, y int) (int, int)
	var way track
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	switch deg {
	case 90:
		dst = image.NewRGBA(image.Rect(0, 0, h, w))
		to = func(x, y int) (int, int) { return h - 1 - y, x }
		way = func(p point) point { return point{fh - p.Y, p.X} }
	case 180:
		to = func(x, y int) (int, int) { return w - 1 - x, h - 1 - y }
		way = func(p point) point { return point{fw - p.X, fh - p.Y} }
	case 270:
		dst = image.NewRGBA(image.Rect(0, 0, h, w))
		to = func(x, y int) (int, int) { return y, w - 1 - x }
		way = func(p point) point { return point{p.Y, fw - p.X} }
	default:
		return src, func(p point) point { return p }
	}
	for y := range h {
		for x := range w {
			i, j := to(x, y)
			copy(dst.Pix[j*dst.Stride+i*4:j*dst.Stride+i*4+4], src.Pix[y*src.Stride+x*4:])
		}
	}
	return dst, way
}
