package ocr

import (
	"context"
	"math"
	"slices"
	"strings"
	"unicode"
)

// option is a printed answer to tick: 相符 or 不符.
type option struct {
	agree bool
	text  *text // nil for a word hidden by a tick
	word  box   // layout pixels
	// from and end are its glyphs in the text.
	from, end int
	chars     int // of the word
	tick      tickState
	frame     box  // the box to tick, when tick is not tickNoBox
	unknown   bool // a box whose answer cannot be read
	penned    bool // judged by the ink of a pen, told from the print by its colour
}

// optionWords are the printed answers, longest first. agree answers occur
// inside differ ones, never the other way round.
var optionWords = func() (out []optionWord) {
	for _, subject := range []string{"经核对", "核对", "余额", "账务", "金额", ""} {
		for _, differ := range []string{"不相符", "不一致", "不符"} {
			out = append(out, optionWord{subject + differ, false})
		}
		for _, agree := range []string{"相符", "一致"} {
			out = append(out, optionWord{subject + agree, true})
		}
		if subject != "" { // 无误 alone stands in sentences
			out = append(out, optionWord{subject + "有误", false}, optionWord{subject + "无误", true})
		}
	}
	slices.SortStableFunc(out, func(a, b optionWord) int { return len(b.word) - len(a.word) })
	return out
}()

type optionWord struct {
	word  string
	agree bool
}

var agreeWords, differWords = func() (agree, differ []string) {
	for _, o := range optionWords {
		if o.agree {
			agree = append(agree, o.word)
		} else {
			differ = append(differ, o.word)
		}
	}
	return agree, differ
}()

// instructionWords mark a printed sentence: no answer stands in it.
var instructionWords = []string{"请", "填写", "注明", "打", "若", "如", "原因", "勾", "说明", "列明", "理由", "情况", "签章", "盖章", "视同", "通知", "或"}

// isInstruction reports whether the reading is a printed explanation.
func isInstruction(s string) bool {
	return slices.ContainsFunc(instructionWords, func(w string) bool { return containsAt([]rune(s), []rune(w)) >= 0 })
}

