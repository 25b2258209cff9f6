package ocr

import (
	"slices"

	"heyin/imaging"
)

// Geometry of a tick box, in millimetres on paper.
const (
	tickBoxMinMM   = 1.8
	tickBoxMaxMM   = 7.0
	tickBoxReachMM = 12.0 // from the word to the far side of its box
	tickLineMM     = 70.0 // along the line, between the boxes of two answers
	tickColumnMM   = 18.0 // the same, one above the other
	tickBoxSquare  = 0.28 // difference of the sides, against the longer
	tickBoxSide    = 0.80 // share of a side that carries ink
	tickBoxGap     = 0.75 // paper between box and word, in heights of the word
	tickBoxLow     = 0.5  // height of the box, of the word: 口 within a written 额 is lower
	tickBoxFarGap  = 2.2  // the same, when nothing at all is printed between
	tickInset      = 0.13 // print of the frame at the rim of the inside
)

// Ink inside a box, as share of its inside.
const (
	tickInk     = 0.035 // less is dirt or the frame's fringe
	tickDoubt   = 0.012 // between the two, nobody knows
	tickScribed = 0.60  // a box blackened or struck out
)

// tickState is what a box holds.
type tickState int

const (
	tickNoBox tickState = iota
	tickEmpty
	tickDoubtful
	tickSet
	tickAround // the stroke passes by the box, above and below
	tickStruck
)

// framed is a box to tick with what it holds, in layout pixels.
type framed struct {
	tick  tickState
	frame box
	gap   int // paper between it and the word
}

// beside are the boxes next to a word, on either side; tick is tickNoBox where
// there is none.
type beside struct{ left, right framed }

// boxesBeside looks for the boxes next to a word.
func (p *page) boxesBeside(word box) (beside, error) {
	h, reach := word.h(), p.ink.px(tickBoxReachMM)
	found, err := p.framesIn(box{word.x0 - reach, word.y0 - h, word.x1 + reach, word.y1 + h})
	if err != nil {
		return beside{}, err
	}
	var out beside
	for _, f := range found {
		if f.frame.overlapY(word)*2 < min(f.frame.h(), h) || float64(f.frame.h()) < tickBoxLow*float64(h) || p.inLabel(f.frame) {
			continue
		}
		lost := h / 2 // of a word: the thin strokes at its beginning may be too faint to see; a 不 is wider
		side, between := &out.left, box{f.frame.x1 + 2, word.y0, word.x0 - lost, word.y1}
		f.gap = word.x0 - f.frame.x1
		if mid, _ := f.frame.centre(); 2*mid > word.x0+word.x1 {
			side, between = &out.right, box{word.x1 + 1, word.y0, f.frame.x0 - 2, word.y1}
			f.gap = f.frame.x0 - word.x1
		}
		if f.gap < -f.frame.w()/2 || float64(f.gap) > tickBoxFarGap*float64(h) {
			continue
		}
		if float64(f.gap) > tickBoxGap*float64(h) {
			if clear, err := p.clear(between); err != nil {
				return beside{}, err
			} else if !clear {
				continue
			}
		}
		if side.tick == tickNoBox || f.gap < side.gap {
			*side = f
		}
	}
	return out, nil
}

// nearer is the ratio of gaps at which the nearer of two boxes is surely the
// word's own.
const nearer = 0.6

// own picks the word's own box. With a box on either side at like distances it
// says neither: what a tick there means is not known from this word alone.
func (b beside) own() (f framed, sure bool) {
	l, r := b.left, b.right
	switch {
	case l.tick == tickNoBox:
		return r, true
	case r.tick == tickNoBox:
		return l, true
	}
	near, far := l, r
	if r.gap < l.gap {
		near, far = r, l
	}
	return near, float64(max(near.gap, 0)) <= nearer*float64(far.gap)
}

