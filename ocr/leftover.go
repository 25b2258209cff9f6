package ocr

import (
	"context"
	"slices"
	"strings"

	"heyin/imaging"
)

// Ink near an answer, in heights of the answer where not said otherwise; set while looking at the traps
// and forms of docs/adr/028, fourth round.
const (
	leftoverMM     = 1.2  // mm, from which it is a stroke
	outlineShare   = 0.9  // share of its ink that lies on the side of a stamp's frame
	leftoverFrame  = 0.8  // mm, of the line that frames a stamp
	leftoverUp     = 0.4  // above and below; a line of print may reach in with its foot (inRow)
	leftoverBeside = 1.2  // left and right
	leftoverDown   = 1.2  // of a box's height, by which a tick reaches below its box
	leftoverAcross = 0.85 // of the answer's width, which no character has
	leftoverDot    = 0.5  // of a box's width, which the least tick measures with what it touches
	leftoverPitch  = 1.15 // of the width a character has in the other answer: wider, and something was put in
	leftoverFlat   = 5    // as wide as high, and more: a line to write on, or what is left of a rule above
)

// contradicted reports whether an answer that agrees, set at where, is not all that the customer
// wrote: near it stands ink that is neither print, nor a seal's, nor the answer itself (a 不 put in, a
// stroke that takes it back; what it says is not asked), or a remark says something against it.
func (r *Reader) contradicted(ctx context.Context, p *page, form string, sealed bool, where box, zone []box, options []option, hits []hit) (bool, error) {
	var doubt bool
	var err error
	if form == formTick {
		doubt, err = r.strayAtTick(ctx, p, where, options)
	} else {
		doubt, err = p.strayAtWriting(form, sealed, where, options, hits)
	}
	if err != nil || doubt {
		return doubt, err
	}
	return r.objected(ctx, p, zone, options, hits)
}

// around is where ink may be meant for an answer in b of a line so high.
func around(b box, h int) box {
	up, beside := int(leftoverUp*float64(h)), int(leftoverBeside*float64(h))
	return box{b.x0 - beside, b.y0 - up, b.x1 + beside, b.y1 + up}
}

