package ocr

import (
	"context"
	"math"
	"slices"
	"strings"

	"heyin/models"
)

// evidence is one sign of the customer's answer.
type evidence struct {
	opinion    opinion
	form       string
	confidence float64
	text       string
	box        box
}

// answerFrames are the brackets and circles in which a form offers answers: who writes
// one sets none. The other answer may be hidden by the tick in its own.
const answerFrames = "()[]（）【】〔〕○〇◯□口"

// tickConfidence is that of a clear tick in one of two boxes.
const tickConfidence = 0.98

// blankConfidence is that of a place for the answer in which no ink was found.
const blankConfidence = 0.9

// readMark reads the customer's answer. Agree and differ need clear evidence
// and none against it; blank needs a place for the answer that is empty; any
// doubt is unclear.
func (r *Reader) readMark(ctx context.Context, p *page) (models.MarkReading, error) {
	hits := p.findHits()
	if err := r.readZone(ctx, p, p.resultZone(hits, nil)); err != nil {
		return models.MarkReading{}, err
	}
	if err := r.readOnLine(ctx, p, hits); err != nil {
		return models.MarkReading{}, err
	}
	if err := p.findPrintHue(hits); err != nil {
		return models.MarkReading{}, err
	}
	if err := r.readBeneathPen(ctx, p, p.resultZone(hits, nil)); err != nil {
		return models.MarkReading{}, err
	}
	options, err := r.findOptions(ctx, p)
	if err != nil {
		return models.MarkReading{}, err
	}
	zone := p.resultZone(hits, options)
	if len(zone) == 0 {
		if err := r.readRest(ctx, p); err != nil {
			return models.MarkReading{}, err
		}
		if options, err = r.findOptions(ctx, p); err != nil {
			return models.MarkReading{}, err
		}
		hits = p.findHits()
		zone = p.resultZone(hits, options)
	}
	signs := readTicks(options, p.ink.warm != nil)
	phrases, stray, objects, err := r.readPhrases(ctx, p, zone, options, hits)
	if err != nil {
		return models.MarkReading{}, err
	}
	signs = append(signs, phrases...)
	sealed := len(signs) == 0
	if sealed {
		if signs, err = r.readSealedStamps(ctx, p, p.answerLine(p.core(zone, hits), options, hits)); err != nil {
			return models.MarkReading{}, err
		}
	}
	located := len(zone) > 0
	p.answerPlace = located
	offered, err := p.hiddenTick(options)
	if err != nil {
		return models.MarkReading{}, err
	}
	mark, where := judge(signs, stray, located && !offered)
	if mark.Mark == models.Agree {
		doubt, err := r.contradicted(ctx, p, formAt(signs, where, mark.Form), sealed, where, zone, options, hits)
		if err != nil {
			return models.MarkReading{}, err
		}
		if objects || doubt {
			mark.Mark = models.Unclear
		}
	}
	if where != (box{}) {
		mark.Box = p.sheetBox(where)
	}
	return mark, nil
}

// readZone reads whole what stands in the place of the answer, so that no printed
// answer is taken for a written one; of sentences the beginning, and all of those that begin with an answer.
func (r *Reader) readZone(ctx context.Context, p *page, zone []box) error {
	var inside []*text
	for _, t := range p.texts {
		if inZone(t.box, zone) {
			inside = append(inside, t)
		}
	}
	if err := r.ensure(ctx, p, headRead, inside...); err != nil {
		return err
	}
	return r.ensure(ctx, p, wholeRead, slices.DeleteFunc(inside, func(t *text) bool { return len(t.options()) == 0 && !t.cutInOption() })...)
}

// readOnLine reads once more what a ring or a tick makes higher than the line of the label before it: the line
// alone, where two answers are offered.
func (r *Reader) readOnLine(ctx context.Context, p *page, hits []hit) error {
	for _, h := range hits {
		label := h.labelBox()
		if h.role != roleResult {
			continue
		}
		for i, t := range p.texts {
			if 2*t.h() < 3*label.h() || t.x0 < label.x1 || t.y0 > label.y0+label.h()/4 || t.y1 < label.y1-label.h()/4 || len(t.options()) > 1 || len(t.hits()) > 0 || t.w() < 3*label.h() {
				continue
			}
			line := &text{line: line{box{t.x0, label.y0, t.x1, label.y1}, t.cell}}
			if err := r.ensure(ctx, p, wholeRead, line); err != nil {
				return err
			}
			if o := line.options(); len(o) == 2 && o[0].agree != o[1].agree {
				p.texts[i] = line
			}
		}
	}
	return nil
}

