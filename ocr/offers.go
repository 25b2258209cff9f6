package ocr

import (
	"math"
	"slices"

	"heyin/imaging"
)

// Geometry of answers offered without a box to tick, in heights of the word.
const (
	offerReach    = 3.0  // from the word to the far side of its frame, and of a tick beside it
	offerAbove    = 0.9  // ink so far above and below a word may be meant for it
	offerNearer   = 0.5  // ratio of gaps at which a stroke belongs to the nearer word
	offerColumn   = 2.6  // paper between answers that stand one above the other
	offerRing     = 0.8  // share of each side of a word along which a ring around it shows
	offerOverhang = 0.15 // by which a stroke that strikes a word out passes its ends
	offerStruck   = 0.95 // share of the columns in which that stroke shows
	offerGoesOn   = 1.5  // beside a word, where a rule or a fold still shows
	offerLevel    = 0.2  // its slope: a tick laid across a word is steeper
	offerSlack    = 0.25 // by which pieces of a word leave its line
	offerApart    = 0.4  // paper between them
	offerOnePiece = 1.8  // width of the widest: a stroke joins characters
	offerWide     = 1.15 // most width a character
	offerTall     = 0.65 // of the line: height of most characters,
	offerTallest  = 1.25 // at most
	offerRises    = 0.35 // by which a stroke is higher than any bracket, in heights of the bracket
	offerInk      = 0.3  // share of the print's density from which ink counts
)

// judgeOffers judges two answers that are offered in circles or brackets, in a box that its
// tick hides, or as words alone. What is printed stands at both alike, so what stands at one
// only was set by the customer; a mark that is not understood leaves both in doubt.
func (p *page) judgeOffers(options []option) error {
	agree, differ := -1, -1
	for i, o := range options {
		at := &differ
		if o.agree {
			at = &agree
		}
		if *at >= 0 || o.unknown || o.text == nil {
			return nil
		}
		*at = i
	}
	if agree < 0 || differ < 0 {
		return nil
	}
	a, d := &options[agree], &options[differ]
	if a.tick != tickNoBox && d.tick != tickNoBox || !a.offeredWith(*d) {
		return nil
	}
	v, err := p.viewOffers(a, d)
	if err != nil || v == nil {
		return err
	}
	for i, o := range []*option{a, d} {
		if o.tick != tickNoBox {
			v.known[i], v.tick[i] = v.cut.inner(p.ink, o.frame), o.tick
		}
	}
	if !v.judgeFrames() {
		v.judgeWords()
	}
	for i, o := range []*option{a, d} {
		o.tick, o.frame = v.tick[i], p.layoutBox(v.cut, v.frame[i])
	}
	return nil
}

// above reports whether o and other stand one above the other, begun or ended alike.
func (o option) above(other option) bool {
	h := min(o.word.h(), other.word.h())
	gap := other.word.y0 - o.word.y1
	return gap >= -h/2 && float64(gap) <= offerColumn*float64(h) && (abs(o.word.x0-other.word.x0) <= h || abs(o.word.x1-other.word.x1) <= h)
}

// offers are two answers seen close: agree first, in pixels of the patch.
type offers struct {
	cut    *patch
	w, h   int
	mask   []uint8 // ink
	level  float32 // density of the print
	pieces []component
	runs   []imaging.Run
	word   [2]box
	whole  [2]bool // no stroke runs through the word
	high   float64 // of the words
	reach  [2]box  // where ink may be meant for the word
	known  [2]box  // boxes found already
	clean  []emptyFrame
	frame  [2]box
	tick   [2]tickState
	perMM  float64
}