// strayAtTick looks at two answers of which the agreeing one is ticked.
func (r *Reader) strayAtTick(ctx context.Context, p *page, where box, options []option) (bool, error) {
	agree, differ, ok := opposites(where, options)
	if !ok {
		return true, nil // the other was not seen
	}
	if denied, err := r.denied(ctx, p, agree.word); err != nil || denied {
		return denied, err
	}
	v, err := p.viewOffers(&agree, &differ, true)
	if err != nil || v == nil { // under a seal
		return false, err
	}
	if v.pen != nil {
		if differ.tick == tickEmpty && !differ.chosenByWord() { // the edge of its frame, on a pale form
			clearBox(v.pen, v.w, v.h, v.cut.inner(p.ink, differ.frame).grow(2))
		}
		if v.penElsewhere(v.cut.inner(p.ink, agree.frame)) {
			return true, nil
		}
	}
	agree.penned = agree.penned || v.penRing() // a box that the ring cuts looks ticked
	if v.pen != nil && !agree.penned {
		if v, err = p.viewOffers(&agree, &differ, false); err != nil || v == nil {
			return false, err
		}
	}
	frame, other := v.cut.inner(p.ink, agree.frame), v.word[1]
	if differ.tick != tickNoBox {
		other = v.cut.inner(p.ink, differ.frame)
	}
	if v.widerSet(v.chars[0], v.chars[1]) {
		return true, nil
	}
	byWord := agree.chosenByWord() || agree.penned
	if v.whole[0] && !agree.penned { // its place is known better
		byWord = 2*frame.overlapX(v.word[0]) > frame.w()
	}
	ringed := v.ringAround(v.word[0].union(frame)) || v.encloses(v.word[0], v.outside(int(ringGap*v.high))) >= ringEncloses
	if ringed && !byWord && v.share(middleOf(gapBetween(frame, v.word[0]))) > penMost {
		return true, nil // more than the ring
	}
	if v.touched(0, byWord || ringed) || v.touched(1, byWord || v.exact[0]) && !(byWord && v.struckWithin(v.word[1])) {
		return true, nil
	}
	if slices.ContainsFunc(p.texts, func(t *text) bool { return t.goesOnBeside(agree, differ) }) {
		return true, nil
	}
	if byWord { // compared stroke by stroke
		return differ.tick != tickNoBox && !differ.chosenByWord() && v.crowded(v.gapAs(other)), nil
	}
	if v.dot(frame) {
		return true, nil
	}
	near := around(v.word[0].union(frame), int(v.high))
	own := touching(v.pieces, v.runs, frame.grow(-1)) // the tick with all that it touches
	ofTick := make([]bool, len(v.mask))
	for _, r := range v.runs {
		for x := r.X0; own[r.Component] && x < r.X1; x++ {
			ofTick[r.Y*v.w+x] = true
		}
	}
	if agree.tick == tickStruck && v.leaves(frame) || agree.tick != tickStruck && !ringed && differ.tick == tickEmpty && v.tangled(ofTick, frame, other) {
		return true, nil
	}
	words := v.word
	if !v.whole[0] {
		if v.whole[1] && 2*other.overlapX(words[1]) <= other.w() {
			words[0] = besideFrame(words[0], frame, words[1], other)
		}
		words[0] = words[0].union(v.cut.inner(p.ink, agree.word))
		if v.filled(words[0]) {
			return true, nil
		}
	}
	for _, b := range []box{words[0].grow(1), words[1].grow(1), frame.grow(2), other.grow(2)} {
		v.clear(b)
	}
	rest, runs := components(v.mask, v.w, v.h, 1)
	at, beyond := touching(rest, runs, frame.grow(4)), touching(rest, runs, other.grow(4))
	tick := make([]bool, len(rest))
	for _, r := range runs {
		tick[r.Component] = tick[r.Component] || ofTick[r.Y*v.w+r.X0]
	}
	read := v.cut.inner(p.ink, agree.word)
	both := v.word[0].union(frame)
	apart := slices.IndexFunc(rest, func(c component) bool { // a ring that touches neither, and nothing before them
		return ringed && c.union(both) == c.box && v.before(both, 2) < ringPreceded
	})
	for i, c := range rest {
		if i == apart {
			continue
		}
		character := float64(c.h()) >= offerTall*v.high && c.union(read.grow(2)) == read.grow(2)
		if character || c.overlapX(near) <= 0 || c.overlapY(near) <= 0 || float64(max(c.w(), c.h())) < leftoverMM*v.perMM {
			continue
		}
		low := c.y1 == v.h || c.x0 == 0 || c.x1 == v.w || float64(c.y1-frame.y1) > leftoverDown*float64(frame.h())
		if apart >= 0 || !tick[i] || beyond[i] || at[i] && low {
			return true, nil
		}
	}
	return false, nil
}

// crowded reports whether more than a ring's side stands in a gap: two strokes beside each other.
func (v *offers) crowded(gap box) bool {
	rows := 0
	for y := max(0, gap.y0); y < min(v.h, gap.y1); y++ {
		if x0, x1 := max(0, gap.x0), min(v.w, gap.x1); x0 < x1 && strokesIn(v.mask[y*v.w+x0:y*v.w+x1], 1) >= 2 {
			rows++
		}
	}
	return rows >= tangledLeast
}

// gapAs is what lies between the agreeing word and where its frame must be, as the other's stands to its own.
func (v *offers) gapAs(other box) box {
	d := v.word[0].x0 - v.word[1].x0
	if other.x0 > v.word[1].x0 {
		d = v.word[0].x1 - v.word[1].x1
	}
	return gapBetween(box{other.x0 + d, other.y0, other.x1 + d, other.y1}, v.word[0])
}

// gapBetween is what lies between a frame and its word, in the rows of the word.
func gapBetween(frame, word box) box {
	if frame.x0 > word.x0 {
		return box{word.x1, word.y0, frame.x0, word.y1}
	}
	return box{frame.x1, word.y0, word.x0, word.y1}
}

