package ocr

import (
	"slices"
	"strings"
	"unicode"
)

// minAccountDigits is the shortest account number.
const minAccountDigits = 10

// headDigits is the fewest figures in the beginning of an account number that goes on.
const headDigits = 6

// looksLikeAccount is 0..1: the share of digits, if there are enough and none of
// an amount's punctuation.
func looksLikeAccount(t *text) float64 {
	n, least := countDigits(t.glyphs), minAccountDigits-2
	if t.extent == headRead && !t.hasHan() { // 2025年12 begins a date
		least = headDigits
	}
	if n < least || slices.ContainsFunc(t.glyphs, func(g placed) bool { return g.char == ',' || g.char == '.' }) {
		return 0
	}
	return float64(n) / float64(len(t.glyphs))
}

// looksLikeAmount is 0..1: the share of figures, if a point stands before the
// last two.
func looksLikeAmount(t *text) float64 {
	glyphs := withoutUnit(plainSigns(t.glyphs))
	n := len(glyphs)
	if n < 4 || countDigits(glyphs) < 3 {
		return 0
	}
	figures := 0
	for _, g := range glyphs {
		if unicode.IsDigit(g.char) || strings.ContainsRune(",.-¥()", g.char) {
			figures++
		}
	}
	score := float64(figures) / float64(n)
	if t.extent == headRead {
		return score // the point is yet to come
	}
	for _, g := range glyphs[max(0, n-4):] {
		if g.char == '.' {
			return score
		}
	}
	return score / 2
}

// plainSigns undoes what the first, rough reading makes of a ¥ before figures, and of the
// zeros behind it.
func plainSigns(glyphs []placed) []placed {
	if len(glyphs) < 2 || !strings.ContainsRune("VY¥", glyphs[0].char) || !strings.ContainsRune(digits+"OoD", glyphs[1].char) {
		return glyphs
	}
	glyphs = slices.Clone(glyphs)
	glyphs[0].char = '¥'
	for i := range glyphs {
		if strings.ContainsRune("OoD", glyphs[i].char) {
			glyphs[i].char = '0'
		}
	}
	return glyphs
}

// withoutUnit is an amount without the currency before it and the 元 behind.
func withoutUnit(glyphs []placed) []placed {
	first := slices.IndexFunc(glyphs, func(g placed) bool { return unicode.IsDigit(g.char) || strings.ContainsRune("-¥(", g.char) })
	if first < 0 {
		return glyphs
	}
	before := &text{glyphs: glyphs[:first]}
	if currency(before.String()) != "" {
		glyphs = glyphs[first:]
	}
	if i := slices.IndexFunc(glyphs, func(g placed) bool { return g.char == '元' }); i > 0 && len(glyphs)-i <= 2 {
		glyphs = glyphs[:i]
	}
	return glyphs
}

func countDigits(glyphs []placed) int {
	n := 0
	for _, g := range glyphs {
		if g.char >= '0' && g.char <= '9' {
			n++
		}
	}
	return n
}

// looksRight is the score from which a piece counts as a value of its kind.
const looksRight = 0.7