// viewOffers cuts two words with the paper around them; nil where a seal lies over it.
func (p *page) viewOffers(agree, differ *option) (*offers, error) {
	words, chars := [2]box{agree.word, differ.word}, [2]int{agree.chars, differ.chars}
	h := min(words[0].h(), words[1].h())
	if agree.opposes(*differ) { // a tick makes one of them taller
		band := words[0]
		if words[1].h() < band.h() {
			band = words[1]
		}
		for i := range words {
			words[i].y0, words[i].y1 = band.y0, band.y1
		}
	}
	reach := int(offerReach * float64(h))
	window := words[0].union(words[1])
	window = box{window.x0 - reach, window.y0 - h, window.x1 + reach, window.y1 + h}
	if p.stampedOver([]box{window}) {
		return nil, nil
	}
	cut, err := p.ink.cut(p.image, p.ink.sheetBox(window), p.ink.ratio)
	if err != nil {
		return nil, err
	}
	v := &offers{cut: cut, w: cut.total.W, h: cut.total.H, perMM: p.ink.perMM * p.ink.scale}
	v.mask = make([]uint8, v.w*v.h)
	level := float32(math.MaxFloat32) // of the fainter word: a pen may be darker than print
	for i := range words {
		v.word[i] = cut.inner(p.ink, words[i])
		level = min(level, max(offerInk*inkLevelIn(cut.total, v.word[i], minInk), minInk))
	}
	for i, d := range cut.total.Pix {
		if d > level {
			v.mask[i] = 1
		}
	}
	v.level = level / offerInk
	v.high = float64(min(v.word[0].h(), v.word[1].h()))
	for _, t := range p.texts {
		options := t.options()
		if len(options) == 0 && (isInstruction(t.String()) || isLabel(t, t.hits())) {
			v.clear(cut.inner(p.ink, t.box))
		}
		for _, h := range t.hits() { // 余额 of 余额相符 is none
			if h.role == roleResult && len(options) > 0 && h.end <= options[0].from {
				v.clear(cut.inner(p.ink, t.span(0, h.valueFrom())))
			}
		}
	}
	v.pieces, v.runs = components(v.mask, v.w, v.h, 1)
	v.cleanFrames()
	v.tighten(chars)
	for i := range v.word {
		r := int(offerReach * v.high)
		b := v.word[i]
		v.reach[i] = box{b.x0 - r, b.y0 - int(offerAbove*v.high), b.x1 + r, b.y1 + int(offerAbove*v.high)}
	}
	return v, nil
}

func (v *offers) clear(b box) {
	for y := max(0, b.y0); y < min(v.h, b.y1); y++ {
		for x := max(0, b.x0); x < min(v.w, b.x1); x++ {
			v.mask[y*v.w+x] = 0
		}
	}
}

// tighten draws the words' boxes around their characters, whose places were read roughly. A
// word that a stroke runs through is as wide as the other's characters say.
func (v *offers) tighten(chars [2]int) {
	for k, b := range v.word {
		if v.word[k], v.whole[k] = v.tight(b, chars[k]); v.whole[k] {
			v.high = min(v.high, float64(v.word[k].h()))
		}
	}
	for k, b := range v.word {
		if o := 1 - k; !v.whole[k] && v.whole[o] {
			w := v.word[o].w() * chars[k] / max(1, chars[o])
			x, y := b.centre()
			v.word[k] = box{x - w/2, y - v.word[o].h()/2, x - w/2 + w, y - v.word[o].h()/2 + v.word[o].h()}
		}
	}
}

