package ocr

import "slices"

// A ring around words; set while looking at the rings of docs/adr/028, eighth round.
const (
	ringEncloses = 0.5  // share of a ringed word's box that is paper shut in by ink,
	ringOpen     = 0.3  // and of another's at most: within characters
	ringGap      = 0.08 // half of the gap by which a ring may fail to close, in heights of the words
	ringWide     = 0.8  // of the word's width, that the ring has at least
	ringSide     = 0.5  // share of the side of a word at which its ends lie, where they do not meet
	ringPreceded = 0.3  // share of the rows of a word in which a second stroke before it is more than the ends of a ring: of 22 rings all but one stay below 0.22
	ringSteps    = 1.3  // of its thickness, that are peeled off from outside
)

// ringSet reports whether a ring is drawn around word k, though it touches or crosses its characters, and
// nothing else is drawn at either word: peeled off, it must leave both whole and set alike.
func (v *offers) ringSet(k int) bool {
	other := 1 - k
	outside := v.outside(int(ringGap * v.high))
	if !v.whole[other] || v.encloses(v.word[k], outside) < ringEncloses || v.encloses(v.word[other], outside) > ringOpen || v.struck(v.word[other]) || v.lined(v.word[other]) {
		return false
	}
	n := *v
	n.mask = slices.Clone(v.mask)
	if !n.peel(k, outside) {
		return false
	}
	n.pieces, n.runs = components(n.mask, n.w, n.h, 1)
	for _, chars := range []int{v.chars[k], v.chars[other] + 2*k - 1} { // through a ring not all may have been read, and the other has a 不 more or less
		n.chars[k] = chars
		n.word[k], n.whole[k] = n.tight(v.word[k], v.beside[k], chars)
		near, shared := n.strokes()
		if n.whole[k] && !n.struck(n.word[k]) && !shared && len(near[0])+len(near[1]) == 0 && !n.widerSet(n.chars[0], n.chars[1]) {
			return true
		}
	}
	return false
}

// ringWith finds the word around which a ring is drawn together with its frame, and nothing at the other.
func (v *offers) ringWith(agree, differ box) (k int, at box, ok bool) {
	strokes, shared := v.strokes(agree, differ)
	if shared || !v.whole[0] || !v.whole[1] {
		return 0, box{}, false
	}
	for k, frame := range [2]box{agree, differ} {
		if at = v.word[k].union(frame); len(strokes[1-k]) == 0 && v.ringAround(at) {
			return k, at, true
		}
	}
	return 0, box{}, false
}

// outside marks the paper that ink does not shut in, gaps of twice so many pixels taken as closed.
func (v *offers) outside(gap int) []bool {
	closed := slices.Clone(v.mask)
	grow := func(on uint8) {
		last := slices.Clone(closed)
		for i := range closed {
			if x := i % v.w; x > 0 && last[i-1] == on || x+1 < v.w && last[i+1] == on || i >= v.w && last[i-v.w] == on || i+v.w < len(last) && last[i+v.w] == on {
				closed[i] = on
			}
		}
	}
	for range gap {
		grow(1)
	}
	paper, runs := components(closed, v.w, v.h, 0)
	for i := range closed {
		closed[i] = 1
	}
	for _, r := range runs {
		if c := paper[r.Component]; c.x0 == 0 || c.y0 == 0 || c.x1 == v.w || c.y1 == v.h {
			clear(closed[r.Y*v.w+r.X0 : r.Y*v.w+r.X1])
		}
	}
	for range gap {
		grow(0)
	}
	out := make([]bool, len(closed))
	for i, c := range closed {
		out[i] = c == 0 && v.mask[i] == 0
	}
	return out
}

// encloses is the share of b that is paper shut in by ink.
func (v *offers) encloses(b box, outside []bool) float64 {
	n := 0
	for y := max(0, b.y0); y < min(v.h, b.y1); y++ {
		for x := max(0, b.x0); x < min(v.w, b.x1); x++ {
			if i := y*v.w + x; v.mask[i] == 0 && !outside[i] {
				n++
			}
		}
	}
	return float64(n) / float64(max(1, b.w()*b.h()))
}

// peel takes the ring around word k out of the mask, as thick as it is where it touches nothing; false where there is none.
func (v *offers) peel(k int, outside []bool) bool {
	b := v.word[k]
	ring, most := -1, 0
	for i, c := range v.pieces {
		if over := c.overlapX(b) * c.overlapY(b); c.overlapX(b) > 0 && c.overlapY(b) > 0 && float64(c.w()) >= ringWide*float64(b.w()) && over > most {
			ring, most = i, over
		}
	}
	if ring < 0 {
		return false
	}
	own := make([]bool, len(v.mask))
	for _, r := range v.runs {
		for x := r.X0; r.Component == ring && x < r.X1; x++ {
			own[r.Y*v.w+x] = true
		}
	}
	thick := v.thickness(b, own, outside)
	if thick == 0 {
		return false
	}
	bare := slices.Clone(outside)
	for range int(ringSteps*float64(thick)) + 1 {
		var off []int
		for i, on := range own {
			if x := i % v.w; on && (x > 0 && bare[i-1] || x+1 < v.w && bare[i+1] || i >= v.w && bare[i-v.w] || i+v.w < len(bare) && bare[i+v.w]) {
				off = append(off, i)
			}
		}
		for _, i := range off {
			own[i], bare[i], v.mask[i] = false, true, 0
		}
	}
	return true
}

// thickness is that of a ring above and below b where paper shows on both sides of it: of a third of such columns it is less.
func (v *offers) thickness(b box, ring, outside []bool) int {
	var found []int
	for x := max(0, b.x0); x < min(v.w, b.x1); x++ {
		for _, step := range []int{1, -1} {
			y := 0
			if step < 0 {
				y = v.h - 1
			}
			for y >= 0 && y < v.h && !ring[y*v.w+x] {
				y += step
			}
			n := 0
			for y >= 0 && y < v.h && ring[y*v.w+x] {
				y, n = y+step, n+1
			}
			if y >= 0 && y < v.h && n > 0 && !outside[y*v.w+x] {
				found = append(found, n)
			}
		}
	}
	if len(found) == 0 {
		return 0
	}
	slices.Sort(found)
	return found[len(found)/3]
}
