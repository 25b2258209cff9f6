package ocr

import (
	"slices"
	"unicode"
)

// option is a printed answer to tick: 相符 or 不符.
type option struct {
	agree bool
	text  *text
	word  box // layout pixels
	// from and end are its glyphs in the text.
	from, end int
	tick      tickState
	frame     box // the box to tick, when tick is not tickNoBox
}

// optionWords are the printed answers, longest first. agree answers occur
// inside differ ones, never the other way round.
var optionWords = []struct {
	word  string
	agree bool
}{
	{"核对不相符", false}, {"余额不相符", false}, {"核对不符", false}, {"余额不符", false}, {"不相符", false}, {"不一致", false}, {"不符", false},
	{"核对相符", true}, {"余额相符", true}, {"核对一致", true}, {"相符", true}, {"一致", true},
}

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

// maxOptionLine bounds the characters of a piece that offers answers: longer
// ones are sentences.
const maxOptionLine = 26

// findOptions finds the printed answers of the page and the ticks at them. A
// word is a printed answer when a box stands beside it, or its opposite stands
// on the same line; else the customer may have written it.
func (p *page) findOptions() ([]option, error) {
	var words []option
	for _, t := range p.texts {
		if len(t.glyphs) <= maxOptionLine {
			words = append(words, t.options()...)
		}
	}
	for i := range words {
		var err error
		if words[i].tick, words[i].frame, err = p.readTick(words[i]); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(slices.Clone(words), func(o option) bool {
		return o.tick == tickNoBox && !slices.ContainsFunc(words, o.opposes)
	}), nil
}

// opposes reports whether o and other are two answers offered on one line.
func (o option) opposes(other option) bool {
	return o.agree != other.agree && 3*o.word.overlapY(other.word) > 2*max(o.word.h(), other.word.h())
}

// options finds the printed answers in a piece; a word that goes on, as in
// 不符原因, is none.
func (t *text) options() []option {
	runes := t.runes()
	var out []option
	for i := 0; i < len(runes); {
		n, agree := optionAt(runes, i)
		if n == 0 {
			i++
			continue
		}
		if end := i + n; end == len(runes) || !unicode.Is(unicode.Han, runes[end]) || isBoxLike(runes[end]) || isOptionAt(runes, end) {
			out = append(out, option{agree: agree, text: t, word: t.wordBox(i, end), from: i, end: end})
		}
		i += n
	}
	return out
}

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
	return r == '口' || r == '□' || r == '日' || r == '回' || r == '曰' || r == '凹' || r == '囗'
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
