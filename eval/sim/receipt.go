package sim

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"heyin/models"
	"heyin/reconcile/slip"
)

// scanned is a receipt back from the customer, through the scanner.
type scanned struct {
	img     *image.RGBA
	quality int // of the JPEG
	gray    bool
	truth   PageTruth
}

// answering lets the customer answer on a page and notes it.
type answering func(d dice, page *paper, pg Page, places slip.Places, t *PageTruth) answered

// answered is what an answer put on a page.
type answered struct {
	edges [][]point // of stamps that are no seals, in page pixels
	place slip.Rect // in millimetres, of writing, a stamp or the answer chosen; empty for ticks on forms of ours
}

// fill lets the customer answer and stamp a printed page, and scans it. sheet
// is consumed. scanSeed tells two scans of one paper apart.
func (st *Studio) fill(p *Period, pg Page, sheet *image.RGBA, places slip.Places, scanSeed uint64, answer answering) scanned {
	d := newDice(pg.seed, "customer")
	page := &paper{sheet, pg.DPI / 25.4}
	c := &p.Customers[pg.Customer]
	o := pg.Order
	t := PageTruth{
		Layout: string(o.Form), StatementNo: o.Statement.No, Customer: c.Name, Date: p.CutOff.Format("2006-01-02"),
		Code: codeName(o.Codes), Readable: pg.Scenario != Unreadable, DPI: int(pg.DPI), OtherStamps: []StampTruth{},
		Defects: []string{},
	}
	for _, l := range o.Statement.Lines {
		t.Accounts = append(t.Accounts, AccountLine{l.AccountNo, l.Currency, l.Balance})
	}
	var edges [][]point // of seals, then of other stamps, in page pixels
	if d.chance(0.6) {
		at := point{places.BankSeal.X + places.BankSeal.W/2 + d.around(0, 1.5), places.BankSeal.Y + places.BankSeal.H/2 + d.around(0, 1)}
		press := pressFor(d, Good, redInks)
		press.TurnDeg = d.around(0, 4)
		edges = append(edges, page.stamp(p.BankSeal.press(st, d, press, pg.DPI), at))
		t.Seals = append(t.Seals, SealTruth{Role: models.RoleBank, Shape: p.BankSeal.Shape, Identity: refBank})
	}
	edges = append(edges, st.stampAll(d, page, c, pg, places.Seals, &t)...)
	edges = append(edges, answer(d, page, pg, places, &t).edges...)
	pen := pick(d, penInks)
	if d.chance(0.5) {
		st.write(d, page, places.Signer, personName(d), 5, pen)
	}
	if d.chance(0.5) {
		st.write(d, page, places.Date, fmt.Sprintf("1月%d日", 5+d.IntN(20)), 5, pen)
	}

	sd := newDice(scanSeed, "scanner")
	s, quality := scannerFor(sd, pg.Scenario, &t)
	if pg.Folded {
		s.Fold, s.Creases = false, letterFolds(newDice(scanSeed, "folds"), float64(sheet.Rect.Dx()), float64(sheet.Rect.Dy()), page.px)
		t.Defects = append(slices.DeleteFunc(t.Defects, func(d string) bool { return d == "fold" }), "folded")
	}
	img, way := scan(sd, page.img, s)
	t.Rotation = s.Turn
	for i, e := range edges {
		for k := range e {
			e[k] = way(e[k])
		}
		b := boxAround(e)
		box := [4]int{b.X, b.Y, b.W, b.H}
		if i < len(t.Seals) {
			t.Seals[i].Box = box
		} else {
			t.OtherStamps[i-len(t.Seals)].Box = box
		}
	}
	out := outcomes[pg.Scenario]
	t.Expected = Disposition{"pass", append([]models.ReasonCode{}, out.reasons...)}
	if out.state != models.Passed {
		t.Expected.Disposition = "review"
	}
	return scanned{img, quality, s.Gray, t}
}

func codeName(c slip.Codes) string {
	switch {
	case c.QR && c.Code128:
		return "both"
	case c.QR:
		return "qr"
	case c.Code128:
		return "code128"
	}
	return ""
}

// stampAll stamps what the scenario asks for, side by side in the place for the
// seals, and returns the edges.
func (st *Studio) stampAll(d dice, page *paper, c *Customer, pg Page, place slip.Rect, t *PageTruth) [][]point {
	seals := c.stamps(d)
	for _, s := range seals {
		t.RequiredSeals = append(t.RequiredSeals, identity(c, s.Ref))
	}
	if pg.Scenario == MissingSeal {
		seals = seals[:len(seals)-1]
	}
	forged := -1
	if pg.Scenario == ForgedSeal {
		forged = d.IntN(len(seals))
	}
	width := 0.0
	for _, s := range seals {
		width += s.Cut.Width
	}
	gap := math.Max(2, math.Min(16, (place.W-width)/float64(len(seals)+1)))
	x := place.X + gap*d.between(0.4, 1)
	var edges [][]point
	for i, s := range seals {
		grade := Good
		switch {
		case pg.Scenario == BadlyStamped && (len(seals) == 1 || i == 0):
			grade = Poor
		case d.chance(ordinaryShare):
			grade = Ordinary
		}
		cut, kind, genuine := s.Cut, "G"+string(rune('0'+grade)), true
		if i == forged {
			cut, kind, _ = st.Forge(s.Cut, pick(d, []string{OtherSeal, OtherTypeface, Recut, Altered}), d.Uint64())
			genuine = false
		}
		inks := redInks
		if cut.Kind == models.SealPersonal {
			inks = personalInks
		}
		press := pressFor(d, grade, inks)
		room := math.Max(0, place.H-cut.Height) / 2
		at := point{x + cut.Width/2, place.Y + place.H/2 + d.between(-0.7, 0.7)*room}
		edges = append(edges, page.stamp(cut.press(st, d, press, pg.DPI), at))
		t.Seals = append(t.Seals, SealTruth{
			Role: models.RoleClient, Shape: cut.Shape, Identity: identity(c, s.Ref), Genuine: &genuine, Kind: kind,
		})
		x += cut.Width + gap
	}
	return edges
}

