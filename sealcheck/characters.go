package sealcheck

import (
	_ "embed" // the network's weights

	"heyin/imaging"
)

// characterModel compares two characters, like digitModel.
//
//go:embed characters.onnx
var characterModel []byte

// characterReader is loaded at its first use.
var characterReader = network(characterModel)

// characterSide is the side in pixels of a character's cell, which holds its box
// whatever its size on paper.
const (
	characterSide = 48
	characterArea = characterSide * characterSide
)

// characterCells lays each glyph that is no digit and what the imprint has in its place under each
// other: n × pairLayers × characterSide² values of 0..1. What is nearer to a neighbour is blank.
func (r *Reference) characterCells(v view, clear *imaging.Plane, all []glyphMatch) []float32 {
	var out []float32
	for _, m := range all {
		g := m.glyph
		if g.digit {
			continue
		}
		own := make([]bool, g.w*g.h)
		for _, q := range g.pixels {
			own[(int(q.i)/r.w-g.y0)*g.w+int(q.i)%r.w-g.x0] = true
		}
		frame := cellFrame{characterSide, characterSide, float64(max(g.w, g.h)) / characterSide, 0, 1}
		out = append(out, r.pairCells(v, clear, m, frame, func(x, y float64) bool {
			i, j := int(g.cx+x+0.5)-g.x0, int(g.cy+y+0.5)-g.y0
			return i >= 0 && j >= 0 && i < g.w && j < g.h && own[j*g.w+i]
		})...)
	}
	return out
}

// characterPlaces tells the pixels of the specimen by which the k-th cell of characterCells is
// judged: they are k+1, others 0.
func (r *Reference) characterPlaces() *imaging.Plane {
	p, n := imaging.NewPlane(r.w, r.h), float32(0)
	for _, g := range r.glyphs {
		if g.digit {
			continue
		}
		n++
		for _, q := range g.pixels {
			p.Pix[q.i] = n
		}
	}
	return p
}
