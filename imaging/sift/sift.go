// Package sift matches two pictures by OpenCV's SIFT features: the yardstick the
// benchmarks of sealcheck are measured by. No program links it. It lies below
// imaging because only imaging may touch gocv.
package sift

import (
	"fmt"

	"gocv.io/x/gocv"

	"heyin/imaging"
)

// loweRatio is how much nearer the best match must be than the second (Lowe 2004).
const loweRatio = 0.75

// Pair is two gray pictures, ready to be matched. Close frees them.
type Pair struct{ a, b gocv.Mat }

// NewPair copies two pictures.
func NewPair(a, b *imaging.Image) (*Pair, error) {
	p := &Pair{a: gocv.NewMat(), b: gocv.NewMat()}
	for _, c := range []struct {
		from *imaging.Image
		to   *gocv.Mat
	}{{a, &p.a}, {b, &p.b}} {
		if err := copyGray(c.from, c.to); err != nil {
			p.Close()
			return nil, fmt.Errorf("sift: %w", err)
		}
	}
	return p, nil
}

func copyGray(from *imaging.Image, to *gocv.Mat) error {
	gray, err := from.Gray()
	if err != nil {
		return err
	}
	defer gray.Close()
	m, err := gocv.NewMatFromBytes(gray.Height(), gray.Width(), gocv.MatTypeCV8UC1, gray.Pixels())
	if err != nil {
		return err
	}
	defer m.Close()
	return m.CopyTo(to)
}

// Close frees the pictures.
func (p *Pair) Close() {
	_ = p.a.Close()
	_ = p.b.Close()
}

// Match detects and describes features in both pictures, matches them by brute
// force, and gives the number of matches that pass the ratio test.
func (p *Pair) Match() int {
	detector := gocv.NewSIFT()
	defer detector.Close()
	all := gocv.NewMat() // no mask
	defer all.Close()
	_, a := detector.DetectAndCompute(p.a, all)
	defer a.Close()
	_, b := detector.DetectAndCompute(p.b, all)
	defer b.Close()
	matcher := gocv.NewBFMatcher()
	defer matcher.Close()
	good := 0
	for _, m := range matcher.KnnMatch(a, b, 2) {
		if len(m) == 2 && m[0].Distance < loweRatio*m[1].Distance {
			good++
		}
	}
	return good
}
