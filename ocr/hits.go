package ocr

import (
	"regexp"
	"slices"
	"unicode"
)

// hit is a label found on the page.
type hit struct {
	role role
	text *text
	from int // first glyph of the label
	end  int // first glyph after it
	next int // first glyph of the next label in the piece, or its end
}

// labelBox is where the label is printed.
func (h hit) labelBox() box { return h.text.span(h.from, h.end) }

// hasValue reports whether more than punctuation follows the label in its piece.
func (h hit) hasValue() bool { return h.valueFrom() < h.next || h.goesOn() }

// goesOn reports that the piece goes on beyond what was read of it.
func (h hit) goesOn() bool { return h.text.extent == headRead && h.next == len(h.text.glyphs) }

// needsRest reports whether the rest of a piece must be read: for a value in
// words, or to see where a value begins.
func (h hit) needsRest() bool {
	switch h.role {
	case roleCustomer, roleResult, roleCurrency:
		return true
	case roleStatement, roleAccount, roleBalance: // no figure yet: the beginning of its English name
		return h.valueFrom() == len(h.text.glyphs) || countDigits(h.text.glyphs[h.valueFrom():]) == 0
	default:
		return false
	}
}

// valueFrom is the first glyph of the value behind the label.
func (h hit) valueFrom() int {
	i := h.end
	if h.role == roleAccount || h.role == roleBalance {
		i += h.remark()
	}
	i += h.translation(i)
	for i < h.next && isSeparator(h.text.glyphs[i].char) {
		i++
	}
	return i
}

// remark is the number of glyphs of a remark in brackets behind the label, such as (小写) or
// (单位:元): words, where a negative amount has figures.
func (h hit) remark() int {
	behind := h.text.glyphs[h.end:h.next]
	if len(behind) > 0 && behind[0].char == ')' { // 余额(小写 is near enough to 余额小写
		return 1
	}
	end := slices.IndexFunc(behind, func(g placed) bool { return g.char == ')' })
	if end < 0 || behind[0].char != '(' || countDigits(behind[:end]) > 0 {
		return 0
	}
	return end + 1
}

// printed is the print of a label that asks for the answer, no wider than its characters: something may be written close behind it, or on it.
func (h hit) printed() box {
	b := h.text.span(h.from, h.valueFrom())
	if last := h.end - 1; last-h.from >= 3 {
		first, before := h.text.glyphs[h.from].middle(), h.text.glyphs[last-1].middle()
		pitch := (before - first) / float64(last-1-h.from)
		b.x1 = min(b.x1, int(before+(labelEnd+float64(h.valueFrom()-h.end))*pitch))
	}
	return b
}

// labelEnd is where a label ends, in widths of its characters from the middle of the last but one: half a character more than it must, for
// where characters stand is read roughly.
const labelEnd = 2.0

// valueBox is where the value behind the label stands.
func (h hit) valueBox() box {
	b := h.text.span(h.valueFrom(), h.next)
	if h.next == len(h.text.glyphs) {
		b.x1 = h.text.x1
	}
	return b
}

// translated is the English name of a label, as in 对账单号 Statement No. or 余额 Balance: — longer than the
// name of a currency, which tells something of the value.
var translated = regexp.MustCompile(`^(?:[A-Za-z/&'.()-]{2,}?N[oO]\.?:?|[A-Za-z/&'.()-]{4,}?:)`)

// translation is the number of glyphs of the label's English name at glyph i.
func (h hit) translation(i int) int {
	if i >= h.next || !unicode.IsLetter(h.text.glyphs[i].char) || h.text.glyphs[i].char > unicode.MaxASCII {
		return 0
	}
	return len(translated.FindString(string(h.text.runes()[i:h.next]))) // characters of one byte each
}

// isSeparator lists what stands between a label and its value; ! is a colon misread.
func isSeparator(r rune) bool {
	return r == ':' || r == '!' || r == '.' || r == ';' || r == '_' || r == ',' || r == '为'
}

// span is the box of the glyphs from ≤ i < end; it reaches half way to the
// glyphs beside them.
func (t *text) span(from, end int) box {
	b := t.box
	switch {
	case from == 0:
	case from < len(t.glyphs):
		b.x0 = int(t.between(from))
	default: // what follows was not read
		b.x0 = int(t.glyphs[from-1].middle() + t.halfWidth(from-1))
	}
	if end < len(t.glyphs) && end > 0 {
		b.x1 = int(t.between(end)) + 1
	}
	return b
}

// between is where the paper lies between glyphs i-1 and i. Glyphs are read at
// their middle; their widths are those of square and of narrow characters.
func (t *text) between(i int) float64 {
	left := t.glyphs[i-1].middle() + t.halfWidth(i-1)
	right := t.glyphs[i].middle() - t.halfWidth(i)
	return (left + right) / 2
}

func (t *text) halfWidth(i int) float64 {
	if unicode.Is(unicode.Han, t.glyphs[i].char) {
		return 0.5 * float64(t.h())
	}
	return 0.27 * float64(t.h())
}

// findHits finds the labels of all pieces, in reading order.
func (p *page) findHits() []hit {
	var hits []hit
	for _, t := range p.texts {
		hits = append(hits, t.hits()...)
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmpReading(a.labelBox(), b.labelBox())
	})
	return hits
}

// cmpReading orders boxes by line, then from left to right.
func cmpReading(a, b box) int {
	if a.overlapY(b)*2 > min(a.h(), b.h()) {
		return a.x0 - b.x0
	}
	return a.y0 - b.y0
}

// hits finds the labels of a piece: at its beginning, or where a word begins.
func (t *text) hits() []hit {
	runes := t.runes()
	var hits []hit
	for i := 0; i < len(runes); {
		if !t.wordBegins(i) {
			i++
			continue
		}
		r, n := labelAt(runes, i)
		if r == roleNone {
			i, r, n = labelBeforeColon(runes, i)
		}
		if r == roleNone {
			i++
			continue
		}
		if k := len(hits) - 1; k >= 0 {
			if hits[k].end == i && hits[k].role == r {
				// "编号 No." names the same thing twice.
				hits[k].end = i + n
				i += n
				continue
			}
			hits[k].next = i
		}
		h := hit{role: r, text: t, from: i, end: i + n, next: len(runes)}
		hits = append(hits, h)
		i += n + h.translation(h.end)
	}
	return hits
}

// labelBeforeColon finds a label that ends where the next colon stands, in
// words such as 截止2025年12月31日余额:. Without one it returns from and no role.
func labelBeforeColon(runes []rune, from int) (at int, r role, n int) {
	colon := slices.Index(runes[from:], ':')
	for at = from + 1; at < from+colon; at++ {
		if r = roleOf(runes[at : from+colon]); r != roleNone {
			if before := string(runes[max(from, at-2):at]); r == roleBalance && namesCustomer(before) {
				r = roleOther // 贵方企业账面余额: the customer's own
			}
			return at, r, from + colon - at
		}
	}
	return from, roleNone, 0
}

// wordBegins reports whether a label may begin at glyph i: after punctuation or
// figures, or after a wide gap.
func (t *text) wordBegins(i int) bool {
	if i == 0 {
		return true
	}
	before, here := t.glyphs[i-1], t.glyphs[i]
	if !unicode.Is(unicode.Han, before.char) {
		return unicode.Is(unicode.Han, here.char) || !unicode.IsLetter(before.char) && !unicode.IsDigit(before.char)
	}
	if !unicode.Is(unicode.Han, here.char) {
		return unicode.IsLetter(here.char)
	}
	return here.x0-before.x1 > 1.2*float64(t.h())
}
