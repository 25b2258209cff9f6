package ocr

import (
	"slices"
)

// option is a printed answer to tick: 相符 or 不符.
type option struct {
	agree bool
	text  *text
	word  box // layout pixels
	// from and end are its glyphs in the text.
	from, end int
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

// findOptions finds the printed answers of the page.
func (p *page) findOptions() []option {
	var out []option
	for _, t := range p.texts {
		if len(t.glyphs) <= maxOptionLine {
			out = append(out, t.options()...)
		}
	}
	return out
}

// options finds the printed answers in a piece, up to where an instruction begins.
func (t *text) options() []option {
	runes := t.runes()
	var out []option
	for i := 0; i < len(runes); {
		if isInstruction(string(runes[i : i+1])) {
			break
		}
		n := 0
		for _, o := range optionWords {
			word := []rune(o.word)
			if i+len(word) <= len(runes) && slices.Equal(runes[i:i+len(word)], word) {
				n = len(word)
				out = append(out, option{agree: o.agree, text: t, word: t.span(i, i+n), from: i, end: i + n})
				break
			}
		}
		i += max(n, 1)
	}
	return out
}