// cutInOption reports whether what was read of a piece ends within a printed answer.
func (t *text) cutInOption() bool {
	s := t.String()
	return t.extent == headRead && slices.ContainsFunc(optionWords, func(o optionWord) bool {
		word := []rune(o.word)
		for n := 2; n < len(word); n++ {
			if strings.HasSuffix(s, string(word[:n])) {
				return true
			}
		}
		return false
	})
}

// hiddenTick reports answers offered in a way not understood: none of them has a
// box, or ink stands where one must have its own.
func (p *page) hiddenTick(options []option) (bool, error) {
	known := slices.IndexFunc(options, func(o option) bool { return o.tick != tickNoBox })
	if known < 0 {
		return len(options) > 0, nil
	}
	for _, o := range options {
		// The same words, found a little off beside their box, have theirs.
		twin := func(k option) bool {
			return k.tick != tickNoBox && k.agree == o.agree && 2*k.word.overlapX(o.word) > o.word.w() && 2*k.word.overlapY(o.word) > o.word.h()
		}
		if o.tick != tickNoBox || slices.ContainsFunc(options, twin) {
			continue
		}
		clear, err := p.clearBeside(o, options[known])
		if err != nil || !clear {
			return true, err
		}
	}
	return false, nil
}

// readTicks judges the box beside each printed answer. A stroke around a box counts
// on a colour scan only: in gray it may be a seal.
func readTicks(options []option, colour bool) (signs []evidence) {
	for _, o := range options {
		if o.tick == tickNoBox {
			continue
		}
		e := evidence{form: formTick, confidence: tickConfidence, box: o.frame}
		state := o.tick
		if state == tickAround {
			state = tickDoubtful
			if colour {
				state = tickSet
			}
		}
		if state == tickStruck && otherEmpty(options, o) {
			state = tickSet // filled in
		}
		if o.unknown {
			state = tickDoubtful
		}
		switch state {
		case tickSet:
			e.opinion, e.text = opinionDiffer, "☑不符"
			if o.agree {
				e.opinion, e.text = opinionAgree, "☑相符"
			}
		case tickDoubtful, tickStruck:
			e.opinion = opinionUnclear
		default:
			continue
		}
		signs = append(signs, e)
	}
	return signs
}

// otherEmpty reports whether the opposite of o is offered with an empty box: who blackens a
// box to take a tick back ticks the other.
func otherEmpty(options []option, o option) bool {
	return slices.ContainsFunc(options, func(k option) bool { return k.agree != o.agree && k.tick == tickEmpty && !k.unknown })
}

// readPhrases judges what is written or stamped; stray counts pieces in the
// place of the answer that say nothing known.
func (r *Reader) readPhrases(ctx context.Context, p *page, zone []box, options []option, hits []hit) (signs []evidence, stray int, objects bool, err error) {
	outside := 0
	pieces := p.writtenPieces(zone, options, hits)
	core := p.core(zone, hits)
	line := p.answerLine(core, options, hits)
	if len(p.seals)+len(p.warm) == 0 { // no red ink: the print of a seal below is told by its place only
		core = line
	}
	if p.stampedOver(line) {
		stray++
	}
	for _, inside := range []bool{true, false} {
		if !inside && len(signs) > 0 {
			break
		}
		cool := !inside && p.inPensColour(hits)
		for _, w := range pieces {
			if w.inZone != inside {
				continue
			}
			if !inside {
				if cool {
					high, err := p.tallestIn(w.box)
					if err != nil {
						return nil, 0, false, err
					}
					if printHigh(high, hits) {
						continue // print
					}
				}
				if outside++; outside > maxOutsideZone {
					break
				}
			}
			reading, err := r.readWritten(ctx, p, w)
			if err != nil {
				return nil, 0, false, err
			}
			if w.black && reading.opinion != opinionNone {
				// Print beside a box, or with one as high as itself, is an answer to tick, whatever hid it so far.
				near, err := p.boxesBeside(w.box)
				if err != nil {
					return nil, 0, false, err
				}
				within, err := p.framesIn(w.box)
				if err != nil {
					return nil, 0, false, err
				}
				high := func(f framed) bool { return 5*f.frame.h() >= 3*w.h() } // in a written 相 stand smaller ones
				if slices.ContainsFunc(within, high) || near.left.tick != tickNoBox || near.right.tick != tickNoBox || strings.ContainsAny(reading.text, answerFrames) {
					stray++
					objects = objects || reading.objects()
					continue
				}
			}
			if reading.isOffer() || reading.opinion == opinionAgree && p.framedPrint(w.box) {
				reading.opinion = opinionUnclear
			}
			if !inside && reading.opinion == opinionFigure && (p.dated(w.box) || w.form == formStamped && p.codeOfSeal(w.box)) {
				continue
			}
			if (w.black || w.form == formHandwritten) && (!p.asksToWrite(zone, w.box) || p.parted(w.box)) && reading.answers() && p.printSized(w.box, hits) && !p.otherInk(w.box, hits) {
				alone, err := p.writtenAlone(w.box, core, hits)
				if err != nil {
					return nil, 0, false, err
				}
				if !alone || p.parted(w.box) {
					reading.opinion = opinionUnclear // an answer offered, of which the other was not seen
				}
			}
			beneath := w.black && p.inSeal(w.box) && !inZone(w.box, line) // a seal's own print
			switch {
			case beneath && (reading.opinion == opinionNone || reading.opinion == opinionUnclear):
			case reading.opinion != opinionNone:
				signs = append(signs, reading.sign(w.box, w.form))
			default:
				objects = objects || reading.objects() && (inside || !p.isSignature(w.box, hits))
				if inZone(w.box, core) {
					stray++
				}
			}
		}
	}
	return signs, stray, objects, nil
}

