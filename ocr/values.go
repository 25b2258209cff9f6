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
}

func (v *value) confidence() float64 {
	if v == nil || v.plain == "" {
		return 0
	}
	return v.word.confidence()
}

// sureConfidence ends the search for a better view of a value.
const sureConfidence = 0.97

// readValue reads the layout box b as a value of kind k, in as many views as it
// takes; the box may hold paper around the print.
func (r *Reader) readValue(ctx context.Context, p *page, b box, k *kind) (*value, error) {
	best := &value{kind: k, box: p.sheetBox(b)}
	cut, err := p.cut(b)
	if err != nil {
		return nil, err
	}
	best.pen = tightStrip(cut.pen)
	for _, view := range valueViews(p, cut, b) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		l, err := r.first.one(view)
		if err != nil {
			return nil, err
		}
		w, ok := l.decode(r.grammar(k))
		if !ok {
			continue
		}
		v := value{kind: k, word: w, plain: k.plain(w.text), box: best.box, strip: view, pen: best.pen}
		if v.confidence() > best.confidence() || best.strip == nil {
			*best = v
		}
		if best.confidence() >= sureConfidence {
			break
		}
	}
	return best, nil
}

// trimLevel is the share of the ink's strength from which a pixel counts as
// print when the paper around it is cut away.
const trimLevel = 0.35

// valueViews prepares the crops of a value, the likeliest first: tight around
// the print; the whole box; every ink, when the print itself is coloured.
func valueViews(p *page, cut *patch, b box) []*strip {
	var views []*strip
	add := func(s *strip) {
		if s != nil {
			views = append(views, s)
		}
	}
	add(tightStrip(cut.black))
	if whole := cut.inner(p.ink, b); whole.w() >= 4 && whole.h() >= 4 {
		add(newStrip(cut.black, whole, inkLevel(cut.black, minInk)))
	}
	add(tightStrip(cut.total))
	return views
}

// tightStrip cuts the print of a plane, or gives nil when there is none.
func tightStrip(plane *imaging.Plane) *strip {
	level := inkLevel(plane, minInk)
	where := trim(plane, trimLevel*level)
	if where.w() < 4 || where.h() < 4 {
		return nil
	}
	return newStrip(plane, where, level)
}

// vote lets the second reader judge what the first read, and says how sure the
// pair is. other holds readings of the same field elsewhere on the page by the
// first reader, or a bar code's text, in plain form.
func (r *Reader) vote(v *value, other ...string) (models.Voted, error) {
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
	for _, view := range []*strip{v.strip, v.pen} {
		if view == nil {
			continue
		}
		text, err := r.second.read(view, v.kind.letters)
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
