package ocr

import (
	"math"
	"slices"

	"heyin/imaging"
)

// Geometry of circles and brackets to tick, in heights of the word where not said otherwise.
const (
	bracketLow, bracketHigh = 0.55, 1.7 // height
	bracketWide             = 0.6       // width, also against its own height
	bracketSame             = 0.15      // difference of the two
	bracketGapLow           = 0.35      // paper between the two
	bracketGapHigh          = 2.2
	frameInset              = 0.3  // of a ring's side, to the square within it
	ringRays                = 16   // directions in which a ring is looked for
	ringNear                = 0.6  // of half a side: where it may lie in each,
	ringFar                 = 1.45 // a square's corners farthest
	twinReach               = 0.6  // how far a frame may stand from where its twin says
	twinInk                 = 0.85 // share of a frame's pixels found at its twin
)

// emptyFrame is a frame to tick that stands clean beside a word.
type emptyFrame struct {
	box   // all of it
	inner box
	right bool // of the word
}

// cleanFrame finds the empty circle, square or pair of brackets beside word k, the nearest.
func (v *offers) cleanFrame(k int) (emptyFrame, bool) {
	word, reach := v.word[k], int(frameReach*v.high)
	if b := v.known[k]; b != (box{}) {
		mid, _ := b.centre()
		return emptyFrame{b, b.grow(-b.w() / 4), 2*mid > word.x0+word.x1}, v.tick[k] == tickEmpty
	}
	var best emptyFrame
	found := false
	for _, f := range v.clean {
		_, y := f.centre()
		_, at := word.centre()
		f.right = f.x0 >= word.x1-1
		if f.x0 < word.x0-reach || f.x1 > word.x1+reach || float64(abs(y-at)) > 0.5*v.high || !f.right && f.x1 > word.x0+1 {
			continue
		}
		if !found || f.gap(word) < best.gap(word) {
			best, found = f, true
		}
	}
	return best, found
}

// cleanFrames finds the empty circles, squares and pairs of brackets.
func (v *offers) cleanFrames() {
	offer := func(b, inner box) {
		if v.share(inner) < tickDoubt {
			v.clean = append(v.clean, emptyFrame{box: b, inner: inner})
		}
	}
	ring := func(b box) { offer(b, b.grow(-int(frameInset*float64(min(b.w(), b.h()))))) }
	var left, right []component
	for i, c := range v.pieces {
		if v.isRing(c) {
			ring(c.box)
			continue
		}
		h, w := float64(c.h()), float64(c.w())
		if h < bracketLow*v.high || h > bracketHigh*v.high || w > bracketWide*min(h, v.high) {
			continue
		}
		if o := v.opens(i); o > 0 {
			left = append(left, c)
		} else if o < 0 {
			right = append(right, c)
		}
	}
	for _, o := range left {
		for _, c := range right {
			gap := float64(c.x0 - o.x1)
			if gap >= bracketGapLow*v.high && gap <= bracketGapHigh*v.high && float64(abs(c.h()-o.h())) <= bracketSame*float64(o.h()) && float64(abs(c.y0-o.y0)) <= bracketSame*v.high {
				offer(o.union(c.box), box{o.x1 + 1, o.y0, c.x0 - 1, o.y1})
			}
		}
	}
	if len(v.clean) > 0 {
		return
	}
	worn := *v // a thin ring may be broken
	worn.mask = v.thickened()
	pieces, _ := components(worn.mask, v.w, v.h, 1)
	for _, c := range pieces {
		if worn.isRing(c) {
			ring(c.grow(-1))
		}
	}
}

// thickened is the mask with a pixel more on every side of its ink.
func (v *offers) thickened() []uint8 {
	out := make([]uint8, len(v.mask))
	for i, ink := range v.mask {
		if ink == 1 {
			paint(out, v.w, v.h, i/v.w-1, i/v.w+2, i%v.w-1, i%v.w+2)
		}
	}
	return out
}

func (f emptyFrame) gap(word box) int {
	if f.right {
		return f.x0 - word.x1
	}
	return word.x0 - f.x1
}

// isRing reports whether a piece runs once around paper: a circle or a square.
func (v *offers) isRing(c component) bool {
	low, high := int(tickBoxMinMM*v.perMM), int(tickBoxMaxMM*v.perMM)
	if min(c.w(), c.h()) < low || max(c.w(), c.h()) > high || float64(abs(c.w()-c.h())) > tickBoxSquare*float64(max(c.w(), c.h())) {
		return false
	}
	cx, cy := float64(c.x0+c.x1-1)/2, float64(c.y0+c.y1-1)/2
	for i := range ringRays {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / ringRays)
		hit := false
		for f := ringNear; f <= ringFar && !hit; f += 0.02 {
			hit = v.inked(int(cx+f*cos*float64(c.w())/2+0.5), int(cy+f*sin*float64(c.h())/2+0.5))
		}
		if !hit {
			return false
		}
	}
	return true
}