// tight draws a word's box around the pieces that stand on its line nearest to its middle, as
// wide as so many characters are; false where they make no such word.
func (v *offers) tight(word box, chars int) (box, bool) {
	slack := int(offerSlack * v.high)
	x, _ := word.centre()
	tall, heights := box{}, []int{} // characters as high as the line
	inFrame := func(b box) bool {
		return slices.ContainsFunc(v.clean, func(f emptyFrame) bool { return f.union(b) == f.box })
	}
	full := func(c component) bool {
		h := float64(c.h())
		return c.overlapX(word) > 0 && c.overlapY(word) > 0 && h >= offerTall*v.high && h <= offerTallest*v.high && !inFrame(c.box)
	}
	for _, c := range v.pieces {
		if full(c) {
			heights = append(heights, c.h())
		}
	}
	slices.Sort(heights)
	for _, c := range v.pieces {
		if !full(c) || 5*abs(c.h()-heights[len(heights)/2]) > heights[len(heights)/2] {
			continue
		}
		if tall == (box{}) {
			tall = c.box
		}
		tall = tall.union(c.box)
	}
	if float64(tall.h()) > offerTallest*v.high {
		return word, false
	}
	high := v.high
	if tall != (box{}) {
		word.y0, word.y1, high = tall.y0, tall.y1, float64(tall.h())
	}
	var out box
	for {
		next, gap := box{}, math.MaxInt
		for _, c := range v.pieces {
			if c.y0 < word.y0-slack || c.y1 > word.y1+slack || out.union(c.box) == out || inFrame(c.box) {
				continue
			}
			far := max(0, c.x0-x, x-c.x1)
			if out != (box{}) {
				far = max(0, -c.overlapX(out))
			}
			grown := c.box
			if out != (box{}) {
				grown = out.union(c.box)
			}
			if far < gap && float64(grown.w()) <= offerWide*float64(chars)*high {
				next, gap = c.box, far
			}
		}
		if float64(gap) > offerApart*v.high {
			break
		}
		if float64(next.w()) > offerOnePiece*high {
			return word, false
		}
		if out == (box{}) {
			out = next
		}
		out = out.union(next)
	}
	if 10*out.w() < 8*min(word.w(), int(high)*chars) || float64(out.h()) < offerTall*high { // a stroke runs through it
		return word, false
	}
	return out, true
}

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
	word, reach := v.word[k], v.reach[k]
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
		if f.overlapX(reach) < f.w() || float64(abs(y-at)) > 0.5*v.high || !f.right && f.x1 > word.x0+1 {
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
	v.clean = nil
	offer := func(b, inner box) {
		if v.share(inner) < tickDoubt {
			v.clean = append(v.clean, emptyFrame{box: b, inner: inner})
		}
	}
	var left, right []component
	for i, c := range v.pieces {
		if v.isRing(c) {
			offer(c.box, c.grow(-int(frameInset*float64(min(c.w(), c.h())))))
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
}

func (f emptyFrame) gap(word box) int {
	if f.right {
		return f.x0 - word.x1
	}
	return word.x0 - f.x1
}

// share is the share of b that carries ink.
func (v *offers) share(b box) float64 {
	n := 0
	for y := max(0, b.y0); y < min(v.h, b.y1); y++ {
		for x := max(0, b.x0); x < min(v.w, b.x1); x++ {
			n += int(v.mask[y*v.w+x])
		}
	}
	return float64(n) / float64(max(1, b.w()*b.h()))
}

func (v *offers) inked(x, y int) bool {
	return x >= 0 && y >= 0 && x < v.w && y < v.h && v.mask[y*v.w+x] == 1
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

// opens tells an opening bracket, above 0, from a closing one, below: its ends reach
// farther right than its middle.
func (v *offers) opens(piece int) float64 {
	c := v.pieces[piece]
	var sum, n [2]float64 // ends, middle
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
			sum[part] += float64(r.X1-r.X0) * float64(r.X0+r.X1) / 2
			n[part] += float64(r.X1 - r.X0)
		}
	}
	const least = 0.05 // of its height: a straight stroke is no bracket
	if d := sum[0]/max(1, n[0]) - sum[1]/max(1, n[1]); math.Abs(d) >= least*float64(c.h()) && n[1] > 0 {
		return d
	}
	return 0
}

// judgeFrames judges circles, brackets and boxes; false when neither word has a clean one.
// The frame of a word that has been ticked is found by its clean twin.
func (v *offers) judgeFrames() bool {
	var frames [2]emptyFrame
	var clean [2]bool
	for k := range frames {
		frames[k], clean[k] = v.cleanFrame(k)
	}
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
		for k := range frames {
			v.clear(frames[k].grow(2 + frames[k].w()/10))
		}
		v.pieces, v.runs = components(v.mask, v.w, v.h, 1)
		v.judgeWords()
		return true
	}
	k := 0
	if clean[1] {
		k = 1
	}
	other := 1 - k
	at, state := v.twin(frames[k], k)
	if state == tickNoBox || v.struck(v.word[0]) || v.struck(v.word[1]) || v.ringed(v.word[0]) >= offerRing || v.ringed(v.word[1]) >= offerRing {
		v.tick = doubt
		return true
	}
	v.tick[k], v.tick[other], v.frame[other] = tickEmpty, state, at
	return true
}

