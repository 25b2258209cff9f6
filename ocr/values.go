package ocr

import (
	"context"
	"fmt"
	"slices"
	"unicode"

	"heyin/imaging"
	"heyin/models"
)

// value is a field read by the first reader, with what the second needs.
type value struct {
	kind  *kind
	word  word
	plain string // comparable form; empty when unread
	box   models.Box
	strip *strip // the view that gave the best reading
	pen   *strip // the same without stamps, by another separation; may be nil
	bare  *strip // of a value under a stamp, the channel that shows the stamp least; else nil
	// figures is where they stand in the strip, as shares of its width; zero is all of it.
	figures [2]float64
	// quick: read from a low strip only. Two prints of one value may be misread alike.
	quick bool
	// contested: more print stands beside the value and read with it gives another,
	// or it stands in a mixed row. Both readers would be misled alike.
	contested bool
}

func (v *value) confidence() float64 {
	if v == nil || v.plain == "" {
		return 0
	}
	return v.word.confidence()
}

// sureConfidence ends the search for a better view of a value; quickConfidence that
// of a low strip will do: of 223 values read so none was another than from the full
// strip.
const (
	sureConfidence  = 0.97
	quickConfidence = 0.90
)

// readValue reads a place as a value of kind k, in as many views as it takes;
// there may be paper around the print. With quick a sure reading of a low strip
// will do, at half the cost.
func (r *Reader) readValue(ctx context.Context, p *page, at place, k *kind, quick bool) (*value, error) {
	cut, err := p.cut(at.limit)
	if err != nil {
		return nil, err
	}
	b := cut.inner(p.ink, at.at)
	b.x0, b.x1 = reachOut(cut.black, b)
	limit := cut.inner(p.ink, at.limit) // the margin of the cut may show the edge of the label, which the second reader reads too
	b.x0, b.x1 = max(b.x0, limit.x0), min(b.x1, limit.x1)
	if k == &kindAccount { // of an amount nothing may be left out
		b.x0, b.x1 = longestPart(cut.black, b)
	}
	best := &value{kind: k, box: p.sheetBox(at.at), pen: tightStrip(cut.pen, b)}
	views := valueViews(cut, b)
	if quick && len(views) > 0 {
		v, err := r.readViewOnce(ctx, p, viewKey{at, k, viewLow}, views[0].lowered)
		if err != nil {
			return nil, err
		}
		if v.confidence() >= quickConfidence {
			best.word, best.plain, best.strip, best.figures, best.quick = v.word, v.plain, views[0], v.figures, true
			views = nil
		}
	}
	for i, view := range views {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v, err := r.readViewOnce(ctx, p, viewKey{at, k, i}, func() *strip { return view })
		if err != nil {
			return nil, err
		}
		if v.confidence() > best.confidence() || best.strip == nil {
			best.word, best.plain, best.strip, best.figures = v.word, v.plain, view, v.figures
		}
		if best.confidence() >= sureConfidence {
			break
		}
	}
	if wide := printBeside(cut.black, b); wide != b {
		v, err := r.readViewOnce(ctx, p, viewKey{at, k, viewWide}, func() *strip { return tightStrip(cut.black, wide) })
		if err != nil {
			return nil, err
		}
		best.contested = v.plain != best.plain
	}
	if cut.warm != nil && inkShareIn(cut.warm, b, stampInk) >= stampShare {
		where, level, ok := tight(cut.black, b)
		raw, err := p.cutWith(at.limit, 0, blackOnly) // cut holds no longer
		if err != nil {
			return nil, err
		}
		if ok {
			best.bare = newStrip(raw.black, where, level)
		}
	}
	return best, nil
}

// A value is under a stamp when this share of it carries so much warm ink, as
// density.
const (
	stampInk   = 0.11
	stampShare = 0.02
)

// viewKey names a view of a place: the number of valueViews, or one of those below.
type viewKey struct {
	place
	kind *kind
	view int
}

const (
	viewLow  = -1
	viewWide = -2
)

// readViewOnce is readView for a view that has been read already when the copies of a
// page are read again together.
func (r *Reader) readViewOnce(ctx context.Context, p *page, key viewKey, view func() *strip) (*value, error) {
	if v, ok := p.views[key]; ok {
		return v, nil
	}
	v, err := r.readView(ctx, view(), key.kind)
	if err == nil {
		p.views[key] = v
	}
	return v, err
}

// readView reads one view of a value; nil reads as nothing.
func (r *Reader) readView(ctx context.Context, view *strip, k *kind) (*value, error) {
	v := &value{kind: k, strip: view}
	if view == nil {
		return v, nil
	}
	l, err := r.first.one(ctx, view)
	if err != nil {
		return nil, err
	}
	if w, ok := l.decode(r.grammar(k)); ok {
		v.word, v.plain = w, k.plain(w.text)
	}
	if k == &kindAmount {
		v.figures = figuresIn(l, view)
	}
	return v, nil
}

