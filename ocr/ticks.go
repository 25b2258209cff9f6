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
	tickBoxSquare  = 0.28 // difference of the sides, against the longer
	tickBoxSide    = 0.80 // share of a side that carries ink
	tickBoxGap     = 0.75 // paper between box and word, in heights of the word
	tickInset      = 0.20 // print of the frame at the rim of the inside
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
	tickStruck
)

// readTick looks for the box beside an option and the ink in it.
func (p *page) readTick(o option) (tickState, box, error) {
	reach := p.ink.px(tickBoxReachMM)
	h := o.word.h()
	window := box{o.word.x0 - reach, o.word.y0 - h, o.word.x0 + h/2, o.word.y1 + h}
	cut, err := p.ink.cut(p.image, p.ink.sheetBox(window))
	if err != nil {
		return tickNoBox, box{}, err
	}
	level := inkLevel(cut.total, minInk)
	word := cut.inner(p.ink, o.word)
	found := cut.tickBoxes(p.ink, level*0.4)
	best := -1
	for i, b := range found {
		gap := word.x0 - b.x1
		if b.overlapY(word)*2 < min(b.h(), word.h()) || float64(gap) > tickBoxGap*float64(word.h()) || gap < -b.w()/2 {
			continue
		}
		if best < 0 || b.x1 > found[best].x1 {
			best = i
		}
	}
	if best < 0 {
		return tickNoBox, box{}, nil
	}
	b := found[best]
	return inkInside(cut.pen(), b, level), p.layoutBox(cut, b), nil
}

// layoutBox is a box of the patch in layout pixels.
func (p *page) layoutBox(c *patch, b box) box {
	s := p.ink.scale
	return box{
		int(float64(c.box.X+b.x0) / s), int(float64(c.box.Y+b.y0) / s),
		int(float64(c.box.X+b.x1) / s), int(float64(c.box.Y+b.y1) / s),
	}
}

// pen is the plane in which a pen's stroke shows and a red seal does not.
func (c *patch) pen() *imaging.Plane {
	if c.warm == nil {
		return c.total
	}
	p := imaging.NewPlane(c.total.W, c.total.H)
	for i := range p.Pix {
		p.Pix[i] = max(0, c.total.Pix[i]-1.2*c.warm.Pix[i])
	}
	return p
}

// inkInside judges the ink within a printed box.
func inkInside(p *imaging.Plane, b box, level float32) tickState {
	inset := int(tickInset*float64(b.w())) + 1
	inner := b.grow(-inset)
	if inner.w() < 3 || inner.h() < 3 {
		return tickNoBox
	}
	inked := 0
	for y := inner.y0; y < inner.y1; y++ {
		for x := inner.x0; x < inner.x1; x++ {
			if p.At(x, y) > tickStrength*level {
				inked++
			}
		}
	}
	switch share := float64(inked) / float64(inner.w()*inner.h()); {
	case share >= tickScribed:
		return tickStruck
	case share >= tickInk:
		return tickSet
	case share >= tickDoubt:
		return tickDoubtful
	default:
		return tickEmpty
	}
}

// tickStrength is the share of the print's density from which a stroke counts.
const tickStrength = 0.35

// tickBoxes finds squares drawn in outline: two level edges of one length, one
// above the other, with inked sides. A tick may cross them.
func (c *patch) tickBoxes(in *ink, level float32) []box {
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
			b := box{max(top.x0, bottom.x0), top.y, min(top.x1, bottom.x1), bottom.y + 1}
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
func levelEdges(mask []uint8, w, h, low int) []run {
	var out []run
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
					out = append(out, run{y: y, x0: start, x1: end})
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
