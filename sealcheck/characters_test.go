package sealcheck

import (
	"math"
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
