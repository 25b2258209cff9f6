package sim

import (
	"context"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"

	"heyin/models"
)

// StampedPage is a printed statement with seals all over it, for measuring how
// seals are found: no customer stamps like this.
type StampedPage struct {
	JPEG   []byte
	DPI    float64
	Gray   bool
	Seals  []StampedSeal
	Others [][4]int // phrase stamps; boxes as of seals
}

// StampedSeal is one imprint; the box is x, y, w, h in pixels, clipped to the page.
type StampedSeal struct {
	Box    [4]int
	Shape  models.SealShape
	Ink    string  // red, purple, blue or black
	SizeMM float64 // longer side
	Grade  Grade
	Place  string // how it lies, of stampedPlaces
}

// Places of seals on a stamped page.
const (
	PlaceClear  = "clear"   // on bare paper
	PlaceText   = "text"    // over print
	PlaceSigned = "signed"  // a signature across it
	PlacePair   = "overlap" // another seal overlaps it
	PlaceCut    = "cut"     // the page's edge cuts it
)

// stampedInks: seals come in all of them, in the shares of this list.
var stampedInks = []struct {
	name  string
	tints []color.RGBA
}{
	{"red", redInks}, {"red", redInks}, {"red", redInks},
	{"purple", []color.RGBA{{104, 44, 140, 255}, {128, 40, 130, 255}}},
	{"blue", []color.RGBA{{44, 62, 150, 255}, {30, 80, 170, 255}}},
	{"black", []color.RGBA{{58, 56, 62, 255}, {40, 40, 44, 255}}},
}

