package ocr

import (
	"math"
	"slices"
	"strings"
	"unicode"

	"heyin/imaging"
)

// Geometry of answers offered without a box to tick, in heights of the word.
const (
	offerReach     = 3.0  // from the word to the far side of a tick beside it,
	frameReach     = 4.2  // and of its frame: brackets as wide as a character each, with one between
	offerAbove     = 0.9  // ink so far above and below a word may be meant for it
	offerNearer    = 0.5  // ratio of gaps at which a stroke belongs to the nearer word
	offerColumn    = 2.6  // paper between answers that stand one above the other
	offerRing      = 0.8  // share of each side of a word along which a ring around it shows
	offerOverhang  = 0.15 // by which a stroke that strikes a word out passes its ends
	offerStruck    = 0.95 // share of the columns in which that stroke shows
	offerGoesOn    = 1.5  // beside a word, where a rule or a fold still shows,
	offerUnbroken  = 0.7  // in so many of the columns
	offerLevel     = 0.2  // its slope: a tick laid across a word is steeper
	offerTickRises = 0.06 // a stroke that rises more may be the arm of a tick
	offerHook      = 0.35 // beside a word struck out, what is higher may be a tick's hook
	offerSlack     = 0.25 // by which pieces of a word leave its line
	offerApart     = 0.4  // paper between them
	offerOnePiece  = 1.8  // width of the widest: a stroke joins characters
	offerNarrow    = 0.85 // of the other's, that the characters of a word are set wide at least,
	offerNarrowest = 0.95 // and where both have as many
	offerWide      = 1.15 // most width a character
	offerTall      = 0.65 // of the line: height of most characters,
	offerTallest   = 1.25 // at most
	offerLeast     = 0.35 // of a line that a ring makes higher
	offerRises     = 0.35 // by which a stroke is higher than any bracket, in heights of the bracket
	offerSolid     = 0.7  // share of its box that the ink of a frame filled in has, and of no character
	offerInk       = 0.3  // share of the print's density from which ink counts
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
	for _, o := range []*option{a, d} { // a part of a character
		if 5*o.frame.h() < 3*o.word.h() {
			o.tick, o.frame = tickNoBox, box{}
		}
	}
	v, err := p.viewOffers(a, d, true)
	if err != nil || v == nil {
		return err
	}
	if v.judgePen() {
		for i, o := range []*option{a, d} {
			o.tick, o.frame, o.penned = v.tick[i], p.layoutBox(v.cut, v.frame[i]), true
		}
		return nil
	}
	if v.pen != nil {
		if v, err = p.viewOffers(a, d, false); err != nil || v == nil {
			return err
		}
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
	cut     *patch
	w, h    int
	mask    []uint8 // ink
	level   float32 // density of the print
	pieces  []component
	runs    []imaging.Run
	word    [2]box
	chars   [2]int    // characters of the words
	said    [2]string // as they were read; empty where they were not
	whole   [2]bool   // no stroke runs through the word
	exact   [2]bool   // its place was found by its print
	high    float64   // of the words
	reach   [2]box    // where ink may be meant for the word
	known   [2]box    // boxes found already
	beside  [2]box    // the same, where they stand apart from their words
	clean   []emptyFrame
	slashed bool    // a slash was read between the words
	pen     []uint8 // ink of a pen of another colour, taken out of the mask; nil where there is none, or it was left in
	frame   [2]box
	tick    [2]tickState
	perMM   float64
}

// viewOffers cuts two words with the paper around them, print alone if so said; nil where a seal lies over it.
func (p *page) viewOffers(agree, differ *option, print bool) (*offers, error) {
	words := [2]box{agree.word, differ.word}
	if agree.opposes(*differ) {
		band := lineOf(agree, differ)
		for i := range words {
			words[i].y0, words[i].y1 = band.y0, band.y1
		}
	}
	h := min(words[0].h(), words[1].h())
	reach := int(frameReach * float64(h))
	window := words[0].union(words[1])
	window = box{window.x0 - reach, window.y0 - h, window.x1 + reach, window.y1 + h}
	near := words[0].union(words[1])
	for _, o := range []*option{agree, differ} {
		if o.tick != tickNoBox {
			near = near.union(o.frame)
		}
	}
	if p.stampedOver([]box{near.grow(h / 2)}) {
		return nil, nil
	}
	cut, err := p.ink.cut(p.image, p.ink.sheetBox(window), p.ink.ratio)
	if err != nil {
		return nil, err
	}
	v := &offers{cut: cut, w: cut.total.W, h: cut.total.H, chars: [2]int{agree.chars, differ.chars}, said: [2]string{agree.said(), differ.said()}, perMM: p.ink.perMM * p.ink.scale}
	v.mask = make([]uint8, v.w*v.h)
	level := float32(math.MaxFloat32) // of the fainter word: a pen may be darker than print
	for i, o := range []*option{agree, differ} {
		v.word[i] = cut.inner(p.ink, words[i])
		if o.tick != tickNoBox && !o.chosenByWord() {
			v.beside[i] = cut.inner(p.ink, o.frame)
		}
		level = min(level, max(offerInk*inkLevelIn(cut.total, v.word[i], minInk), minInk))
	}
	for i, d := range cut.total.Pix {
		if d > level {
			v.mask[i] = 1
		}
	}
	v.level = level / offerInk
	p.clearSeals(cut, v.mask)
	if print {
		if err := p.takePen(v, window); err != nil {
			return nil, err
		}
	}
	v.high = float64(min(v.word[0].h(), v.word[1].h()))
	v.clearRules(p, agree, differ)
	for _, t := range p.texts {
		options := t.options()
		within := func(o *option) bool { return o.word.overlapX(t.box) > 0 && 2*o.word.overlapY(t.box) > o.word.h() }
		own := func(o *option) bool { // a ring or a tick made it unreadable in its piece
			return within(o) && (o.text == nil || 2*o.word.overlapX(t.box) > o.word.w())
		}
		hits := t.hits()
		label := slices.IndexFunc(hits, func(h hit) bool { return h.role == roleResult })
		switch {
		case label >= 0 && (len(options) > 0 && hits[label].end <= options[0].from || hits[label].valueFrom() == len(t.glyphs) || within(agree) || within(differ)): // 余额 of 余额相符 is none
			printed := cut.inner(p.ink, t.span(0, hits[label].from+1).union(hits[label].printed()))
			v.clear(printed)
			if v.pen != nil { // nor is its coloured edge, which looks like a pen's
				clearBox(v.pen, v.w, v.h, printed)
			}
		case len(options) == 0 && !own(agree) && !own(differ) && (isInstruction(t.String()) || isLabel(t, hits) || saysNothing(t.runes())):
			v.clear(cut.inner(p.ink, t.box).grow(2))
		}
	}
	v.slashed = p.slashBetween(words[0], words[1])
	v.clearBeside(p, *agree, *differ)
	v.pieces, v.runs = components(v.mask, v.w, v.h, 1)
	v.cleanFrames()
	v.tighten()
	for i := range v.word {
		r := int(offerReach * v.high)
		b := v.word[i]
		v.reach[i] = box{b.x0 - r, b.y0 - int(offerAbove*v.high), b.x1 + r, b.y1 + int(offerAbove*v.high)}
	}
	return v, nil
}

// lineOf is the lower of two words on a line, for a tick makes one of them taller; but not what a stroke has left of one that nobody can read.
func lineOf(a, b *option) box {
	low, high := a, b
	if high.word.h() < low.word.h() {
		low, high = high, low
	}
	if low.said() == "" && high.said() != "" && float64(low.word.h()) < offerTall*float64(high.word.h()) {
		return high.word
	}
	return low.word
}

// saysNothing reports whether characters are words, and none of them of the result.
func saysNothing(runes []rune) bool {
	words := 0
	for _, r := range runes {
		if unicode.Is(unicode.Han, r) {
			words++
		}
	}
	return words >= sentenceWords && !strings.ContainsAny(string(runes), "不符误致差错")
}

// sentenceWords is the number of characters from which a piece is no stroke misread.
const sentenceWords = 4

// clearRules takes out the form's rules above and below the words, and what lies beyond the
// cell that both stand in. Through the words none is: a rule there is no customer's stroke.
func (v *offers) clearRules(p *page, agree, differ *option) {
	if c := agree.cell(); c >= 0 && c == differ.cell() {
		cell := v.cut.inner(p.ink, p.rules.cells[c].box)
		for _, beyond := range []box{{0, 0, v.w, cell.y0 + 2}, {0, cell.y1 - 2, v.w, v.h}, {0, 0, cell.x0 + 2, v.h}, {cell.x1 - 2, 0, v.w, v.h}} {
			v.clear(beyond)
		}
	}
	if len(p.rules.mask) == 0 {
		return
	}
	ruled := make([]uint8, len(v.mask))
	for y := range v.h {
		if y >= v.word[0].y0 && y < v.word[0].y1 || y >= v.word[1].y0 && y < v.word[1].y1 {
			continue
		}
		row := p.rules.mask[min(int(float64(v.cut.box.Y+y)/p.ink.scale), p.ink.h-1)*p.ink.w:]
		for x := range v.w {
			ruled[y*v.w+x] = v.mask[y*v.w+x] & row[min(int(float64(v.cut.box.X+x)/p.ink.scale), p.ink.w-1)]
		}
	}
	v.clearFolds()
	rules, runs := components(ruled, v.w, v.h, 1)
	for _, r := range runs {
		if c := rules[r.Component]; c.x0 == 0 || c.x1 == v.w { // a line drawn beneath a word ends with it
			v.clear(box{r.X0, r.Y, r.X1, r.Y + 1})
		}
	}
}

// clearFolds takes out upright lines from edge to edge of the view beside the words: folds, and what a scanner draws.
func (v *offers) clearFolds() {
	pieces, runs := components(v.mask, v.w, v.h, 1)
	for _, r := range runs {
		c := pieces[r.Component]
		if c.h() == v.h && float64(c.w()) <= foldWide*v.high && c.overlapX(v.word[0]) <= 0 && c.overlapX(v.word[1]) <= 0 {
			v.clear(box{r.X0, r.Y, r.X1, r.Y + 1})
		}
	}
}

// foldWide is the most room that an upright line takes which leans a little.
const foldWide = 0.35

// cell is the table's cell in which the answer is offered, below 0 outside of tables.
func (o option) cell() int {
	if o.text == nil {
		return -1
	}
	return o.text.cell
}

// clearBeside takes out what is printed beside the words in their pieces: their numbers, the
// slash between them, and what is asked of who differs.
func (v *offers) clearBeside(p *page, a, d option) {
	if a.text == nil || d.text == nil {
		return
	}
	first, last := a, d
	if cmpReading(d.word, a.word) < 0 {
		first, last = d, a
	}
	take := func(t *text, from, end int) { v.clear(v.cut.inner(p.ink, t.span(from, end))) }
	before := func(t *text, from, end int, reach float64) { // a box may stand behind it, or anything written
		b := t.span(from, end)
		b.x1 = min(b.x1, int(t.glyphs[end-1].middle()+reach)+1)
		v.clear(v.cut.inner(p.ink, b))
	}
	one, behindOne := first.number('1')
	two, behindTwo := last.number('2')
	if one < behindOne && two < behindTwo {
		before(first.text, one, behindOne, first.text.halfWidth(behindOne-1))
		before(last.text, two, behindTwo, last.text.halfWidth(behindTwo-1))
	}
	for _, o := range []option{a, d} {
		if n := o.sentence(); n > 0 {
			before(o.text, 0, n, float64(o.text.h())) // where its last character stands is read roughly
		}
	}
	slash := func(t *text, i int) { // half way between them
		if i >= 0 && i < len(t.glyphs) && isSlash(t.glyphs[i].char) && math.Abs(2*t.glyphs[i].middle()-float64(first.word.x1+last.word.x0)) <= float64(first.word.h()) {
			v.clearWithin(v.cut.inner(p.ink, t.span(i, i+1)).grow(2))
		}
	}
	slash(first.text, first.end)
	if first.text != last.text || last.from != first.end+1 {
		slash(last.text, last.from-1)
	}
	if t := last.text; last.end < len(t.glyphs) && isInstruction(string(t.runes()[last.end:])) {
		take(t, last.end, len(t.glyphs))
	}
}

// clearWithin takes out the pieces of ink that lie in b: what reaches in, a ring beside a slash, stays.
func (v *offers) clearWithin(b box) {
	pieces, runs := components(v.mask, v.w, v.h, 1)
	for _, r := range runs {
		if pieces[r.Component].union(b) == b {
			v.clear(box{r.X0, r.Y, r.X1, r.Y + 1})
		}
	}
}

// number is where the number n of an answer begins right before its word, or the box before that,
// and what is behind it; nothing lies between where there is none.
func (o option) number(n rune) (from, end int) {
	i := o.from
	for i > 0 && isBoxLike(o.text.glyphs[i-1].char) {
		i--
	}
	end = i
	for i > 0 && (isSeparator(o.text.glyphs[i-1].char) || o.text.glyphs[i-1].char == '、') {
		i--
	}
	if i > 0 && o.text.glyphs[i-1].char == n {
		return i - 1, end
	}
	return end, end
}

// sentence is the number of glyphs of the words of a sentence that the answer completes: 上述余额□相符.
func (o option) sentence() int {
	n := 0
	for n < o.from && !isBoxLike(o.text.glyphs[n].char) && !strings.ContainsRune(answerFrames, o.text.glyphs[n].char) {
		n++
	}
	if n == o.from || !saysNothing(o.text.runes()[:n]) {
		return 0
	}
	return n
}

// slashBetween reports whether a slash was read between two words on one line.
func (p *page) slashBetween(a, b box) bool {
	first, last := a, b
	if last.x0 < first.x0 {
		first, last = last, first
	}
	return slices.ContainsFunc(p.texts, func(t *text) bool {
		return t.overlapY(first) > 0 && t.overlapY(last) > 0 && slices.ContainsFunc(t.glyphs, func(g placed) bool {
			return isSlash(g.char) && g.middle() > float64(first.x0+first.x1)/2 && g.middle() < float64(last.x0+last.x1)/2
		})
	})
}

func isSlash(r rune) bool { return r == '/' || r == '、' || r == '|' }

func (v *offers) clear(b box) { clearBox(v.mask, v.w, v.h, b) }

// clearBox takes the ink of a w×h mask out of b.
func clearBox(mask []uint8, w, h int, b box) {
	for y := max(0, b.y0); y < min(h, b.y1); y++ {
		for x := max(0, b.x0); x < min(w, b.x1); x++ {
			mask[y*w+x] = 0
		}
	}
}

// tighten draws the words' boxes around their characters, whose places were read roughly. A
// word that a stroke runs through is as wide as the other's characters say.
func (v *offers) tighten() {
	if v.draw(); !v.whole[0] && !v.whole[1] {
		v.high = v.charHeight() // a ring makes the line higher
		v.draw()
	}
	for k := range v.word { // a ring may have taken a character
		counted := v.said[k] != "" || v.fitsOther(k)
		least := offerNarrow
		if v.chars[0] == v.chars[1] {
			least = offerNarrowest
		}
		if o := 1 - k; v.whole[0] && v.whole[1] && (!counted || float64(v.word[k].w()*v.chars[o]) < least*float64(v.word[o].w()*v.chars[k])) {
			v.whole[k] = false
		}
	}
	for k, b := range v.word {
		if o := 1 - k; v.whole[o] && (!v.whole[k] || v.said[k] == "" || !v.fitsOther(k)) { // a word that nobody has read may be another's pieces
			about := b
			if !v.fitsOther(k) { // of 余额相符 a ring has left 相符
				about.x0 -= max(0, v.word[o].w()-b.w())
			}
			if p, ok := v.findPrint(o, v.said[o], []box{about}); ok {
				v.word[k], v.chars[k], v.whole[k], v.exact[k] = p.at, p.chars, v.extra(p) <= printExtra, true
				continue
			}
			if v.whole[k] {
				continue
			}
			w := v.word[o].w() * v.chars[k] / max(1, v.chars[o])
			x, y := b.centre()
			v.word[k] = box{x - w/2, y - v.word[o].h()/2, x - w/2 + w, y - v.word[o].h()/2 + v.word[o].h()}
		}
	}
}

// fitsOther reports whether word k has as many characters as an answer opposite the other, as far as that was read.
func (v *offers) fitsOther(k int) bool {
	others := opposite(v.said[1-k])
	return len(others) == 0 || slices.ContainsFunc(others, func(s shared) bool { return s.chars == v.chars[k] })
}

func (v *offers) draw() {
	for k, b := range v.word {
		if v.word[k], v.whole[k] = v.tight(b, v.beside[k], v.chars[k]); v.whole[k] {
			v.high = min(v.high, float64(v.word[k].h()))
		}
	}
}

// charHeight is that of most pieces on the line of the words that may be characters.
func (v *offers) charHeight() float64 {
	var heights []int
	for _, c := range v.pieces {
		for _, b := range v.word {
			if c.overlapX(b) > 0 && c.overlapY(b) > 0 && float64(c.h()) >= offerLeast*v.high && float64(c.w()) <= offerOnePiece*float64(c.h()) {
				heights = append(heights, c.h())
			}
		}
	}
	if len(heights) == 0 {
		return v.high
	}
	slices.Sort(heights)
	return float64(heights[3*len(heights)/4])
}

// tight draws a word's box around the pieces that stand on its line nearest to its middle, as
// wide as so many characters are, but for the box to tick; false where they make no such word.
func (v *offers) tight(word, beside box, chars int) (box, bool) {
	slack := int(offerSlack * v.high)
	x, _ := word.centre()
	tall, all, heights := box{}, box{}, []int{} // characters as high as the line
	inFrame := func(b box) bool {
		return 2*b.overlapX(beside) > b.w() || slices.ContainsFunc(v.clean, func(f emptyFrame) bool { return f.union(b) == f.box })
	}
	slash := func(c component) bool { return v.slashed && 2*float64(c.h()) >= v.high && v.straight(c.box, slashOff) }
	solid := func(c component) bool { // a frame filled in
		return float64(c.area) >= offerSolid*float64(c.w()*c.h()) && 2*float64(min(c.w(), c.h())) >= v.high
	}
	full := func(c component) bool {
		h := float64(c.h())
		return !solid(c) && !slash(c) && c.overlapX(word) > 0 && c.overlapY(word) > 0 && h >= offerTall*v.high && h <= offerTallest*v.high && !inFrame(c.box)
	}
	for _, c := range v.pieces {
		if full(c) {
			if len(heights) == 0 {
				all = c.box
			}
			heights, all = append(heights, c.h()), all.union(c.box)
		}
	}
	slices.Sort(heights)
	if float64(all.h()) <= offerTallest*v.high { // parts of characters among them
		tall = all
	}
	for _, c := range v.pieces {
		if all == tall || !full(c) || 5*abs(c.h()-heights[len(heights)/2]) > heights[len(heights)/2] {
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
			if c.y0 < word.y0-slack || c.y1 > word.y1+slack || out.union(c.box) == out || inFrame(c.box) || solid(c) || slash(c) {
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
			if far < gap && float64(grown.w()) <= offerWide*float64(chars)*max(high, v.high) {
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
