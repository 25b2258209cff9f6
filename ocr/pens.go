package ocr

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"

	"heyin/imaging"
)

// Ink of a pen that has another colour than the print; set while looking at the forms of docs/adr/028, eleventh round.
const (
	hueApart    = 0.2  // least difference of two inks,
	hueBeyond   = 0.08 // more than the print's own pixels differ from each other,
	hueMost     = 0.45 // and if that is more, no pen is told from it
	hueSpread   = 0.8  // share of the print's pixels that counts for that
	penLeastMM  = 1.0  // mm: what is smaller is print whose edge is coloured
	penRestMM   = 2.0  // mm: what is smaller, beside a pen's stroke, is a part of it
	penLine     = 1.5  // length of a line, in heights of the words
	penThinMM   = 0.3  // mm: what is thinner, and short or far off, is an edge of print
	penBeside   = 3    // pixels
	penShareLow = 0.04 // share of the ink of a piece from which a pen hides its words,
	penShareTop = 0.85 // and up to which print is left
	penJoins    = 0.25 // gap within one stroke, where print crosses it, in heights of the words
	penClear    = 0.5  // about the words, in heights: other print there, and another pen may have drawn it
	penMost     = 0.08 // ink of a pen on the middle of a word that it leaves readable
	penRing     = 1.0  // from a word to the outer edge of a ring around it, at either end, in heights
	ringSight   = 48   // directions in which a ring is looked for
	ringWithin  = 0.8  // square of the radius of the oval that touches the sides of a word, within which a ring does not run
	penWide     = 0.7  // share of a word's width that a line through or beneath it has
	penFlat     = 0.5  // its height at most, in heights of the word
	penTwo      = 0.2  // difference of the blue in two pens' inks on one answer,
	penTwoHigh  = 0.4  // and height, of the answer's, of the second's strokes: of 172 answers not taken back uneven ink reaches 0.32, another pen's strokes 0.50 and 0.73
)

// hue is the colour of ink: how much of its density is blue, or red where it is below 0, and how much is black.
type hue struct{ cool, black float64 }

func (h hue) apart(o hue) float64 { return max(math.Abs(h.cool-o.cool), 0.7*math.Abs(h.black-o.black)) }

// hueAt is the colour of the ink about a pixel of a coloured patch: JPEG gives four pixels one.
func (c *patch) hueAt(x, y int) hue {
	var cool, black, total float32
	for j := max(0, y-1); j <= min(c.total.H-1, y+1); j++ {
		for i := max(0, x-1); i <= min(c.total.W-1, x+1); i++ {
			k := j*c.total.W + i
			cool, black, total = cool+c.cool.Pix[k]-c.warm.Pix[k], black+c.black.Pix[k], total+c.total.Pix[k]
		}
	}
	return hue{float64(cool) / float64(max(total, minInk)), float64(black) / float64(max(total, minInk))}
}

// findPrintHue takes the colour of the label of the answer for that of the print, and says how far another ink's must be from it, where a pen
// can be told from print. Something may be written on that label: where its colour is not even, the most even of the other labels is taken.
func (p *page) findPrintHue(hits []hit) error {
	i := slices.IndexFunc(hits, func(h hit) bool { return h.role == roleResult })
	if i < 0 || p.inColour().ink.warm == nil {
		return nil
	}
	print, least, err := p.hueOf(hits[i].labelBox())
	if err != nil {
		return err
	}
	for _, h := range hits {
		if least <= hueApart {
			break
		}
		if other, even, err := p.hueOf(h.labelBox()); err != nil {
			return err
		} else if even < least && other.apart(print) < least {
			print, least = other, even
		}
	}
	if least <= hueMost {
		p.print, p.printLeast = print, least
	}
	return nil
}

