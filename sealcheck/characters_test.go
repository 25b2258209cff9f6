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
		laid := appendLaid(nil, pair, way)
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

// mixtures are pairs of cells in which the imprint's character turns by steps into another.
func mixtures(t *testing.T, n int) (pairs []float32) {
	t.Helper()
	const cells = pairLayers * characterArea
	_, looked := newDrawnSeal(1).comparedCells(t, newDrawnSeal(1).reference(t))
	same, other := looked.characters[:cells], looked.characters[cells:2*cells]
	for k := range n {
		mixed := slices.Clone(same)
		for i := characterArea; i < 2*characterArea; i++ {
			mixed[i] += (other[i] - same[i]) * float32(k) / float32(n-1)
		}
		pairs = append(pairs, mixed...)
	}
	return pairs
}

// inAllWays are the answers about one pair, laid in each way.
func inAllWays(t *testing.T, pair []float32) (odds []float32) {
	t.Helper()
	for way := range characterWays {
		one, err := oddsOf(characterReader, appendLaid(nil, pair, way), characterSide, characterSide)
		if err != nil {
			t.Fatal(err)
		}
		odds = append(odds, one[0])
	}
	return odds
}

func meanOf(odds []float32) float64 {
	var sum float64
	for _, o := range odds {
		sum += float64(o)
	}
	return sum / float64(len(odds))
}

// What is doubted at first sight is asked in all ways where nothing is worse, and their mean counts.
func TestDoubtedCharactersAreAskedInAllWays(t *testing.T) {
	const cells = pairLayers * characterArea
	pairs, asked := mixtures(t, 16), 0
	for i := range 16 {
		pair := pairs[i*cells : (i+1)*cells]
		odds, err := characterOdds(pair, []float64{0})
		if err != nil {
			t.Fatal(err)
		}
		all := inAllWays(t, pair)
		want := float64(all[0])
		if math.Abs(want) <= characterSure {
			asked++
			want = meanOf(all)
		}
		if math.Abs(float64(odds[0])-want) > 0.01 {
			t.Errorf("mixture %d: log odds %.3f, want %.3f", i, odds[0], want)
		}
	}
	if asked < 2 || asked == 16 {
		t.Errorf("%d of 16 were asked again: the test shows nothing", asked)
	}
}

// Beside others the worst, by its odds and by its doubt, is asked in all ways, and one far below it no further than need be.
func TestOnlyWhatMayBeTheWorstCharacterIsAskedInAllWays(t *testing.T) {
	const cells = pairLayers * characterArea
	all := mixtures(t, 16)
	var pairs []float32
	var first, four, mean []float64
	for i := range 16 {
		pair := all[i*cells : (i+1)*cells]
		if ways := inAllWays(t, pair); math.Abs(float64(ways[0])) <= characterSure {
			pairs = append(pairs, pair...)
			first, four, mean = append(first, float64(ways[0])), append(four, meanOf(ways[:4])), append(mean, meanOf(ways))
		}
	}
	most, least := 0, 0
	for i, o := range first {
		if o > first[most] {
			most = i
		}
		if o < first[least] {
			least = i
		}
	}
	// Without clashes, with one that makes the least doubtful the worst by its doubt only, and with one that nearly does.
	for _, clash := range []float64{0, 4, (first[most] - first[least] - 0.1) / doubtClash} {
		clashes := make([]float64, len(mean))
		clashes[least] = clash
		odds, err := characterOdds(pairs, clashes)
		if err != nil {
			t.Fatal(err)
		}
		worst, want := worstCharacter{math.Inf(-1), math.Inf(-1)}, worstCharacter{math.Inf(-1), math.Inf(-1)}
		fewer := 0
		for i, o := range odds {
			worst.take(float64(o), clashes[i])
			want.take(mean[i], clashes[i])
			switch got := float64(o); {
			case math.Abs(got-mean[i]) < 0.01:
			case math.Abs(got-first[i]) < 0.01, math.Abs(got-four[i]) < 0.01:
				fewer++
			default:
				t.Errorf("clash %g, mixture %d: log odds %.3f are the mean of no step", clash, i, got)
			}
		}
		if math.Abs(worst.odds-want.odds) > 0.01 || math.Abs(worst.doubt-want.doubt) > 0.01 {
			t.Errorf("clash %g: the worst has odds %.3f and doubt %.3f, want %.3f and %.3f", clash, worst.odds, worst.doubt, want.odds, want.doubt)
		}
		if clash > 0 && math.Abs(float64(odds[least])-first[least]) < 0.01 {
			t.Errorf("clash %g: the one that clashes was not asked about again", clash)
		}
		if fewer == 0 {
			t.Errorf("clash %g: all %d were asked in all ways (means %.1f)", clash, len(odds), mean)
		}
	}
}
