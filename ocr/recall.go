package ocr

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"unicode"
)

// When a page is of a form that was learnt.
const (
	fewestLabels = 4    // of a layout
	labelsFound  = 0.75 // share of its labels in their places; of those of a block whose print is known
	// Print may lie so many millimetres off its place, and this share more of its
	// distance from the block's first label: resolutions are not exact.
	placeMM, placeShare = 1.2, 0.006
	shiftMM             = 20.0 // by which a page may lie off the sample, sideways
	blockMM             = 3.0  // by which its blocks may lie off each other, sideways
)

// laid is a block with its place on the page, in millimetres off that on the sample.
type laid struct {
	LayoutBlock
	dx, dy float64
}

// fitted is a layout laid on a page.
type fitted struct {
	layout *Layout
	blocks []laid
	found  int // labels with a piece in their places
}

// recall finds the layout that a page was printed by, and takes over what it knows of
// the print, which readLabels then finds read. Else the page stays as it was, but for
// labels that have been read and would be in any case.
func (r *Reader) recall(ctx context.Context, p *page) error {
	var fits []fitted
	for i := range r.layouts {
		if f, ok := p.fit(&r.layouts[i]); ok {
			fits = append(fits, f)
		}
	}
	slices.SortStableFunc(fits, func(a, b fitted) int { return cmp.Compare(b.found, a.found) })
	for _, f := range fits {
		sure, err := r.confirm(ctx, p, f)
		if err != nil {
			return err
		}
		if len(sure) == 0 {
			continue
		}
		p.layout = f.layout.Name
		for _, b := range sure {
			p.takeOver(b)
		}
		return nil
	}
	return nil
}

// fit lays the blocks of a layout where most of their labels have a piece of print;
// ok is false where too few have, or a value is not in its place.
func (p *page) fit(l *Layout) (f fitted, ok bool) {
	f.layout = l
	labels := 0
	for i, block := range l.Blocks {
		best, most := laid{LayoutBlock: block}, 0
		var before laid
		if i > 0 {
			before = f.blocks[i-1]
		}
		for _, t := range p.texts {
			for _, label := range block.Labels {
				at := laid{block, p.mm(t.x0) - label.At[0], p.mm(t.y0) - label.At[1]}
				if math.Abs(at.dx) > shiftMM || i > 0 && math.Abs(at.dx-before.dx) > blockMM {
					continue
				}
				// Of places that explain as much the one nearest to the block above.
				if n := p.inPlace(at); n > most || n == most && math.Abs(at.dy-before.dy) < math.Abs(best.dy-before.dy) {
					best, most = at, n
				}
			}
		}
		if most > 0 && slices.ContainsFunc(block.Fields, func(v LayoutField) bool { return !p.filled(best.on(v.At)) }) {
			return f, false
		}
		f.blocks = append(f.blocks, best)
		labels += len(block.Labels)
		for _, label := range block.Labels {
			if p.labelled(best, label) != nil {
				f.found++
			}
		}
	}
	return f, float64(f.found) >= labelsFound*float64(labels)
}

// inPlace counts the labels and print of a block that have a piece in their places.
func (p *page) inPlace(b laid) int {
	n := 0
	for _, label := range b.Labels {
		if p.labelled(b, label) != nil {
			n++
		}
	}
	for _, print := range b.Print {
		if p.printed(b, print) != nil {
			n++
		}
	}
	return n
}

// on is a place of the block on the page.
func (b laid) on(at layoutPlace) layoutPlace {
	return layoutPlace{at[0] + b.dx, at[1] + b.dy, at[2], at[3]}
}

// slack is by how much print may lie off a place of the block.
func (b laid) slack(at layoutPlace) float64 {
	first := b.Labels[0].At
	return placeMM + placeShare*math.Hypot(at[0]-first[0], at[1]-first[1])
}

// mm converts layout pixels to millimetres.
func (p *page) mm(px int) float64 { return float64(px) / p.ink.perMM }

// labelled is the piece that begins where a label does, in a cell like its own; nil when
// there is none.
func (p *page) labelled(b laid, l LayoutLabel) *text {
	at, slack := b.on(l.At), b.slack(l.At)
	for _, t := range p.texts {
		if math.Abs(p.mm(t.x0)-at[0]) > slack || math.Abs(p.mm(t.y0+t.y1)/2-at[1]-at[3]/2) > slack || p.mm(t.w()) < at[2]-2*slack {
			continue
		}
		var cell layoutSize
		if t.cell >= 0 {
			c := p.rules.cells[t.cell]
			cell = layoutSize{p.mm(c.w()), p.mm(c.h())}
		}
		if math.Abs(cell[0]-l.Cell[0]) <= 2*slack && math.Abs(cell[1]-l.Cell[1]) <= 2*slack {
			return t
		}
	}
	return nil
}