// hueOf is the colour of the print in a layout box, and how far another ink's must be from it.
func (p *page) hueOf(b box) (print hue, least float64, err error) {
	cut, err := p.cutInColour(b)
	if err != nil {
		return hue{}, 0, err
	}
	level := inkLevel(cut.total, minInk) / 2
	var found []hue
	for y := range cut.total.H {
		for x := range cut.total.W {
			if cut.total.At(x, y) > level {
				found = append(found, cut.hueAt(x, y))
			}
		}
	}
	n := len(found)
	if n == 0 {
		return hue{}, math.Inf(1), nil
	}
	slices.SortFunc(found, func(a, b hue) int { return cmp.Compare(a.cool, b.cool) })
	print.cool = found[n/2].cool
	slices.SortFunc(found, func(a, b hue) int { return cmp.Compare(a.black, b.black) })
	print.black = found[n/2].black
	var off []float64
	for _, h := range found {
		off = append(off, h.apart(print))
	}
	slices.Sort(off)
	return print, max(hueApart, off[int(hueSpread*float64(n-1))]+hueBeyond), nil
}

// inColour is the page as it was scanned: a form printed in red is read in gray.
func (p *page) inColour() *page {
	if p.colour != nil {
		return p.colour
	}
	return p
}

// cutInColour cuts a layout box with every ink.
func (p *page) cutInColour(b box) (*patch, error) {
	q := p.inColour()
	return q.ink.cut(q.image, q.ink.sheetBox(b), q.ink.ratio)
}

// penIn marks, in the ink of a mask of a coloured patch, that of a pen: of another colour than the print, and not redder.
func (p *page) penIn(cut *patch, mask []uint8) (pen []uint8, n int) {
	w, h := cut.total.W, cut.total.H
	var at []int
	var hues []hue
	var far []float64
	for i, ink := range mask {
		if ink == 0 {
			continue
		}
		if c := cut.hueAt(i%w, i/w); c.apart(p.print) > p.printLeast/2 && c.cool > min(p.print.cool, 0)-hueApart/2 {
			at, hues = append(at, i), append(hues, c)
			if d := c.apart(p.print); d > p.printLeast {
				far = append(far, d)
			}
		}
	}
	pen = make([]uint8, len(mask))
	if len(far) == 0 {
		return pen, 0
	}
	slices.Sort(far)
	least := max(p.printLeast/2, far[len(far)/2]/2) // half way to the pen's colour: print beside it takes some of that on
	for k, i := range at {
		if hues[k].apart(p.print) > least {
			pen[i] = 1
		}
	}
	pieces, runs := components(pen, w, h, 1)
	for _, r := range runs {
		if c := pieces[r.Component]; max(c.w(), c.h()) < int(penLeastMM*p.ink.perMM*p.ink.scale) {
			clear(pen[r.Y*w+r.X0 : r.Y*w+r.X1])
		} else {
			n += r.X1 - r.X0
		}
	}
	return pen, n
}

// inTwoInks reports whether ink of another colour than most of it stands in words written or stamped, as high as strokes are: another pen's,
// that took them back. Red ink is looked for elsewhere.
func (p *page) inTwoInks(words box) (bool, error) {
	cut, err := p.cutInColour(words.grow(penBeside))
	if err != nil || cut.cool == nil {
		return false, err
	}
	in := cut.inner(p.inColour().ink, words)
	level := inkLevelIn(cut.total, in, minInk) / 2
	var at []int
	var cool, sorted []float64
	for y := max(0, in.y0); y < min(in.y1, cut.total.H); y++ {
		for x := max(0, in.x0); x < min(in.x1, cut.total.W); x++ {
			if cut.total.At(x, y) > level && cut.warm.At(x, y) <= clearInk {
				at, cool = append(at, y*cut.total.W+x), append(cool, cut.hueAt(x, y).cool)
			}
		}
	}
	if len(at) == 0 {
		return false, nil
	}
	sorted = append(sorted, cool...)
	slices.Sort(sorted)
	less, more := sorted[3*len(sorted)/4]-penTwo, sorted[len(sorted)/4]+penTwo
	for _, other := range []func(float64) bool{func(c float64) bool { return c < less }, func(c float64) bool { return c > more }} {
		mask := make([]uint8, len(cut.total.Pix))
		for k, i := range at {
			if other(cool[k]) {
				mask[i] = 1
			}
		}
		pieces, _ := components(mask, cut.total.W, cut.total.H, 1)
		if slices.ContainsFunc(pieces, func(c component) bool { return float64(c.h()) >= penTwoHigh*float64(in.h()) }) {
			return true, nil
		}
	}
	return false, nil
}