// opens tells an opening bracket, above 0, from a closing one, below, and from other pieces: its
// ends reach farther right than its middle.
func (v *offers) opens(piece int) int {
	c := v.pieces[piece]
	var left, right [2]int // ends, middle: how far they reach
	left, right = [2]int{c.x1, c.x1}, [2]int{c.x0, c.x0}
	for _, r := range v.runs {
		if r.Component != piece {
			continue
		}
		at := float64(r.Y-c.y0) / float64(c.h())
		part := -1
		switch {
		case at < 0.15 || at >= 0.85:
			part = 0
		case at >= 0.35 && at < 0.65:
			part = 1
		}
		if part >= 0 {
			left[part], right[part] = min(left[part], r.X0), max(right[part], r.X1)
		}
	}
	least := max(2, c.h()/12) // a straight stroke is no bracket
	switch opens, closes := right[0]-right[1], left[1]-left[0]; {
	case opens >= least && closes <= 0:
		return 1
	case closes >= least && opens <= 0:
		return -1
	}
	return 0
}

// ownFrames are the clean frames beside the words. One between them is that of the nearer.
func (v *offers) ownFrames() (frames [2]emptyFrame, clean [2]bool) {
	for k := range frames {
		frames[k], clean[k] = v.cleanFrame(k)
	}
	if clean[0] && clean[1] && frames[0].box == frames[1].box {
		for k := range frames {
			if near, far := frames[k].gap(v.word[k]), frames[1-k].gap(v.word[1-k]); float64(max(near, 0)) <= nearer*float64(far) {
				clean[1-k] = false
			}
		}
	}
	return frames, clean
}

// judgeFrames judges circles, brackets and boxes; false when neither word has a clean one.
// The frame of a word that has been ticked is found by its clean twin.
func (v *offers) judgeFrames() bool {
	frames, clean := v.ownFrames()
	doubt := [2]tickState{tickDoubtful, tickDoubtful}
	for k := range frames {
		v.frame[k] = v.word[k]
		if clean[k] {
			v.frame[k] = frames[k].box
		}
	}
	switch {
	case !clean[0] && !clean[1]:
		return false
	case clean[0] && clean[1]:
		if frames[0].right != frames[1].right {
			v.tick = doubt
			return true
		}
		if k, at, ok := v.ringWith(frames[0].box, frames[1].box); ok {
			v.tick[k], v.tick[1-k], v.frame[k] = tickSet, tickEmpty, at
			return true
		}
		v.judgeWordsBeside(frames[0].box, frames[1].box)
		return true
	}
	k := 0
	if clean[1] {
		k = 1
	}
	other := 1 - k
	at, state := v.twin(frames[k], k)
	switch {
	case state != tickNoBox && v.whole[other] && v.ringAround(v.word[other].union(at)):
		v.tick[k], v.tick[other], v.frame[other] = tickEmpty, tickSet, v.word[other].union(at)
	case state == tickEmpty:
		v.frame[other] = at
		v.judgeWordsBeside(frames[k].box, at)
	case state == tickNoBox || v.struck(v.word[0]) || v.struck(v.word[1]) || v.ringed(v.word[k]) >= offerRing:
		v.tick = doubt
	default: // a ring around the word may run through its box
		v.tick[k], v.tick[other], v.frame[other] = tickEmpty, state, at
	}
	return true
}

// judgeWordsBeside judges the words with empty frames beside them.
func (v *offers) judgeWordsBeside(frames ...box) {
	for _, f := range frames {
		v.clear(f.grow(2 + f.w()/10))
	}
	v.pieces, v.runs = components(v.mask, v.w, v.h, 1)
	v.judgeWords()
}

// twinAt is where the other word has its frame, to judge by that of word k.
func (v *offers) twinAt(f emptyFrame, k int) box {
	from, to := v.word[k], v.word[1-k]
	dx := to.x0 - from.x0
	if f.right {
		dx = to.x1 - from.x1
	}
	_, y0 := from.centre()
	_, y1 := to.centre()
	return box{f.x0 + dx, f.y0 + y1 - y0, f.x1 + dx, f.y1 + y1 - y0}
}