// goesOnBeside reports whether a piece that is no print begins with the tick in an answer's box and goes on behind it, farther
// than any tick.
func (t *text) goesOnBeside(o, other option) bool {
	if t == o.text || t == other.text || len(t.options()) > 0 || len(t.hits()) > 0 || isInstruction(t.String()) || saysNothing(t.runes()) {
		return false
	}
	end := t.x1
	if 2*t.overlapX(other.word) > other.word.w() && 2*t.overlapY(other.word) > other.word.h() { // the other answer, in one piece with the tick
		end = o.frame.x1
		for i, g := range t.glyphs {
			if x := int(g.middle()); x < other.word.x0 || x >= other.word.x1 {
				end = max(end, int(g.middle()+t.halfWidth(i)))
			}
		}
	}
	return t.overlapX(o.frame) > 0 && t.overlapY(o.frame) > 0 && float64(end-max(o.frame.x1, o.word.x1)) > offerReach*float64(o.word.h())
}

// besideFrame moves a word to where it must stand beside its frame, as the known one does.
func besideFrame(word, frame, known, knownFrame box) box {
	dx := frame.x0 - knownFrame.x0 + known.x0 - word.x0
	if knownFrame.x0 >= known.x1 {
		dx = frame.x1 - knownFrame.x1 + known.x1 - word.x1
	}
	word.x0, word.x1 = word.x0+dx, word.x1+dx
	return word
}

// opposites are the answer ticked at where and the nearest of those that differ; false where none
// was seen.
func opposites(where box, options []option) (agree, differ option, ok bool) {
	for _, o := range options {
		if o.agree && o.frame == where {
			agree = o
		}
	}
	far := func(o option) int { return abs(o.word.x0-agree.word.x0) + abs(o.word.y0-agree.word.y0) }
	for _, o := range options {
		if !o.agree && !o.unknown && (!ok || far(o) < far(differ)) {
			differ, ok = o, true
		}
	}
	return agree, differ, ok && agree.frame == where
}

// widerSet reports whether the characters of the agreeing answer stand wider than those of the other
// one, as with a 不 put before or among them.
func (v *offers) widerSet(agree, differ int) bool {
	a, d := v.word[0], v.word[1]
	alike := v.whole[0] && v.whole[1] && float64(abs(a.h()-d.h())) <= (leftoverPitch-1)*float64(d.h())
	return alike && float64(a.w()*differ) > leftoverPitch*float64(d.w()*agree)
}

// filled reports whether no paper shows between the characters of a word.
func (v *offers) filled(word box) bool {
	for x := word.x0 + word.w()/8; x < word.x1-word.w()/8; x++ {
		if v.share(box{x, word.y0, x + 1, word.y1}) == 0 {
			return false
		}
	}
	return true
}

// dot reports whether what stands within a frame is smaller than any tick: dirt, or a pen laid down.
func (v *offers) dot(frame box) bool {
	found := false
	for i, in := range touching(v.pieces, v.runs, frame.grow(-frame.w()/4)) {
		if c := v.pieces[i]; in && float64(max(c.w(), c.h())) >= leftoverDot*float64(frame.w()) {
			return false
		}
		found = found || in
	}
	return found
}

// chosenByWord reports that the answer has no box of its own: it was marked by a stroke at the word.
func (o option) chosenByWord() bool { return 2*o.frame.overlapX(o.word) > o.frame.w() }

// touching tells which pieces have ink in b.
func touching(pieces []component, runs []imaging.Run, b box) []bool {
	out := make([]bool, len(pieces))
	for _, r := range runs {
		if r.Y >= b.y0 && r.Y < b.y1 && r.X1 > b.x0 && r.X0 < b.x1 {
			out[r.Component] = true
		}
	}
	return out
}