// figuresIn is where the figures stand in a strip that shows Han characters before or
// behind them, 人民币 or 元, as shares of its width; zero when it shows none.
func figuresIn(l *lattice, s *strip) (figures [2]float64) {
	glyphs := l.glyphs()
	isHan := func(g glyph) bool { return unicode.Is(unicode.Han, g.char) }
	from := slices.IndexFunc(glyphs, func(g glyph) bool { return unicode.IsDigit(g.char) })
	if from < 0 || !slices.ContainsFunc(glyphs, isHan) {
		return figures
	}
	to := from
	for from > 0 && !isHan(glyphs[from-1]) {
		from--
	}
	for to < len(glyphs) && !isHan(glyphs[to]) {
		to++
	}
	high := float64(s.h) / (1 + 2*stripMargin)
	if s.h == lowStrip {
		high *= lowStretch
	}
	paper := func(i int) float64 { // between glyphs i-1 and i, one of them Han
		middle := func(g glyph) float64 { return (float64(g.step) + float64(g.width)/2) * stripStride }
		off := (hanHalf - figureHalf) / 2 * high
		if isHan(glyphs[i]) {
			off = -off
		}
		return ((middle(glyphs[i-1])+middle(glyphs[i]))/2 + off) / float64(s.w)
	}
	figures[1] = 1
	if from > 0 {
		figures[0] = paper(from)
	}
	if to < len(glyphs) {
		figures[1] = paper(to)
	}
	return figures
}

// Half the width of a figure and of a Han character, in heights of the print.
const (
	figureHalf = 0.27
	hanHalf    = 0.5
)

// besideColumns is the number of inked columns, in shares of the print's height,
// that make print and not dirt.
const besideColumns = 0.15

// printBeside is b widened over print that stands apart from it in the plane, or
// b when there is none.
func printBeside(plane *imaging.Plane, b box) box {
	inked := inkedColumns(plane, b)
	wide, left, right := b, 0, 0
	for x := range plane.W {
		switch {
		case !inked(x):
		case x < b.x0:
			if left++; left == 1 {
				wide.x0 = x
			}
		case x >= b.x1:
			right++
			wide.x1 = x + 1
		}
	}
	enough := int(besideColumns*float64(b.h())) + 1
	if left < enough {
		wide.x0 = b.x0
	}
	if right < enough {
		wide.x1 = b.x1
	}
	return wide
}

// inkedColumns tells which columns of the plane carry print in the rows of b.
func inkedColumns(plane *imaging.Plane, b box) func(x int) bool {
	level := trimLevel * inkLevelIn(plane, b, minInk)
	return func(x int) bool {
		n := 0
		for y := b.y0; y < b.y1; y++ {
			if plane.At(x, y) > level {
				n++
			}
		}
		return n > 1
	}
}

// trimLevel is the share of the ink's strength from which a pixel counts as
// print when the paper around it is cut away.
const trimLevel = 0.35

// valueGap is the paper, in heights of the print, that ends a value: more than
// stands between two groups of figures.
const valueGap = 0.9

// reachOut widens the columns of b over print that goes on beside it.
func reachOut(plane *imaging.Plane, b box) (x0, x1 int) {
	inked := inkedColumns(plane, b)
	gap := int(valueGap * float64(b.h()))
	x0, x1 = b.x0, b.x1
	for x := x0 - 1; x >= max(0, x0-gap); x-- {
		if inked(x) {
			x0 = x
		}
	}
	for x := x1; x < min(plane.W, x1+gap); x++ {
		if inked(x) {
			x1 = x + 1
		}
	}
	return max(0, x0-1), min(plane.W, x1+1)
}

// longestPart is the longest stretch of print in the columns of b that no gap as wide
// as a character ends: where a rule is lost, the number of the row stands before
// the account's.
func longestPart(plane *imaging.Plane, b box) (x0, x1 int) {
	print := trim(plane, b, trimLevel*inkLevelIn(plane, b, minInk))
	if print.h() == 0 {
		return b.x0, b.x1
	}
	inked := inkedColumns(plane, b)
	parts := partsOf(b, inked, int(partGap*float64(print.h())))
	longest := box{x0: b.x0, x1: b.x0}
	for _, part := range parts {
		if part.w() > longest.w() {
			longest = part
		}
	}
	if len(parts) < 2 {
		return max(b.x0, longest.x0-1), min(b.x1, longest.x1+1)
	}
	groups := partsOf(b, inked, int(groupsApart*float64(print.h())))
	for i := range groups {
		if part := joinAlike(groups[i:], print.h()); part.w() > longest.w() {
			longest = part
		}
	}
	return max(b.x0, longest.x0-1), min(b.x1, longest.x1+1)
}

// partsOf lists the stretches of print in the columns of b that no gap of so many ends.
func partsOf(b box, inked func(x int) bool, gap int) []box {
	var parts []box
	for x := b.x0; x < b.x1; x++ {
		switch last := len(parts) - 1; {
		case !inked(x):
		case last >= 0 && x-parts[last].x1 < gap:
			parts[last].x1 = x + 1
		default:
			parts = append(parts, box{x0: x, x1: x + 1})
		}
	}
	return parts
}

