package ocr

import (
	"bytes"
	"slices"
	"strings"
)

// What tells writing and stamps from print.
const (
	printSize     = 1.25 // height of black writing, in heights of the labels, up to which it may be print
	otherInkShare = 0.6  // of the labels' blackness: less than any print of theirs has
	blackPrint    = 0.8  // blackness of labels: of black ones 0.92 and more, of blue and green ones 0.70 and less (docs/adr/028, tenth round)
	denserInk     = 1.5  // of the label's density, that of a pen at least: print of one form hardly differs, pens on pale print by 1.9 and 2.6 (docs/adr/036)
	partedShare   = 0.8  // share of the width of words along which a rule parts them
)

// printSized reports whether black writing is as high as the labels: it may be print.
func (p *page) printSized(b box, hits []hit) bool { return printHigh(b.h(), hits) }

// printHigh is printSized for a height.
func printHigh(h int, hits []hit) bool {
	var heights []int
	for _, h := range hits {
		heights = append(heights, h.text.h())
	}
	if len(heights) == 0 {
		return true
	}
	slices.Sort(heights)
	return float64(h) <= printSize*float64(heights[len(heights)/2])
}

// tallestIn is the height of the tallest piece of ink in b, rules aside.
func (p *page) tallestIn(b box) (int, error) {
	cut, err := p.ink.cut(p.image, p.ink.sheetBox(b), p.ink.ratio)
	if err != nil {
		return 0, err
	}
	cut.erase(p.ink, p.rules.mask)
	pieces, _ := components(inkOver(cut.total, clearInk), cut.total.W, cut.total.H, 1)
	tallest := 0
	for _, c := range pieces {
		tallest = max(tallest, int(float64(c.h())/p.ink.scale))
	}
	return tallest, nil
}

// otherInk reports whether black writing is more coloured than a label: a violet stamp is.
func (p *page) otherInk(b box, hits []hit) bool {
	return p.blackness(b) < otherInkShare*p.printBlackness(hits)
}

// inPensColour reports whether the form is printed in an ink that is not told from a pen's by its colour.
func (p *page) inPensColour(hits []hit) bool {
	print := p.printBlackness(hits)
	return p.ink.warm != nil && print > 0 && print < blackPrint
}

// printBlackness is that of the labels up to the answer's, the blackest.
func (p *page) printBlackness(hits []hit) float64 {
	print := 0.0
	for _, h := range hits {
		print = max(print, p.blackness(h.labelBox()))
		if h.role == roleResult {
			break
		}
	}
	return print
}

// blackness is the black part of the ink in b that no seal's red lies on.
func (p *page) blackness(b box) float64 {
	cut, err := p.ink.cut(p.image, p.ink.sheetBox(b), p.ink.ratio)
	if err != nil {
		return 0
	}
	black, total := 0.0, 0.0
	for i, v := range cut.total.Pix {
		if v > clearInk && (cut.warm == nil || cut.warm.Pix[i] <= clearInk) {
			black, total = black+float64(cut.black.Pix[i]), total+float64(v)
		}
	}
	return black / max(total, 1)
}

// isPrint reports whether a coloured piece is a label or an explanation of a form printed
// in that colour; in warm ink a label only, for 请核查 may be stamped.
func (p *page) isPrint(w written, hits []hit) bool {
	return slices.ContainsFunc(p.texts, func(t *text) bool {
		return 10*t.overlapX(w.box) > 8*w.w() && 10*t.overlapY(w.box) > 8*w.h() && 2*w.h() > t.h() && (isLabel(t, hits) || w.form != formStamped && isInstruction(t.answer()))
	})
}

// asksToWrite reports whether the form says at the place of the answer which words are to be written there: then
// it offers none to tick, and those in b are written unless they are of that sentence.
func (p *page) asksToWrite(zone []box, b box) bool {
	return slices.ContainsFunc(p.texts, func(t *text) bool {
		s := t.String()
		ofSentence := 2*t.overlapY(b) > min(t.h(), b.h()) && -t.overlapX(b) <= 2*t.h()
		return !ofSentence && inZone(t.box, zone) && strings.Contains(s, "填") && containsAny(s, agreeWords) && !strings.ContainsAny(s, "□○√打勾框")
	})
}

// parted reports whether words end where a rule was erased: it may be a pen's line through them, of which this is one side.
func (p *page) parted(b box) bool {
	for y := max(0, b.y0-p.ink.px(lineMarginMM)-1); len(p.rules.mask) > 0 && y < min(p.ink.h, b.y1+p.ink.px(lineMarginMM)+1); y++ {
		row := p.rules.mask[y*p.ink.w+max(b.x0, 0) : y*p.ink.w+min(b.x1, p.ink.w)]
		if float64(bytes.Count(row, []byte{1})) >= partedShare*float64(b.w()) {
			return true
		}
	}
	return false
}

// framedPrint reports whether with the characters in b a frame to tick was read.
func (p *page) framedPrint(b box) bool {
	return slices.ContainsFunc(p.texts, func(t *text) bool {
		return 2*t.overlapX(b) > t.w() && 2*t.overlapY(b) > t.h() && strings.ContainsAny(t.String(), answerFrames)
	})
}

// writtenAlone reports whether words in b are of denser ink than the label of the answer, and its place holds nothing beside them and the frame of
// their stamp: who offers an answer offers another.
func (p *page) writtenAlone(b box, core []box, hits []hit) (bool, error) {
	label := slices.IndexFunc(hits, func(h hit) bool { return h.role == roleResult })
	if label < 0 || p.stampedOver(core) {
		return false, nil
	}
	var levels [2]float32
	for i, at := range []box{hits[label].labelBox(), b} {
		cut, err := p.cut(at)
		if err != nil {
			return false, err
		}
		levels[i] = inkLevel(cut.total, minInk)
	}
	if levels[1] < denserInk*levels[0] {
		return false, nil
	}
	for _, z := range core {
		cut, err := p.ink.cut(p.image, p.ink.sheetBox(z), p.ink.ratio)
		if err != nil {
			return false, err
		}
		w, h, words := cut.total.W, cut.total.H, cut.inner(p.ink, b)
		whole, _ := components(inkOver(cut.total, clearInk), w, h, 1)
		cut.erase(p.ink, p.rules.mask)
		mask := inkOver(cut.total, clearInk)
		clearBox(mask, w, h, words.grow(2))
		for _, t := range hits {
			if t.role == roleResult {
				clearBox(mask, w, h, cut.inner(p.ink, t.printed()).grow(2))
			}
		}
		least, wide := leftoverMM*p.ink.perMM*p.ink.scale, int(2*leftoverFrame*p.ink.perMM*p.ink.scale)
		pieces, runs := components(mask, w, h, 1)
		for i, c := range pieces {
			if float64(max(c.w(), c.h())) >= least && !onOutline(whole, runs, i, words, wide) {
				return false, nil
			}
		}
	}
	return len(core) > 0, nil
}
