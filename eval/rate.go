package eval

import (
	"fmt"
	"math"
)

// Rate is K of N.
type Rate struct{ K, N int }

func (r *Rate) add(hit bool) {
	r.N++
	if hit {
		r.K++
	}
}

// Share is K/N; NaN when N is 0.
func (r Rate) Share() float64 {
	if r.N == 0 {
		return math.NaN()
	}
	return float64(r.K) / float64(r.N)
}

// Wilson is the 95 % score interval: right for shares that are not extreme.
func (r Rate) Wilson() (lo, hi float64) {
	if r.N == 0 {
		return 0, 1
	}
	const z = 1.96 // two-sided 95 %
	n, p := float64(r.N), r.Share()
	d := 1 + z*z/n
	centre := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, (centre-half)/d), min(1, (centre+half)/d)
}

// ClopperPearson is the exact 95 % interval: what a false-acceptance rate is
// claimed with, even when nothing was accepted.
func (r Rate) ClopperPearson() (lo, hi float64) {
	if r.N == 0 {
		return 0, 1
	}
	const tail = 0.025
	lo, hi = 0, 1
	if r.K > 0 {
		lo = bisect(func(p float64) bool { return 1-binomialCDF(r.K-1, r.N, p) < tail })
	}
	if r.K < r.N {
		hi = bisect(func(p float64) bool { return binomialCDF(r.K, r.N, p) > tail })
	}
	return lo, hi
}

// bisect finds the p in 0..1 at which below turns from true to false.
func bisect(below func(p float64) bool) float64 {
	lo, hi := 0.0, 1.0
	for range 60 { // 2⁻⁶⁰ is below the precision of a float64 near 1
		m := (lo + hi) / 2
		if below(m) {
			lo = m
		} else {
			hi = m
		}
	}
	return (lo + hi) / 2
}

// binomialCDF is the probability of at most k hits in n trials of chance p.
func binomialCDF(k, n int, p float64) float64 {
	switch {
	case p <= 0:
		return 1
	case p >= 1:
		return 0
	}
	lg := func(v int) float64 {
		g, _ := math.Lgamma(float64(v))
		return g
	}
	sum := 0.0
	for i := 0; i <= k; i++ {
		sum += math.Exp(lg(n+1) - lg(i+1) - lg(n-i+1) + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return min(1, sum)
}

// text is a share with its counts and an interval, in per cent.
func (r Rate) text(interval func() (float64, float64)) string {
	if r.N == 0 {
		return "n/a"
	}
	lo, hi := interval()
	return fmt.Sprintf("%6.2f %% (%d/%d, 95 %%: %.2f..%.2f)", 100*r.Share(), r.K, r.N, 100*lo, 100*hi)
}
