package sim

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"heyin/models"
	"heyin/reconcile/slip"
)

// Strike is how a customer takes an answer back, or contradicts it.
type Strike string

// Strikes.
const (
	StrikeLevel    Strike = "level"
	StrikeDouble   Strike = "two level"
	StrikeLow      Strike = "level, low"
	StrikeAslant   Strike = "aslant"
	StrikeCross    Strike = "cross"
	StrikeWave     Strike = "wave"
	StrikeZigzag   Strike = "zigzag"
	StrikeSlashes  Strike = "slashes"
	StrikeScribble Strike = "scribble"
	StrikeOne      Strike = "one character"
	StrikeNot      Strike = "不 before it"  // put in small
	StrikeOther    Strike = "不符 beside it" // written
	StrikeBoth     Strike = "both chosen"  // of two answers offered
)

// Strikes lists them.
func Strikes() []Strike {
	return []Strike{StrikeLevel, StrikeDouble, StrikeLow, StrikeAslant, StrikeCross, StrikeWave, StrikeZigzag, StrikeSlashes, StrikeScribble, StrikeOne,
		StrikeNot, StrikeOther, StrikeBoth}
}

// across draws the strike over the place of an answer.
func (s Strike) across(d dice, r slip.Rect) shape {
	left, right := r.X-d.between(0.5, 3), r.X+r.W+d.between(0.5, 3)
	middle := r.Y + r.H/2
	pen := d.between(0.45, 0.7)
	trail := func(points []point) shape { return stroke(points, penWidths(d, len(points), pen)) }
	// waves runs from left to right, up and down by a share of the height.
	waves := func(n int, share float64, sharp bool) shape {
		var points []point
		steps := n * 12
		for i := range steps + 1 {
			turn := float64(i) / 12 * 2 * math.Pi
			v := math.Sin(turn)
			if sharp {
				v = 2 / math.Pi * math.Asin(v)
			}
			points = append(points, point{left + (right-left)*float64(i)/float64(steps), middle + v*share*r.H/2})
		}
		return trail(points)
	}
	switch s {
	case StrikeDouble:
		gap := r.H * d.between(0.1, 0.2)
		return append(level(d, point{left, middle - gap}, point{right, middle - gap}), level(d, point{left, middle + gap}, point{right, middle + gap})...)
	case StrikeLow:
		y := r.Y + r.H*d.between(0.66, 0.76)
		return level(d, point{left, y}, point{right, y})
	case StrikeAslant:
		return level(d, point{left, r.Y + r.H*d.between(0.75, 1)}, point{right, r.Y + r.H*d.between(0, 0.25)})
	case StrikeCross:
		x := r.X + r.W*d.between(0.35, 0.65)
		half := r.H * d.between(0.6, 1)
		return append(level(d, point{x - half, r.Y - 0.5}, point{x + half, r.Y + r.H + 0.5}), level(d, point{x + half, r.Y - 0.5}, point{x - half, r.Y + r.H + 0.5})...)
	case StrikeWave:
		return waves(2+d.IntN(4), d.between(0.4, 0.8), false)
	case StrikeZigzag:
		return waves(3+d.IntN(5), d.between(0.7, 1.1), true)
	case StrikeSlashes:
		var out shape
		n := 2 + d.IntN(2)
		for i := range n {
			x := r.X + r.W*(float64(i)+0.5)/float64(n)
			lean := r.H * d.between(0.25, 0.6)
			out = append(out, level(d, point{x + lean, r.Y - d.between(0.5, 1.5)}, point{x - lean, r.Y + r.H + d.between(0.5, 1.5)})...)
		}
		return out
	case StrikeScribble:
		var points []point
		loops := 6 + d.IntN(5)
		for i := range loops * 14 {
			t := float64(i) / 14
			sin, cos := math.Sincos(2 * math.Pi * t)
			points = append(points, point{left + (right-left)*(t/float64(loops)) + cos*r.H*0.35, middle + sin*r.H*0.42})
		}
		return trail(points)
	case StrikeOne:
		n := math.Max(2, math.Round(r.W/r.H))
		w := r.W / n
		x := r.X + w*float64(d.IntN(int(n)))
		return append(level(d, point{x, r.Y}, point{x + w, r.Y + r.H}), level(d, point{x + w, r.Y}, point{x, r.Y + r.H})...)
	default:
		return level(d, point{left, middle + r.H*d.around(0, 0.06)}, point{right, middle + r.H*d.around(0, 0.06)})
	}
}

