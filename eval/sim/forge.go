package sim

import (
	"fmt"
	"math"

	"heyin/models"
)

// Forgery kinds. The codes are those of the benchmark format.
const (
	OtherSeal     = "F0" // another company's, also a sister company's
	OtherTypeface = "F1" // the same text in another typeface
	Recut         = "F2" // the same order cut again
	Altered       = "F3" // one character or some digits changed
	LaserCopy     = "F4" // cut from a scan of a genuine imprint
	PrintCopy     = "F5" // a colour print of a scanned imprint
	Former        = "F6" // the company's former seal
)

// ForgeryKinds lists them.
func ForgeryKinds() []string {
	return []string{OtherSeal, OtherTypeface, Recut, Altered, LaserCopy, PrintCopy, Former}
}

// Forge makes a false counterpart of a seal and says in a word what was changed.
// A kind that the seal has nothing for (no digits to alter, no look-alike) falls
// back on a second cut, and the returned kind says so.
func (st *Studio) Forge(c *Cut, kind string, seed uint64) (forged *Cut, kindMade, note string) {
	d := newDice(seed, "forge", kind)
	order := c.Seal
	switch kind {
	case OtherSeal:
		order.Text = otherText(d, c.Seal)
		if order.Code != "" {
			order.Code = d.digits(len(order.Code))
		}
		return CutSeal(order, seed), kind, ""
	case OtherTypeface:
		if order.Face == Song {
			order.Face = Kai
		} else {
			order.Face = Song
		}
		return CutSeal(order, seed), kind, "font"
	case Altered:
		if order.Code != "" && d.chance(0.35) {
			n := 1 + d.IntN(3)
			order.Code = alterDigits(d, order.Code, n)
			altered := CutSeal(order, c.seed) // all else as in the genuine seal
			return altered, kind, fmt.Sprintf("digits:%d", n)
		}
		if text, from, to, ok := alterOne(d, order.Text); ok {
			order.Text = text
			return CutSeal(order, c.seed), kind, fmt.Sprintf("char:%c>%c", from, to)
		}
	case LaserCopy:
		return st.copySeal(c, d, seed), kind, "lasercopy"
	case PrintCopy:
		printed := *c
		printed.printer = pick(d, []Printer{Laser, Inkjet})
		return &printed, kind, "printcopy;" + string(printed.printer)
	case Former:
		order.Span *= d.between(0.9, 0.96)
		order.TextHeight *= d.between(0.92, 0.97)
		order.Inset += d.between(0.15, 0.4)
		order.Ring *= d.between(0.75, 1.3)
		if order.Code != "" {
			order.Code = d.digits(len(order.Code))
		}
		if d.chance(0.3) {
			order.Face = Song + Kai - order.Face
		}
		former := CutSeal(order, seed)
		if c.Shape == models.Square || c.Shape == models.Rect {
			// The order above moves text along an arc. Without one the former seal
			// would be a twin with another frame; its characters were set by hand too.
			former.recut = recut{shift: d.between(0.25, 0.6), turn: d.between(0.7, 1.3)}
		}
		return former, kind, "old"
	}
	again := CutSeal(order, seed)
	again.recut = recut{
		shift: d.between(0.2, 0.6), turn: d.between(0.7, 1.3), radius: d.sign() * d.between(0.02, 0.04),
		ring: d.sign() * d.between(0.1, 0.25), star: d.sign() * d.between(0.03, 0.08),
	}
	return again, Recut, "recut"
}

func otherText(d dice, s Seal) string {
	if len([]rune(s.Text)) <= 4 {
		for {
			if other := personSeal(d); other != s.Text {
				return other
			}
		}
	}
	if d.chance(0.5) {
		return sisterCompany(d, s.Text)
	}
	return companyName(d)
}

func alterDigits(d dice, code string, n int) string {
	b := []byte(code)
	for _, i := range d.Perm(len(b))[:min(n, len(b))] {
		b[i] = '0' + (b[i]-'0'+byte(1+d.IntN(9)))%10
	}
	return string(b)
}

// copySeal makes a seal from a scan of an imprint: the faults of that imprint
// are baked in, its contours rounded by the scan, its size a little off.
func (st *Studio) copySeal(c *Cut, d dice, seed uint64) *Cut {
	const scanDPI = 300.0
	p := pressFor(d, Good, redInks)
	p.TurnDeg = 0
	im := c.press(st, d, p, scanDPI)
	scale := 1 + d.sign()*d.between(0.003, 0.007)
	w := int(math.Ceil((c.Width + 2*marginMM) * basePxPerMM))
	h := int(math.Ceil((c.Height + 2*marginMM) * basePxPerMM))
	m := newMask(w, h)
	soft := im.ink.blur(0.8)
	k := scanDPI / 25.4 / basePxPerMM / scale
	for y := range h {
		for x := range w {
			a := soft.at((float64(x)+0.5-float64(w)/2)*k+float64(im.ink.W)/2, (float64(y)+0.5-float64(h)/2)*k+float64(im.ink.H)/2)
			const cut = 0.42
			m.A[y*w+x] = smoothstep(cut-0.12, cut+0.12, a)
		}
	}
	out := *c
	out.copied, out.seed, out.scale = m, seed, scale
	return &out
}
