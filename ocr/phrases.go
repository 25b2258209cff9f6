package ocr

import (
	"bytes"
	"context"
	"slices"

	"heyin/imaging"
)

// Geometry of answers written or stamped, in millimetres on paper.
const (
	writtenMaxMM    = 13.0 // tallest character of pen or stamp
	writtenMinMM    = 2.2
	writtenMinWide  = 4.0
	writtenMaxWide  = 90.0
	zoneBelowMM     = 16.0 // an answer stands at most so far below its label
	zoneAboveMM     = 4.0
	alignedMM       = 15.0 // labels of one column of a form begin within
	sealMinMM       = 15.0 // a piece of coloured ink this large is a seal
	maxOutsideZone  = 4    // pieces read when the place of the answer is empty
	zoneInkMinShare = 0.4  // of a piece's area that lies in the zone
)

// written is a piece of ink that may be the answer.
type written struct {
	box
	plane  func(inks) *imaging.Plane
	form   string // stamped or handwritten
	inZone bool
	black  bool // not coloured: may be print
}

// Forms of the mark.
const (
	formTick        = "tick"
	formHandwritten = "handwritten"
	formStamped     = "stamped"
	formNone        = "none"
)

func warmInk(i inks) *imaging.Plane  { return i.warm }
func coolInk(i inks) *imaging.Plane  { return i.cool }
func penInk(i inks) *imaging.Plane   { return i.pen }
func totalInk(i inks) *imaging.Plane { return i.total }

// writtenPieces lists the ink that may be an answer: coloured anywhere, black
// in the zone only, where it is no print of the form. Strokes across a box to
// tick or its word are ticks, not writing.
func (p *page) writtenPieces(zone []box, options []option, hits []hit) []written {
	var out []written
	if p.ink.warm != nil {
		out = append(p.coloured(coolInk, formHandwritten, zone), p.coloured(warmInk, formStamped, zone)...)
		out = slices.DeleteFunc(out, func(w written) bool { return w.w() > p.ink.px(writtenMaxWide) || p.isPrint(w, hits) }) // what is wider is a rule's
	}
	for _, t := range p.texts {
		if !inZone(t.box, zone) || isInstruction(t.answer()) || isLabel(t, hits) {
			continue
		}
		// Dark ink of a pen is part coloured, part black: one piece.
		part, own := false, answerPart(t, hits)
		for i, w := range out {
			if w.inZone && w.overlapX(own) > 0 && 2*w.overlapY(own) > min(w.h(), own.h()) {
				out[i].box = w.union(own)
				part = true
			}
		}
		if !part {
			out = append(out, written{box: own, plane: penInk, form: formHandwritten, inZone: true, black: true})
		}
	}
	ofOption := func(w written) bool {
		return slices.ContainsFunc(options, func(o option) bool { return o.covers(w.box) })
	}
	return slices.DeleteFunc(distinct(joined(slices.DeleteFunc(out, ofOption))), func(w written) bool {
		return w.h() < p.ink.px(writtenMinMM) || w.w() < p.ink.px(writtenMinWide) || w.w() > p.ink.px(writtenMaxWide) || ofOption(w)
	})
}

// apart is the paper, in heights, between characters of a stamp set wide.
const apart = 1.5

// joined makes one of black pieces that stand close together on a line: 核 对 相 符.
func joined(pieces []written) []written {
	slices.SortStableFunc(pieces, func(a, b written) int { return a.x0 - b.x0 })
	var out []written
	for _, w := range pieces {
		i := slices.IndexFunc(out, func(o written) bool {
			high := float64(max(o.h(), w.h()))
			return o.black && w.black && 2*o.overlapY(w.box) > min(o.h(), w.h()) && float64(w.x0-o.x1) <= apart*high
		})
		if i < 0 {
			out = append(out, w)
		} else {
			out[i].box = out[i].union(w.box)
		}
	}
	return out
}

// distinct drops pieces that lie within a larger one.
func distinct(pieces []written) []written {
	slices.SortStableFunc(pieces, func(a, b written) int { return b.w()*b.h() - a.w()*a.h() })
	var out []written
	for _, w := range pieces {
		if !slices.ContainsFunc(out, func(o written) bool {
			return o.form == w.form && 10*o.overlapX(w.box) > 8*w.w() && 10*o.overlapY(w.box) > 8*w.h()
		}) {
			out = append(out, w)
		}
	}
	return out
}

