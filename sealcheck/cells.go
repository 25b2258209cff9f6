package sealcheck

import (
	"fmt"

	"heyin/imaging"
	"heyin/imaging/nn"
)

// pairsAtOnce go through a network together: they share its weights, and what is between its layers keeps to the
// processor's own memory.
const pairsAtOnce = 4

// pairLayers are those of a cell: specimen, imprint, clear, known.
const pairLayers = 4

// cellFrame is how a glyph's cell lies on the specimen: w×h pixels, step pixels of
// the specimen each, rows running outwards along (outX, outY), a unit vector.
type cellFrame struct {
	w, h       int
	step       float64
	outX, outY float64
}

// pairCells lays a glyph of the specimen and what the imprint has in its place,
// fitted on its own, under each other: pairLayers × h × w values of 0..1, both inks and where
// they can be trusted. x and y, in pixels from the glyph's centre along the cell's
// sides, are blank where they are not inside.
func (r *Reference) pairCells(v view, clear quads, m glyphMatch, f cellFrame, inside func(x, y float64) bool) []float32 {
	area, v := f.w*f.h, v.of(m.glyph)
	cells := make([]float32, pairLayers*area)
	a, b, c, d := m.at.matrix()
	for k := range area {
		x, y := (float64(k%f.w)-float64(f.w-1)/2)*f.step, (float64(k/f.w)-float64(f.h-1)/2)*f.step
		if !inside(x, y) {
			continue
		}
		dx, dy := x*f.outY+y*f.outX, y*f.outY-x*f.outX
		specimen, trusted := sample2(r.fine, clear, m.glyph.cx+dx, m.glyph.cy+dy)
		imprint, known := v.fineAt(a*dx+b*dy+m.at.tx, c*dx+d*dy+m.at.ty)
		cells[k], cells[area+k] = min(specimen, 1), min(imprint, 1)
		if trusted {
			cells[2*area+k] = 1
		}
		if known {
			cells[3*area+k] = 1
		}
	}
	return cells
}

// columnOf is cells of a width as one plane.
func columnOf(cells []float32, w int) *imaging.Plane {
	return &imaging.Plane{W: w, H: len(cells) / w, Pix: cells}
}

// cellPairs are what the comparers of single glyphs looked at: those of a code's digits,
// and all others.
type cellPairs struct{ digits, characters []float32 }

// compareGlyphs sets the odds of each glyph.
func (r *Reference) compareGlyphs(v view, all []glyphMatch) (cellPairs, error) {
	clear := quadsOf(r.clear, r.w, r.h)
	c := cellPairs{r.digitCells(v, clear, all), r.characterCells(v, clear, all)}
	digits, err := oddsOf(digitReader, c.digits, digitH, digitW)
	if err != nil {
		return cellPairs{}, fmt.Errorf("sealcheck: compare digits: %w", err)
	}
	var clashes []float64
	for _, m := range all {
		if !m.glyph.digit {
			clashes = append(clashes, m.clash())
		}
	}
	characters, err := characterOdds(c.characters, clashes)
	if err != nil {
		return cellPairs{}, fmt.Errorf("sealcheck: compare characters: %w", err)
	}
	for i := range all {
		odds := &characters
		if all[i].glyph.digit {
			odds = &digits
		}
		all[i].odds, *odds = float64((*odds)[0]), (*odds)[1:]
	}
	return c, nil
}

// oddsOf asks a network about pairs of h×w cells: log odds that they are not the same.
func oddsOf(load func() (*nn.Net, error), pairs []float32, h, w int) ([]float32, error) {
	odds := make([]float32, len(pairs)/(pairLayers*h*w))
	if len(odds) == 0 {
		return nil, nil
	}
	net, err := load()
	if err != nil {
		return nil, err
	}
	for from := 0; from < len(odds); from += pairsAtOnce {
		some := odds[from:min(from+pairsAtOnce, len(odds))]
		n, size := int64(len(some)), pairLayers*h*w
		if err := net.Run(pairs[from*size:][:len(some)*size], []int64{n, pairLayers, int64(h), int64(w)}, some, []int64{n}); err != nil {
			return nil, err
		}
	}
	return odds, nil
}