// joinAlike is the first of some parts with those behind it that are groups of the same
// number: as wide, but for the last, and as far from each other.
func joinAlike(parts []box, high int) box {
	number, n, alike := parts[0], 1, high/2 // a 1 is narrow
	for ; n < len(parts); n++ {
		far := parts[n].x0 - parts[n-1].x1
		if far > groupGap*high || abs(far-parts[1].x0+parts[0].x1) > alike ||
			abs(parts[n-1].w()-number.w()) > alike || parts[n].w() > number.w()+alike {
			break
		}
	}
	if n >= minGroups {
		number.x1 = parts[n-1].x1
	}
	return number
}

// Parts are groups of one number when there are so many of them, and lie more apart, in
// heights of the print, than figures do.
const (
	minGroups   = 3
	groupsApart = 0.9
)

// partGap is the paper between a value and other print, in heights of the print: the
// groups of a number lie 0.8 apart.
const partGap = 1.3

// valueViews prepares the crops of a value, the likeliest first: tight around
// the print; the whole box; every ink, when the print itself is coloured.
func valueViews(cut *patch, b box) []*strip {
	var views []*strip
	add := func(s *strip) {
		if s != nil {
			views = append(views, s)
		}
	}
	add(tightStrip(cut.black, b))
	if b.w() >= minStripSide && b.h() >= minStripSide {
		add(newStrip(cut.black, b, inkLevelIn(cut.black, b, minInk)))
	}
	add(tightStrip(cut.total, b))
	return views
}

// minStripSide is the least width and height of print, in pixels.
const minStripSide = 4

// tightStrip cuts the print of a plane within b, or gives nil when there is none.
func tightStrip(plane *imaging.Plane, b box) *strip {
	where, level, ok := tight(plane, b)
	if !ok {
		return nil
	}
	return newStrip(plane, where, level)
}

// tight is where print stands within b, and its density; ok is false when there is
// none.
func tight(plane *imaging.Plane, b box) (where box, level float32, ok bool) {
	level = inkLevelIn(plane, b, minInk)
	where = trim(plane, b, trimLevel*level)
	return where, level, where.w() >= minStripSide && where.h() >= minStripSide
}

// vote lets the second reader judge what the first read, and says how sure the
// pair is. Where they differ and the first is sure, it looks again at darker print: it errs in
// one view and not in the next, and hardly ever as the first does (docs/adr/007). other holds readings of the same field elsewhere on the page by the
// first reader, or a bar code's text, in plain form.
func (r *Reader) vote(ctx context.Context, v *value, other ...string) (models.Voted, error) {
	out := models.Voted{Value: v.plain, First: v.plain, Confidence: v.confidence(), Box: v.box}
	if v.plain == "" {
		return out, nil
	}
	for _, o := range other {
		if o == v.plain {
			out.Second, out.Agreed = o, true
			return out, nil
		}
	}
	if v.contested {
		return out, nil
	}
	var err error
	if out.Second, err = r.secondOpinion(ctx, v, secondDarker[0]); err != nil {
		return out, fmt.Errorf("%s: %w", v.kind.name, err)
	}
	if v.quick && out.Second != out.First {
		tall, err := r.readView(ctx, v.strip, v.kind)
		if err != nil {
			return out, err
		}
		if tall.plain != "" {
			out.Value, out.First, out.Confidence = tall.plain, tall.plain, tall.confidence()
		}
	}
	for _, darker := range secondDarker[1:] {
		if out.Second == out.First || out.Confidence < sureConfidence {
			break
		}
		again, err := r.secondOpinion(ctx, v, darker)
		if err != nil {
			return out, fmt.Errorf("%s: %w", v.kind.name, err)
		}
		if again == out.First {
			out.Second = again
		}
	}
	out.Agreed = out.Second == out.First
	return out, nil
}

// secondOpinion is what the second reader says: the first view in which it sees a
// value of the kind decides, its print so many times as dark, the likeliest view first, under a stamp those that
// rest on the channel in which it hardly shows. Where it sees none, its text in
// the last view.
func (r *Reader) secondOpinion(ctx context.Context, v *value, darker float32) (string, error) {
	said := ""
	views := []*strip{v.strip, v.strip.stretched(), v.pen}
	if v.bare != nil {
		views = []*strip{v.bare, v.pen, v.strip, v.strip.stretched()}
	}
	for _, s := range views {
		if s == nil {
			continue
		}
		if v.figures != [2]float64{} {
			s = s.between(v.figures[0], v.figures[1])
		}
		text, err := r.second.read(ctx, s, v.kind.letters, darker)
		if err != nil {
			return "", err
		}
		said = text
		if plain := v.kind.plain(text); plain != "" {
			return plain, nil
		}
	}
	return said, nil
}
