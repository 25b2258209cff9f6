package sim

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// dice is a source of chance bound to a place in the sample ("seed 7, customer
// 3, press"), so that one piece does not depend on how many were made before it.
type dice struct{ *rand.Rand }

func newDice(seed uint64, place ...any) dice {
	h := fnv.New64a()
	fmt.Fprint(h, place...)
	return dice{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// between is uniform in [lo, hi).
func (d dice) between(lo, hi float64) float64 { return lo + (hi-lo)*d.Float64() }

// around is normal with the given spread, cut at two and a half deviations.
func (d dice) around(mean, sd float64) float64 {
	return mean + sd*math.Max(-2.5, math.Min(2.5, d.NormFloat64()))
}

// chance is true with probability p.
func (d dice) chance(p float64) bool { return d.Float64() < p }

// sign is +1 or -1.
func (d dice) sign() float64 {
	if d.chance(0.5) {
		return -1
	}
	return 1
}

// pick chooses one of the values.
func pick[T any](d dice, values []T) T { return values[d.IntN(len(values))] }

// digits gives n random digits; the first is not 0.
func (d dice) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + d.IntN(10))
	}
	if n > 0 && b[0] == '0' {
		b[0] = byte('1' + d.IntN(9))
	}
	return string(b)
}
