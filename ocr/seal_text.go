package ocr

import (
	"context"
	"fmt"
	"math"
	"unicode/utf8"

	"heyin/imaging"
	"heyin/models"
)

// Where the words stand on a round or oval seal, as shares of its radius, outer
// edge first: below the ring, and a step further in for thick or double rings.
// The engraving rules for company seals put 4-5 mm characters 1 mm inside the
// ring of a 40-42 mm seal, that is 0.93 to 0.68; smaller seals keep the shares.
var arcBands = [][2]float64{{0.94, 0.66}, {0.88, 0.58}}

// arcOverlap repeats the beginning after a whole turn: an imprint may lie at any
// angle, and the cut must not split a word.
const arcOverlap = 60 * math.Pi / 180

// A band that reads this well, as this many characters, needs no second, nor one that
// holds a word asked for.
const (
	surelyWords = 0.9
	fewWords    = 6
)

// arcSqueeze narrows the unrolled band: whose seal it is, is told alike at this width
// (the seals of 140 pages), in little more than half the time.
const arcSqueeze = 0.62

// SealSays reports whether one of the words stands along the arc of a round or oval
// seal, read unrolled; of other shapes it tells nothing. It is meant for telling whose
// seal it is, never for verifying one.
func (r *Reader) SealSays(ctx context.Context, sheet *imaging.Sheet, seal models.Imprint, words []string) (bool, error) {
	if seal.Shape != models.Round && seal.Shape != models.Oval {
		return false, nil
	}
	im, err := sheet.Image.Crop(seal.Box)
	if err != nil {
		return false, fmt.Errorf("ocr: cut a seal: %w", err)
	}
	defer im.Close()
	ink := darkness(im)
	for _, band := range arcBands {
		l, err := r.first.one(ctx, unroll(ink, band[0], band[1]))
		if err != nil {
			return false, err
		}
		text, confidence := l.text()
		if containsAny(text, words) {
			return true, nil
		}
		if confidence >= surelyWords && utf8.RuneCountInString(text) >= fewWords {
			break
		}
	}
	return false, nil
}

// darkness is the density of the darkest channel: ink of any colour.
func darkness(im *imaging.Image) *imaging.Plane {
	planes := im.Density()
	out := planes[0]
	for _, p := range planes[1:] {
		for i, v := range p.Pix {
			out.Pix[i] = max(out.Pix[i], v)
		}
	}
	return out
}

// unroll lays the band between two shares of the radius straight, clockwise from
// the bottom, so that the arc's words read from left to right.
func unroll(ink *imaging.Plane, outer, inner float64) *strip {
	a, b := float64(ink.W)/2, float64(ink.H)/2
	radius := (a + b) / 2
	turn := 2*math.Pi + arcOverlap
	w := int(arcSqueeze * turn * radius * (outer + inner) / 2 * lowStrip / (radius * (outer - inner)))
	w = min(max(w, stripStride), maxStripWidth)
	flat := imaging.NewPlane(w, lowStrip)
	for x := range w {
		sin, cos := math.Sincos(math.Pi + turn*float64(x)/float64(w))
		for y := range lowStrip {
			f := outer - (outer-inner)*(float64(y)+0.5)/lowStrip
			flat.Pix[y*w+x] = ink.At(int(a+a*f*sin), int(b-b*f*cos))
		}
	}
	return stripWithin(flat, box{0, 0, w, lowStrip}, inkLevel(flat, 0.1), lowStrip, 1)
}
