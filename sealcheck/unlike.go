package sealcheck

import (
	_ "embed" // the comparer's weights
	"fmt"
	"math"
	"slices"
	"sync"

	"heyin/imaging"
	"heyin/imaging/nn"
)

// unlikeModel is the comparer: a small convolutional network that looks at both
// inks laid on each other and says for every place how surely the two seals were
// cut differently there. eval/train makes it; its README is the model card.
//
//go:embed unlike.onnx
var unlikeModel []byte

// unlikeStep is the comparer's step: one answer a square of so many pixels at workPxMM.
const unlikeStep = 4

// unlikeLayers are what the comparer looks at: both inks, where either can be trusted, and how the inks differ where both can.
const unlikeLayers = 5

// comparer is loaded at its first use.
var comparer = network(unlikeModel)

// network loads a model when it is first asked for.
func network(model []byte) func() (*nn.Net, error) {
	return sync.OnceValues(func() (*nn.Net, error) {
		deps, err := nn.FindDeps("", nn.RuntimeFile)
		if err != nil {
			return nil, err
		}
		return nn.Load(deps, model, nn.FewSizes)
	})
}

// Ready loads what Verify needs beside the pictures, so that a process that
// lacks it fails at its start.
func Ready() error {
	for _, load := range []func() (*nn.Net, error){comparer, digitReader, characterReader} {
		if _, err := load(); err != nil {
			return fmt.Errorf("sealcheck: the comparers of imprints: %w", err)
		}
	}
	return nil
}

// unlike is the comparers' answer: log odds that the seals differ.
type unlike struct {
	odds   *imaging.Plane // one value each unlikeStep pixels; of a digit, all that of digits.onnx
	glyphs []float64      // of a digit its own, of another glyph what unlikeCells of its places reach
	rest   float64        // the same of the seal outside all glyphs
}

// compare asks the comparer about the aligned imprint; a code's digits have their
// odds already. Places outside the seal do not count.
func (r *Reference) compare(a *aligned, glyphs []glyphMatch) (unlike, error) {
	net, err := comparer()
	if err != nil {
		return unlike{}, err
	}
	// Even sizes, so that the runtime meets few shapes.
	w, h := roundUp(r.w, unlikeBucket), roundUp(r.h, unlikeBucket)
	in := r.laidTogether(a, w, h)
	u := unlike{odds: imaging.NewPlane(w/unlikeStep, h/unlikeStep)}
	if err := net.Run(in, []int64{1, unlikeLayers, int64(h), int64(w)}, u.odds.Pix, []int64{1, 1, int64(u.odds.H), int64(u.odds.W)}); err != nil {
		return unlike{}, fmt.Errorf("sealcheck: compare: %w", err)
	}
	ours := make([]int, len(u.odds.Pix)) // of a glyph's place, its number from 1
	for n, m := range glyphs {
		g := m.glyph
		var odds []float32
		for _, q := range g.pixels {
			k := int(q.i)/r.w/unlikeStep*u.odds.W + int(q.i)%r.w/unlikeStep
			if ours[k] == n+1 {
				continue
			}
			ours[k] = n + 1
			odds = append(odds, u.odds.Pix[k])
			if g.digit { // what is large for it is small for the comparer of places
				u.odds.Pix[k] = float32(m.odds)
			}
		}
		if g.digit {
			u.glyphs = append(u.glyphs, m.odds)
		} else {
			u.glyphs = append(u.glyphs, strongest(odds, unlikeCells))
		}
	}
	var rest []float32
	for y := range r.h / unlikeStep {
		for x := range r.w / unlikeStep {
			if k := y*u.odds.W + x; ours[k] == 0 && r.outer.Pix[y*unlikeStep*r.w+x*unlikeStep] <= unlikeOuterMM {
				rest = append(rest, u.odds.Pix[k])
			}
		}
	}
	u.rest = strongest(rest, unlikeCells)
	return u, nil
}

// laidTogether gives the comparer's layers, each w×h, of which the imprint laid on the specimen takes the upper left.
func (r *Reference) laidTogether(a *aligned, w, h int) []float32 {
	in := make([]float32, unlikeLayers*w*h)
	for y := range r.h {
		layer := func(k int) []float32 { return in[(k*h+y)*w:][:r.w] }
		specimen, imprint, clear, known, differ := layer(0), layer(1), layer(2), layer(3), layer(4)
		row := y * r.w
		fine, ink, trusted, seen := r.fine.Pix[row:][:r.w], a.ink.Pix[row:][:r.w], r.clear[row:][:r.w], a.known[row:][:r.w]
		for x := range r.w {
			s, i := min(fine[x], 1), min(ink[x], 1)
			specimen[x], imprint[x] = s, i
			if trusted[x] {
				clear[x] = 1
			}
			if seen[x] {
				known[x] = 1
			}
			differ[x] = (s - i) * clear[x] * known[x]
		}
	}
	return in
}

// strongest is the value that n of all reach; without any, that of surely alike.
func strongest(all []float32, n int) float64 {
	if len(all) < n {
		return -unlikeSure
	}
	slices.Sort(all)
	return float64(all[len(all)-n])
}

// at is the probability of a difference near a pixel of the specimen.
func (u unlike) at(x, y int) float64 {
	var most float32 = -unlikeSure
	for cy := max(y/unlikeStep-1, 0); cy <= min(y/unlikeStep+1, u.odds.H-1); cy++ {
		for cx := max(x/unlikeStep-1, 0); cx <= min(x/unlikeStep+1, u.odds.W-1); cx++ {
			most = max(most, u.odds.Pix[cy*u.odds.W+cx])
		}
	}
	return 1 / (1 + math.Exp(-float64(most)))
}

func roundUp(n, step int) int { return (n + step - 1) / step * step }
