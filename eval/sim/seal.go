package sim

import (
	"math"

	"heyin/models"
)

// Seal is what an engraver is ordered to make.
type Seal struct {
	Kind     models.SealKind
	Shape    models.SealShape
	Width    float64 // mm over the outer edge
	Height   float64
	Face     Face
	Figures  Face    // of codes; 0: Digits
	Small    float64 // size of the code's digits against the usual; 0: 1
	Weight   float64 // mm added on every side of a stroke
	Text     string  // company along the arc, or the characters of a square seal
	Centre   string  // below the star: 财务专用章
	Code     string  // digits along the bottom
	Star     bool
	Ring     float64 // mm, width of the outer ring or frame
	Hairline bool    // a thin second ring inside
	White    bool    // 白文: characters cut out of an inked ground

	TextHeight float64 // mm
	Span       float64 // degrees of arc the text takes
	Inset      float64 // mm from the ring to the text
}

// Cut is one physical seal: an order as it came off one engraver's table.
type Cut struct {
	Seal
	seed    uint64
	recut   recut
	copied  *mask // for a seal made from a scan: the imprint it was made from
	scale   float64
	printer Printer           // of the copy of the seal that is printed rather than stamped
	edits   uint64            // seed of what spoils some characters; 0: none
	edit    func(shape) shape // the same while a mask is drawn
}

// recut is how far a second cut of the same order strays from the first.
type recut struct {
	shift, turn float64 // mm and degrees, of each character
	radius      float64 // share of the text radius
	ring        float64 // share of the ring's width
	star        float64 // share of the star's size
}

// Engraving tolerances of an honest seal: each character may sit this far off,
// the ring be this uneven. They are part of the seal, hence of its specimen too.
const (
	engraveShiftMM = 0.04
	engraveTurnDeg = 0.4
	engraveRingMM  = 0.03
)

// CutSeal makes one physical seal of the order.
func CutSeal(s Seal, seed uint64) *Cut { return &Cut{Seal: s, seed: seed, scale: 1} }

// newSeal orders a seal of a kind for an owner; text is a company's or a
// person's. code is printed where the kind shows one.
func newSeal(d dice, kind models.SealKind, text, code string) Seal {
	s := Seal{
		Kind: kind, Text: text, Face: pick(d, []Face{Song, Song, Kai}), Weight: d.between(0.06, 0.16),
		Ring: d.between(0.9, 1.4), Inset: d.between(0.7, 1.2), Span: d.between(210, 262), TextHeight: d.between(5, 6.3),
		Hairline: d.chance(0.25),
	}
	switch kind {
	case models.SealPersonal:
		side := d.between(17, 21)
		s.Shape, s.Width, s.Height = models.Square, side, side*d.between(0.97, 1.03)
		s.White, s.Weight, s.Ring = d.chance(0.4), d.between(0.12, 0.28), d.between(0.7, 1.3)
	case models.SealFinance:
		s.Centre = pick(d, []string{"财务专用章", "财务专用章", "对账专用章"})
		switch d.IntN(4) {
		case 0, 1:
			s.Shape, s.Width, s.Height = models.Oval, 45, 30
			s.TextHeight, s.Span, s.Code = d.between(4, 4.8), d.between(200, 235), code
		case 2:
			s.Shape, s.Width, s.Height, s.Star = models.Round, 38, 38, true
			s.TextHeight, s.Code = d.between(4.6, 5.4), code
		default:
			s.Shape, s.Width, s.Height = models.Rect, d.between(46, 52), d.between(17, 20)
			s.Hairline = false
		}
	case models.SealBank:
		s.Shape, s.Width, s.Height, s.Centre = models.Oval, 42, 28, "业务对账章"
		s.TextHeight, s.Span = 3.9, 225
	default:
		size := pick(d, []float64{38, 40, 42, 42})
		s.Shape, s.Width, s.Height, s.Star, s.Code = models.Round, size, size, true, code
		if d.chance(0.3) {
			s.Code = ""
		}
	}
	return s
}

// scaled gives a personal seal of the same order in another size.
func (s Seal) scaled(k float64) Seal {
	s.Width, s.Height, s.Ring, s.Weight = s.Width*k, s.Height*k, s.Ring*k, s.Weight*k
	return s
}

// basePxPerMM is the resolution seals are drawn at before they are pressed:
// twice a 300 dpi scan would be 23.6; strokes are a third of a millimetre.
const basePxPerMM = 18.0

// marginMM is the clear space around a drawn seal.
const marginMM = 1.5