// clear reports that nothing is printed in b: a hidden 不 would leave its ink.
func (p *page) clear(b box) (bool, error) {
	if c := p.sheetBox(b); c.W == 0 || c.H == 0 {
		return true, nil
	}
	cut, err := p.ink.cut(p.image, p.ink.sheetBox(b), p.ink.ratio)
	if err != nil {
		return false, err
	}
	return inkShareIn(cut.total, box{0, 0, cut.total.W, cut.total.H}, clearInk) <= clearShare, nil
}

// clearBeside reports that no stroke runs through the middle of the place where a
// word must have its box, to judge by another that has one.
func (p *page) clearBeside(o, known option) (bool, error) {
	_, y := o.word.centre()
	_, knownY := known.word.centre()
	dx, dy := o.word.x0-known.word.x0, y-knownY
	at := box{known.frame.x0 + dx, known.frame.y0 + dy, known.frame.x1 + dx, known.frame.y1 + dy}
	if c := p.sheetBox(at); c.W == 0 || c.H == 0 {
		return false, nil // beyond the page: no such place
	}
	cut, err := p.ink.cut(p.image, p.ink.sheetBox(at), p.ink.ratio)
	if err != nil {
		return false, err
	}
	middle := box{0, 0, cut.pen.W, cut.pen.H}.grow(-cut.pen.W / 4)
	return inkShareIn(cut.pen, middle, tickStrength*inkLevel(cut.total, minInk)) < tickDoubt, nil
}

const (
	clearInk   = 0.12 // density of print, well above noise
	clearShare = 0.01
)

// boxesAlong finds the boxes of the same size on the line of a known one, and
// in its column.
func (p *page) boxesAlong(known box) ([]framed, error) {
	across, down := p.ink.px(tickLineMM), p.ink.px(tickColumnMM)
	found, err := p.framesIn(box{known.x0 - across, known.y0 - known.h(), known.x1 + across, known.y1 + known.h()})
	if err != nil {
		return nil, err
	}
	above, err := p.framesIn(box{known.x0 - known.w(), known.y0 - down, known.x1 + known.w(), known.y1 + down})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(append(found, above...), func(f framed) bool {
		sameLine, sameColumn := 3*f.frame.overlapY(known) >= 2*known.h(), 3*f.frame.overlapX(known) >= 2*known.w()
		return !sameLine && !sameColumn || abs(f.frame.w()-known.w()) > known.w()/4
	}), nil
}

// framesIn finds the boxes to tick in a window.
func (p *page) framesIn(window box) ([]framed, error) {
	cut, err := p.ink.cut(p.image, p.ink.sheetBox(window), p.ink.ratio)
	if err != nil {
		return nil, err
	}
	level := inkLevel(cut.total, minInk)
	var out []framed
	for _, b := range cut.tickBoxes(p.ink, level) {
		f := framed{tick: cut.tickIn(b, level), frame: p.layoutBox(cut, b)}
		if f.tick == tickEmpty && p.ink.warm != nil && !p.inSeal(f.frame) {
			f.tick = p.redTick(f.frame, inkInside(cut.total, b, level))
		}
		out = append(out, f)
	}
	return out, nil
}

// tickIn judges the ink within a box. Where a seal lies on the box or beside it, its ring may
// pass for the frame and leaves some ink in the channel of the pen: a tick must then show
// in the middle, away from red ink, or nobody knows.
func (c *patch) tickIn(b box, level float32) tickState {
	state := inkInside(c.pen, b, level)
	if c.warm == nil || state != tickSet && state != tickAround || !c.redNear(b.grow(redEdge)) {
		return state
	}
	middle, bare, inked := b.grow(-b.w()/3), 0, 0
	for y := middle.y0; y < middle.y1; y++ {
		for x := middle.x0; x < middle.x1; x++ {
			if inkShareIn(c.warm, box{x - redEdge, y - redEdge, x + redEdge + 1, y + redEdge + 1}, clearInk) > 0 {
				continue
			}
			bare++
			if c.pen.At(x, y) > tickStrength*level {
				inked++
			}
		}
	}
	if state == tickSet && float64(inked) >= tickInk*float64(max(bare, 1)) {
		return tickSet
	}
	return tickDoubtful
}