// StampedPages makes n pages and hands each to use, in order.
func (st *Studio) StampedPages(ctx context.Context, seed uint64, n int, use func(i int, p StampedPage) error) error {
	dir, err := os.MkdirTemp("", "heyin-stamped-*")
	if err != nil {
		return fmt.Errorf("sim: stamped pages: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // a leftover in the temp folder hurts nobody
	p := NewPeriod(seed, 0)
	for range n {
		p.add(Agreeing)
	}
	if _, err := st.print(filepath.Join(dir, PrintedFile), p); err != nil {
		return err
	}
	for i := range n {
		page, err := st.stampedPage(ctx, filepath.Join(dir, PrintedFile), p, i)
		if err != nil {
			return fmt.Errorf("sim: stamped page %d: %w", i, err)
		}
		if err := use(i, page); err != nil {
			return err
		}
	}
	return nil
}

// stamping is a page while it is stamped.
type stamping struct {
	st    *Studio
	d     dice
	page  *paper
	w, h  float64 // mm
	dpi   float64
	taken []stampedSpot
	out   StampedPage
	edges [][]point
}

// stampedSpot is ground covered by a seal or stamp, mm.
type stampedSpot struct {
	at     point
	radius float64
}

func (st *Studio) stampedPage(ctx context.Context, pdf string, p *Period, i int) (StampedPage, error) {
	d := newDice(p.Seed, "stamped", i)
	dpi := pick(d, []float64{200, 200, 200, 200, 200, 300, 300, 300, 300, 600})
	sheet, err := rasterise(ctx, pdf, i+1, dpi)
	if err != nil {
		return StampedPage{}, err
	}
	px := dpi / 25.4
	s := &stamping{
		st: st, d: d, page: &paper{sheet, px}, dpi: dpi,
		w: float64(sheet.Rect.Dx()) / px, h: float64(sheet.Rect.Dy()) / px,
	}
	s.out.DPI = dpi
	if d.chance(0.2) {
		s.letterhead(p.Issuer.Bank)
	}
	seals := 3 + d.IntN(3)
	if s.h < 200 {
		seals -= 1 // a strip has room for fewer
	}
	for k := range seals {
		switch {
		case k == 0 && d.chance(0.5):
			s.cutOff()
		case k == 1 && d.chance(0.6):
			s.pair()
		default:
			s.alone()
		}
	}
	if d.chance(0.5) {
		s.phrase()
	}
	return s.scan(p)
}

// order chooses what is stamped next.
func (s *stamping) order() (cut *Cut, ink string, press Press, grade Grade) {
	d := s.d
	kind := pick(d, []models.SealKind{models.SealCompany, models.SealCompany, models.SealFinance, models.SealFinance, models.SealPersonal, models.SealPersonal})
	text := companyName(d)
	if kind == models.SealPersonal {
		text = personSeal(d)
	}
	seal := newSeal(d, kind, text, d.digits(13))
	switch {
	case kind == models.SealPersonal:
		side := pick(d, []float64{8, 9, 10, 11, 12, 14, 16, 18, 20, 22})
		seal.Width, seal.Height = side, side*d.between(0.97, 1.03)
		seal.Weight *= min(1, side/16)
		seal.Ring = min(seal.Ring, side/16)
	case seal.Shape == models.Round:
		seal.Width = pick(d, []float64{20, 30, 36, 38, 40, 42, 42, 45})
		seal.Height = seal.Width
	case seal.Shape == models.Oval && d.chance(0.4):
		seal.Width, seal.Height = 40, 30
	}
	if small := seal.Width / 38; seal.Shape == models.Round && small < 0.9 {
		seal.TextHeight *= small
		seal.Ring *= small
		seal.Code = ""
	}
	way := pick(d, stampedInks)
	grade = Good
	if r := d.Float64(); r < 0.08 {
		grade = Poor
	} else if r < 0.35 {
		grade = Ordinary
	}
	press = pressFor(d, grade, way.tints)
	if d.chance(0.35) {
		press.TurnDeg = d.between(0, 360)
	}
	return CutSeal(seal, d.Uint64()), way.name, press, grade
}

// print stamps and notes it.
func (s *stamping) stamp(cut *Cut, ink string, press Press, grade Grade, at point, place string) {
	s.edges = append(s.edges, s.page.stamp(cut.press(s.st, s.d, press, s.dpi), at))
	s.taken = append(s.taken, stampedSpot{at, math.Hypot(cut.Width, cut.Height) / 2})
	s.out.Seals = append(s.out.Seals, StampedSeal{Shape: cut.Shape, Ink: ink, SizeMM: max(cut.Width, cut.Height), Grade: grade, Place: place})
}

// room looks for a place on the page for a disc of a radius; codes are left free.
func (s *stamping) room(radius float64) (at point, print float64, ok bool) {
	const tries, codeShare = 60, 0.25
	for range tries {
		at = point{s.d.between(radius+1, s.w-radius-1), s.d.between(radius+1, s.h-radius-1)}
		if print = s.printed(at, radius); s.free(at, radius) && print < codeShare {
			return at, print, true
		}
	}
	return at, 0, false
}

func (s *stamping) free(at point, radius float64) bool {
	const apart = 3.0 // mm between seals that do not overlap
	for _, t := range s.taken {
		if math.Hypot(t.at.X-at.X, t.at.Y-at.Y) < t.radius+radius+apart {
			return false
		}
	}
	return true
}

// printed is the share of dark pixels in a square around a place, most of its
// 5 mm tiles: a code is dense somewhere.
func (s *stamping) printed(at point, radius float64) float64 {
	const tile = 5.0
	most := 0.0
	for y := at.Y - radius; y < at.Y+radius; y += tile {
		for x := at.X - radius; x < at.X+radius; x += tile {
			dark, all := 0, 0
			for j := int(y * s.page.px); j < int((y+tile)*s.page.px); j += 2 {
				for i := int(x * s.page.px); i < int((x+tile)*s.page.px); i += 2 {
					if i < 0 || j < 0 || i >= s.page.img.Rect.Dx() || j >= s.page.img.Rect.Dy() {
						continue
					}
					all++
					if s.page.img.Pix[s.page.img.PixOffset(i, j)+1] < 128 {
						dark++
					}
				}
			}
			most = max(most, float64(dark)/float64(max(all, 1)))
		}
	}
	return most
}

// alone stamps a seal where there is room, sometimes with a signature across it.
func (s *stamping) alone() {
	cut, ink, press, grade := s.order()
	radius := math.Hypot(cut.Width, cut.Height) / 2
	if cut.Shape == models.Round {
		radius = cut.Width / 2
	}
	at, print, ok := s.room(radius)
	if !ok {
		return
	}
	place := PlaceClear
	if print > 0.02 {
		place = PlaceText
	}
	signed := s.d.chance(0.2)
	if signed {
		place = PlaceSigned
	}
	s.stamp(cut, ink, press, grade, at, place)
	if signed {
		name, length := s.st.handwriting(s.d, personName(s.d), s.d.between(8, 12))
		start := point{at.X - length*s.d.between(0.2, 0.8), at.Y + s.d.around(0, cut.Height/6)}
		s.page.draw(name.place(1, 1, s.d.around(0, 8), start), pick(s.d, penInks), 0.88)
	}
}

// pair stamps two seals that overlap by a tenth to four tenths of the smaller.
func (s *stamping) pair() {
	a, inkA, pressA, gradeA := s.order()
	b, inkB, pressB, gradeB := s.order()
	if s.d.chance(0.6) {
		inkB, pressB.Ink = inkA, pressA.Ink // one pad for both
	}
	ra, rb := max(a.Width, a.Height)/2, max(b.Width, b.Height)/2
	at, _, ok := s.room(ra + rb)
	if !ok {
		return
	}
	away := point{(min(a.Width, a.Height)+min(b.Width, b.Height))/2 - 2*min(ra, rb)*s.d.between(0.1, 0.4), 0}.turn(s.d.between(0, 360))
	s.stamp(a, inkA, pressA, gradeA, at, PlacePair)
	s.stamp(b, inkB, pressB, gradeB, at.add(away), PlacePair)
}

// cutOff stamps a seal over an edge of the page; a tenth to four tenths are lost.
func (s *stamping) cutOff() {
	cut, ink, press, grade := s.order()
	r := cut.Width / 2
	if cut.Shape != models.Round {
		r = min(cut.Width, cut.Height) / 2
	}
	in := r - 2*r*s.d.between(0.1, 0.4)
	along := s.d.between(0.15, 0.85)
	at := pick(s.d, []point{{in, along * s.h}, {s.w - in, along * s.h}, {along * s.w, in}, {along * s.w, s.h - in}})
	if s.free(at, r) && s.printed(at, r) < 0.25 {
		s.stamp(cut, ink, press, grade, at, PlaceCut)
	}
}

// phrase stamps 核对相符 or the like.
func (s *stamping) phrase() {
	text := pick(s.d, append(append([]string{}, agreePhrases...), differPhrases...))
	cut := CutSeal(phraseStamp(text), s.d.Uint64())
	at, _, ok := s.room(cut.Width / 2)
	if !ok {
		return
	}
	press := pressFor(s.d, Good, pick(s.d, stampedInks).tints)
	press.TurnDeg = s.d.around(0, 3)
	s.edges = append(s.edges, s.page.stamp(cut.press(s.st, s.d, press, s.dpi), at))
	s.taken = append(s.taken, stampedSpot{at, cut.Width / 2})
	s.out.Others = append(s.out.Others, [4]int{})
}

// letterhead prints a heading and a rule in red, as some forms have them.
func (s *stamping) letterhead(bank string) {
	red := color.RGBA{200, 30, 40, 255}
	text, length := s.st.line(Song, 6, bank)
	s.page.draw(text.place(1, 1, 0, point{(s.w - length) / 2, 6}), red, 0.95)
	s.page.draw(shape{{{15, 12}, {s.w - 15, 12}, {s.w - 15, 12.5}, {15, 12.5}}}, red, 0.95)
}

// scan lays the page on the scanner and finishes the truth.
func (s *stamping) scan(p *Period) (StampedPage, error) {
	sd := newDice(p.Seed, "stamped scan", s.d.Uint64())
	var t PageTruth
	way, quality := scannerFor(sd, Agreeing, &t)
	way.Turn, way.Gray = 0, sd.chance(0.15)
	img, to := scan(sd, s.page.img, way)
	seals, others := 0, 0
	for _, e := range s.edges {
		for k := range e {
			e[k] = to(e[k])
		}
		b := boxAround(e)
		x0, y0 := max(b.X, 0), max(b.Y, 0)
		box := [4]int{x0, y0, min(b.X+b.W, img.Rect.Dx()) - x0, min(b.Y+b.H, img.Rect.Dy()) - y0}
		if seals+others < len(s.edges)-len(s.out.Others) {
			s.out.Seals[seals].Box = box
			seals++
		} else {
			s.out.Others[others] = box
			others++
		}
	}
	s.out.Gray = way.Gray
	var err error
	s.out.JPEG, err = encodeJPEG(img, quality, s.dpi, way.Gray)
	return s.out, err
}
