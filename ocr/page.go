package ocr

import (
	"bytes"
	"context"
	"slices"

	"heyin/imaging"
	"heyin/models"
)

// page is a sheet under reading: its ink, rules and pieces of text.
type page struct {
	image *imaging.Image
	ink   *ink
	rules *ruling
	texts []*text
	seals []box // of warm ink, found by coloured
	warm  []box // pieces of writing in warm ink outside seals, likewise; nil before

	views      map[viewKey]*value // that have been read
	currencies map[box]string     // of cells that have been read

	colour     *page   // as it was scanned, where it is read in gray
	print      hue     // of the label of the answer, when it is told from a pen's,
	printLeast float64 // and how far another must be from it; 0 otherwise

	answerPlace bool   // readMark found where the customer answers
	layout      string // name of the layout by which it was printed, as recall found it
}

// text is a piece of print with its first, rough reading.
type text struct {
	line
	glyphs     []placed
	confidence float64
	extent     extent
}

// extent is how much of a piece has been read.
type extent int

const (
	unread extent = iota
	headRead
	wholeRead
)

// placed is a character with its place on the page, in layout pixels.
type placed struct {
	char   rune
	x0, x1 float64
	p      float64
}

func (g placed) middle() float64 { return (g.x0 + g.x1) / 2 }

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

// analyse finds the pieces of text of a picture; none is read yet. The memory of
// old is used again.
func analyse(im *imaging.Image, dpi float64, old inks) (*page, error) {
	in, err := newInk(im, dpi, old)
	if err != nil {
		return nil, err
	}
	mask := in.mask(in.black)
	p := &page{image: im, ink: in, rules: findRules(in, mask), views: map[viewKey]*value{}, currencies: map[box]string{}}
	for _, l := range findLines(in, mask, p.rules, glyphMaxMM) {
		p.texts = append(p.texts, &text{line: l})
	}
	in.putBack(mask)
	return p, nil
}

// Pieces longer than longLine times their height are first read only over
// their first six heights: enough to know a label from a sentence.
const (
	longLine = 7.0
	// sentence is the length beyond which not even the beginning is read.
	sentence = 24.0
	// shortLine is the length below which a piece holds one character: no label.
	shortLine = 1.3
)

// headWidth is six heights in pixels of a squeezed low strip.
const headWidth = 6 * lowStrip * 9 / 10

// labelSqueeze narrows the strips of the first reading: labels are words of a
// small lexicon, and the recogniser's time goes with the width.
const labelSqueeze = 0.9

// titleHeight times the usual height of the pieces makes a title, or part of a
// seal: no label is set so large.
const titleHeight = 1.75

// titleMinMM is the least height of a title, whatever else stands on the page.
const titleMinMM = 5.5

// lineMarginMM is added around a piece of text when it is cut, so that strokes
// lost to the threshold come along.
const lineMarginMM = 0.25

// readLabels reads what may be or hold a label: pieces of ordinary size, and
// those that begin with a label whole. The body of a table whose heading tells
// what its columns hold stays unread, and so does what a layout knows.
func (r *Reader) readLabels(ctx context.Context, p *page) error {
	if err := r.recall(ctx, p); err != nil {
		return err
	}
	tallest := max(titleHeight*float64(p.usualHeight()), float64(p.ink.px(titleMinMM)))
	body := p.bodyCells()
	var labels, below []*text
	for _, t := range p.texts {
		ratio := float64(t.w()) / float64(t.h())
		if t.cell >= 0 && body[t.cell] {
			below = append(below, t)
		} else if float64(t.h()) <= tallest && ratio <= sentence && ratio >= shortLine {
			labels = append(labels, t)
		}
	}
	if err := r.ensureLabels(ctx, p, labels...); err != nil {
		return err
	}
	if err := r.joinTorn(ctx, p); err != nil || p.headed() {
		return err
	}
	return r.ensureLabels(ctx, p, below...)
}

// headed reports whether the heading of a ruled table was found: a row of
// several columns with two labels, one of them account or balance, and no value.
func (p *page) headed() bool {
	hits := p.findHits()
	for _, h := range hits {
		if h.role != roleAccount && h.role != roleBalance || h.text.cell < 0 {
			continue
		}
		row := p.cellsInRow(p.rules.cells[h.text.cell].box)
		labels := 0
		for _, o := range hits {
			if slices.Contains(row, o.text.cell) {
				labels++
			}
		}
		values := slices.ContainsFunc(p.texts, func(t *text) bool {
			return slices.Contains(row, t.cell) && countDigits(t.glyphs) >= headingDigits
		})
		if len(row) >= tableColumns && labels >= 2 && !values {
			return true
		}
	}
	return false
}

// headingDigits is the number of figures that makes a piece a value, not a heading.
const headingDigits = 4

// readRest reads whole what readLabels left: for pages that ask for the answer
// in the middle of a sentence.
func (r *Reader) readRest(ctx context.Context, p *page) error {
	return r.ensure(ctx, p, wholeRead, p.texts...)
}

// ensureLabels reads the beginnings of pieces, and the whole of one where a label stands
// there or which is short.
func (r *Reader) ensureLabels(ctx context.Context, p *page, texts ...*text) error {
	if err := r.ensure(ctx, p, headRead, texts...); err != nil {
		return err
	}
	var rest []*text
	for _, t := range texts {
		if slices.ContainsFunc(t.hits(), hit.needsRest) {
			rest = append(rest, t)
		}
	}
	return r.ensure(ctx, p, wholeRead, rest...)
}

// atOnce is how many pieces are cut before they are read: more than stand on most pages,
// but a page of nothing else must not fill the memory.
const atOnce = 64

