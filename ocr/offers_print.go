package ocr

import (
	"slices"
	"strings"
)

// What two printed answers share tells where a marked one stands, and what ink on it is not print; set while
// looking at the forms of docs/adr/028, tenth round.
const (
	printFound    = 0.9  // share of the shared print's pixels that are found at the other word
	printFoundOne = 0.97 // the same, where one character alone is shared
	printReachX   = 1.2  // how far from where it was read the word is sought, in heights
	printReachY   = 0.5
	ringRaises    = 0.7  // height of a word, of the line that a ring makes higher, at most: higher words are written
	printSampled  = 400  // pixels that are compared
	printExtra    = 0.12 // ink on shared characters that is not print, as share of the print: of 41 chosen answers none has more than 0.092, a ring's;
	printTouched  = 0.05 // and of those with a box, none more than 0.007; strokes through an answer that take it back leave 0.14 and more
)

// shared is what the answer opposite a known one has in common with it.
type shared struct {
	prefix, suffix int // characters
	chars          int // of the other
}

// opposite lists what the answers opposite a word share with it: 核对不符 and 核对不相符 of 核对相符.
func opposite(word string) []shared {
	var out []shared
	own := []rune(word)
	for _, o := range optionWords {
		other := []rune(o.word)
		n := min(len(own), len(other))
		s := shared{chars: len(other)}
		for s.prefix < n && own[s.prefix] == other[s.prefix] {
			s.prefix++
		}
		for s.suffix < n-s.prefix && own[len(own)-1-s.suffix] == other[len(other)-1-s.suffix] {
			s.suffix++
		}
		switch string(own[s.prefix:len(own)-s.suffix]) + "|" + string(other[s.prefix:len(other)-s.suffix]) {
		case "相|不", "不|相", "|不", "不|", "无|有", "有|无":
			out = append(out, s)
		}
	}
	return out
}

// said is the word of an option as it was read, empty where it was not.
func (o option) said() string {
	if o.text == nil || o.end > len(o.text.glyphs) {
		return ""
	}
	word := strings.ReplaceAll(string(o.text.runes()[o.from:o.end]), "-", "一")
	if !slices.ContainsFunc(optionWords, func(w optionWord) bool { return w.word == word }) {
		return ""
	}
	return word
}

// foundPrint is where the print of a marked word was found.
type foundPrint struct {
	at    box // the word
	found float64
	shared
	pixels [][2]int // of the shared characters, where they were found
	hidden [][2]int // of the shared characters, where a pen's ink taken out of the view hides the known word's
}

// findPrint looks for the print that a word shares with the known, whole one k, which reads said, about
// the places given.
func (v *offers) findPrint(k int, said string, about []box) (foundPrint, bool) {
	known := v.word[k]
	n := len([]rune(said))
	pitch := float64(known.w()) / (float64(n) - 0.08) // a character's own margins are lost at both ends
	near := *v
	near.mask = v.thickened() // a pixel off is found, and where fewer are off is better
	var best foundPrint
	most := 0
	for _, s := range opposite(said) {
		var pixels, hidden [][2]int // relative to the corner of the other word
		first, last := known.x0+int(pitch*float64(s.prefix)), known.x0+int(pitch*float64(n-s.suffix))
		shift := int(pitch * float64(s.chars-n))
		for y := known.y0; y < known.y1; y++ {
			for x := known.x0; x < known.x1; x++ {
				at := [2]int{x - known.x0, y - known.y0}
				switch {
				case x >= last:
					at[0] += shift
				case x >= first:
					continue
				}
				if v.inked(x, y) {
					pixels = append(pixels, at)
				} else if v.penNear(x, y) {
					hidden = append(hidden, at)
				}
			}
		}
		least := printFound
		if s.prefix+s.suffix == 1 {
			least = printFoundOne
		}
		step := max(1, len(pixels)/printSampled)
		w := int(pitch*float64(s.chars)) - (int(pitch*float64(n)) - known.w())
		for _, b := range about {
			dx, dy := int(printReachX*v.high), int(printReachY*v.high)
			_, middle := b.centre()
			for y := middle - known.h()/2 - dy; y <= middle-known.h()/2+dy; y++ {
				for x := b.x0 - dx; x <= max(b.x0, b.x1-w)+dx; x++ {
					at := box{x, y, x + w, y + known.h()}
					if at.overlapX(known) > 0 && at.overlapY(known) > 0 {
						continue
					}
					exact, beside, of := 0, 0, 0
					for i := 0; i < len(pixels); i += step {
						of++
						if near.inked(x+pixels[i][0], y+pixels[i][1]) {
							beside++
							if v.inked(x+pixels[i][0], y+pixels[i][1]) {
								exact++
							}
						}
					}
					found := float64(beside) / float64(max(1, of))
					if rank := int(1e4 * (found + float64(exact)/float64(max(1, of)))); of > 0 && found >= least && rank > most {
						best, most = foundPrint{at: at, found: found, shared: s, pixels: pixels, hidden: hidden}, rank
					}
				}
			}
		}
	}
	return best, best.found > 0
}