func containsAt(s, sub []rune) int {
	for i := 0; i+len(sub) <= len(s); i++ {
		if slices.Equal(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

// maxOptionLine bounds the characters of a piece that offers answers without
// boxes: longer ones are sentences.
const maxOptionLine = 26

// findOptions finds the printed answers of the page and the ticks at them. A
// word is a printed answer when a box stands beside it, or its opposite stands
// on the same line; else the customer may have written it. A word that a tick
// hides is found by its box.
func (r *Reader) findOptions(ctx context.Context, p *page) ([]option, error) {
	var words []option
	for _, t := range p.texts {
		if t.extent == wholeRead {
			words = append(words, t.options()...)
		}
	}
	sides := make([]beside, len(words))
	for i := range words {
		var err error
		if sides[i], err = p.boxesBeside(words[i].word); err != nil {
			return nil, err
		}
		for _, f := range []*framed{&sides[i].left, &sides[i].right} {
			if f.tick != tickNoBox && slices.ContainsFunc(words, func(o option) bool { return o.hasPart(f.frame) }) {
				*f = framed{}
			}
		}
	}
	for i := range words {
		words[i].take(sides[i], boxesStandLeft(words, sides, i))
	}
	// Two words alone may stand one above the other; else one is the customer's own.
	offered := option.opposes
	if len(words) == 2 {
		offered = option.offeredWith
	}
	found := slices.DeleteFunc(slices.Clone(words), func(o option) bool {
		return offeredElsewhere(words, o) || o.tick == tickNoBox && (writtenBeside(words, o) || len(o.text.glyphs) > maxOptionLine || !slices.ContainsFunc(words, func(w option) bool { return offered(o, w) }))
	})
	hidden, err := r.hiddenOptions(ctx, p, found)
	if err != nil {
		return nil, err
	}
	if len(found) == 1 && len(hidden) == 1 && hidden[0].unknown { // a ring or a tick hides its word
		other, err := p.partnerByPrint(found[0])
		if err != nil {
			return nil, err
		}
		if other.text != nil && 2*other.word.overlapX(hidden[0].word) > other.word.w() && other.word.overlapY(hidden[0].word) > 0 {
			other.tick, other.frame = hidden[0].tick, hidden[0].frame
			hidden[0] = other
		}
	}
	found = append(found, hidden...)
	lone := found
	if len(lone) == 0 {
		lone = words
	}
	if len(lone) == 1 {
		other, err := r.partner(ctx, p, lone[0])
		if err != nil {
			return nil, err
		}
		if other.text == nil {
			if other, err = p.partnerByPrint(lone[0]); err != nil {
				return nil, err
			}
		}
		if other.text != nil {
			found = []option{lone[0], other}
		}
	}
	return found, p.judgeOffers(found)
}

// hasPart reports whether what looks like a box is a part of one of the word's characters, as 口 of 误: lower than boxes are. With nothing
// read behind it in its piece, the word ends where that does.
func (o option) hasPart(f box) bool {
	word := o.word
	if o.end == len(o.text.glyphs) {
		word.x1 = o.text.x1
	}
	return 2*f.overlapX(word) > f.w() && f.overlapY(word) > 0 && float64(f.h()) < boxPart*float64(word.h())
}

// boxPart is the height, of the word's, below which a box within it is a part of a character.
const boxPart = 0.75

// writtenBeside reports whether on the line of o both answers are offered with a box: o has none, and no
// form offers one answer twice, so that the customer has written it.
func writtenBeside(words []option, o option) bool {
	offered := func(agree bool) bool {
		return slices.ContainsFunc(words, func(w option) bool {
			return w.agree == agree && w.tick != tickNoBox && 3*w.word.overlapY(o.word) > 2*min(w.word.h(), o.word.h())
		})
	}
	return offered(true) && offered(false)
}

// offeredElsewhere reports whether o has no opposite on its line, where another line offers both answers with a box: what looks like its box is then
// a part of a seal, or of writing.
func offeredElsewhere(words []option, o option) bool {
	return !slices.ContainsFunc(words, o.opposes) && slices.ContainsFunc(words, func(a option) bool {
		return a.tick != tickNoBox && slices.ContainsFunc(words, func(d option) bool { return d.tick != tickNoBox && a.opposes(d) })
	})
}

// partner finds the answer offered beside the one known, or above or below it, where a
// stroke through or around it makes it unreadable as part of its piece.
func (r *Reader) partner(ctx context.Context, p *page, o option) (option, error) {
	pieces := p.texts
	if rest, ok := o.restOfPiece(); ok {
		pieces = append([]*text{rest}, pieces...)
	}
	for _, t := range pieces {
		w := option{agree: !o.agree, text: t, word: t.box}
		if t == o.text || t.w() > partnerWide*o.word.h() || t.h() > partnerHigh*o.word.h() || !o.offeredWith(w) || isInstruction(t.String()) || isLabel(t, t.hits()) {
			continue
		}
		if over := t.h() - o.word.h(); 4*over > o.word.h() { // within a ring, or beside a tick
			y := (t.y0 + t.y1 - o.word.h()) / 2
			if o.opposes(w) {
				y = o.word.y0
			}
			w.word.y0, w.word.y1 = y, y+o.word.h()
			if over > o.word.h() {
				w.word.x0, w.word.x1 = t.x0+o.word.h()/2, t.x1-o.word.h()/2
			}
		}
		agree, ok, err := r.readAnswer(ctx, p, w.word)
		if err != nil {
			return option{}, err
		}
		if ok && agree != w.agree {
			continue
		}
		if word, joined := o.withoutBox(w); joined {
			agree, apart, err := r.readAnswer(ctx, p, word)
			if err != nil {
				return option{}, err
			}
			if apart && agree == w.agree {
				w.word, ok = word, true
			}
		}
		if ok {
			w.chars = max(2, (10*w.word.w()+2*w.word.h())/(10*w.word.h())) // a stroke through it is longer than the word
			return w, nil
		}
	}
	return option{}, nil
}

// restOfPiece is what stands before an answer in its piece, without the slash between: two answers that a ring joins.
func (o option) restOfPiece() (*text, bool) {
	end := o.from
	for end > 0 && isSlash(o.text.glyphs[end-1].char) {
		end--
	}
	if end == 0 {
		return nil, false
	}
	rest := &text{line: line{o.text.span(0, end), o.text.cell}, glyphs: o.text.glyphs[:end], extent: wholeRead}
	return rest, 2*rest.w() >= 3*rest.h()
}

// withoutBox is the word of a piece in which a tick joins it to its box: as far from the piece's
// end as the known word from the end of its box. It has two characters at least.
func (o option) withoutBox(w option) (word box, joined bool) {
	frame := o.frame
	if o.tick == tickNoBox && 2*(o.word.x0-o.text.x0) > o.word.h() && (o.from == 0 || o.from == 1 && strings.ContainsRune(answerFrames, o.text.glyphs[0].char)) {
		frame = box{o.text.x0, o.text.y0, o.word.x0, o.text.y1} // a circle before it in its piece, read or not
	}
	word = box{w.text.x0, w.word.y0, w.text.x1, w.word.y1}
	if !o.opposes(w) { // a tick reaches above its line rather than below
		word.y0, word.y1 = w.text.y1-o.word.h(), w.text.y1
	}
	if left := o.word.x0 - frame.x0; left > 0 {
		word.x0 += left
	} else {
		word.x1 -= frame.x1 - o.word.x1
	}
	return word, frame != (box{}) && 2*word.w() >= 3*word.h()
}

// Size of a piece that may be an answer marked by the customer, in heights of the other.
const (
	partnerWide = 8
	partnerHigh = 3
)

// leftRight says on which side of the words of a line their boxes stand.
type leftRight int

const (
	sideUnknown leftRight = iota
	sideLeft
	sideRight
)

// boxesStandLeft judges the line of words[i] by its ends: a box before the first
// word and none behind the last stand left, the reverse right.
func boxesStandLeft(words []option, sides []beside, i int) leftRight {
	first, last := i, i
	for k := range words {
		if words[k].sameLine(words[i]) {
			if words[k].word.x0 < words[first].word.x0 {
				first = k
			}
			if words[k].word.x1 > words[last].word.x1 {
				last = k
			}
		}
	}
	before, behind := sides[first].left.tick != tickNoBox, sides[last].right.tick != tickNoBox
	switch {
	case before && !behind:
		return sideLeft
	case behind && !before:
		return sideRight
	default:
		return sideUnknown
	}
}

// take gives the option its box: the one on the side where the line has them,
// which must not be much farther than the other.
func (o *option) take(b beside, line leftRight) {
	f, sure := b.own()
	if !sure {
		switch line {
		case sideLeft:
			f, sure = b.left, true
		case sideRight:
			f, sure = b.right, true
		}
	} else if line == sideLeft && f == b.right || line == sideRight && f == b.left {
		sure = f.tick == tickNoBox
	}
	o.tick, o.frame = f.tick, f.frame
	o.unknown = !sure && (b.left.tick > tickEmpty || b.right.tick > tickEmpty)
}

func (o option) sameLine(other option) bool {
	return 3*o.word.overlapY(other.word) > 2*max(o.word.h(), other.word.h())
}

// wordAt is where the word of another box stands: as the known one does to its box, and it
// may be longer by a 不 on the side away from it.
func (o option) wordAt(frame box) box {
	dx, dy := frame.x0-o.frame.x0, frame.y0-o.frame.y0
	word := box{o.word.x0 + dx, o.word.y0 + dy, o.word.x1 + dx, o.word.y1 + dy}
	if o.frame.x0 > o.word.x0 {
		word.x0 -= o.word.h()
	} else {
		word.x1 += o.word.h()
	}
	return word
}

// hiddenOptions looks along the line and the column of a known box for further
// ones, and reads the word beside each against the answers only.
func (r *Reader) hiddenOptions(ctx context.Context, p *page, known []option) ([]option, error) {
	var out []option
	var lines []box // searched
	for _, o := range known {
		if o.tick == tickNoBox || slices.ContainsFunc(lines, func(l box) bool { return 2*l.overlapY(o.frame) > o.frame.h() }) {
			continue
		}
		lines = append(lines, o.frame)
		frames, err := p.boxesAlong(o.frame)
		if err != nil {
			return nil, err
		}
		for _, f := range frames {
			if slices.ContainsFunc(known, func(k option) bool { return k.covers(f.frame) }) || p.inLabel(f.frame) {
				continue
			}
			word := o.wordAt(f.frame)
			if word.x0 < 0 { // what lies at the edge of the page is no box
				continue
			}
			agree, ok, err := r.readAnswer(ctx, p, word)
			if err != nil {
				return nil, err
			}
			ok = ok && agree != o.agree // no form offers one answer twice
			if ok || f.tick != tickEmpty {
				out = append(out, option{agree: agree, unknown: !ok, word: word, tick: f.tick, frame: f.frame})
			}
		}
	}
	return out, nil
}

// inLabel reports whether the middle of b lies in a label, 回 of 回复意见 is no box, amid words that
// may be one, or behind other words in an explanation: 因 of 原因 is none, nor that of 请在□内打√.
func (p *page) inLabel(b box) bool {
	x, y := b.centre()
	return slices.ContainsFunc(p.texts, func(t *text) bool {
		if !t.contains(x, y) {
			return false
		}
		if t.extent == wholeRead && saysNothing(t.runes()) && b.x0 >= t.x0+t.h() && b.x1 <= t.x1-t.h()/2 { // boxes stand at an end
			return true
		}
		from, options := t.x0, t.options() // of the explanation
		if len(options) > 0 {
			from = options[len(options)-1].word.x1
		}
		return isInstruction(t.String()) && b.x0 >= from+t.h() || slices.ContainsFunc(t.hits(), func(h hit) bool {
			ofAnswer := slices.ContainsFunc(options, func(o option) bool { return h.from >= o.from && h.from < o.end }) // 余额 of 余额相符
			return !ofAnswer && h.labelBox().contains(x, y)
		})
	})
}

// Limits for a word that stands beside a box: it need not explain the tick's
// strokes, but must clearly be one answer and not the other.
const (
	hiddenFit    = -4.0
	hiddenMargin = 1.2
)

// readAnswer reads a place as one of the printed answers; ok is false when it
// is clearly neither.
func (r *Reader) readAnswer(ctx context.Context, p *page, where box) (agree, ok bool, err error) {
	s, err := p.strip(where)
	if err != nil {
		return false, false, err
	}
	lattices, err := r.first.recognise(ctx, []*strip{s})
	if err != nil {
		return false, false, err
	}
	l := lattices[0]
	yes, no := bestPhrase(l, agreeWords), bestPhrase(l, differWords)
	if max(yes, no) < hiddenFit || math.Abs(yes-no) < hiddenMargin || yes > no && l.peak('不') >= negation {
		return false, false, nil
	}
	return yes > no, true, nil
}

// covers reports whether a stroke at b crosses the option's box or word.
func (o option) covers(b box) bool {
	for _, part := range []box{o.frame, o.word} {
		if part.w() > 0 && part.overlapX(b) > 0 && part.overlapY(b) > 0 {
			return true
		}
	}
	return false
}

// opposes reports whether o and other are two answers offered on one line, of which a
// tick may make one taller.
func (o option) opposes(other option) bool {
	return o.agree != other.agree && 3*o.word.overlapY(other.word) > 2*min(o.word.h(), other.word.h())
}

// offeredWith reports whether o and other are two answers that a form offers, on one line
// or one above the other.
func (o option) offeredWith(other option) bool {
	return o.opposes(other) || o.agree != other.agree && (o.above(other) || other.above(o))
}

// options finds the printed answers in a piece; a word that goes on, as in
// 不符原因, is none.
func (t *text) options() []option {
	runes := t.runes()
	for i := range len(runes) - 1 {
		if runes[i+1] == '致' && runes[i] == '-' {
			runes[i] = '一'
		}
	}
	var out []option
	for i := 0; i < len(runes); {
		n, agree := optionAt(runes, i)
		if n == 0 {
			i++
			continue
		}
		starts := t.wordBegins(i) || i == 1 && !strings.ContainsRune(beforeOption, runes[0]) || !unicode.Is(unicode.Han, runes[i-1]) || isBoxLike(runes[i-1]) || len(out) > 0 && out[len(out)-1].end == i
		if end := i + n; starts && !t.quoted(i, end) && (end == len(runes) || !unicode.Is(unicode.Han, runes[end]) || isBoxLike(runes[end]) || isOptionAt(runes, end)) {
			out = append(out, option{agree: agree, text: t, word: t.wordBox(i, end), from: i, end: end, chars: n})
		}
		i += n
	}
	return out
}

// quoted reports whether words are spoken of, as in (请填写“相符”或“不符”), and not offered.
func (t *text) quoted(from, end int) bool {
	return from > 0 && end < len(t.glyphs) && strings.ContainsRune("“”\"「『", t.glyphs[from-1].char) && strings.ContainsRune("“”\"」』", t.glyphs[end].char)
}

// beforeOption are the characters that make something else of the word behind them; any other
// one, alone before it, is a box misread.
const beforeOption = "不未非无否经已若如与是"

func optionAt(runes []rune, i int) (n int, agree bool) {
	for _, o := range optionWords {
		word := []rune(o.word)
		if i+len(word) <= len(runes) && slices.Equal(runes[i:i+len(word)], word) {
			return len(word), o.agree
		}
	}
	return 0, false
}

func isOptionAt(runes []rune, i int) bool {
	n, _ := optionAt(runes, i)
	return n > 0
}

// isBoxLike lists the characters as which an outlined box is read.
func isBoxLike(r rune) bool {
	return r == '口' || r == '□' || r == '日' || r == '回' || r == '曰' || r == '凹' || r == '囗' || r == '二'
}

// wordBox is the box of the glyphs from ≤ i < end alone: what stands before them
// in the piece, though not read, is left out. A glyph is read at its middle.
func (t *text) wordBox(from, end int) box {
	b := t.span(from, end)
	first, last := t.glyphs[from], t.glyphs[end-1]
	half := float64(t.h()) * 0.6
	if n := end - from; n > 1 {
		half = min(half, 0.6*(last.x0-first.x0)/float64(n-1))
	}
	b.x0 = max(b.x0, int((first.x0+first.x1)/2-half))
	b.x1 = min(b.x1, int((last.x0+last.x1)/2+half)+1)
	return b
}