// filled reports whether a piece of print stands in a place.
func (p *page) filled(at layoutPlace) bool {
	b := p.boxOf(at)
	return slices.ContainsFunc(p.texts, func(t *text) bool { return t.overlapX(b) > 0 && 2*t.overlapY(b) > min(t.h(), b.h()) })
}

func (p *page) boxOf(at layoutPlace) box {
	px := func(mm float64) int { return int(math.Round(mm * p.ink.perMM)) }
	return box{px(at[0]), px(at[1]), px(at[0] + at[2]), px(at[1] + at[3])}
}

// confirm reads the labels of a layout and gives the blocks that are surely there; none
// when the page says another thing than the form.
func (r *Reader) confirm(ctx context.Context, p *page, f fitted) (sure []laid, err error) {
	labels, found := 0, 0
	for _, b := range f.blocks {
		n := 0
		for _, l := range b.Labels {
			t := p.labelled(b, l)
			if t == nil {
				continue
			}
			if l.Names == roleCustomer || l.Names == roleResult { // read whole in any case
				err = r.ensure(ctx, p, wholeRead, t)
			} else {
				err = r.ensureLabels(ctx, p, t)
			}
			if err != nil {
				return nil, err
			}
			if hits := t.hits(); len(hits) > 0 && hits[0].from == 0 && hits[0].role == l.Names {
				n++
			}
		}
		if float64(n) >= labelsFound*float64(len(b.Labels)) {
			sure = append(sure, b)
		}
		labels, found = labels+len(b.Labels), found+n
	}
	if float64(found) < labelsFound*float64(labels) {
		return nil, nil
	}
	return sure, nil
}

// printed is the piece that stands in the place of print and has its size; nil when there
// is none.
func (p *page) printed(b laid, print LayoutPrint) *text {
	at, slack := b.on(print.At), b.slack(print.At)
	i := slices.IndexFunc(p.texts, func(t *text) bool {
		return math.Abs(p.mm(t.x0)-at[0]) <= slack && math.Abs(p.mm(t.x1)-at[0]-at[2]) <= slack &&
			math.Abs(p.mm(t.y0)-at[1]) <= slack && math.Abs(p.mm(t.y1)-at[1]-at[3]) <= slack
	})
	if i < 0 {
		return nil
	}
	return p.texts[i]
}

// takeOver fills in the print of a block.
func (p *page) takeOver(b laid) {
	for _, print := range b.Print {
		if t := p.printed(b, print); t != nil && t.extent == unread {
			t.know(print)
		}
	}
}

// telling are words that a page is judged by wherever they stand.
var telling = slices.Concat(customerCopies, returnCopies, []string{
	"符", "一致", "联", "银行", "币", "元", "大写", "单位:", "我单位", "本单位", "我公司", "本公司",
})

// tells reports whether a piece may tell something of the customer, his statement or his
// answer: such print is read on every page.
func tells(t *text) bool {
	s := strings.ReplaceAll(t.String(), "预留银行", "预留") // of the customer's seals
	return strings.ContainsAny(s, digits) || containsAny(s, telling) || capitalsIn(s) > 0 ||
		slices.ContainsFunc(t.hits(), func(h hit) bool { return h.role != roleOther || h.hasValue() })
}

// know sets a piece's text as if it had been read: its characters evenly, the narrow ones
// closer, over the piece or as far as its beginning reaches.
func (t *text) know(print LayoutPrint) {
	wide := func(r rune) float64 {
		if unicode.Is(unicode.Han, r) {
			return 1
		}
		return 0.5
	}
	sum := 0.0
	for _, r := range print.Text {
		sum += wide(r)
	}
	unit := float64(t.w()) / sum
	t.extent = wholeRead
	if print.Begin {
		unit, t.extent = min(unit, float64(t.h())), headRead
	}
	t.glyphs, t.confidence = nil, 1
	x := float64(t.x0)
	for _, r := range print.Text {
		w := unit * wide(r)
		t.glyphs = append(t.glyphs, placed{char: fold(r), x0: x + 0.3*w, x1: x + 0.7*w, p: 1})
		x += w
	}
}