// extra is the ink on the shared characters of a word that is not print, as share of the print.
func (v *offers) extra(p foundPrint) float64 {
	printed := make(map[[2]int]bool, len(p.pixels))
	for _, q := range slices.Concat(p.pixels, p.hidden) {
		printed[[2]int{p.at.x0 + q[0], p.at.y0 + q[1]}] = true
	}
	pitch := float64(p.at.w()) / float64(p.chars)
	first, last := p.at.x0+int(pitch*float64(p.prefix)), p.at.x0+int(pitch*float64(p.chars-p.suffix))
	n := 0
	for y := p.at.y0; y < p.at.y1; y++ {
		for x := p.at.x0; x < p.at.x1; x++ {
			if !v.inked(x, y) || x >= first && x < last {
				continue
			}
			ours := false
			for i := -1; i <= 1 && !ours; i++ { // a pixel off is no difference
				for j := -1; j <= 1 && !ours; j++ {
					ours = printed[[2]int{x + i, y + j}]
				}
			}
			if !ours {
				n++
			}
		}
	}
	return float64(n) / float64(max(1, len(p.pixels)))
}

// touched reports whether ink that is not print lies on word k, where the other is known: a stroke that takes it back, or
// something written over it. A ring may touch a word that is chosen without a box, and one
// that was itself found by its print is a rougher measure.
func (v *offers) touched(k int, byWord bool) bool {
	if v.pen != nil && !v.whole[1-k] { // a pen has drawn over the other
		return v.struckWithin(v.word[k]) || crossedThrough(v.mask, v.w, v.word[k])
	}
	p, ok := v.findPrint(1-k, v.said[1-k], []box{v.word[k]})
	limit := printTouched
	if byWord {
		limit = printExtra
	}
	return ok && (v.extra(p) > limit || v.struckWithin(p.at) || v.crossedAlone(p.at, v.word[1-k]))
}

// crossedAlone reports whether a cross runs through a word, and none in the same place through the other, as print has it that is not sharp.
func (v *offers) crossedAlone(word, other box) bool {
	alike := crossings(v.mask, v.w, other)
	near := int(v.high / crossSteps)
	return slices.ContainsFunc(crossings(v.mask, v.w, word), func(c box) bool {
		return !slices.ContainsFunc(alike, func(d box) bool {
			begins, ends := c.x0-word.x0-(d.x0-other.x0), word.x1-c.x1-(other.x1-d.x1)
			return abs(begins) <= near || abs(ends) <= near
		})
	})
}

// partnerByPrint finds the answer offered beside the one known, or above or below it, by the print that both
// share, where a mark on it makes it unreadable.
func (p *page) partnerByPrint(o option) (option, error) {
	said, h := o.said(), o.word.h()
	if said == "" {
		return option{}, nil
	}
	far, column := int(partnerFar*float64(h)), int((offerColumn+1)*float64(h))
	window := box{max(0, o.word.x0-far), max(0, o.word.y0-column), min(p.ink.w, o.word.x1+far), min(p.ink.h, o.word.y1+column)}
	cut, err := p.ink.cut(p.image, p.ink.sheetBox(window), p.ink.ratio)
	if err != nil {
		return option{}, err
	}
	known := cut.inner(p.ink, o.word)
	v := &offers{cut: cut, w: cut.total.W, h: cut.total.H, high: float64(known.h()), perMM: p.ink.perMM * p.ink.scale}
	v.mask = inkOver(cut.total, max(offerInk*inkLevelIn(cut.total, known, minInk), minInk))
	v.pieces, v.runs = components(v.mask, v.w, v.h, 1)
	frame := cut.inner(p.ink, o.frame)
	word, whole := v.tight(known, frame, o.chars)
	if !whole { // a ring makes the line higher
		v.word = [2]box{known, known}
		v.high = v.charHeight()
		word, whole = v.tight(known, frame, o.chars)
	}
	raised := float64(word.h()) <= ringRaises*float64(known.h())
	known = word
	if hits := p.findHits(); !whole || !p.printSized(p.layoutBox(cut, known), hits) || o.tick == tickNoBox && !raised && !p.printSized(o.word, hits) { // written
		return option{}, nil
	}
	v.word[0] = known
	places := []box{{0, known.y0, known.x0, known.y1}, {known.x1, known.y0, v.w, known.y1}}
	for y := known.h(); y <= int(offerColumn*float64(known.h())); y += known.h() / 2 {
		places = append(places, box{known.x0, known.y0 - y, known.x1, known.y1 - y}, box{known.x0, known.y0 + y, known.x1, known.y1 + y})
	}
	other, ok := v.findPrint(0, said, places)
	if !ok {
		return option{}, nil
	}
	at := p.layoutBox(cut, other.at)
	return option{agree: !o.agree, text: &text{line: line{at, o.text.cell}, extent: wholeRead}, word: at, chars: other.chars}, nil
}

// partnerFar is how far from an answer the other is offered on its line, in heights.
const partnerFar = 14