// isLabel reports whether a piece is a printed label, with or without a value,
// that asks for something else than the answer.
func isLabel(t *text, hits []hit) bool {
	for _, h := range hits {
		if h.text != t || h.from != 0 {
			continue
		}
		colon := h.end < len(t.glyphs) && isSeparator(t.glyphs[h.end].char)
		if h.role == roleResult {
			return !h.hasValue()
		}
		return colon || !h.hasValue()
	}
	return false
}

// answer is what was read of a piece behind the label of the answer that it begins with: 情况 of 核对情况 explains nothing.
func (t *text) answer() string {
	for _, h := range t.hits() {
		if h.from == 0 && h.role == roleResult && h.hasValue() {
			return string(t.runes()[h.valueFrom():])
		}
	}
	return t.String()
}

// answerPart is the piece without the label of the answer before it.
func answerPart(t *text, hits []hit) box {
	for _, h := range hits {
		if h.text == t && h.role == roleResult && h.hasValue() {
			return h.valueBox()
		}
	}
	return t.box
}

// coloured finds pieces of coloured writing outside seals.
func (p *page) coloured(plane func(inks) *imaging.Plane, form string, zone []box) []written {
	lines := p.warm
	if form != formStamped {
		lines, _ = p.linesOutsideSeals(plane)
	} else if lines == nil {
		lines, p.seals = p.linesOutsideSeals(plane)
		p.warm = lines
	}
	var out []written
	for _, l := range lines {
		l = p.behindLabel(l)
		out = append(out, written{box: l, plane: plane, form: form, inZone: inZone(l, zone)})
	}
	return out
}

// behindLabel is a coloured piece without the label of the answer that it begins with: on a form
// printed in the pen's colour both are one.
func (p *page) behindLabel(b box) box {
	for _, t := range p.texts {
		for _, h := range t.hits() {
			if l := h.labelBox(); h.role == roleResult && abs(l.x0-b.x0) <= l.h()/2 && 2*l.overlapY(b) > l.h() && b.x1 > l.x1+l.h() {
				b.x0 = l.x1
			}
		}
	}
	return b
}

// linesOutsideSeals finds the pieces of writing in an ink, and the seals.
func (p *page) linesOutsideSeals(plane func(inks) *imaging.Plane) (lines, seals []box) {
	mask := p.ink.mask(plane(p.ink.inks))
	defer p.ink.putBack(mask)
	seals = sealPieces(p.ink, mask)
	lines = []box{} // none, but looked for
	for _, l := range findLines(p.ink, mask, noRules, writtenMaxMM) {
		x, y := l.centre()
		if !slices.ContainsFunc(seals, func(s box) bool { return s.contains(x, y) }) {
			lines = append(lines, l.box)
		}
	}
	return withFrames(lines, p.ink.px(stampBandMM)), seals
}

// sealPieces lists the pieces of coloured ink too large for writing.
func sealPieces(in *ink, mask []uint8) []box {
	pieces, _ := components(mask, in.w, in.h, 1)
	var seals []box
	for _, c := range pieces {
		if c.h() >= in.px(sealMinMM) && c.w() >= in.px(writtenMinWide) || c.w() >= in.px(sealMinMM) && c.h() >= in.px(writtenMaxMM) {
			seals = append(seals, c.box)
		}
	}
	return seals
}

// codeOfSeal reports whether figures stand where a seal has its code, which may lie outside of what is left of a worn one: in the square
// of its longer side.
func (p *page) codeOfSeal(figures box) bool {
	x, y := figures.centre()
	return slices.ContainsFunc(p.seals, func(s box) bool {
		side := max(s.w(), s.h())
		return box{s.x0 - (side - s.w()), s.y0 - (side - s.h()), s.x1 + side - s.w(), s.y1 + side - s.h()}.contains(x, y)
	})
}

// stampedOver reports whether a seal lies over the place of the answer: what is
// beneath cannot be called blank. writtenPieces has found the seals.
func (p *page) stampedOver(zone []box) bool {
	if p.ink.warm == nil {
		return false
	}
	return slices.ContainsFunc(p.seals, func(s box) bool { return p.stamped(s, zone) })
}