// strayAtWriting looks beside writing, and at what lies on it.
func (p *page) strayAtWriting(form string, sealed bool, where box, options []option, hits []hit) (bool, error) {
	window := around(where, where.h())
	if where.x0 <= 1 || where.x1 >= p.ink.w-1 {
		return true, nil // what stood before it is cut off
	}
	cut, err := p.ink.cut(p.image, p.ink.sheetBox(window.grow(where.h())), p.ink.ratio)
	if err != nil {
		return false, err
	}
	if sealed {
		cut.withoutWarm()
	}
	inner := func(b box) box { return cut.inner(p.ink, b) }
	answer, reach := inner(where), inner(window)
	if y, ok := p.writingLine(where); ok {
		cut.eraseRow(p.ink, cut.total, y)
		cut.eraseRow(p.ink, cut.pen, y)
	}
	if crossed(cut.total, answer) {
		return true, nil
	}
	level := tickStrength * inkLevelIn(cut.total, answer, minInk)
	// While rules are not erased: a level stroke through a character or more is taken for one.
	if form == formStamped && onStamp(cut.pen, box{1, 1, cut.pen.W - 1, cut.pen.H - 1}, answer.grow(-answer.h()/5), level, answer.h()) {
		return true, nil
	}
	whole, _ := components(inkOver(cut.total, clearInk), cut.total.W, cut.total.H, 1)
	cut.erase(p.ink, p.rules.mask)
	mask := inkOver(cut.total, clearInk)
	pen, err := p.penOn(cut, window.grow(where.h()), mask)
	if err != nil {
		return false, err
	}
	print := p.printNear(window.grow(2), where, hits) // what ends at its edge reaches in
	for _, o := range options {
		print = append(print, o.word.union(o.frame))
	}
	for _, b := range print {
		if 2*b.overlapX(where) > b.w() && b.overlapY(where) > 0 { // the answer itself, read as a label
			continue
		}
		clearBox(mask, cut.total.W, cut.total.H, inner(b).grow(2))
	}
	if pen == nil && cut.cool != nil && !p.inPensColour(hits) {
		pen = inkOver(cut.cool, clearInk)
	}
	for _, b := range p.penOnPrint(cut, pen) {
		for y := b.y0; y < b.y1; y++ {
			for i := y*cut.total.W + b.x0; i < y*cut.total.W+b.x1; i++ {
				mask[i] |= pen[i]
			}
		}
	}
	least := int(leftoverMM * p.ink.perMM * p.ink.scale)
	thin := int(ruleThickMM / 2 * p.ink.perMM * p.ink.scale) // what is left of a rule
	frameLine := int(leftoverFrame * p.ink.perMM * p.ink.scale)
	pieces, runs := components(mask, cut.total.W, cut.total.H, 1)
	for i, c := range pieces {
		_, y := c.centre()
		flat := c.w() >= leftoverFlat*c.h() && (c.h() <= thin && y < answer.y0 || y > answer.y0+2*answer.h()/3)
		through := c.w() > c.h() && y > answer.y0+answer.h()/5 && y < answer.y1-answer.h()/5
		line := !through && min(c.w(), c.h()) <= frameLine
		if max(c.w(), c.h()) < least || flat || line && p.besideRule(cut, runs, i) || !through && onOutline(whole, runs, i, answer, 2*frameLine) || p.ofSeal(cut, runs, i, c.box) {
			continue
		}
		own := mostlyIn(c.box, answer) || slices.ContainsFunc(whole, func(f component) bool { // of a character that was cut
			return f.union(c.box) == f.box && mostlyIn(f.box, answer) && max(f.w(), f.h()) <= answer.h()+thin
		})
		near := y >= reach.y0 && y < reach.y1 || c.overlapY(answer) > 0 || !inRow(pieces, c.box) // else the foot of the next line of print
		if !own && c.overlapX(reach) > 0 && c.overlapY(reach) > 0 && near {
			return true, nil
		}
	}
	return form == formStamped && onStamp(cut.pen, box{0, 0, cut.pen.W, cut.pen.H}, answer, level, least), nil
}

// onStamp reports whether a pen's ink, or print, above a level and as long as least lies on a stamp and ends
// within bounds, as a rule that is not erased does not.
func onStamp(pen *imaging.Plane, bounds, stamp box, level float32, least int) bool {
	pieces, _ := components(inkOver(pen, level), pen.W, pen.H, 1)
	return slices.ContainsFunc(pieces, func(c component) bool {
		return c.union(bounds) == bounds && max(c.w(), c.h()) >= least && c.overlapX(stamp) > 0 && c.overlapY(stamp) > 0
	})
}