// sign is what a reading in b says of the answer.
func (r phraseReading) sign(b box, form string) evidence {
	return evidence{opinion: r.opinion, form: form, text: r.text, box: b, confidence: math.Exp(min(0, r.fit)) * (1 - math.Exp(-r.margin))}
}

// dated reports whether a figure outside the place of the answer stands at that of a date: at its label, or
// on or above 年 月 日, which the form prints for it.
func (p *page) dated(b box) bool {
	place := box{b.x0 - p.ink.px(writtenMaxMM), b.y0 - p.ink.px(zoneAboveMM), b.x1, b.y1 + 2*p.ink.px(zoneAboveMM)}
	return slices.ContainsFunc(p.texts, func(t *text) bool {
		return t.overlapX(place) > 0 && t.overlapY(place) > 0 && countDigits(t.glyphs) == 0 &&
			(strings.ContainsAny(t.String(), "年月") || slices.ContainsFunc(t.hits(), func(h hit) bool { return h.role == roleDate }))
	})
}

// isSignature reports whether writing stands behind a label that asks who has signed, and when: a name may be misread as 未 or 非.
func (p *page) isSignature(b box, hits []hit) bool {
	return slices.ContainsFunc(hits, func(h hit) bool {
		label := h.labelBox()
		gap := b.x0 - label.x1
		return containsAny(string(h.text.runes()[h.from:h.end]), signedWords) && 2*label.overlapY(b) > min(label.h(), b.h()) && gap >= -label.h() && gap <= 2*label.h()
	})
}

// signedWords are in the labels before names and dates.
var signedWords = []string{"经办", "复核", "负责人", "主管", "日期"}

// judge weighs the evidence; where is the place of the strongest sign.
func judge(signs []evidence, stray int, located bool) (mark models.MarkReading, where box) {
	if len(signs) == 0 {
		if located && stray == 0 {
			return models.MarkReading{Mark: models.Blank, Form: formNone, Confidence: blankConfidence}, box{}
		}
		return models.MarkReading{Mark: models.Unclear, Form: formNone}, box{}
	}
	best := signs[0]
	same := true
	for _, s := range signs[1:] {
		same = same && agreeing(s.opinion, best.opinion)
		if best.opinion == opinionFigure || s.confidence > best.confidence && s.opinion != opinionFigure {
			best = s
		}
	}
	mark = models.MarkReading{Mark: models.Unclear, Form: best.form, Confidence: best.confidence, Text: best.text}
	switch {
	case !same:
	case best.opinion == opinionAgree:
		mark.Mark = models.Agree
	case best.opinion == opinionDiffer:
		mark.Mark = models.Differ
	}
	return mark, best.box
}

// formAt is the form of an answer, stamped where a stamp was read at its place too: what reads better in a pen's
// ink has a pen's strokes on it.
func formAt(signs []evidence, where box, form string) string {
	if slices.ContainsFunc(signs, func(s evidence) bool {
		return s.form == formStamped && s.box.overlapX(where) > 0 && s.box.overlapY(where) > 0
	}) {
		return formStamped
	}
	return form
}

// agreeing reports whether two signs support each other: a figure of the
// customer's own belongs to a differing answer.
func agreeing(a, b opinion) bool {
	return a == b || a == opinionFigure && b == opinionDiffer || a == opinionDiffer && b == opinionFigure
}