// mask draws the inking surface of the seal, centred, at basePxPerMM.
func (c *Cut) mask(st *Studio) *mask {
	if c.copied != nil {
		return c.copied
	}
	w := int(math.Ceil((c.Width + 2*marginMM) * basePxPerMM))
	h := int(math.Ceil((c.Height + 2*marginMM) * basePxPerMM))
	toPx := func(p point) point {
		return point{p.X*basePxPerMM + float64(w)/2, p.Y*basePxPerMM + float64(h)/2}
	}
	d := newDice(c.seed, "cut")
	if c.edits != 0 {
		spoilt := *c // each drawing rolls the same edits
		spoilt.edit = strokeEdits(newDice(c.edits, "edits"), 0.2)
		c = &spoilt
	}
	frame, text := c.frame(d), c.lettering(st, d)
	if !c.White {
		return append(frame, text...).raster(w, h, toPx)
	}
	ground, letters := frame.raster(w, h, toPx), text.raster(w, h, toPx)
	for i, a := range letters.A {
		ground.A[i] *= 1 - a
	}
	return ground
}

// frame draws ring, star and hairline.
func (c *Cut) frame(d dice) shape {
	phase, lobes := d.Float64(), float64(2+d.IntN(3))
	wobble := func(t float64) float64 { return engraveRingMM * math.Sin(2*math.Pi*(lobes*t+phase)) }
	smooth := func(float64) float64 { return 0 }
	ring := c.Ring * (1 + c.recut.ring)
	if c.Shape == models.Square || c.Shape == models.Rect {
		r := 0.6
		if c.White {
			return shape{roundRect(c.Width, c.Height, r*2)}
		}
		return shape{roundRect(c.Width, c.Height, r), reversed(roundRect(c.Width-2*ring, c.Height-2*ring, r/3))}
	}
	a, b := c.Width/2, c.Height/2
	out := shape{ellipse(a, b, wobble), reversed(ellipse(a-ring, b-ring, smooth))}
	if c.Hairline {
		const gap, hair = 0.5, 0.22
		out = append(out, ellipse(a-ring-gap, b-ring-gap, smooth), reversed(ellipse(a-ring-gap-hair, b-ring-gap-hair, smooth)))
	}
	if c.Star {
		size := c.Width * 0.15 * (1 + c.recut.star)
		out = append(out, shape{star(size)}.place(1, 1, d.around(0, engraveTurnDeg), point{0, -0.3})...)
	}
	return out
}

// set puts one character into a box of w×h mm at a place, with the engraver's
// hand and, for a second cut, its own error.
func (c *Cut) set(st *Studio, d dice, r rune, w, h, deg float64, at point) shape {
	shift := point{d.around(0, engraveShiftMM), d.around(0, engraveShiftMM)}
	deg += d.around(0, engraveTurnDeg)
	if c.recut.shift > 0 {
		shift = shift.add(point{c.recut.shift * d.between(0.6, 1.1), 0}.turn(d.between(0, 360)))
		deg += c.recut.turn * d.between(0.5, 1.2) * d.sign()
	}
	face, weight := c.Face, c.Weight
	if r < 0x80 {
		face, weight = max(c.Figures, Digits), 0.02
	}
	g := st.glyph(face, r)
	wide := w
	if r < 0x80 {
		wide = w / math.Max(g.advance, 0.3)
	}
	placed := g.outline.place(wide, h, deg, at.add(shift))
	if c.edit != nil {
		placed = c.edit(placed)
	}
	return placed.bold(weight)
}

// lettering draws all characters.
func (c *Cut) lettering(st *Studio, d dice) shape {
	switch c.Shape {
	case models.Square:
		return c.squareText(st, d)
	case models.Rect:
		if c.Centre == "" {
			return c.rows(st, d, []string{c.Text})
		}
		return c.rows(st, d, []string{c.Text, c.Centre})
	}
	inset := c.Ring + c.Inset
	if c.Hairline {
		inset += 0.7
	}
	out := c.arc(st, d, c.Text, inset+c.TextHeight/2, c.TextHeight, c.Span, true)
	if c.Centre != "" {
		y, h := c.Height*0.24, c.Height*0.085
		if c.Shape == models.Oval {
			y, h = c.Height*0.1, c.Height*0.125
		}
		out = append(out, c.row(st, d, c.Centre, y, h*0.86, h, h*0.98)...)
	}
	if c.Code != "" {
		inset, height, span := c.codeLine()
		out = append(out, c.arc(st, d, c.Code, inset, height, span, false)...)
	}
	return out
}

// codeLine gives the line of the code's digits inside the edge and their height in
// mm, and the degrees of arc they take.
func (c *Cut) codeLine() (inset, height, span float64) {
	height, pitchDeg := 1.6, 4.6
	if c.Small > 0 {
		height, pitchDeg = height*c.Small, pitchDeg*(1+c.Small)/2
	}
	return c.Ring + 0.5 + height/2, height, pitchDeg * float64(len(c.Code)) * 38 / c.Width
}

