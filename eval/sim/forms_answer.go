package sim

import (
	"image/color"
	"math"

	"heyin/models"
	"heyin/reconcile/slip"
)

// Ways of choosing one of two printed answers.
const (
	wayTick      = "tick"
	wayFilled    = "filled box"
	wayRing      = "ring"
	wayUnderline = "underlined"
	wayBeside    = "tick beside"
	wayStruck    = "other struck out"
)

// answer has the customer answer as the form asks.
func (f *formOfOthers) answer(d dice, page *paper, pg Page, _ slip.Places, t *PageTruth) answered {
	pen := pick(d, penInks)
	t.Mark, t.MarkForm = models.Agree, "none"
	if pg.Scenario == Unmarked {
		t.Mark = models.Blank
		return answered{}
	}
	chosen := 0
	if pg.Scenario == Differing {
		t.Mark, chosen = models.Differ, 1
	}
	q := f.asked
	if q.words[0] == "" {
		phrases := agreePhrases
		if chosen == 1 {
			phrases = differPhrases
		}
		return f.st.answerIn(d, page, f.places.Result, pick(d, phrases), t)
	}
	if chosen == 1 && d.chance(0.5) {
		amount := otherAmount(d, pick(d, t.Accounts).Balance).Printed()
		t.HandwrittenAmount = &amount
		f.st.write(d, page, f.places.Amount, amount, 5, pen)
	}
	t.MarkForm = f.choose(d, page, chosen, pen)
	return answered{place: around(q.at[chosen], q.box[chosen])}
}

// around is the smallest place that holds both; b may be empty.
func around(a, b slip.Rect) slip.Rect {
	if b.Empty() {
		return a
	}
	x, y := math.Min(a.X, b.X), math.Min(a.Y, b.Y)
	return slip.Rect{X: x, Y: y, W: math.Max(a.X+a.W, b.X+b.W) - x, H: math.Max(a.Y+a.H, b.Y+b.H) - y}
}

// choose marks one of the two answers offered and returns the way.
func (f *formOfOthers) choose(d dice, page *paper, chosen int, pen color.RGBA) string {
	q := f.asked
	ways := []string{wayRing, wayRing, wayUnderline, wayBeside, wayStruck}
	if !q.box[0].Empty() {
		ways = []string{wayTick, wayTick, wayTick, wayTick, wayTick, wayFilled, wayRing}
	}
	way := pick(d, ways)
	word, box := q.at[chosen], q.box[chosen]
	switch way {
	case wayTick:
		low := point{box.X + box.W*d.between(0.3, 0.6), box.Y + box.H*d.between(0.65, 1)}
		page.draw(tick(d, box.H*d.between(1, 1.7)).place(1, 1, 0, low), pen, 0.9)
	case wayBeside:
		low := point{word.X + word.W + d.between(0.5, 1.2), word.Y + word.H*d.between(0.7, 1)}
		if q.stroke == "／" || q.stroke == "、" {
			low = point{word.X + word.W*d.between(0.4, 0.6), word.Y + d.between(-0.6, 0.2)} // there is no room but above
		}
		page.draw(tick(d, word.H*d.between(0.9, 1.2)).place(0.8, 1, 0, low), pen, 0.9)
	case wayFilled:
		var points []point
		for i := range 9 {
			points = append(points, point{box.X + box.W*(0.2+0.6*float64(i%2)) + d.around(0, 0.15), box.Y + box.H*(0.15+0.7*float64(i)/8)})
		}
		page.draw(stroke(points, penWidths(d, len(points), 0.7)), pen, 0.9)
	case wayRing:
		page.draw(ring(d, around(word, box)), pen, 0.9)
	case wayUnderline:
		y := word.Y + word.H + d.between(0.3, 0.9)
		page.draw(level(d, point{word.X - 0.5, y}, point{word.X + word.W + 0.5, y}), pen, 0.9)
	case wayStruck:
		other := q.at[1-chosen]
		y := other.Y + other.H*d.between(0.42, 0.58)
		page.draw(level(d, point{other.X - d.between(0, 1.5), y}, point{other.X + other.W + d.between(0, 1.5), y}), pen, 0.9)
	}
	return way
}

// answerIn writes or stamps a phrase where the form leaves place for it.
func (st *Studio) answerIn(d dice, page *paper, place slip.Rect, text string, t *PageTruth) answered {
	if d.chance(0.4) {
		order := phraseStamp(text)
		if d.chance(0.3) {
			order.Ring = 0 // characters without a frame
		}
		return st.stampPhrase(d, page, place, order, t)
	}
	t.MarkForm = "handwritten"
	hand, length := st.handwritingSet(d, text, d.between(5.5, 8), pick(d, []float64{1, 1, 0.86, 0.8, 1.15}))
	lean := d.around(0, 0.12)
	hand = hand.move(func(p point) point { return point{p.X - lean*p.Y, p.Y} })
	return answered{place: page.put(d, place, hand, length, pick(d, penInks))}
}

// ring is drawn by hand around a place; its ends seldom meet.
func ring(d dice, r slip.Rect) shape {
	a, b := r.W/2+d.between(0.8, 2), r.H/2+d.between(0.8, 1.8)
	from, turns := d.between(0, 360), d.between(0.93, 1.12)
	lean, wobble := d.around(0, 4), d.between(0.02, 0.06)
	phase := d.between(0, 6)
	var points []point
	for i := range 61 {
		deg := from + 360*turns*float64(i)/60
		k := 1 + wobble*math.Sin(phase+deg/40)
		s, c := math.Sincos(deg * math.Pi / 180)
		points = append(points, point{a * k * c, b * k * s}.turn(lean).add(point{r.X + r.W/2, r.Y + r.H/2}))
	}
	return stroke(points, penWidths(d, len(points), d.between(0.4, 0.65)))
}

// level is a stroke from one point to another as a hand draws it.
func level(d dice, from, to point) shape {
	bow := d.around(0, 0.3)
	to.Y += d.around(0, 0.35)
	points := bezier(from, point{from.X + (to.X-from.X)*0.3, from.Y + bow}, point{from.X + (to.X-from.X)*0.7, to.Y + bow}, to, 24)
	return stroke(points, penWidths(d, len(points), d.between(0.4, 0.65)))
}