// without clears a plane, or a mask, of a patch w wide where a pen's ink lies, and beside it.
func without[T float32 | uint8](plane []T, w int, pen []uint8) {
	for i, on := range pen {
		for y := i/w - 1; on == 1 && y <= i/w+1; y++ {
			for x := i%w - 1; x <= i%w+1; x++ {
				if y >= 0 && x >= 0 && x < w && y*w+x < len(plane) {
					plane[y*w+x] = 0
				}
			}
		}
	}
}

// readBeneathPen reads once more the pieces in the place of the answer over or around which a pen of another colour has drawn, without
// its ink, and takes over what offers answers where that did not, or more of them.
func (r *Reader) readBeneathPen(ctx context.Context, p *page, zone []box) error {
	for i, t := range p.texts {
		if p.printLeast == 0 || !inZone(t.box, zone) || t.extent != wholeRead || len(t.options()) > 1 || isInstruction(t.String()) {
			continue
		}
		cut, err := p.cutInColour(t.box)
		if err != nil {
			return err
		}
		cut.erase(p.ink, p.rules.mask)
		level := inkLevel(cut.total, minInk)
		mask := inkOver(cut.total, max(offerInk*level, minInk))
		pen, n := p.penIn(cut, mask)
		if share := float64(n) / float64(max(1, bytes.Count(mask, []byte{1}))); share < penShareLow || share > penShareTop {
			continue
		}
		print := &imaging.Plane{W: cut.total.W, H: cut.total.H, Pix: slices.Clone(cut.total.Pix)}
		without(print.Pix, print.W, pen)
		where := trim(print, box{0, 0, print.W, print.H}, trimLevel*level)
		if min(where.w(), where.h()) < leastWritten {
			continue
		}
		clean := &text{line: line{p.layoutBox(cut, where), t.cell}, extent: wholeRead}
		s := newLowStrip(print, where, level, labelSqueeze)
		l, err := r.first.one(ctx, s)
		if err != nil {
			return err
		}
		if clean.fill(l, s.h, labelSqueeze); clean.offersMore(t) {
			p.texts[i] = clean
		}
	}
	return nil
}

// offersMore reports whether t offers answers that other does not, or reads more of them, and all that differ of other.
func (t *text) offersMore(other *text) bool {
	count := func(options []option) (differ, all, chars int) {
		for _, o := range options {
			if !o.agree {
				differ++
			}
			all, chars = all+1, chars+o.chars
		}
		return differ, all, chars
	}
	differ, all, chars := count(t.options())
	differed, before, read := count(other.options())
	return differ >= differed && all >= before && (all > before || chars > read)
}

// penOn is penIn for the patch of a window, which may be gray; nil where no pen is told from print, or there is none.
func (p *page) penOn(cut *patch, window box, mask []uint8) ([]uint8, error) {
	if p.printLeast == 0 {
		return nil, nil
	}
	if p.colour != nil {
		var err error
		if cut, err = p.cutInColour(window); err != nil {
			return nil, err
		}
	}
	if pen, n := p.penIn(cut, mask); n > 0 {
		return pen, nil
	}
	return nil, nil
}

