package sim

import (
	"image"
	"image/color"
	"math"
)

// specimenDPI is the resolution cards are scanned at.
const specimenDPI = 300

// Card is a specimen as the bank keeps it: the seal stamped with care on a
// patterned card, scanned in colour.
func (st *Studio) Card(c *Cut, seed uint64) *image.RGBA {
	d := newDice(seed, "card")
	const borderMM = 3.0
	px := specimenDPI / 25.4
	w, h := int((c.Width+2*borderMM)*px), int((c.Height+2*borderMM)*px)
	tone := pick(d, []color.RGBA{{252, 251, 247, 255}, {246, 249, 250, 255}, {250, 246, 240, 255}})
	p := newPaper(w, h, specimenDPI, tone)
	if d.chance(0.6) {
		p.guilloche(d)
	}
	ink := redInks
	if c.Text != "" && len([]rune(c.Text)) <= 4 {
		ink = personalInks[:3]
	}
	press := pressFor(d, Good, ink)
	press.TurnDeg, press.Missing = d.around(0, 1.2), d.between(0, 0.008)
	press.Density = d.between(0.84, 0.95)
	p.stamp(c.press(st, d, press, specimenDPI), point{float64(w) / 2 / px, float64(h) / 2 / px})
	scanned, _ := scan(d, p.img, Scan{NoiseSD: d.between(1, 2.2), BlurPx: 0.5, Tint: tone})
	return scanned
}

// guilloche prints the pale waves of a card.
func (p *paper) guilloche(d dice) {
	b := p.img.Bounds()
	pitch, amp, length := d.between(1.2, 2.2)*p.px, d.between(0.5, 1.2)*p.px, d.between(12, 22)*p.px
	pale := color.RGBA{232, 234, 238, 255}
	m := newMask(b.Dx(), b.Dy())
	for y := range b.Dy() {
		for x := range b.Dx() {
			wave := math.Mod(float64(y)+amp*math.Sin(2*math.Pi*float64(x)/length)+10*pitch, pitch)
			if wave < 1.6 {
				m.A[y*b.Dx()+x] = 0.8
			}
		}
	}
	p.apply(m, 0, 0, pale)
}
