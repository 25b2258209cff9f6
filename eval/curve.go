package eval

import (
	"math"
	"sort"
)

// Curve sums up how well a score tells genuine from forged.
type Curve struct {
	AUC       float64 // chance that a genuine pair scores above a forged one; ties count half
	EER       float64 // where as many forged pass as genuine fail
	FRRAtFAR  float64 // genuine refused at the loosest threshold with FAR ≤ farTarget
	Threshold float64 // that threshold
}

// farTarget is the false-acceptance rate the product promises.
const farTarget = 0.001

// NewCurve needs at least one score of either kind; ok is false otherwise.
func NewCurve(genuine, forged []float64) (c Curve, ok bool) {
	if len(genuine) == 0 || len(forged) == 0 {
		return Curve{}, false
	}
	g, f := sortedCopy(genuine), sortedCopy(forged)
	below := sort.SearchFloat64s
	notAbove := func(v []float64, t float64) int { return sort.Search(len(v), func(i int) bool { return v[i] > t }) }
	wins := 0.0
	for _, s := range g {
		lower := below(f, s)
		wins += float64(lower) + float64(notAbove(f, s)-lower)/2
	}
	c.AUC = wins / float64(len(g)*len(f))

	thresholds := sortedCopy(append(append([]float64{}, g...), f...))
	// One threshold above every score: nothing is accepted there.
	thresholds = append(thresholds, thresholds[len(thresholds)-1]+1e-9)
	gap := 2.0
	c.FRRAtFAR = 1
	for _, t := range thresholds { // accepted: score ≥ t
		far := float64(len(f)-below(f, t)) / float64(len(f))
		frr := float64(below(g, t)) / float64(len(g))
		if d := math.Abs(far - frr); d < gap {
			gap, c.EER = d, (far+frr)/2
		}
		if far <= farTarget && frr < c.FRRAtFAR {
			c.FRRAtFAR, c.Threshold = frr, t
		}
	}
	return c, true
}

func sortedCopy(v []float64) []float64 {
	s := append([]float64{}, v...)
	sort.Float64s(s)
	return s
}