// stamped reports whether a seal lies on enough of the zone to hide an answer.
func (p *page) stamped(seal box, zone []box) bool {
	return slices.ContainsFunc(zone, func(z box) bool {
		return seal.overlapX(z) >= p.ink.px(writtenMinWide) && seal.overlapY(z) >= p.ink.px(writtenMinMM)
	})
}

// inZone reports whether enough of b lies in the zone.
func inZone(b box, zone []box) bool {
	for _, z := range zone {
		if x, y := b.overlapX(z), b.overlapY(z); x > 0 && y > 0 && float64(x*y) >= zoneInkMinShare*float64(b.w()*b.h()) {
			return true
		}
	}
	return false
}

// resultZone is where the form asks for the answer: the cells beside its label,
// or the paper right of the label and below.
func (p *page) resultZone(hits []hit, options []option) []box {
	var zone []box
	around := func(b box) box {
		return box{b.x0 - p.ink.px(2), b.y0 - p.ink.px(zoneAboveMM), p.ink.w, b.y1 + p.ink.px(zoneBelowMM)}
	}
	for _, h := range hits {
		if h.role != roleResult {
			continue
		}
		if h.text.cell < 0 {
			zone = append(zone, around(h.labelBox()))
			continue
		}
		own := p.rules.cells[h.text.cell].box
		zone = append(zone, own)
		before := len(zone)
		for _, c := range p.rules.cells {
			if c.x0 >= own.x1-2 && float64(c.overlapY(own)) >= sameRow*float64(min(c.h(), own.h())) {
				zone = append(zone, c.box)
			}
		}
		if len(zone) == before { // the rules of the next one were not found
			zone = append(zone, box{own.x1, own.y0, p.ink.w, own.y1})
		}
	}
	if len(zone) == 0 {
		for _, o := range options {
			zone = append(zone, around(o.word))
		}
	}
	return zone
}

// core is the zone without what lies below the next label of the form: seals and
// signatures there are no answer, words may be.
func (p *page) core(zone []box, hits []hit) []box {
	out := slices.Clone(zone)
	for i := range out {
		for _, result := range hits {
			label := result.labelBox()
			if result.role != roleResult || label.overlapY(out[i]) <= 0 {
				continue
			}
			for _, h := range hits {
				b := h.labelBox()
				if h.role != roleResult && h.from == 0 && b.y0 >= label.y1 && abs(b.x0-label.x0) <= p.ink.px(alignedMM) {
					out[i].y1 = min(out[i].y1, b.y0)
				}
			}
		}
	}
	return out
}

// answerLine is the part of the core in which an answer that a seal hides would stand:
// the boxes to tick with their words, where both answers have one, else the line of the
// label. Companies set their seals below it.
func (p *page) answerLine(core []box, options []option, hits []hit) []box {
	var boxes []box
	agree, differ := false, false
	for _, o := range options {
		if o.tick != tickNoBox {
			boxes = append(boxes, o.word.union(o.frame).grow(p.ink.px(writtenMinMM/2)))
			agree, differ = agree || o.agree, differ || !o.agree
		}
	}
	if agree && differ {
		return boxes
	}
	out := slices.Clone(core)
	for i := range out {
		for _, h := range hits {
			if b := h.labelBox(); h.role == roleResult && h.text.cell < 0 && b.overlapY(out[i]) > 0 {
				out[i].y1 = min(out[i].y1, b.y1+p.ink.px(zoneAboveMM))
			}
		}
	}
	return out
}

// inSeal reports whether the middle of b lies in a seal. writtenPieces has found them.
func (p *page) inSeal(b box) bool {
	x, y := b.centre()
	return slices.ContainsFunc(p.seals, func(s box) bool { return s.contains(x, y) })
}

