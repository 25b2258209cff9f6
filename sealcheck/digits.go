package sealcheck

import (
	_ "embed" // the network's weights
	"fmt"
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

	digitLayers = 4 // specimen, imprint, clear, known
)

// upright is the box of a digit of a code.
type upright struct {
	outX, outY float64 // unit vector outwards, in the specimen's frame
	pitch      float64 // pixels to the next digit
	height     float64 // pixels
}

// digitCells lays each digit of the specimen and what the imprint has in its place,
// fitted on its own, upright under each other: n × digitLayers × digitH × digitW
// values of 0..1.
func (r *Reference) digitCells(v view, all []glyphMatch) []float32 {
	clear := planeOf(r.clear, r.w, r.h)
	var out []float32
	for _, m := range all {
		if !m.glyph.digit {
			continue
		}
		g, cells := m.glyph, make([]float32, digitLayers*digitArea)
		step := g.box.height / digitTall
		a, b, c, d := m.at.matrix()
		for k := range digitArea {
			along, outwards := (float64(k%digitW)-float64(digitW-1)/2)*step, (float64(k/digitW)-float64(digitH-1)/2)*step
			if math.Abs(along) > g.box.pitch/2 {
				continue
			}
			dx, dy := along*g.box.outY+outwards*g.box.outX, outwards*g.box.outY-along*g.box.outX
			specimen, ok := sample2(r.fine, clear, g.cx+dx, g.cy+dy)
			imprint, known := sample2(v.fine, v.known, a*dx+b*dy+m.at.tx, c*dx+d*dy+m.at.ty)
			cells[k], cells[digitArea+k], cells[2*digitArea+k], cells[3*digitArea+k] = min(specimen, 1), min(imprint, 1), ok, known
		}
		out = append(out, cells...)
	}
	return out
}

// compareDigits sets the odds of each digit of a code and gives the cells that
// were compared: a column of digitLayers cells a digit.
func (r *Reference) compareDigits(v view, all []glyphMatch) (*imaging.Plane, error) {
	cells := r.digitCells(v, all)
	p := &imaging.Plane{W: digitW, H: len(cells) / digitW, Pix: cells}
	if len(cells) == 0 {
		return p, nil
	}
	net, err := digitReader()
	if err != nil {
		return nil, err
	}
	odds := make([]float32, len(cells)/(digitLayers*digitArea))
	if err := net.Run(cells, []int64{int64(len(odds)), digitLayers, digitH, digitW}, odds, []int64{int64(len(odds))}); err != nil {
		return nil, fmt.Errorf("sealcheck: compare digits: %w", err)
	}
	for i := range all {
		if all[i].glyph.digit {
			all[i].odds, odds = float64(odds[0]), odds[1:]
		}
	}
	return p, nil
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