// twin finds the frame of the other word by the clean one of word k, and what it holds.
func (v *offers) twin(f emptyFrame, k int) (at box, state tickState) {
	to := v.word[1-k]
	twin := v.twinAt(f, k)
	dx, dy, reach := twin.x0-f.x0, twin.y0-f.y0, int(twinReach*v.high)
	pixels := v.pixels(f.box.grow(1))
	bx, by, found := v.match(pixels, dx, dy, reach)
	moved := func(b box) box { return box{b.x0 + dx + bx, b.y0 + dy + by, b.x1 + dx + bx, b.y1 + dy + by} }
	if float64(found) < twinInk*float64(len(pixels)) {
		bx, by = 0, 0
		at, inner := moved(f.box), moved(f.inner)
		if v.risesFrom(inner) {
			return at, tickSet
		}
		return box{}, tickNoBox
	}
	at = moved(f.box)
	within := at.w() / 4
	if !v.whole[1-k] { // its place is known roughly
		within = at.w() / 2
	}
	if to.overlapX(at) > within { // the word itself
		return box{}, tickNoBox
	}
	if v.known[k] != (box{}) {
		if state = inkInside(v.cut.pen, at, v.level); state <= tickEmpty {
			state = tickDoubtful // no twin of an empty box is sought
		}
		return at, state
	}
	switch share, beyond := v.share(moved(f.inner)), v.beyond(f.box, dx+bx, dy+by); {
	case share >= tickScribed && k == 1 && v.leaves(at): // who agrees by filling a frame in stays within
		return at, tickDoubtful
	case share >= tickScribed:
		return at, tickStruck
	case share >= tickInk, beyond >= tickInk:
		return at, tickSet
	case v.tickAcross(at):
		return at, tickSet
	case max(share, beyond) < tickDoubt:
		return at, tickEmpty
	default: // neither clean nor ticked
		return at, tickDoubtful
	}
}

// pixels lists the ink in b.
func (v *offers) pixels(b box) (out [][2]int) {
	for y := max(0, b.y0); y < min(v.h, b.y1); y++ {
		for x := max(0, b.x0); x < min(v.w, b.x1); x++ {
			if v.mask[y*v.w+x] == 1 {
				out = append(out, [2]int{x, y})
			}
		}
	}
	return out
}

// match tells by how much more than (dx, dy) pixels must be moved so that most of them meet ink, at most by reach, and how many do.
func (v *offers) match(pixels [][2]int, dx, dy, reach int) (bx, by, found int) {
	near := *v // a thin frame may be drawn a pixel off
	near.mask = v.thickened()
	best := 0
	for my := -reach; my <= reach; my++ {
		for mx := -reach; mx <= reach; mx++ {
			exact, beside := 0, 0
			for _, p := range pixels {
				x, y := p[0]+dx+mx, p[1]+dy+my
				if near.inked(x, y) {
					beside++
					if v.inked(x, y) {
						exact++
					}
				}
			}
			if n := exact + beside; n > best || n == best && abs(mx)+abs(my) < abs(bx)+abs(by) {
				best, found, bx, by = n, beside, mx, my
			}
		}
	}
	return bx, by, found
}

// beyond is the share of a clean frame's twin, so far away, that carries ink where the frame has
// none: a tick may leave the middle free.
func (v *offers) beyond(frame box, dx, dy int) float64 {
	n, near := 0, max(2, frame.h()/10)
	for y := frame.y0; y < frame.y1; y++ {
		for x := frame.x0; x < frame.x1; x++ {
			if v.inked(x+dx, y+dy) && v.share(box{x - near, y - near, x + near + 1, y + near + 1}) == 0 {
				n++
			}
		}
	}
	return float64(n) / float64(frame.w()*frame.h())
}

// leaves reports whether ink in a frame goes on beyond it by a quarter of its width, more than a pen's.
func (v *offers) leaves(frame box) bool {
	near := frame.grow(frame.w() / 4)
	for i, in := range touching(v.pieces, v.runs, frame) {
		if in && v.pieces[i].union(near) != near {
			return true
		}
	}
	return false
}

// tickAcross reports whether a tick that leaves the middle of a frame free runs through its edge.
func (v *offers) tickAcross(frame box) bool {
	return slices.ContainsFunc(v.pieces, func(c component) bool {
		return c.union(frame) == c.box && float64(c.h()) >= (1+offerRises)*float64(frame.h()) && v.ticked([]box{c.box})
	})
}

// risesFrom reports whether one stroke stands in b and reaches higher than print does.
func (v *offers) risesFrom(b box) bool {
	return slices.ContainsFunc(v.runs, func(r imaging.Run) bool {
		inside := r.Y >= b.y0 && r.Y < b.y1 && r.X1 > b.x0 && r.X0 < b.x1
		return inside && float64(v.pieces[r.Component].h()) >= (1+offerRises)*float64(b.h())
	})
}