// ensure reads pieces to the extent wanted, unless that is done.
func (r *Reader) ensure(ctx context.Context, p *page, want extent, texts ...*text) error {
	for some := range slices.Chunk(texts, atOnce) {
		some = slices.DeleteFunc(slices.Clone(some), func(t *text) bool { return t.extent >= want })
		strips := make([]*strip, len(some))
		for i, t := range some {
			s, err := p.strip(t.box)
			if err != nil {
				return err
			}
			t.extent = wholeRead
			if want == headRead && t.w() > int(longLine*float64(t.h())) {
				s, t.extent = s.head(headWidth), headRead
			}
			strips[i] = s
		}
		if err := r.first.each(ctx, strips, func(i int, l *lattice) { some[i].fill(l, strips[i].h, labelSqueeze) }); err != nil {
			return err
		}
		for i, s := range strips {
			if some[i].sparse(float64(s.w) / (float64(s.h) * labelSqueeze) * (1 + 2*stripMargin)) {
				if err := r.readTall(ctx, p, some[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// sparse reports whether fewer characters were read of a strip than stand in any print of
// its width, in heights: narrow figures fall between the columns of a low strip.
func (t *text) sparse(ratio float64) bool {
	const shortest, words, figures = 3.0, 0.5, 0.65 // heights; characters a height
	fewest := words
	if countDigits(t.glyphs) > 0 && !t.hasHan() {
		fewest = figures
	}
	return ratio >= shortest && float64(len(t.glyphs)) < fewest*ratio
}

// usualHeight is the median height of the pieces, in layout pixels.
func (p *page) usualHeight() int {
	if len(p.texts) == 0 {
		return 1
	}
	heights := make([]int, len(p.texts))
	for i, t := range p.texts {
		heights[i] = t.h()
	}
	slices.Sort(heights)
	return heights[len(heights)/2]
}

// tableColumns is the least number of columns of a table with a heading: two
// columns may as well be label and value.
const tableColumns = 3

// bodyCells marks the cells that stand below another of their column in a table
// of three or more columns.
func (p *page) bodyCells() []bool {
	body := make([]bool, len(p.rules.cells))
	for i, c := range p.rules.cells {
		inRow, above := 0, false
		for _, o := range p.rules.cells {
			if float64(o.overlapY(c.box)) >= sameRow*float64(max(o.h(), c.h())) {
				inRow++
			}
			if o.y1 <= c.y0+2 && c.y0-o.y1 <= p.ink.px(rowGapMM) && sharesColumn(o.box, c.box) {
				above = true
			}
		}
		body[i] = above && inRow >= tableColumns
	}
	return body
}

// readTall reads a whole piece again, from a strip of full height: a heading that a
// seal covers, or print too narrow.
func (r *Reader) readTall(ctx context.Context, p *page, t *text) error {
	cut, err := p.cutPrint(t.box)
	if err != nil {
		return err
	}
	s := newStrip(cut.black, cut.inner(p.ink, t.box), inkLevel(cut.black, minInk))
	l, err := r.first.one(ctx, s)
	if err != nil {
		return err
	}
	t.fill(l, s.h, 1)
	t.extent = wholeRead
	return nil
}

// fill takes over the greedy reading of a strip of so many rows that spans the
// piece's height, its width narrowed by squeeze.
func (t *text) fill(l *lattice, rows int, squeeze float64) {
	perStep := float64(t.h()) * (1 + 2*stripMargin) / float64(rows) * stripStride / squeeze
	left := float64(t.x0) - stripMargin*float64(t.h())
	_, t.confidence = l.text()
	t.glyphs = nil
	for _, g := range l.glyphs() {
		if g.char == ' ' || g.char == '　' {
			continue
		}
		at := left + float64(g.step)*perStep
		t.glyphs = append(t.glyphs, placed{char: fold(g.char), x0: at, x1: at + float64(g.width)*perStep, p: g.p})
	}
}

// strip cuts the black print of a layout box for a first reading.
func (p *page) strip(b box) (*strip, error) {
	cut, err := p.cutPrint(b)
	if err != nil {
		return nil, err
	}
	return newLowStrip(cut.black, cut.inner(p.ink, b), inkLevel(cut.black, minInk), labelSqueeze), nil
}

// cut takes the patch of a layout box and a margin, rules erased.
func (p *page) cut(b box) (*patch, error) { return p.cutWith(b, p.ink.ratio, every) }

// cutPrint is cut of black ink alone.
func (p *page) cutPrint(b box) (*patch, error) { return p.cutWith(b, p.ink.ratio, blackOnly) }

// cutWith is cut with a ratio of its own and some of the inks.
func (p *page) cutWith(b box, ratio float32, want wanted) (*patch, error) {
	c, err := p.ink.cutInks(p.image, p.ink.sheetBox(b.grow(p.ink.px(lineMarginMM))), ratio, want)
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
	column := make([]int, c.black.W) // of the layout
	for x := range column {
		column[x] = min(int(float64(c.box.X+x)/in.scale), in.w)
	}
	for y := range c.black.H {
		ly := int(float64(c.box.Y+y) / in.scale)
		if ly < 0 || ly >= in.h {
			continue
		}
		line := mask[ly*in.w : (ly+1)*in.w]
		if bytes.IndexByte(line[column[0]:min(column[len(column)-1]+1, in.w)], 1) < 0 {
			continue // no rule: so on most rows
		}
		for x, lx := range column {
			if lx < in.w && line[lx] != 0 {
				i := y*c.black.W + x
				for _, plane := range []*imaging.Plane{c.black, c.total, c.pen, c.warm, c.cool} {
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
