package ocr

import (
	"math"
	"slices"
)

// judgeWords judges words that are marked themselves: by a ring, a tick beside one, a line
// beneath it, or by striking out the other.
func (v *offers) judgeWords() {
	for k, b := range v.word {
		if v.frame[k] == (box{}) {
			v.frame[k] = b
		}
	}
	for k := range v.word {
		if v.ringSet(k) {
			v.tick[k], v.tick[1-k] = tickSet, tickEmpty
			return
		}
	}
	strokes, shared := v.strokes()
	var struck, lined, free [2]bool
	var ring [2]float64
	for k, b := range v.word {
		struck[k], lined[k], ring[k] = v.struck(b) || v.exact[k] && v.struckWithin(b), v.lined(b), v.ringed(b)
		if v.whole[k] && v.ringAround(b) {
			ring[k] = 1
		}
		free[k] = v.whole[k] && len(strokes[k]) == 0 && !struck[k] && !lined[k]
	}
	v.tick = [2]tickState{tickDoubtful, tickDoubtful}
	if shared {
		return
	}
	if free[0] && free[1] {
		v.tick = [2]tickState{tickEmpty, tickEmpty}
		return
	}
	for k, b := range v.word {
		other := 1 - k
		var set bool
		switch {
		case struck[other]:
			hook := func(b box) bool { return float64(b.h()) > offerHook*v.high }
			amount := k == 1 && v.whole[k] && !struck[k] && !lined[k] && !slices.ContainsFunc(strokes[k], func(c box) bool { // who differs writes his own behind it
				return c.x0 < b.x1+int(penClear*v.high) || c.overlapY(b) <= 0
			})
			set = (free[k] || amount) && ring[other] < offerRing && !slices.ContainsFunc(strokes[other], hook)
		case !free[other] || struck[k] || !v.whole[k]:
		case ring[k] >= offerRing:
			set = v.before(b, 2) < ringPreceded
		case lined[k]:
			set = v.before(b, 1) < ringPreceded // neither a ring nor a 不 stands there
		default:
			set = v.ticked(strokes[k])
		}
		if set {
			v.tick[k], v.tick[other] = tickSet, tickEmpty
		}
	}
}

// strokes are the pieces of ink near each word that are not its characters, and none of the frames given; shared
// reports one that may be meant for either.
func (v *offers) strokes(frames ...box) (near [2][]box, shared bool) {
	rest := slices.Clone(v.mask)
	blank := func(b box) {
		for y := max(0, b.y0); y < min(v.h, b.y1); y++ {
			clear(rest[y*v.w+max(0, b.x0) : y*v.w+max(max(0, b.x0), min(v.w, b.x1))])
		}
	}
	for _, b := range v.word {
		blank(b.grow(1))
	}
	pieces, _ := components(rest, v.w, v.h, 1)
	least := int(offerDirtMM * v.perMM)
	for _, c := range pieces {
		if max(c.w(), c.h()) < least || slices.ContainsFunc(frames, func(f box) bool { return f.grow(2).union(c.box) == f.grow(2) }) {
			continue
		}
		var gap [2]int
		var in [2]bool
		for k, b := range v.word {
			gap[k] = max(0, -c.overlapX(b)) + max(0, -c.overlapY(b))
			in[k] = c.overlapX(v.reach[k]) > 0 && c.overlapY(v.reach[k]) > 0
		}
		between := v.reach[0].union(v.reach[1])
		switch {
		case v.slash(c.box):
		case c.overlapX(between) <= 0 || c.overlapY(between) <= 0:
		case gap[0]+gap[1] == 0: // around both
			shared = true
		case in[0] && float64(gap[0]) <= offerNearer*float64(gap[1]):
			near[0] = append(near[0], c.box)
		case in[1] && float64(gap[1]) <= offerNearer*float64(gap[0]):
			near[1] = append(near[1], c.box)
		default:
			shared = true
		}
	}
	return near, shared
}