// codePlace gives the number of the code's digit that stands nearest to a place in
// mm from the seal's centre, and how far off.
func (c *Cut) codePlace(at point) (k int, off float64) {
	inset, _, span := c.codeLine()
	off = math.Inf(1)
	for i, p := range arcPlaces(c.Width/2-inset, c.Height/2-inset, len(c.Code), span, false) {
		if d := math.Hypot(p.at.X-at.X, p.at.Y-at.Y); d < off {
			k, off = i, d
		}
	}
	return k, off
}

// arc sets text along the ring, inset mm inside the edge: over the top reading
// clockwise, or along the bottom reading left to right.
func (c *Cut) arc(st *Studio, d dice, text string, inset, height, span float64, top bool) shape {
	runes := []rune(text)
	a := c.Width/2 - inset*(1+c.recut.radius)
	b := c.Height/2 - inset*(1+c.recut.radius)
	places := arcPlaces(a, b, len(runes), span, top)
	var out shape
	for i, r := range runes {
		pitch := height
		if len(runes) > 1 {
			next := places[min(i+1, len(runes)-1)].at
			prev := places[max(i-1, 0)].at
			pitch = math.Hypot(next.X-prev.X, next.Y-prev.Y) / float64(min(i+1, len(runes)-1)-max(i-1, 0))
		}
		width := math.Min(height*0.82, pitch*0.92)
		out = append(out, c.set(st, d, r, width, height, places[i].deg, places[i].at)...)
	}
	return out
}

type arcPlace struct {
	at  point
	deg float64
}

// arcPlaces spreads n characters evenly by length along an ellipse of half axes
// a and b over span degrees about the top (or bottom).
func arcPlaces(a, b float64, n int, span float64, top bool) []arcPlace {
	const steps = 720
	from := -span / 2
	length := make([]float64, steps+1)
	on := func(i int) (point, float64) {
		t := (from + span*float64(i)/steps) * math.Pi / 180
		s, c := math.Sincos(t)
		if top {
			return point{a * s, -b * c}, math.Atan2(s/a, c/b) * 180 / math.Pi
		}
		return point{a * s, b * c}, -math.Atan2(s/a, c/b) * 180 / math.Pi
	}
	prev, _ := on(0)
	for i := 1; i <= steps; i++ {
		p, _ := on(i)
		length[i] = length[i-1] + math.Hypot(p.X-prev.X, p.Y-prev.Y)
		prev = p
	}
	out := make([]arcPlace, n)
	k := 0
	for i := range out {
		want := length[steps] / 2
		if n > 1 {
			want = length[steps] * float64(i) / float64(n-1)
		}
		for k < steps && length[k] < want {
			k++
		}
		out[i].at, out[i].deg = on(k)
	}
	return out
}

// row sets text in a straight line centred at height y.
func (c *Cut) row(st *Studio, d dice, text string, y, width, height, pitch float64) shape {
	var out shape
	runes := []rune(text)
	for i, r := range runes {
		x := (float64(i) - float64(len(runes)-1)/2) * pitch
		out = append(out, c.set(st, d, r, width, height, 0, point{x, y * (1 + c.recut.radius)})...)
	}
	return out
}

// rows fills a rectangular seal with lines of text.
func (c *Cut) rows(st *Studio, d dice, lines []string) shape {
	var out shape
	inner := point{c.Width - 2*c.Ring - 1.6, c.Height - 2*c.Ring - 1.2}
	each := inner.Y / float64(len(lines))
	for i, line := range lines {
		n := float64(len([]rune(line)))
		pitch := math.Min(inner.X/n, each*1.15)
		y := (float64(i) - float64(len(lines)-1)/2) * each
		out = append(out, c.row(st, d, line, y, pitch*0.94, each*0.86, pitch)...)
	}
	return out
}

// squareText sets four characters in two columns, the right one first.
func (c *Cut) squareText(st *Studio, d dice) shape {
	var out shape
	runes := []rune(c.Text)
	cols := 2
	if len(runes) > 4 {
		cols = int(math.Ceil(math.Sqrt(float64(len(runes)))))
	}
	perCol := (len(runes) + cols - 1) / cols
	inner := point{c.Width - 2*c.Ring - 1, c.Height - 2*c.Ring - 1}
	cell := point{inner.X / float64(cols), inner.Y / float64(perCol)}
	for i, r := range runes {
		col, row := i/perCol, i%perCol
		at := point{inner.X/2 - cell.X*(float64(col)+0.5), -inner.Y/2 + cell.Y*(float64(row)+0.5)}
		out = append(out, c.set(st, d, r, cell.X*0.96, cell.Y*0.96, 0, at)...)
	}
	return out
}

// outline is the seal's edge on paper, unturned: what a box around the imprint
// must hold.
func (c *Cut) outline() []point {
	if c.Shape == models.Square || c.Shape == models.Rect {
		return roundRect(c.Width*c.scale, c.Height*c.scale, 0.6)
	}
	return ellipse(c.Width/2*c.scale, c.Height/2*c.scale, func(float64) float64 { return 0 })
}