// takePen takes the ink of a pen of another colour than the print out of the view of a window.
func (p *page) takePen(v *offers, window box) error {
	pen, err := p.penOn(v.cut, window, v.mask)
	if err != nil || pen == nil {
		return err
	}
	v.pen = pen
	without(v.mask, v.w, pen)
	least := int(penRestMM * p.ink.perMM * p.ink.scale)
	pieces, runs := components(v.mask, v.w, v.h, 1)
	beside := make([]bool, len(pieces))
	for _, r := range runs {
		for _, y := range []int{max(0, r.Y-penBeside), r.Y, min(v.h-1, r.Y+penBeside)} {
			beside[r.Component] = beside[r.Component] || bytes.IndexByte(pen[y*v.w+max(0, r.X0-penBeside):y*v.w+min(v.w, r.X1+penBeside)], 1) >= 0
		}
	}
	for _, r := range runs {
		if c := pieces[r.Component]; beside[r.Component] && max(c.w(), c.h()) < least { // of the pen's stroke, or of what it crosses
			v.clear(box{r.X0, r.Y, r.X1, r.Y + 1})
		}
	}
	return nil
}

// penNear reports whether a pen's ink was taken out at a pixel of the view, or beside it.
func (v *offers) penNear(x, y int) bool {
	for i := max(0, x-penBeside); v.pen != nil && i <= min(v.w-1, x+penBeside); i++ {
		for j := max(0, y-penBeside); j <= min(v.h-1, y+penBeside); j++ {
			if v.pen[j*v.w+i] == 1 {
				return true
			}
		}
	}
	return false
}

// judgePen judges two words by the ink of a pen of another colour than their print, which both show clean without it; false where there
// is none, or something else than one mark.
func (v *offers) judgePen() bool {
	if v.pen == nil {
		return false
	}
	at := v.word // with their frames
	frames, clean := v.ownFrames()
	var all []box
	for k := range at {
		if !clean[k] && clean[1-k] { // a pen has drawn over it
			frames[k].box = v.twinAt(frames[1-k], 1-k).grow(int(v.high / 6))
		}
		if clean[0] || clean[1] {
			all, at[k] = append(all, frames[k].box), at[k].union(frames[k].box)
		}
	}
	o := *v
	o.mask = v.pen
	drawn := o.drawn()
	rest, shared := v.strokes(all...)
	unlike := v.unlike(rest)
	var filled [2]bool
	for k, pieces := range rest {
		for _, b := range pieces { // a frame, or a part of one
			if !slices.Contains(unlike, b) {
				at[k] = at[k].union(b)
				filled[k] = filled[k] || v.filledFrame(b)
			}
		}
	}
	others := slices.DeleteFunc(unlike, func(b box) bool {
		near := at[0].union(at[1]).grow(int(penClear * v.high))
		return b.overlapX(near) <= 0 || b.overlapY(near) <= 0 || slices.ContainsFunc(drawn, func(c box) bool { return float64(c.h()) <= penFlat*v.high && c.union(b) == c })
	})
	if shared || len(others) > 1 || len(others) == 1 && !v.partOfSlash(others[0]) {
		return false
	}
	var chosen, struck [2]bool
	remark := false // of who differs: what he writes behind it
	for _, c := range drawn {
		if c.x0 >= at[1].x1+int(penClear*v.high) && c.x0 > at[0].x1 && c.overlapY(at[1]) > 0 {
			remark = true
			continue
		}
		k, ok := o.meantFor(c, at)
		if !ok {
			return false
		}
		switch set, through := o.penMark(c, k, at[k]); {
		case chosen[k] || struck[k] || !set && !through:
			return false
		default:
			chosen[k], struck[k] = set, through
		}
	}
	for k := range v.word {
		if v.whole[k] && !filled[1-k] && (k == 1 || !remark) && (struck[1-k] && !struck[k] || chosen[k] && !chosen[1-k] && v.whole[1-k]) {
			v.tick[k], v.tick[1-k], v.frame = tickSet, tickEmpty, at
			return true
		}
	}
	return false
}

// filledFrame reports whether a piece as large as a frame to tick holds ink of the print's colour: another pen may have marked it.
func (v *offers) filledFrame(b box) bool {
	small := min(b.w(), b.h())
	return float64(small) >= bracketLow*v.high && v.share(b.grow(-int(frameInset*float64(small)))) >= tickInk
}