// slash reports whether a piece stands half way between words on one line, as a printed slash does.
func (v *offers) slash(b box) bool {
	first, last := v.word[0], v.word[1]
	if last.x0 < first.x0 {
		first, last = last, first
	}
	gap, off := last.x0-first.x1, b.x0+b.x1-first.x1-last.x0
	beside := slashOff
	if v.slashed {
		beside = slashRead
	}
	return gap > 0 && 4*abs(off) <= gap && (float64(b.w()) <= slashWide*v.high || v.straight(b, beside)) && float64(b.h()) <= slashTall*v.high && b.overlapY(first) > 0
}

// straight reports whether ink rises in a straight line from the lower left corner of b to its upper right one, as in a slash as
// wide as a character; a tick has a hook.
func (v *offers) straight(b box, most float64) bool {
	off, all := 0, 0
	for y := b.y0; y < b.y1; y++ {
		at := float64(b.x1) - float64(b.w())*(float64(y-b.y0)+0.5)/float64(b.h())
		for x := b.x0; x < b.x1; x++ {
			if v.inked(x, y) {
				all++
				if math.Abs(float64(x)+0.5-at) > slashStraight*v.high {
					off++
				}
			}
		}
	}
	return float64(b.w()) <= slashTall*v.high && float64(off) <= most*float64(all)
}

// Size of a slash between words, in heights of the words.
const (
	slashWide     = 0.6 // of one that may be anything
	slashTall     = 1.4
	slashStraight = 0.15 // by which its ink leaves a straight line,
	slashOff      = 0.05 // but for so much of it,
	slashRead     = 0.35 // and of one that was read as a slash: a stroke at a word may end on it
)

// Least size of a tick beside a word, in heights of the word; what else stands there is
// smaller than it is wide.
const (
	tickLeastHigh = 0.6
	tickLeastWide = 0.4
)

// offerDirtMM is the size from which ink beside a word is a stroke.
const offerDirtMM = 1.5

// ticked reports whether the strokes near a word make one tick: it leaves the corner
// below on the right free, as a cross and writing do not.
func (v *offers) ticked(strokes []box) bool {
	if len(strokes) == 0 {
		return false
	}
	slices.SortFunc(strokes, func(a, b box) int { return b.w()*b.h() - a.w()*a.h() })
	b, small := strokes[0], func(b box) bool { return float64(max(b.w(), b.h())) < tickLeastWide*v.high }
	w, h := b.w(), b.h()
	if float64(h) < tickLeastHigh*v.high || float64(w) < tickLeastWide*v.high || float64(h) > offerReach*v.high || float64(w) > 4*v.high || len(strokes) > 1 && !small(strokes[1]) {
		return false
	}
	const free = 0.02
	corner := box{b.x0 + 7*w/10, b.y0 + 7*h/10, b.x1, b.y1}
	upper := box{b.x0 + w/2, b.y0, b.x1, b.y0 + h/2}
	lower := box{b.x0, b.y0 + h/2, b.x0 + 6*w/10, b.y1}
	return v.share(corner) <= free && v.share(upper) > free && v.share(lower) > free
}

// ringed is the least share of a word's four sides along which ink lies outside it.
func (v *offers) ringed(b box) float64 {
	sides := v.around(b)
	return slices.Min(sides[:])
}

// ringAround reports whether a ring is drawn around b, though its ends may not meet.
func (v *offers) ringAround(b box) bool {
	sides := v.around(b)
	return slices.Min(sides[:]) >= ringSide && (sides[0]+sides[1]+sides[2]+sides[3])/4 >= offerRing && v.before(b, 2) < ringPreceded
}