// redNear reports red ink in b, wherever it is wider than a pixel: that wide is the coloured edge of black print.
func (c *patch) redNear(b box) bool {
	n := 0
	for y := b.y0; y < b.y1; y++ {
		for x := b.x0; x < b.x1; x++ {
			if min(c.warm.At(x, y), c.warm.At(x+1, y), c.warm.At(x, y+1), c.warm.At(x+1, y+1)) > clearInk {
				n++
			}
		}
	}
	return float64(n) >= tickDoubt*float64(b.w()*b.h())
}

// redEdge is the reach of JPEG's colours, in pixels.
const redEdge = 2

// redTick judges a box that holds warm ink only, outside the seals found: a red pen's
// tick stands alone, what a broken seal leaves does not, nor the ring of one, and then nobody knows.
func (p *page) redTick(frame box, inked tickState) tickState {
	if inked == tickEmpty {
		return tickEmpty
	}
	if slices.ContainsFunc(p.seals, func(s box) bool { return s.overlapX(frame) > 0 && s.overlapY(frame) > 0 }) {
		return tickDoubtful
	}
	near, pieces := frame.grow(p.ink.px(redTickAloneMM)), 0
	for _, w := range p.coloured(warmInk, formStamped, nil) {
		if w.overlapX(near) > 0 && w.overlapY(near) > 0 {
			pieces++
		}
	}
	if pieces > 1 {
		return tickDoubtful
	}
	return inked
}

// redTickAloneMM is the paper around a box in which no other warm ink may stand.
const redTickAloneMM = 8.0

// layoutBox is a box of the patch in layout pixels.
func (p *page) layoutBox(c *patch, b box) box {
	s := p.ink.scale
	return box{
		int(float64(c.box.X+b.x0) / s), int(float64(c.box.Y+b.y0) / s),
		int(float64(c.box.X+b.x1) / s), int(float64(c.box.Y+b.y1) / s),
	}
}

// inkInside judges the ink within a printed box. A stroke that leaves the box
// settles a doubt.
func inkInside(p *imaging.Plane, b box, level float32) tickState {
	inset := int(tickInset*float64(b.w())) + 1
	inner := b.grow(-inset)
	if inner.w() < 3 || inner.h() < 3 {
		return tickNoBox
	}
	limit := tickStrength * level
	share := inkShareIn(p, inner, limit)
	above := inkShareIn(p, box{b.x0, b.y0 - b.h()/2, b.x1 + 2*b.w(), b.y0 - inset}, limit)
	below := inkShareIn(p, box{b.x0 - inset, b.y1 + inset, b.x1 - inset, b.y1 + b.h()/3}, limit)
	leaves := max(above, below) >= tickDoubt
	switch {
	case share < tickDoubt && min(above, below) >= tickDoubt:
		return tickAround
	case share >= tickScribed:
		return tickStruck
	case share >= tickInk, share >= tickDoubt && leaves:
		return tickSet
	case share >= tickDoubt:
		return tickDoubtful
	default:
		return tickEmpty
	}
}

// inkShareIn is the share of b that carries ink.
func inkShareIn(p *imaging.Plane, b box, limit float32) float64 {
	if b.w() <= 0 || b.h() <= 0 {
		return 0
	}
	inked := 0
	for y := b.y0; y < b.y1; y++ {
		for x := b.x0; x < b.x1; x++ {
			if p.At(x, y) > limit {
				inked++
			}
		}
	}
	return float64(inked) / float64(b.w()*b.h())
}

// tickStrength is the share of the print's density from which a stroke counts.
const tickStrength = 0.28