func identity(c *Customer, ref string) string { return c.No + "." + ref }

// answer ticks, writes or stamps the customer's result on a form of ours.
func (st *Studio) answer(d dice, page *paper, pg Page, places slip.Places, t *PageTruth) answered {
	pen := pick(d, penInks)
	t.Mark, t.MarkForm = models.Agree, "tick"
	if pg.Scenario == Unmarked {
		t.Mark, t.MarkForm = models.Blank, "none"
		return answered{}
	}
	differ := pg.Scenario == Differing
	if differ {
		t.Mark = models.Differ
		line := pick(d, t.Accounts)
		amount := otherAmount(d, line.Balance).Printed()
		t.HandwrittenAmount = &amount
		st.write(d, page, places.Amount, amount, 5.2, pen)
	}
	if !places.Agree.Empty() && d.chance(0.8) {
		box := places.Agree
		if differ {
			box = places.Differ
		}
		low := point{box.X + box.W*d.between(0.3, 0.55), box.Y + box.H*d.between(0.65, 0.95)}
		page.draw(tick(d, box.H*d.between(1.0, 1.5)).place(1, 1, 0, low), pen, 0.9)
		return answered{}
	}
	phrases := agreePhrases
	if differ {
		phrases = differPhrases
	}
	text := pick(d, phrases)
	if d.chance(0.35) {
		return st.stampPhrase(d, page, places.Result, phraseStamp(text), t)
	}
	t.MarkForm = "handwritten"
	return answered{place: st.write(d, page, places.Result, text, d.between(6.5, 8), pen)}
}

// stampPhrase stamps an answer where there is place for it.
func (st *Studio) stampPhrase(d dice, page *paper, place slip.Rect, order Seal, t *PageTruth) answered {
	t.MarkForm = "stamped"
	cut := CutSeal(order, d.Uint64())
	press := pressFor(d, Good, personalInks)
	press.TurnDeg = d.around(0, 2)
	at := point{place.X + cut.Width/2 + d.between(0, 6), place.Y + place.H/2}
	t.OtherStamps = append(t.OtherStamps, StampTruth{What: order.Text})
	return answered{
		edges: [][]point{page.stamp(cut.press(st, d, press, page.px*25.4), at)},
		place: slip.Rect{X: at.X - cut.Width/2, Y: at.Y - cut.Height/2, W: cut.Width, H: cut.Height},
	}
}

// write puts handwriting into a place, smaller where it would not fit, and returns
// the place it took.
func (st *Studio) write(d dice, page *paper, place slip.Rect, text string, size float64, pen color.RGBA) slip.Rect {
	s, length := st.handwriting(d, text, size)
	return page.put(d, place, s, length, pen)
}

// put draws writing of a length into a place, smaller where it would not fit, and
// returns the place it took.
func (p *paper) put(d dice, place slip.Rect, s shape, length float64, pen color.RGBA) slip.Rect {
	fit := math.Min(1, place.W/length)
	at := point{place.X + d.between(0, 0.3)*math.Max(0, place.W-length*fit), place.Y + place.H/2 + d.around(0, 0.4)}
	s = s.place(fit, fit, 0, at)
	p.draw(s, pen, 0.88)
	lo, hi := s.bounds()
	return slip.Rect{X: lo.X, Y: lo.Y, W: hi.X - lo.X, H: hi.Y - lo.Y}
}

// scannerFor rolls the scan of a scenario and notes the defects.
func scannerFor(d dice, sc Scenario, t *PageTruth) (Scan, int) {
	s := Scan{
		SkewDeg: d.around(0, 0.7), NoiseSD: d.between(1, 2.8), BlurPx: d.between(0.3, 0.65), Blotch: d.between(0, 0.12),
		Tint: pick(d, []color.RGBA{{254, 254, 252, 255}, {248, 249, 250, 255}, {250, 246, 238, 255}}), Dark: d.chance(0.15),
	}
	if d.chance(0.25) {
		s.Turn = pick(d, []int{90, 180, 270})
	}
	quality := 72 + d.IntN(20)
	defect := func(name string, p float64) bool {
		if !d.chance(p) {
			return false
		}
		t.Defects = append(t.Defects, name)
		return true
	}
	s.Fold = defect("fold", 0.12)
	s.Punch = defect("punch", 0.2)
	s.DogEar = defect("dogear", 0.06)
	if defect("shadow", 0.1) {
		s.Shadow = d.between(0.3, 0.8)
	}
	if defect("faded", 0.12) {
		s.Fade = d.between(0.15, 0.4)
	}
	s.Gray = sc != ForgedSeal && sc != Agreeing && defect("gray", 0.04)
	if sc == Unreadable {
		t.Defects = append(t.Defects, "unreadable")
		s.BlurPx, s.Fade, s.NoiseSD, s.Blotch = d.between(4, 5.5), 0.7, 9, 0.6
		quality = 25
	}
	return s, quality
}

// ordinaryShare is how many of the seals on an otherwise good receipt came out
// ordinary: a little missing, more or less ink.
const ordinaryShare = 0.12
