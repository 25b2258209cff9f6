package sealcheck

import (
	"math"
	"slices"
	"testing"
)

// The comparer of characters points at the one that was cut anew; one that only
// stands elsewhere is the same to it.
func TestCharacterIsTheOneThatWasAltered(t *testing.T) {
	const x, y, number = -2.3, 7.0, 12 // mm from the centre, of that character
	ref := newDrawnSeal(1).reference(t)
	altered, moved := newDrawnSeal(1), newDrawnSeal(1)
	altered.characters[number] = placed(newCharacter(999), x, y, 0)
	moved.characters[number] = placed(moved.characters[number], 0.2, 0, 0)
	for name, d := range map[string]*drawnSeal{"altered": altered, "moved": moved} {
		t.Run(name, func(t *testing.T) {
			one, others, nearest := 0.0, -unlikeSure, math.Inf(1)
			for _, m := range d.compared(t, ref) {
				off := math.Hypot((m.glyph.cx-float64(ref.w)/2)/workPxMM-x, (m.glyph.cy-float64(ref.h)/2)/workPxMM-y)
				if off < nearest {
					nearest = off
					if one != 0 {
						others = max(others, one)
					}
					one = m.odds
				} else {
					others = max(others, m.odds)
				}
			}
			if nearest > 1 {
				t.Fatalf("no character within a millimetre of (%.1f, %.1f)", x, y)
			}
			if name == "altered" && one < others+3 || name == "moved" && one > 0 {
				t.Errorf("log odds %.1f of that character, at most %.1f of the others", one, others)
			}
		})
	}
}

// Every way of laying a pair shows all of it and is another one; in each second way specimen and
// imprint change places, each with what can be trusted of it.
func TestWaysOfLayingCharacters(t *testing.T) {
	pair := make([]float32, pairLayers*characterArea)
	for k := range pair {
		pair[k] = float32(k)
	}
	seen := [][]float32{}
	for way := range characterWays {
		laid := laidOtherwise(pair, way)
		if slices.ContainsFunc(seen, func(s []float32) bool { return slices.Equal(s, laid) }) {
			t.Errorf("way %d is one of the others", way)
		}
		seen = append(seen, laid)
		for layer := range pairLayers {
			cell := slices.Clone(laid[layer*characterArea : (layer+1)*characterArea])
			from := layer
			if way%2 == 1 {
				from = layer ^ 1
			}
			slices.Sort(cell)
			if !slices.Equal(cell, pair[from*characterArea:(from+1)*characterArea]) {
				t.Errorf("way %d: layer %d does not hold layer %d", way, layer, from)
			}
		}
	}
	if !slices.Equal(seen[0], pair) {
		t.Error("way 0 is the pair itself")
	}
}

// What is doubted at first sight is asked in all ways, and their mean counts, whatever stands beside it.
func TestDoubtedCharactersAreAskedInAllWays(t *testing.T) {
	const cells, mixtures = pairLayers * characterArea, 16
	_, looked := newDrawnSeal(1).comparedCells(t, newDrawnSeal(1).reference(t))
	same, other := looked.characters[:cells], looked.characters[cells:2*cells]
	var pairs []float32
	for k := range mixtures { // one character turns into another
		mixed := slices.Clone(same)
		for i := characterArea; i < 2*characterArea; i++ {
			mixed[i] += (other[i] - same[i]) * float32(k) / (mixtures - 1)
		}
		pairs = append(pairs, mixed...)
	}
	odds, err := characterOdds(pairs)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for i, o := range odds {
		var all [characterWays]float32
		for way := range all {
			one, err := oddsOf(characterReader, laidOtherwise(pairs[i*cells:(i+1)*cells], way), characterSide, characterSide)
			if err != nil {
				t.Fatal(err)
			}
			all[way] = one[0]
		}
		want := all[0]
		if math.Abs(float64(want)) <= characterSure {
			asked++
			want = 0
			for _, one := range all {
				want += one / characterWays
			}
		}
		if math.Abs(float64(o-want)) > 0.01 {
			t.Errorf("mixture %d: log odds %.3f, want %.3f", i, o, want)
		}
	}
	if asked < 2 || asked == len(odds) {
		t.Errorf("%d of %d were asked again: the test shows nothing", asked, len(odds))
	}
}