// twin finds the frame of the other word by the clean one of word k, and what it holds.
func (v *offers) twin(f emptyFrame, k int) (at box, state tickState) {
	from, to := v.word[k], v.word[1-k]
	edge := func(b box) int {
		if f.right {
			return b.x1
		}
		return b.x0
	}
	_, y0 := from.centre()
	_, y1 := to.centre()
	dx, dy, reach := edge(to)-edge(from), y1-y0, int(twinReach*v.high)
	var pixels [][2]int
	for y := max(0, f.y0-1); y < min(v.h, f.y1+1); y++ {
		for x := max(0, f.x0-1); x < min(v.w, f.x1+1); x++ {
			if v.mask[y*v.w+x] == 1 {
				pixels = append(pixels, [2]int{x, y})
			}
		}
	}
	best, bx, by := 0, 0, 0
	for my := -reach; my <= reach; my++ {
		for mx := -reach; mx <= reach; mx++ {
			n := 0
			for _, p := range pixels {
				if v.inked(p[0]+dx+mx, p[1]+dy+my) {
					n++
				}
			}
			if n > best || n == best && abs(mx)+abs(my) < abs(bx)+abs(by) {
				best, bx, by = n, mx, my
			}
		}
	}
	moved := func(b box) box { return box{b.x0 + dx + bx, b.y0 + dy + by, b.x1 + dx + bx, b.y1 + dy + by} }
	if float64(best) < twinInk*float64(len(pixels)) {
		bx, by = 0, 0
		at, inner := moved(f.box), moved(f.inner)
		if v.risesFrom(inner) {
			return at, tickSet
		}
		return box{}, tickNoBox
	}
	at = moved(f.box)
	if v.word[1-k].overlapX(at) > at.w()/4 { // the word itself
		return box{}, tickNoBox
	}
	if v.known[k] != (box{}) {
		if state = inkInside(v.cut.pen, at, v.level); state <= tickEmpty {
			state = tickDoubtful // no twin of an empty box is sought
		}
		return at, state
	}
	switch share := v.share(moved(f.inner)); {
	case share >= tickScribed:
		return at, tickStruck
	case share >= tickInk:
		return at, tickSet
	default: // neither clean nor ticked
		return at, tickDoubtful
	}
}

// risesFrom reports whether one stroke stands in b and reaches higher than print does.
func (v *offers) risesFrom(b box) bool {
	return slices.ContainsFunc(v.pieces, func(c component) bool {
		if c.overlapX(b) <= 0 || c.overlapY(b) <= 0 || float64(c.h()) < (1+offerRises)*float64(b.h()) {
			return false
		}
		inside := false
		for _, r := range v.runs {
			inside = inside || v.pieces[r.Component] == c && r.Y >= b.y0 && r.Y < b.y1 && r.X1 > b.x0 && r.X0 < b.x1
		}
		return inside
	})
}

// judgeWords judges words that are marked themselves: by a ring, a tick beside one, a line
// beneath it, or by striking out the other.
func (v *offers) judgeWords() {
	for k, b := range v.word {
		if v.frame[k] == (box{}) {
			v.frame[k] = b
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
			set = free[k] && ring[other] < offerRing
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
		case c.overlapX(between) <= 0 || c.overlapY(between) <= 0:
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
	return v.lineIn(box{b.x0 - over, b.y0 + b.h()/4, b.x1 + over, b.y1 - b.h()/4})
}

// lined reports whether a line is drawn beneath a word.
func (v *offers) lined(b box) bool {
	return v.lineIn(box{b.x0 + b.w()/10, b.y1 + 1, b.x1 - b.w()/10, b.y1 + int(0.7*v.high)})
}

// lineIn reports whether one nearly level stroke crosses a box from side to side.
func (v *offers) lineIn(b box) bool {
	thick := max(1, int(struckThick*v.high))
	n := b.w()
	missing := int((1 - offerStruck) * float64(n))
	rise := int(offerLevel * float64(n))
	for y0 := b.y0; y0 < b.y1; y0++ {
		for y1 := max(b.y0, y0-rise); y1 < min(b.y1, y0+rise+1); y1++ {
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