// readWritten reads one piece in several views and keeps the most telling.
func (r *Reader) readWritten(ctx context.Context, p *page, w written) (phraseReading, error) {
	b := w.box.grow(p.ink.px(lineMarginMM))
	cut, err := p.ink.cut(p.image, p.ink.sheetBox(b), p.ink.ratio)
	if err != nil {
		return phraseReading{}, err
	}
	var strips, faint []*strip
	unsure, inFrame := false, false
	for _, plane := range []func(inks) *imaging.Plane{w.plane, totalInk} {
		pl := plane(cut.inks)
		level := inkLevel(pl, minInk)
		v := p.viewsOf(pl, level)
		inFrame = v.framed // with all inks, the last: another pen's stroke is not seen in the stamp's own
		if len(v.strips) == 0 {
			continue
		}
		strips = append(strips, v.strips...)
		faint = append(faint, newStrip(pl, trim(pl, box{0, 0, pl.W, pl.H}, trimLevel*faintInk*level), faintInk*level))
		unsure = unsure || twoLines(pl, v.where, level)
		if y, ok := p.writingLine(w.box); ok {
			cut.eraseRow(p.ink, pl, y)
			if v.crossed { // by the line to write on?
				clean := p.viewsOf(pl, level)
				v.crossed = !clean.framed || clean.crossed
			}
		}
		unsure = unsure || v.crossed || struck(pl, v.where, level)
	}
	lattices, err := r.first.recognise(ctx, strips)
	if err != nil {
		return phraseReading{}, err
	}
	best := mostTelling(lattices)
	if best.opinion == opinionAgree && !unsure {
		if unsure, err = p.crossedOut(w.box, inFrame, best.fit < clearFit); err != nil {
			return phraseReading{}, err
		}
	}
	if best.opinion == opinionAgree && !unsure { // with another pen's faint 不 before it?
		if lattices, err = r.first.recognise(ctx, faint); err != nil {
			return phraseReading{}, err
		}
		unsure = slices.ContainsFunc(lattices, (*lattice).denies)
	}
	if best.opinion == opinionAgree && unsure {
		best.opinion = opinionUnclear
	}
	return best, nil
}

// views are those of writing or a stamp in one ink.
type views struct {
	strips  []*strip // none where it is too small to be read
	where   box      // of the ink in its plane
	framed  bool
	crossed bool // within its frame
}

// viewsOf takes the whole of a plane, and beside it, for a 不 may stand on the frame, what a stamp's frame holds.
func (p *page) viewsOf(pl *imaging.Plane, level float32) (v views) {
	inside, words, framed := unframed(pl, level, p.ink.perMM*p.ink.scale)
	v.where, v.framed = trim(pl, box{0, 0, pl.W, pl.H}, trimLevel*level), framed
	if min(v.where.w(), v.where.h()) < leastWritten {
		return v
	}
	if framed {
		v.strips, v.crossed = append(v.strips, newStrip(inside, words, level)), crossedWithin(inside, words, level)
	}
	v.strips = append(v.strips, newStrip(pl, v.where, level))
	return v
}

// mostTelling is the reading of several views: one that says differ or is unclear outweighs one that agrees.
func mostTelling(lattices []*lattice) (best phraseReading) {
	for i, l := range lattices {
		if reading := readPhrase(l); i == 0 || reading.fit > best.fit {
			best = reading
		}
	}
	for _, l := range lattices {
		reading := readPhrase(l)
		switch {
		case best.opinion == opinionAgree && (reading.opinion == opinionDiffer || reading.opinion == opinionUnclear):
			best.opinion = opinionUnclear
		case best.opinion == opinionNone && reading.opinion == opinionDiffer:
			best = reading // a long answer, which fits no phrase well
		}
	}
	return best
}

// clearFit is the fit from which words are read clearly: of 24 generated written answers all reach 0; scribbled or slashed out and still read, 4 stay
// below -0.07, and 8 of 27 of the development set, of degraded stamps and odd hands.
const clearFit = -0.02

// leastWritten is the side in pixels below which nothing can be read.
const leastWritten = 8

// faintInk is the share of the writing's density at which ink of another pen is as black.
const faintInk = 0.3

// writingLine is the row of a printed rule that runs through the lower part of writing and
// goes on beside it for as much as the writing is high: a line to write on, which no one
// draws to cross an answer out.
func (p *page) writingLine(b box) (y int, ok bool) {
	if len(p.rules.mask) == 0 {
		return 0, false
	}
	for y := b.y0 + 6*b.h()/10; y < min(b.y1, p.ink.h); y++ {
		row := p.rules.mask[y*p.ink.w : (y+1)*p.ink.w]
		for _, from := range []int{b.x0 - b.h(), b.x1} {
			beside := row[min(max(from, 0), p.ink.w):min(max(from+b.h(), 0), p.ink.w)]
			if float64(bytes.Count(beside, []byte{1})) >= partedShare*float64(b.h()) {
				return y, true
			}
		}
	}
	return 0, false
}