// inRow reports whether two more pieces as high stand in a row with b, as print does.
func inRow(pieces []component, b box) bool {
	n := 0
	for _, c := range pieces {
		if 2*c.overlapY(b) > b.h() && 2*c.h() > b.h() && c.h() < 2*b.h() {
			n++
		}
	}
	return n > 2 // with itself
}

// inkOver is a mask of the ink of a plane above a level.
func inkOver(p *imaging.Plane, level float32) []uint8 {
	mask := make([]uint8, len(p.Pix))
	for i, d := range p.Pix {
		if d > level {
			mask[i] = 1
		}
	}
	return mask
}

// crossed reports whether one piece of ink runs through the middle of writing from end to end: a stroke,
// however wavy, joins its characters. A stamp's frame does not, nor what goes on beside the writing.
func crossed(pl *imaging.Plane, answer box) bool {
	if 10*answer.w() < 16*answer.h() { // a character or two
		return false
	}
	near, middle := answer.grow(answer.h()/2), answer.grow(-answer.h()/5)
	mask := inkOver(pl, clearInk)
	edge := answer.h() / 8 // without it the line beneath stands apart
	for _, rows := range []box{{0, 0, pl.W, pl.H}, {0, answer.y0 + edge, pl.W, answer.y1 - edge}} {
		clear(mask[:max(0, rows.y0)*pl.W])
		clear(mask[min(pl.H, rows.y1)*pl.W:])
		pieces, runs := components(mask, pl.W, pl.H, 1)
		columns := make(map[int][]bool)
		for _, r := range runs {
			if r.Y < middle.y0 || r.Y >= middle.y1 || pieces[r.Component].union(near) != near {
				continue
			}
			if columns[r.Component] == nil {
				columns[r.Component] = make([]bool, middle.w())
			}
			for x := max(r.X0, middle.x0); x < min(r.X1, middle.x1); x++ {
				columns[r.Component][x-middle.x0] = true
			}
		}
		for _, inked := range columns {
			n := 0
			for _, ink := range inked {
				if ink {
					n++
				}
			}
			if float64(n) >= leftoverAcross*float64(middle.w()) {
				return true
			}
		}
	}
	return false
}

// besideRule reports whether a piece of ink adjoins a rule: a stamp's frame is erased as rules are, and some of it stays.
func (p *page) besideRule(cut *patch, runs []imaging.Run, i int) bool {
	at := func(x, y int) bool { // x, y: of the patch
		lx, ly := int(float64(cut.box.X+x)/p.ink.scale), int(float64(cut.box.Y+y)/p.ink.scale)
		return lx >= 0 && lx < p.ink.w && ly >= 0 && ly < p.ink.h && p.rules.mask[ly*p.ink.w+lx] != 0
	}
	return slices.ContainsFunc(runs, func(r imaging.Run) bool {
		middle := (r.X0 + r.X1) / 2
		return r.Component == i && (at(r.X0-1, r.Y) || at(r.X1, r.Y) || at(middle, r.Y-1) || at(middle, r.Y+1))
	})
}

// onOutline reports whether a piece of ink lies along a side, so wide, of a frame around an answer: where a stamp's frame is erased as rules are, or
// has a gap, pieces of it stay.
func onOutline(pieces []component, runs []imaging.Run, i int, answer box, wide int) bool {
	return slices.ContainsFunc(pieces, func(f component) bool {
		outer, inner := f.box.grow(wide), f.box.grow(-wide)
		if outer.union(answer) != outer {
			return false
		}
		on, all := 0, 0
		for _, r := range runs {
			if b := (box{r.X0, r.Y, r.X1, r.Y + 1}); r.Component == i {
				all += b.w()
				if outer.union(b) == outer {
					on += b.w() - max(0, b.overlapX(inner))*max(0, b.overlapY(inner))
				}
			}
		}
		return float64(on) >= outlineShare*float64(all)
	})
}

// mostlyIn reports whether a piece stands in the row of an answer, and more than half of its width within it.
func mostlyIn(b, answer box) bool {
	_, y := b.centre()
	return 2*b.overlapX(answer) >= b.w() && y >= answer.y0 && y < answer.y1
}

