package ocr

import "slices"

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
		struck[k], lined[k], ring[k] = v.struck(b), v.lined(b), v.ringed(b)
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
	for k := range v.word {
		other := 1 - k
		var set bool
		switch {
		case struck[other]:
			hook := func(b box) bool { return float64(b.h()) > offerHook*v.high }
			set = free[k] && ring[other] < offerRing && !slices.ContainsFunc(strokes[other], hook)
		case !free[other] || struck[k] || !v.whole[k]:
		case ring[k] >= offerRing:
			set = true
		case lined[k]:
			set = true
		default:
			set = v.ticked(strokes[k])
		}
		if set {
			v.tick[k], v.tick[other] = tickSet, tickEmpty
		}
	}
}

// strokes are the pieces of ink near each word that are not its characters; shared
// reports one that may be meant for either.
func (v *offers) strokes() (near [2][]box, shared bool) {
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
		if max(c.w(), c.h()) < least {
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
	return gap > 0 && 4*abs(off) <= gap && float64(b.w()) <= slashWide*v.high && float64(b.h()) <= offerTallest*v.high && b.overlapY(first) > 0
}

// slashWide is the width of a slash, in heights of the words.
const slashWide = 0.6

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
	least := 1.0
	reach := int(offerAbove * v.high)
	side := func(n int, at func(i, k int) (x, y int)) {
		hit := 0
		for i := range n {
			for k := 1; k <= reach; k++ {
				if x, y := at(i, k); v.inked(x, y) {
					hit++
					break
				}
			}
		}
		least = min(least, float64(hit)/float64(max(1, n)))
	}
	side(b.w(), func(i, k int) (int, int) { return b.x0 + i, b.y0 - 1 - k })
	side(b.w(), func(i, k int) (int, int) { return b.x0 + i, b.y1 + k })
	side(b.h(), func(i, k int) (int, int) { return b.x0 - 1 - k, b.y0 + i })
	side(b.h(), func(i, k int) (int, int) { return b.x1 + k, b.y0 + i })
	return least
}

// struck reports whether one nearly level stroke runs through a word and beyond its ends.
func (v *offers) struck(b box) bool {
	over := int(offerOverhang * v.high)
	return v.lineIn(box{b.x0 - over, b.y0 + b.h()/4, b.x1 + over, b.y1 - b.h()/4}, offerTickRises)
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
	rise := (y1 - y0) * far / max(1, b.w())
	return v.share(box{b.x0 - far - 3, y0 - rise - 3, b.x0 - far + 3, y0 - rise + 4}) > 0 ||
		v.share(box{b.x1 + far - 3, y1 + rise - 3, b.x1 + far + 3, y1 + rise + 4}) > 0
}