// unlike lists the pieces near either word, first those of the first, that do not stand at the other alike, as print does.
func (v *offers) unlike(near [2][]box) (out []box) {
	slack := int(offerLeast * v.high)
	for k, pieces := range near {
		for _, b := range pieces {
			dx0, dx1, dy := v.word[1-k].x0-v.word[k].x0, v.word[1-k].x1-v.word[k].x1, v.word[1-k].y0-v.word[k].y0
			if !slices.ContainsFunc(near[1-k], func(o box) bool {
				for _, dx := range []int{dx0, dx1} { // before the words, or behind them
					if at := (box{b.x0 + dx, b.y0 + dy, b.x1 + dx, b.y1 + dy}); o.grow(slack).union(at) == o.grow(slack) {
						return true
					}
				}
				return false
			}) {
				out = append(out, b)
			}
		}
	}
	return out
}

// partOfSlash reports whether a piece between two words may be what a stroke has left of their slash.
func (v *offers) partOfSlash(b box) bool {
	first, last := v.word[0], v.word[1]
	if last.x0 < first.x0 {
		first, last = last, first
	}
	return b.x0 >= first.x1 && b.x1 <= last.x0 && float64(b.w()) <= slashWide*v.high && b.overlapY(first) > 0
}

// drawn are the strokes of a pen near the words, with what crosses them joined.
func (v *offers) drawn() []box {
	pieces, _ := components(v.mask, v.w, v.h, 1)
	pieces = slices.DeleteFunc(pieces, func(c component) bool {
		return c.overlapX(v.reach[0]) <= 0 && c.overlapX(v.reach[1]) <= 0 || c.overlapY(v.reach[0].union(v.reach[1])) <= 0
	})
	out := joinedWithin(pieces, int(penJoins*v.high))
	for i := 0; i < len(out); i++ { // a line that print has cut
		for k := i + 1; k < len(out); k++ {
			if a, b := out[i], out[k]; a.overlapY(b) > 0 && float64(max(a.w(), b.w())) >= penLine*v.high && float64(a.union(b).h()) <= penFlat*v.high && float64(-a.overlapX(b)) <= penClear*v.high {
				out[i], out = a.union(b), slices.Delete(out, k, k+1)
				k = i
			}
		}
	}
	return slices.DeleteFunc(out, func(b box) bool { // the edge of print
		return float64(min(b.w(), b.h())) < penThinMM*v.perMM && float64(max(b.w(), b.h())) < penClear*v.high
	})
}

// penOnPrint are the strokes of a pen in a mask of the patch: what is a level or an upright line may be the coloured edge of print.
func (p *page) penOnPrint(cut *patch, pen []uint8) []box {
	if pen == nil {
		return nil
	}
	pieces, _ := components(pen, cut.total.W, cut.total.H, 1)
	least := int(penLeastMM * p.ink.perMM * p.ink.scale)
	return slices.DeleteFunc(joinedWithin(pieces, least), func(b box) bool { return min(b.w(), b.h()) < least })
}

// joinedWithin are the boxes of pieces, those joined between which no more than a gap lies.
func joinedWithin(pieces []component, gap int) (out []box) {
	for _, c := range pieces {
		b := c.box
		for i := 0; i < len(out); i++ {
			if out[i].overlapX(b) > -gap && out[i].overlapY(b) > -gap {
				b = b.union(out[i])
				out = slices.Delete(out, i, i+1)
				i = -1
			}
		}
		out = append(out, b)
	}
	return out
}

// meantFor is the word that a stroke belongs to; false where it may be either.
func (v *offers) meantFor(c box, at [2]box) (k int, ok bool) {
	var gap [2]int
	for i, b := range at {
		gap[i] = max(0, -c.overlapX(b)) + max(0, -c.overlapY(b))
	}
	if gap[1] < gap[0] {
		k = 1
	}
	return k, gap[0] != gap[1] && float64(gap[k]) <= offerNearer*float64(gap[1-k])
}

