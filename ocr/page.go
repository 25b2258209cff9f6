package ocr

import (
	"context"

	"heyin/imaging"
	"heyin/models"
)

// page is a sheet under reading: its ink, rules and pieces of text.
type page struct {
	image *imaging.Image
	ink   *ink
	rules *ruling
	texts []*text
}

// text is a piece of print with its first, rough reading.
type text struct {
	line
	glyphs     []placed
	confidence float64
	whole      bool // false when only the beginning was read
}

// placed is a character with its place on the page, in layout pixels.
type placed struct {
	char   rune
	x0, x1 float64
	p      float64
}

// String is the reading without spaces.
func (t *text) String() string {
	runes := make([]rune, len(t.glyphs))
	for i, g := range t.glyphs {
		runes[i] = g.char
	}
	return string(runes)
}

func (t *text) runes() []rune {
	runes := make([]rune, len(t.glyphs))
	for i, g := range t.glyphs {
		runes[i] = g.char
	}
	return runes
}

// analyse finds the pieces of text of a picture; none is read yet.
func analyse(im *imaging.Image, dpi float64) (*page, error) {
	in, err := newInk(im, dpi)
	if err != nil {
		return nil, err
	}
	mask := in.mask(in.black)
	p := &page{image: im, ink: in, rules: findRules(in, mask)}
	for _, l := range findLines(in, mask, p.rules, glyphMaxMM) {
		p.texts = append(p.texts, &text{line: l})
	}
	return p, nil
}

// headWidth bounds what the first reading looks at: enough for a label and a
// value; only sentences are longer.
const headWidth = 26 * stripHeight

// lineMarginMM is added around a piece of text when it is cut, so that strokes
// lost to the threshold come along.
const lineMarginMM = 0.25

// read gives every piece its first reading.
func (p *page) read(ctx context.Context, r *recogniser) error {
	strips := make([]*strip, 0, len(p.texts))
	for _, t := range p.texts {
		s, err := p.strip(t.box)
		if err != nil {
			return err
		}
		t.whole = s.w <= headWidth
		strips = append(strips, s.head(headWidth))
	}
	lattices, err := r.recognise(ctx, strips)
	if err != nil {
		return err
	}
	for i, t := range p.texts {
		t.fill(lattices[i])
	}
	return nil
}

// fill takes over the greedy reading of a strip that spans the piece's height.
func (t *text) fill(l *lattice) {
	perStep := float64(t.h()) * (1 + 2*stripMargin) / stripHeight * stripStride
	left := float64(t.x0) - stripMargin*float64(t.h())
	_, t.confidence = l.text()
	for _, g := range l.glyphs() {
		if g.char == ' ' || g.char == '　' {
			continue
		}
		at := left + float64(g.step)*perStep
		t.glyphs = append(t.glyphs, placed{char: fold(g.char), x0: at, x1: at + float64(g.width)*perStep, p: g.p})
	}
}

// strip cuts the black print of a layout box for the recogniser.
func (p *page) strip(b box) (*strip, error) {
	cut, err := p.cut(b)
	if err != nil {
		return nil, err
	}
	return newStrip(cut.black, cut.inner(p.ink, b), inkLevel(cut.black, minInk)), nil
}

// cut takes the patch of a layout box and a margin, rules erased.
func (p *page) cut(b box) (*patch, error) {
	c, err := p.ink.cut(p.image, p.ink.sheetBox(b.grow(p.ink.px(lineMarginMM))))
	if err != nil {
		return nil, err
	}
	c.erase(p.ink, p.rules.mask)
	return c, nil
}

// inner is the layout box b in pixels of the patch.
func (c *patch) inner(in *ink, b box) box {
	s := in.sheetBox(b)
	return box{s.X - c.box.X, s.Y - c.box.Y, s.X + s.W - c.box.X, s.Y + s.H - c.box.Y}
}

// erase clears the ink that lies under a mask of the layout.
func (c *patch) erase(in *ink, mask []uint8) {
	for y := range c.black.H {
		ly := int(float64(c.box.Y+y) / in.scale)
		if ly < 0 || ly >= in.h {
			continue
		}
		for x := range c.black.W {
			lx := int(float64(c.box.X+x) / in.scale)
			if lx < in.w && mask[ly*in.w+lx] != 0 {
				i := y*c.black.W + x
				for _, plane := range []*imaging.Plane{c.black, c.total, c.warm, c.cool} {
					if plane != nil {
						plane.Pix[i] = 0
					}
				}
			}
		}
	}
}

// sheetBox converts layout pixels to the box handed out.
func (p *page) sheetBox(b box) models.Box { return p.image.Clip(p.ink.sheetBox(b)) }

// fold maps full-width forms and look-alikes of punctuation to one form.
func fold(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r == '。' || r == '．':
		return '.'
	case r == '、':
		return ','
	case r == '￥':
		return '¥'
	case r == '帐':
		return '账'
	}
	return r
}
