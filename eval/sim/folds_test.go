package sim

import (
	"math"
	"testing"
)

// Where a point of a folded page is seen, that point is seen; and each fold moves some of
// the page by a few tenths of a millimetre at least, by a few millimetres at most.
func TestFoldsLeadThereAndBack(t *testing.T) {
	const w, h, px = 1654, 2339, 200 / 25.4
	for seed := range uint64(30) {
		creases := letterFolds(newDice(seed, "folds"), w, h, px)
		to, most := unfolded(creases), 0.0
		for x := 0.0; x < w; x += 97 {
			for y := 0.0; y < h; y += 101 {
				p := point{x, y}
				q := to(p)
				// On the ridge itself paper is hidden, and no point of the scan shows it.
				if r := onPaper(creases, q); math.Hypot(r.X-x, r.Y-y) > 0.1 && !onRidge(creases, q, px) {
					t.Fatalf("seed %d: %v is seen at %v, where %v lies", seed, p, q, r)
				}
				most = max(most, math.Hypot(q.X-x, q.Y-y)/px)
			}
		}
		if most < 0.2 || most > 6 {
			t.Errorf("seed %d: the folds move print by up to %.1f mm", seed, most)
		}
	}
}

func onRidge(creases []crease, p point, px float64) bool {
	for _, c := range creases {
		if math.Abs(c.beyond(p)) < 3*px {
			return true
		}
	}
	return false
}
