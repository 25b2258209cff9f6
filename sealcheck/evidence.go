package sealcheck

import (
	"fmt"

	"heyin/imaging"
)

// rgb is a colour of a drawn pixel, 0..1.
type rgb struct{ r, g, b float32 }

// drawEvidence draws the pictures for a person's eye and gives them to the sink.
func (r *Reference) drawEvidence(sink Sink, imprint *imaging.Image, dpi float64, at pose, a *aligned, rest residuals, odd unlike, looked cellPairs) error {
	if sink == nil {
		return nil
	}
	if planes, ok := sink.(PlaneSink); ok {
		planes.PutPlane("specimen", r.fine)
		planes.PutPlane("imprint", a.ink)
		planes.PutPlane("clear", planeOf(r.clear, r.w, r.h))
		planes.PutPlane("known", planeOf(a.known, r.w, r.h))
		planes.PutPlane("heat", rest.heat)
		planes.PutPlane("unlike", odd.odds)
		planes.PutPlane("digits", columnOf(looked.digits, digitW))
		planes.PutPlane("digit_places", r.digitPlaces())
		planes.PutPlane("characters", columnOf(looked.characters, characterSide))
		planes.PutPlane("character_places", r.characterPlaces())
		return nil
	}
	pictures := []struct {
		name string
		draw func() (*imaging.Image, error)
	}{
		{"pair", func() (*imaging.Image, error) { return r.drawPair(imprint, dpi, at) }},
		{"overlay", func() (*imaging.Image, error) { return r.drawOverlay(a) }},
		{"heat", func() (*imaging.Image, error) { return r.drawHeat(a, rest, odd) }},
	}
	for _, p := range pictures {
		if err := put(sink, p.name, p.draw); err != nil {
			return fmt.Errorf("draw %s: %w", p.name, err)
		}
	}
	return nil
}

func put(sink Sink, name string, draw func() (*imaging.Image, error)) error {
	im, err := draw()
	if err != nil {
		return err
	}
	defer im.Close()
	png, err := im.PNG()
	if err != nil {
		return err
	}
	sink.Put(name, png)
	return nil
}

// drawPair puts the specimen's ink beside the imprint as scanned, turned and
// scaled onto the specimen.
func (r *Reference) drawPair(imprint *imaging.Image, dpi float64, at pose) (*imaging.Image, error) {
	k := dpi / 25.4 / workPxMM // imprint pixels a working pixel
	a, b, c, d := at.matrix()
	laid, err := imprint.Warp(imaging.Affine{
		k * a, k * b, k * (at.tx - a*at.cx - b*at.cy),
		k * c, k * d, k * (at.ty - c*at.cx - d*at.cy),
	}, r.w, r.h)
	if err != nil {
		return nil, err
	}
	defer laid.Close()
	right, n := laid.Pixels(), laid.Channels()
	pix := make([]byte, 0, 2*r.w*r.h*3)
	for y := range r.h {
		for x := range r.w {
			v := min(r.soft.Pix[y*r.w+x], 1)
			pix = appendPixel(pix, rgb{1 - 0.2*v, 1 - 0.85*v, 1 - 0.85*v})
		}
		for x := range r.w {
			p := right[(y*r.w+x)*n : (y*r.w+x+1)*n]
			pix = append(pix, p[0], p[n/2], p[n-1])
		}
	}
	return imaging.FromPixels(2*r.w, r.h, 3, pix)
}

// drawOverlay lays one over the other: what both have is dark.
func (r *Reference) drawOverlay(a *aligned) (*imaging.Image, error) {
	pix := make([]byte, 0, r.w*r.h*3)
	for i, v := range r.fine.Pix {
		s, t := min(v, 1), min(a.ink.Pix[i], 1)
		if !a.known[i] {
			t = 0
		}
		// Blue takes red and green out of white, red takes green and blue.
		pix = appendPixel(pix, rgb{1 - 0.9*s, 1 - 0.7*max(s, t), 1 - 0.9*t})
	}
	return imaging.FromPixels(r.w, r.h, 3, pix)
}

// drawHeat shows the differences after the stamping's fatness is taken out, over
// a pale specimen; what could not be compared is gray, and where the comparer
// thinks the seals are cut differently the ground is yellow.
func (r *Reference) drawHeat(a *aligned, rest residuals, odd unlike) (*imaging.Image, error) {
	smooth := blurred(rest.heat, 1.5)
	pix := make([]byte, 0, r.w*r.h*3)
	for i, v := range r.fine.Pix {
		base := 1 - 0.2*min(v, 1)
		c := rgb{base, base, base * float32(1-0.8*odd.at(i%r.w, i/r.w))}
		switch h := min(max(smooth.Pix[i]*1.5, -1), 1); {
		case !a.usable[i]:
			c = rgb{0.8, 0.8, 0.8}
		case h > 0:
			c.g, c.b = c.g*(1-h), c.b*(1-h)
		default:
			c.r, c.g = c.r*(1+h), c.g*(1+h)
		}
		pix = appendPixel(pix, c)
	}
	return imaging.FromPixels(r.w, r.h, 3, pix)
}

// appendPixel adds a colour as B, G, R bytes.
func appendPixel(pix []byte, c rgb) []byte {
	return append(pix, byte(max(c.b, 0)*255), byte(max(c.g, 0)*255), byte(max(c.r, 0)*255))
}

// planeOf is 1 where on.
func planeOf(on []bool, w, h int) *imaging.Plane {
	p := imaging.NewPlane(w, h)
	for i, v := range on {
		if v {
			p.Pix[i] = 1
		}
	}
	return p
}
