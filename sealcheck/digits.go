package sealcheck

import (
	_ "embed" // the network's weights
	"math"

	"heyin/imaging"
)

// digitModel compares two digits of a code: a small convolutional network that
// gives the log odds that they are not the same. eval/train makes it; its README is the
// model card.
//
//go:embed digits.onnx
var digitModel []byte

// digitReader is loaded at its first use.
var digitReader = network(digitModel)

// A digit as the network sees it: digitW×digitH pixels, of which the digit takes
// digitTall in height, whatever its size on paper. Neighbours are blanked.
const (
	digitW    = 24
	digitH    = 32
	digitTall = 22
	digitArea = digitW * digitH
)

// upright is the box of a digit of a code.
type upright struct {
	outX, outY float64 // unit vector outwards, in the specimen's frame
	pitch      float64 // pixels to the next digit
	height     float64 // pixels
}

// digitCells lays each digit of the specimen and what the imprint has in its place,
// fitted on its own, upright under each other: n × pairLayers × digitH × digitW
// values of 0..1.
func (r *Reference) digitCells(v view, clear quads, all []glyphMatch) []float32 {
	var out []float32
	for _, m := range all {
		if m.glyph.digit {
			box := m.glyph.box
			out = append(out, r.pairCells(v, clear, m, cellFrame{digitW, digitH, box.height / digitTall, box.outX, box.outY}, func(x, _ float64) bool {
				return math.Abs(x) <= box.pitch/2
			})...)
		}
	}
	return out
}

// digitPlaces gives the centres of a code's digits, in pixels of the specimen: two
// values a row.
func (r *Reference) digitPlaces() *imaging.Plane {
	p := &imaging.Plane{W: 2}
	for _, g := range r.glyphs {
		if g.digit {
			p.Pix = append(p.Pix, float32(g.cx), float32(g.cy))
			p.H++
		}
	}
	return p
}
