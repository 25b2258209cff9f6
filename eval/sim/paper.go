package sim

import (
	"image"
	"image/color"
	"math"

	"heyin/models"
)

// paper is a page before it is scanned. Ink multiplies: what is dark stays dark.
type paper struct {
	img *image.RGBA
	px  float64 // pixels per millimetre
}

func newPaper(w, h int, dpi float64, tone color.RGBA) *paper {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(img.Pix); i += 4 {
		img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = tone.R, tone.G, tone.B, 255
	}
	return &paper{img, dpi / 25.4}
}

// apply lays ink over the paper with its corner at (x, y) pixels.
func (p *paper) apply(m *mask, x, y int, tint color.RGBA) {
	b := p.img.Bounds()
	dr, dg, db := 1-float32(tint.R)/255, 1-float32(tint.G)/255, 1-float32(tint.B)/255
	for j := range m.H {
		if y+j < 0 || y+j >= b.Dy() {
			continue
		}
		for i := range m.W {
			a := m.A[j*m.W+i]
			if a <= 0 || x+i < 0 || x+i >= b.Dx() {
				continue
			}
			q := p.img.Pix[p.img.PixOffset(x+i, y+j):]
			q[0] = uint8(float32(q[0]) * (1 - a*dr))
			q[1] = uint8(float32(q[1]) * (1 - a*dg))
			q[2] = uint8(float32(q[2]) * (1 - a*db))
		}
	}
}

// lay multiplies the paper by a picture with its corner at (x, y) pixels.
func (p *paper) lay(img *image.RGBA, x, y int) {
	r := img.Rect.Add(image.Pt(x, y)).Intersect(p.img.Rect)
	for j := r.Min.Y; j < r.Max.Y; j++ {
		for i := r.Min.X; i < r.Max.X; i++ {
			q, v := p.img.Pix[p.img.PixOffset(i, j):], img.Pix[img.PixOffset(i-x, j-y):]
			for c := range 3 {
				q[c] = uint8(uint32(q[c]) * uint32(v[c]) / 255)
			}
		}
	}
}

// stamp puts an imprint with its centre at a place in millimetres and returns
// the seal's edge in pixels of the page.
func (p *paper) stamp(im *imprint, at point) []point {
	cx, cy := at.X*p.px, at.Y*p.px
	x, y := int(math.Round(cx-float64(im.ink.W)/2)), int(math.Round(cy-float64(im.ink.H)/2))
	if im.print != nil {
		p.lay(im.print, x, y)
	} else {
		p.apply(im.ink, x, y, im.tint)
	}
	edge := make([]point, len(im.edge))
	for i, e := range im.edge {
		edge[i] = point{float64(x) + float64(im.ink.W)/2 + e.X, float64(y) + float64(im.ink.H)/2 + e.Y}
	}
	return edge
}

// draw fills a shape given in millimetres of the page.
func (p *paper) draw(s shape, tint color.RGBA, strength float32) {
	if len(s) == 0 {
		return
	}
	lo, hi := s.bounds()
	x0, y0 := int(math.Floor(lo.X*p.px))-1, int(math.Floor(lo.Y*p.px))-1
	x1, y1 := int(math.Ceil(hi.X*p.px))+2, int(math.Ceil(hi.Y*p.px))+2
	if x1 <= x0 || y1 <= y0 {
		return
	}
	m := s.raster(x1-x0, y1-y0, func(q point) point {
		return point{q.X*p.px - float64(x0), q.Y*p.px - float64(y0)}
	})
	for i := range m.A {
		m.A[i] *= strength
	}
	p.apply(m, x0, y0, tint)
}

// boxAround is the smallest pixel box that holds the points.
func boxAround(points []point) models.Box {
	lo, hi := shape{points}.bounds()
	x, y := int(math.Floor(lo.X)), int(math.Floor(lo.Y))
	return models.Box{X: x, Y: y, W: int(math.Ceil(hi.X)) - x, H: int(math.Ceil(hi.Y)) - y}
}