// penElsewhere reports whether a pen has drawn near two answers more than what is near the agreeing one, whose frame is given, and a line
// through the other.
func (v *offers) penElsewhere(frame box) bool {
	o := *v
	o.mask = v.pen
	own := v.word[0].union(frame).grow(int(penClear * v.high))
	other := v.word[1]
	return slices.ContainsFunc(o.drawn(), func(c box) bool {
		through := float64(c.h()) <= penFlat*v.high && float64(c.overlapX(other)) >= penWide*float64(other.w()) && c.overlapY(other) > 0
		return !through && (c.overlapX(own) <= 0 || c.overlapY(own) <= 0) && float64(max(c.w(), c.h())) >= penRestMM*v.perMM && float64(min(c.w(), c.h())) >= penThinMM*v.perMM
	})
}

// penRing reports whether a pen of another colour has drawn a ring around the agreeing word, and nothing that says otherwise.
func (v *offers) penRing() bool {
	o := *v
	o.mask = v.pen
	return v.judgePen() && o.rings(0, v.frame[0])
}

// rings reports whether ink runs around word k, which stands with its frame in at.
func (v *offers) rings(k int, at box) bool {
	return v.ringAround(v.word[k]) || v.encircled(v.word[k], at)
}

// middleOf is a place without its ends, head and foot.
func middleOf(b box) box {
	return box{b.x0 + b.w()/10, b.y0 + b.h()/5, b.x1 - b.w()/10, b.y1 - b.h()/5}
}

// penMark tells what a pen's stroke does to word k, which stands with its frame in at: it chooses the word or strikes it out.
func (v *offers) penMark(c box, k int, at box) (chosen, struck bool) {
	b, high := v.word[k], int(v.high)
	middle := middleOf(b)
	wide := float64(c.overlapX(b)) >= penWide*float64(b.w())
	flat := float64(c.h()) <= penFlat*v.high
	_, y := c.centre()
	switch {
	case v.rings(k, at) && v.share(middle) <= penMost:
		return max(at.x0-c.x0, c.x1-at.x1) <= int(penRing*v.high), false // else it may hold a character more
	case wide && flat && y > middle.y0 && y < middle.y1:
		return false, true
	case wide && flat && c.y0 >= b.y1-high/6 && c.y0 <= b.y1+high:
		return true, false
	}
	return v.share(middle) <= penMost/2 && v.ticked([]box{c}) && !v.sideBySide(c), false
}

// encircled reports whether ink is seen from the middle of a word in nearly all directions, outside of the oval in it and not far from its
// place with its frame, and no more than that before the word.
func (v *offers) encircled(b, at box) bool {
	x, y := b.centre()
	far := at.grow(int(penRing * v.high))
	missed, gap, most := 0, 0, 0
	for i := range 2 * ringSight { // twice around, so that a gap at the beginning is whole
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / ringSight)
		hit := false
		for r := 1.0; !hit; r++ {
			px, py := x+int(math.Round(r*cos)), y+int(math.Round(r*sin))
			if !far.contains(px, py) {
				break
			}
			u, w := 2*r*cos/float64(b.w()), 2*r*sin/float64(b.h())
			hit = u*u+w*w >= ringWithin && v.inked(px, py)
		}
		if hit {
			gap = 0
			continue
		}
		missed, gap = missed+1, gap+1
		most = max(most, gap)
	}
	return missed <= 2*ringSight/10 && most <= ringSight/8 && max(v.before(b, 2), v.before(at, 2)) < ringPreceded
}

// sideBySide reports whether more stands in c than a tick, whose strokes are two at most in a row.
func (v *offers) sideBySide(c box) bool {
	three := 0
	for y := max(0, c.y0); y < min(v.h, c.y1); y++ {
		three += min(strokesIn(v.mask[y*v.w+max(0, c.x0):y*v.w+min(v.w, c.x1)], 1)/3, 1)
	}
	return three >= tangledLeast
}
