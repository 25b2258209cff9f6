package sealcheck

import (
	"math"
	"testing"

	"heyin/imaging"
)

type planes map[string]*imaging.Plane

func (planes) Put(string, []byte)                        {}
func (p planes) PutPlane(name string, at *imaging.Plane) { p[name] = at }

// The comparer is quiet on a genuine imprint, and points at the character that was
// cut anew, on seals it has never seen, drawn by neither simulator.
func TestComparerPointsAtTheAlteredCharacter(t *testing.T) {
	ref := newDrawnSeal(1).reference(t)
	for _, altered := range []bool{false, true} {
		d := newDrawnSeal(1)
		const x, y = -2.3, 7.0 // mm from the centre, of character 12
		if altered {
			d.characters[12] = placed(newCharacter(999), x, y, 0)
		}
		s := carefully(300)
		s.noise = 9
		im := d.stamp(t, s)
		defer im.Close()
		seen := planes{}
		v, err := ref.Verify(t.Context(), im, s.dpi, seen)
		if err != nil {
			t.Fatal(err)
		}
		if odds := v.SubScores["unlike_max"]; odds > 0 != altered {
			t.Errorf("altered %v: log odds %.2f of another cut", altered, odds)
		}
		if doubt := v.SubScores["doubt"]; doubt > limitOf("doubt") != altered {
			t.Errorf("altered %v: doubt %.2f", altered, doubt)
		}
		if !altered {
			continue
		}
		most, mx, my := float32(math.Inf(-1)), 0.0, 0.0
		odds := seen["unlike"]
		for i, o := range odds.Pix {
			if o > most {
				most = o
				mx = (float64(i%odds.W*unlikeStep) - float64(ref.w)/2) / workPxMM
				my = (float64(i/odds.W*unlikeStep) - float64(ref.h)/2) / workPxMM
			}
		}
		if off := math.Hypot(mx-x, my-y); off > 2.5 {
			t.Errorf("the strongest answer lies at (%.1f, %.1f) mm, the altered character at (%.1f, %.1f)", mx, my, x, y)
		}
	}
}

func limitOf(figure string) float64 {
	for _, l := range limits {
		if l.figure == figure {
			return l.bound
		}
	}
	return math.NaN()
}
