package sealcheck

import (
	_ "embed" // the comparer's weights
	"fmt"
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

// comparer is loaded at its first use.
var comparer = sync.OnceValues(func() (*nn.Net, error) {
	deps, err := nn.FindDeps("", nn.RuntimeFile)
	if err != nil {
		return nil, err
	}
	return nn.Load(deps, unlikeModel)
})

// Ready loads what Verify needs beside the pictures, so that a process that
// lacks it fails at its start.
func Ready() error {
	_, err := comparer()
	if err != nil {
		return fmt.Errorf("sealcheck: the comparer of imprints: %w", err)
	}
	return nil
}

// unlike is the comparer's answer: log odds that the seals differ, a plane of one
// value each unlikeStep pixels.
type unlike struct {
	odds *imaging.Plane
	max  float64 // strongest, weakened to that of unlikeCells cells
}

// compare asks the comparer about the aligned imprint. Places outside the seal do
// not count.
func (r *Reference) compare(a *aligned) (unlike, error) {
	net, err := comparer()
	if err != nil {
		return unlike{}, err
	}
	// Even sizes, so that the runtime meets few shapes.
	w, h := roundUp(r.w, unlikeBucket), roundUp(r.h, unlikeBucket)
	in := make([]float32, 4*w*h)
	specimen, imprint, clear, known := in[:w*h], in[w*h:2*w*h], in[2*w*h:3*w*h], in[3*w*h:]
	for y := range r.h {
		for x := range r.w {
			i, k := y*r.w+x, y*w+x
			specimen[k], imprint[k] = min(r.fine.Pix[i], 1), min(a.ink.Pix[i], 1)
			if r.clear[i] {
				clear[k] = 1
			}
			if a.known[i] {
				known[k] = 1
			}
		}
	}
	u := unlike{odds: imaging.NewPlane(w/unlikeStep, h/unlikeStep)}
	if err := net.Run(in, []int64{1, 4, int64(h), int64(w)}, u.odds.Pix, []int64{1, 1, int64(u.odds.H), int64(u.odds.W)}); err != nil {
		return unlike{}, fmt.Errorf("sealcheck: compare: %w", err)
	}
	var odds []float32
	for y := range r.h / unlikeStep {
		for x := range r.w / unlikeStep {
			if r.outer.Pix[y*unlikeStep*r.w+x*unlikeStep] <= unlikeOuterMM {
				odds = append(odds, u.odds.Pix[y*u.odds.W+x])
			}
		}
	}
	slices.Sort(odds)
	u.max = float64(odds[max(len(odds)-unlikeCells, 0)])
	return u, nil
}

func roundUp(n, step int) int { return (n + step - 1) / step * step }