// ofSeal reports whether a piece of ink belongs to a seal found.
func (p *page) ofSeal(cut *patch, runs []imaging.Run, i int, b box) bool {
	if cut.warm == nil || !slices.ContainsFunc(p.seals, func(s box) bool { t := cut.inner(p.ink, s); return t.overlapX(b) > 0 && t.overlapY(b) > 0 }) {
		return false
	}
	warm, all := 0, 0
	for _, r := range runs {
		if r.Component != i {
			continue
		}
		for x := r.X0; x < r.X1; x++ {
			all++
			if cut.warm.Pix[r.Y*cut.warm.W+x] > clearInk {
				warm++
			}
		}
	}
	return 4*warm > all
}

// printNear lists what the form prints near writing.
func (p *page) printNear(window, line box, hits []hit) []box {
	var out []box
	for _, t := range p.texts {
		if t.overlapX(window) <= 0 || t.overlapY(window) <= 0 {
			continue
		}
		beside := t.overlapY(line) > 0
		for _, h := range t.hits() {
			switch { // a written No is read as a label
			case h.role == roleResult:
				out = append(out, h.printed())
			case !beside:
				out = append(out, t.box)
			case t.hasHan():
				out = append(out, h.labelBox())
			}
		}
		if !beside && (countDigits(t.glyphs) >= headingDigits || t.extent == unread && p.inOtherRow(t, line)) { // a value
			out = append(out, t.box)
		}
		if isInstruction(t.String()) || isLabel(t, hits) && t.hasHan() {
			out = append(out, t.box)
		}
	}
	return out
}

// inOtherRow reports whether text stands in a cell of a table above or below a line.
func (p *page) inOtherRow(t *text, line box) bool {
	_, y := line.centre()
	return t.cell >= 0 && (p.rules.cells[t.cell].y1 <= y || p.rules.cells[t.cell].y0 > y)
}

// objectionWords stand in no remark of who agrees.
var objectionWords = []string{"误", "差", "未", "待", "查", "错", "应为", "实为", "不", "少记", "多记", "非", "否"}

// remarkWords name the place where the form asks for reasons and remarks.
var remarkWords = []string{"备注", "附言", "说明", "原因", "未达", "意见及"}

// objects reports whether a reading, not print, says something against agreement.
func (r phraseReading) objects() bool {
	return r.opinion == opinionDiffer || r.opinion == opinionFigure || containsAny(r.text, objectionWords)
}

// objected reads what stands where the form asks for remarks, as far as it has not been read.
func (r *Reader) objected(ctx context.Context, p *page, zone []box, options []option, hits []hit) (bool, error) {
	var remarks []box
	for _, t := range p.texts {
		if !containsAny(t.String(), remarkWords) {
			continue
		}
		if err := r.ensure(ctx, p, wholeRead, t); err != nil {
			return false, err
		}
		if _, said, _ := strings.Cut(t.String(), ":"); containsAny(said, objectionWords) && !isInstruction(said) {
			return true, nil
		}
		remarks = append(remarks, box{t.x0, t.y0 - p.ink.px(zoneAboveMM/2), p.ink.w, t.y1 + p.ink.px(zoneBelowMM/2)})
	}
	if len(remarks) == 0 {
		return false, nil
	}
	if err := r.readZone(ctx, p, remarks); err != nil {
		return false, err
	}
	for _, w := range p.writtenPieces(remarks, options, hits) {
		if !w.inZone || inZone(w.box, zone) {
			continue
		}
		reading, err := r.readWritten(ctx, p, w)
		if err != nil {
			return false, err
		}
		if reading.objects() {
			return true, nil
		}
	}
	return false, nil
}

// denied reads an answer ticked once more with every ink and the paper beside it: a 不 put before it may
// touch the tick or the word.
func (r *Reader) denied(ctx context.Context, p *page, word box) (bool, error) {
	var strips []*strip
	for _, b := range []box{word, {word.x0 - word.h(), word.y0, word.x1, word.y1}} {
		cut, err := p.cut(b)
		if err != nil {
			return false, err
		}
		strips = append(strips, newStrip(cut.total, cut.inner(p.ink, b), inkLevel(cut.total, minInk)))
	}
	lattices, err := r.first.recognise(ctx, strips)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(lattices, (*lattice).denies), nil
}