// StruckPages writes so many receipts for each strike to dir, in the benchmark's format: an agreement taken
// back or contradicted. It is in turn written or stamped on our forms, written or stamped on forms of other
// printers, and chosen of two answers that those offer. MarkForm names the strike; the mark is unclear.
func (st *Studio) StruckPages(ctx context.Context, dir string, seed uint64, each int) error {
	kinds := Strikes()
	return st.formPages(ctx, dir, seed, each*len(kinds), func(i int) formPage {
		strike, turn := kinds[i%len(kinds)], i/len(kinds)%3
		offers := turn == 2 || strike == StrikeBoth
		return formPage{scenario: Agreeing, ours: turn == 0 && !offers, asks: asked(offers), strike: strike}
	})
}

func asked(offers bool) asking {
	if offers {
		return offersAnswers
	}
	return leavesPlace
}

// formMix is what other printers' forms are answered with.
var formMix = []Scenario{Agreeing, Differing, Agreeing, Agreeing, Unmarked, Agreeing, Differing, Agreeing}

// FormPages writes n receipts on forms of other printers to dir, in the benchmark's format.
func (st *Studio) FormPages(ctx context.Context, dir string, seed uint64, n int) error {
	return st.formPages(ctx, dir, seed, n, func(i int) formPage { return formPage{scenario: formMix[i%len(formMix)]} })
}

// formPage is what becomes of one receipt of a set of forms.
type formPage struct {
	scenario Scenario
	ours     bool // printed by us
	asks     asking
	strike   Strike // that takes the answer back; empty: none
}

func (st *Studio) formPages(ctx context.Context, dir string, seed uint64, n int, plan func(i int) formPage) error {
	p := NewPeriod(seed, 0)
	for i := range n {
		p.add(plan(i).scenario)
	}
	return st.pageSet(dir, p, func(i int, places []slip.Places) ([]byte, PageTruth, error) {
		s, err := st.formPage(ctx, dir, p, i, places, plan(i))
		if err != nil {
			return nil, PageTruth{}, err
		}
		s.truth.File = fmt.Sprintf("pages/form-%04d.jpg", i+1)
		data, err := encodeJPEG(s.img, s.quality, p.Files[i].Pages[0].DPI, s.gray)
		return data, s.truth, err
	})
}

func (st *Studio) formPage(ctx context.Context, dir string, p *Period, i int, places []slip.Places, plan formPage) (scanned, error) {
	pg := p.Files[i].Pages[0]
	d := newDice(pg.seed, "form")
	var sheet *paper
	place := places[pg.Customer]
	var answer answering
	var form *formOfOthers
	if plan.ours {
		img, err := rasterise(ctx, filepath.Join(dir, PrintedFile), pg.Customer+1, pg.DPI)
		if err != nil {
			return scanned{}, err
		}
		sheet = &paper{img, pg.DPI / 25.4}
		answer = func(d dice, page *paper, _ Page, places slip.Places, t *PageTruth) answered {
			t.Mark = models.Agree
			return st.answerIn(d, page, places.Result, pick(d, agreePhrases), t)
		}
	} else {
		form = st.printOther(d, pg.Order, pg.DPI, plan.asks)
		sheet, place, answer = form.page, form.places, form.answer
	}
	if plan.strike != "" {
		answer = st.struck(answer, plan.strike, form)
	}
	s := st.fill(p, pg, sheet.img, place, newDice(pg.seed, "scan").Uint64(), answer)
	if !plan.ours {
		s.truth.Layout, s.truth.Code = "other printer", ""
	}
	return s, nil
}

// struck is an answer that is taken back; form is nil for ours.
func (st *Studio) struck(answer answering, strike Strike, form *formOfOthers) answering {
	return func(d dice, page *paper, pg Page, places slip.Places, t *PageTruth) answered {
		a := answer(d, page, pg, places, t)
		pen := pick(d, penInks)
		switch strike {
		case StrikeNot:
			size := math.Min(a.place.H*d.between(0.5, 0.9), 5)
			no, length := st.handwriting(d, "不", size)
			page.draw(no.place(1, 1, 0, point{a.place.X - length - d.between(-0.3, 0.6), a.place.Y + a.place.H*d.between(0.3, 0.6)}), pen, 0.9)
		case StrikeOther:
			st.write(d, page, slip.Rect{X: a.place.X + a.place.W + d.between(1, 5), Y: a.place.Y, W: 25, H: a.place.H}, "不符", d.between(4.5, 7), pen)
		case StrikeBoth:
			form.choose(d, page, 1, pen)
		default:
			page.draw(strike.across(d, a.place), pen, 0.9)
		}
		t.Mark, t.MarkForm = models.Unclear, "struck: "+string(strike)
		return a
	}
}
