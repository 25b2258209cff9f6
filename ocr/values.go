package ocr

import (
	"context"
	"fmt"

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

// sureConfidence ends the search for a better view of a value.
const sureConfidence = 0.97

// readValue reads a place as a value of kind k, in as many views as it takes;
// there may be paper around the print.
func (r *Reader) readValue(ctx context.Context, p *page, at place, k *kind) (*value, error) {
	cut, err := p.cut(at.limit)
	if err != nil {
		return nil, err
	}
	b := cut.inner(p.ink, at.at)
	b.x0, b.x1 = reachOut(cut.black, b)
	best := &value{kind: k, box: p.sheetBox(at.at), pen: tightStrip(cut.pen, b)}
	for _, view := range valueViews(cut, b) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v, err := r.readView(ctx, view, k)
		if err != nil {
			return nil, err
		}
		if v.confidence() > best.confidence() || best.strip == nil {
			best.word, best.plain, best.strip = v.word, v.plain, view
		}
		if best.confidence() >= sureConfidence {
			break
		}
	}
	if wide := printBeside(cut.black, b); wide != b {
		v, err := r.readView(ctx, tightStrip(cut.black, wide), k)
		if err != nil {
			return nil, err
		}
		best.contested = v.plain != best.plain
	}
	return best, nil
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
	return v, nil
}

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
	level := inkLevelIn(plane, b, minInk)
	where := trim(plane, b, trimLevel*level)
	if where.w() < minStripSide || where.h() < minStripSide {
		return nil
	}
	return newStrip(plane, where, level)
}

// vote lets the second reader judge what the first read, and says how sure the
// pair is. other holds readings of the same field elsewhere on the page by the
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
	for _, view := range []*strip{v.strip, v.pen} {
		if view == nil {
			continue
		}
		text, err := r.second.read(ctx, view, v.kind.letters)
		if err != nil {
			return out, fmt.Errorf("%s: %w", v.kind.name, err)
		}
		out.Second = text
		if plain := v.kind.plain(text); plain != "" {
			out.Second = plain
		}
		if out.Second == out.First {
			out.Agreed = true
			break
		}
	}
	return out, nil
}