// tickBoxLevels are the shares of the ink's strength at which outlines are
// sought: a faded box may stand beside a strong tick.
var tickBoxLevels = []float32{0.45, 0.2}

// tickBoxes finds the outlined squares at each level; those found at the first
// hold against later ones that overlap them.
func (c *patch) tickBoxes(in *ink, level float32) []box {
	var out []box
	for _, share := range tickBoxLevels {
		for _, b := range c.squares(in, max(share*level, minInk)) {
			if !slices.ContainsFunc(out, func(o box) bool { return o.overlapX(b) > 0 && o.overlapY(b) > 0 }) {
				out = append(out, b)
			}
		}
	}
	return out
}

// squares finds squares drawn in outline: two level edges of one length, one
// above the other, with inked sides. A tick may cross them.
func (c *patch) squares(in *ink, level float32) []box {
	w, h := c.total.W, c.total.H
	mask := make([]uint8, w*h)
	for i, v := range c.total.Pix {
		if v > level {
			mask[i] = 1
		}
	}
	low, high := int(tickBoxMinMM*in.perMM*in.scale), int(tickBoxMaxMM*in.perMM*in.scale)
	edges := levelEdges(mask, w, h, low)
	var out []box
	for i, top := range edges {
		for _, bottom := range edges[i+1:] {
			// A tick lengthens an edge: the square is where both have ink.
			b := box{max(top.X0, bottom.X0), top.Y, min(top.X1, bottom.X1), bottom.Y + 1}
			if b.w() < low || b.h() < low || b.w() > high || b.h() > high {
				continue
			}
			long := max(b.w(), b.h())
			if float64(abs(b.w()-b.h())) > tickBoxSquare*float64(long) {
				continue
			}
			if sideInk(mask, w, b, b.x0) >= tickBoxSide && sideInk(mask, w, b, b.x1-1) >= tickBoxSide && hollowTop(mask, w, b) {
				out = append(out, b)
			}
		}
	}
	return largestOf(out)
}

// levelEdges gives the runs at least low long, a worn pixel closed; the rows of
// a thick edge all count.
func levelEdges(mask []uint8, w, h, low int) []imaging.Run {
	var out []imaging.Run
	for y := range h {
		start, end := -1, -1
		for x := range w + 1 {
			if x < w && mask[y*w+x] == 1 {
				if start < 0 {
					start = x
				}
				end = x + 1
				continue
			}
			if start >= 0 && (x == w || x-end >= 2) {
				if end-start >= low {
					out = append(out, imaging.Run{Y: y, X0: start, X1: end})
				}
				start = -1
			}
		}
	}
	return out
}

// sideInk is the share of rows of b with ink at or beside column x.
func sideInk(mask []uint8, w int, b box, x int) float64 {
	n := 0
	for y := b.y0; y < b.y1; y++ {
		for _, at := range []int{x - 1, x, x + 1} {
			if at >= 0 && at < w && mask[y*w+at] == 1 {
				n++
				break
			}
		}
	}
	return float64(n) / float64(b.h())
}

// hollowTop reports that paper shows right below the upper edge: a character's
// strokes leave none.
func hollowTop(mask []uint8, w int, b box) bool {
	clear := 0
	for x := b.x0; x < b.x1; x++ {
		for y := b.y0; y < b.y0+b.h()/2; y++ {
			if mask[y*w+x] == 0 {
				clear++
				break
			}
		}
	}
	return clear*2 > b.w()
}

// largestOf keeps, of squares that overlap, the largest.
func largestOf(found []box) []box {
	slices.SortStableFunc(found, func(a, b box) int { return b.w()*b.h() - a.w()*a.h() })
	var out []box
	for _, b := range found {
		if !slices.ContainsFunc(out, func(o box) bool { return o.overlapX(b) > 0 && o.overlapY(b) > 0 }) {
			out = append(out, b)
		}
	}
	return out
}