// eraseRow clears a rule that runs through a plane of the patch at a row of the layout.
func (c *patch) eraseRow(in *ink, pl *imaging.Plane, y int) {
	thick := int(ruleThickMM / 2 * in.perMM * in.scale)
	at := c.inner(in, box{0, y, 1, y + 1})
	for i := max(0, (at.y0-thick)*pl.W); i < min(len(pl.Pix), (at.y1+thick)*pl.W); i++ {
		pl.Pix[i] = 0
	}
}

// twoLines reports whether one half of a piece holds two lines, with paper between: answers printed
// one above the other, which ticks have joined.
func twoLines(pl *imaging.Plane, b box, level float32) bool {
	middle, _ := b.centre()
	for _, half := range []box{{b.x0, b.y0, middle, b.y1}, {middle, b.y0, b.x1, b.y1}} {
		first, last, gap, from := b.y1, b.y0, 0, b.y0 // from: the row behind the last one with ink
		for y := b.y0; y < b.y1; y++ {
			if inkShareIn(pl, box{half.x0, y, half.x1, y + 1}, tickStrength*level) == 0 {
				continue
			}
			if y-from > gap && from > b.y0 {
				first, last, gap = from, y, y-from
			}
			from = y + 1
		}
		if float64(gap) >= lineGap*float64(b.h()) && float64(min(first-b.y0, b.y1-last)) >= lineHigh*float64(b.h()) {
			return true
		}
	}
	return false
}

// Two lines, in heights of both together: the paper between, and the lower of them; a stamp's frame
// is lower.
const (
	lineGap  = 0.12
	lineHigh = 0.2
)

// A stroke that crosses writing out, in shares of the writing.
const (
	struckEnds   = 0.06 // of its width at either end that the stroke may leave free
	struckEdge   = 0.15 // of its height above and below, where lines to write on lie and frames
	struckFrame  = 0.3  // of its height above and below, where a stamp's frame lies, on both sides
	struckThick  = 0.04 // of its height on either side of a straight line: strokes are not quite straight
	struckInked  = 0.95 // of the columns that show ink on the line; characters leave gaps between them
	struckSteps  = 18   // lines tried at either end
	struckLevel  = 0.5  // of the writing's density
	struckLeastH = 10   // pixels: what is lower shows no stroke apart from the writing
)

// struck reports whether one stroke runs through writing from end to end, level or aslant.
func struck(pl *imaging.Plane, b box, level float32) bool {
	w, h := float64(b.w()), float64(b.h())
	if b.h() < struckLeastH || w < 2*h { // a character or two have such strokes of their own
		return false
	}
	from, to := b.x0+int(struckEnds*w), b.x1-int(struckEnds*w)
	thick := max(1, int(struckThick*h+0.5))
	inked := func(x, y int) bool {
		for yy := max(y-thick, b.y0); yy <= min(y+thick, b.y1-1); yy++ {
			if pl.Pix[yy*pl.W+x] > struckLevel*level {
				return true
			}
		}
		return false
	}
	at := func(k int) float64 {
		return float64(b.y0) + h*(struckEdge+(1-2*struckEdge)*float64(k)/struckSteps)
	}
	missing := int((1 - struckInked) * float64(to-from))
	upper, lower := false, false
	for i := range struckSteps + 1 {
		for k := range struckSteps + 1 {
			gaps := 0
			for x := from; x < to && gaps <= missing; x++ {
				if t := float64(x-from) / float64(to-from); !inked(x, int(at(i)+t*(at(k)-at(i))+0.5)) {
					gaps++
				}
			}
			if gaps > missing {
				continue
			}
			switch middle := (at(i) + at(k)) / 2; {
			case middle < float64(b.y0)+struckFrame*h:
				upper = true
			case middle > float64(b.y1)-struckFrame*h:
				lower = true
			default:
				return true
			}
		}
	}
	return upper != lower // both are a stamp's frame
}
