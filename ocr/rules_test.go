package ocr

import "testing"

// TestFeetOfFiguresAreNoRule: the feet of bold figures make a straight run; erased as a rule
// they took the lower half of a number with them. A stroke through words is one, and a worn rule.
func TestFeetOfFiguresAreNoRule(t *testing.T) {
	const strokes, paper = 1, 2
	for name, c := range map[string]struct {
		has  int
		rule bool
	}{"a rule": {0, true}, "a worn rule": {paper, true}, "a stroke through words": {strokes, true}, "feet of figures": {strokes | paper, false}} {
		in := &ink{w: 400, h: 100, perMM: layoutDPI / mmPerInch}
		mask := make([]uint8, in.w*in.h)
		paint(mask, in.w, in.h, 40, 42, 50, 150)
		for x := 50; x < 150; x += 10 {
			if c.has&strokes != 0 {
				paint(mask, in.w, in.h, 28, 40, x, x+3)
			}
			if c.has&paper != 0 {
				for y := 40; y < 42; y++ {
					mask[y*in.w+x+9] = 0
				}
			}
		}
		if got := findRules(in, mask).mask[41*in.w+75] != 0; got != c.rule {
			t.Errorf("%s: is a rule: %v", name, got)
		}
	}
}