// before is the share of the rows of b in which so many strokes and more stand before it: within a ring, two are
// more than its own.
func (v *offers) before(b box, strokes int) float64 {
	rows := 0
	for y := b.y0; y < b.y1; y++ {
		n, last := 0, false
		for x := b.x0 - 1; x >= b.x0-int(offerAbove*v.high); x-- {
			ink := v.inked(x, y)
			if ink && !last {
				n++
			}
			last = ink
		}
		if n >= strokes {
			rows++
		}
	}
	return float64(rows) / float64(max(1, b.h()))
}

// around are the shares of a box's four sides, above, below, left and right, along which ink lies outside it.
func (v *offers) around(b box) (sides [4]float64) {
	reach := int(offerAbove * v.high)
	side := func(n int, at func(i, k int) (x, y int)) float64 {
		hit := 0
		for i := range n {
			for k := 1; k <= reach; k++ {
				if x, y := at(i, k); v.inked(x, y) {
					hit++
					break
				}
			}
		}
		return float64(hit) / float64(max(1, n))
	}
	return [4]float64{
		side(b.w(), func(i, k int) (int, int) { return b.x0 + i, b.y0 - 1 - k }),
		side(b.w(), func(i, k int) (int, int) { return b.x0 + i, b.y1 + k }),
		side(b.h(), func(i, k int) (int, int) { return b.x0 - 1 - k, b.y0 + i }),
		side(b.h(), func(i, k int) (int, int) { return b.x1 + k, b.y0 + i }),
	}
}

// struck reports whether one nearly level stroke runs through a word and beyond its ends.
func (v *offers) struck(b box) bool {
	over := int(offerOverhang * v.high)
	return v.lineIn(box{b.x0 - over, b.y0 + b.h()/4, b.x1 + over, b.y1 - b.h()/4}, offerTickRises)
}

// struckWithin is struck for a word whose place is known exactly: characters have paper between them, so that
// the stroke need not pass the ends.
func (v *offers) struckWithin(b box) bool {
	in := b.w() / 20
	return v.lineIn(box{b.x0 + in, b.y0 + b.h()/4, b.x1 - in, b.y1 - b.h()/4}, offerTickRises)
}

// lined reports whether a line is drawn beneath a word.
func (v *offers) lined(b box) bool {
	return v.lineIn(box{b.x0 + b.w()/10, b.y1 + 1, b.x1 - b.w()/10, b.y1 + int(0.7*v.high)}, offerLevel)
}

// lineIn reports whether one nearly level stroke, which rises by at most a share of its length,
// crosses a box from side to side.
func (v *offers) lineIn(b box, rises float64) bool {
	thick := max(1, int(struckThick*v.high))
	n := b.w()
	missing := int((1 - offerStruck) * float64(n))
	up, down := int(rises*float64(n)), int(offerLevel*float64(n))
	for y0 := b.y0; y0 < b.y1; y0++ {
		for y1 := max(b.y0, y0-up); y1 < min(b.y1, y0+down+1); y1++ {
			gaps := 0
			for i := 0; i < n && gaps <= missing; i++ {
				y, hit := y0+(y1-y0)*i/n, false
				for k := -thick; k <= thick && !hit; k++ {
					hit = v.inked(b.x0+i, y+k)
				}
				if !hit {
					gaps++
				}
			}
			if gaps <= missing {
				return !v.goesOn(b, y0, y1)
			}
		}
	}
	return false
}

// goesOn reports whether a line across b goes on beside it, as rules and folds do and no
// customer's stroke.
func (v *offers) goesOn(b box, y0, y1 int) bool {
	far := int(offerGoesOn * v.high)
	slope := float64(y1-y0) / float64(max(1, b.w()))
	beside := func(from int) bool {
		inked := 0
		for x := from; x < from+far; x++ {
			y := y0 + int(slope*float64(x-b.x0))
			if v.share(box{x, y - 3, x + 1, y + 4}) > 0 {
				inked++
			}
		}
		return float64(inked) >= offerUnbroken*float64(far)
	}
	return beside(b.x0-far) || beside(b.x1)
}
