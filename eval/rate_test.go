package eval

import (
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s is %.6f, want %.6f", what, got, want)
	}
}

func TestClopperPearson(t *testing.T) {
	// 0 of n: the upper end is 1 - (α/2)^(1/n).
	_, hi := Rate{0, 600}.ClopperPearson()
	near(t, "upper end of 0/600", hi, 1-math.Pow(0.025, 1.0/600), 1e-9)
	lo, hi := Rate{10, 10}.ClopperPearson()
	near(t, "lower end of 10/10", lo, math.Pow(0.025, 0.1), 1e-9)
	near(t, "upper end of 10/10", hi, 1, 0)
	// 5 of 10, from tables of the beta distribution.
	lo, hi = Rate{5, 10}.ClopperPearson()
	near(t, "lower end of 5/10", lo, 0.187086, 1e-6)
	near(t, "upper end of 5/10", hi, 0.812914, 1e-6)
	lo, hi = Rate{}.ClopperPearson()
	if lo != 0 || hi != 1 {
		t.Errorf("0/0 gives %g..%g", lo, hi)
	}
}

func TestWilson(t *testing.T) {
	lo, hi := Rate{5, 10}.Wilson()
	near(t, "lower end of 5/10", lo, 0.236590, 1e-5)
	near(t, "upper end of 5/10", hi, 0.763410, 1e-5)
	lo, hi = Rate{0, 20}.Wilson()
	near(t, "lower end of 0/20", lo, 0, 1e-12)
	near(t, "upper end of 0/20", hi, 1.96*1.96/(20+1.96*1.96), 1e-9)
}

func TestCurve(t *testing.T) {
	// Six comparisons: 0.9 wins both, 0.8 ties one and wins one, 0.7 wins one.
	c, ok := NewCurve([]float64{0.9, 0.8, 0.7}, []float64{0.8, 0.1})
	if !ok {
		t.Fatal("no curve")
	}
	near(t, "AUC", c.AUC, 4.5/6, 1e-12)
	// At 0.8: half the forged pass, a third of the genuine fail. At 0.9: none and two thirds.
	near(t, "EER", c.EER, (0.5+1.0/3)/2, 1e-12)
	near(t, "FRR at FAR", c.FRRAtFAR, 2.0/3, 1e-12)
	near(t, "threshold", c.Threshold, 0.9, 1e-12)
	if _, ok := NewCurve(nil, []float64{1}); ok {
		t.Error("a curve without genuine scores")
	}
}
