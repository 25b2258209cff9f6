package sim

import (
	"image"
	"math"

	"heyin/imaging"
	"heyin/models"
)

// Lesson is a specimen and an imprint with the places where the two seals are
// cut differently: what a comparer of imprints learns from.
type Lesson struct {
	Card, Imprint *image.RGBA
	ImprintDPI    float64 // the card has SpecimenDPI
	Quality       int     // JPEG quality of the imprint
	Genuine       bool    // the imprint is the specimen's seal, all of it

	seals   [2]*Cut // of specimen and imprint
	cut     *mask   // the specimen's, unturned
	differs *mask   // where the other differs for the comparer of places,
	finer   *mask   // and for that of characters, which are fitted one by one
	turn    float64 // degrees the specimen lies turned on its card
}

// SpecimenDPI is the resolution of cards.
const SpecimenDPI = specimenDPI

// How far an edge may lie off and still be the same cut: more than a fat or thin
// stamping moves it. Of a character fitted on its own less is enough: of the stroke that
// makes a 枝 of a 技 in a brush typeface 0.1 mm² lie beyond differTolMM, 0.35 mm² beyond
// characterTolMM. Digits are too thin for either; an altered one differs as a whole.
const (
	differTolMM    = 0.17
	characterTolMM = 0.12
	digitTolMM     = 0.06
	digitReachMM   = 0.4 // around what differs: about the digit
)

// Lesson makes the k-th lesson of a seed. Six imprints of seven differ, in
// characters (mostly look-alikes, often more than half of them, for the same characters beside
// them are lessons too), strokes, digits, the typeface or all the text.
func (st *Studio) Lesson(seed uint64, k int) Lesson {
	d := newDice(seed, "lesson", k)
	cut := st.lessonSeal(d)
	other := CutSeal(cut.Seal, cut.seed)
	l := Lesson{Genuine: true, seals: [2]*Cut{cut, other}}
	switch p := d.Float64(); {
	case p < 0.15:
	case p < 0.90:
		l.Genuine = false
		share := pick(d, []float64{0.2, 0.6, 0.6})
		other.Text = st.alterSome(d, cut.Face, cut.Text, share)
		other.Centre = st.alterSome(d, cut.Face, cut.Centre, share)
		other.Code = alterDigits(d, cut.Code, min(len(cut.Code), d.IntN(6)))
		other.edits = d.Uint64()
	case p < 0.95:
		l.Genuine = false
		other.Face = st.anyFace(d)
		other.Weight = d.between(0.06, 0.2)
	default:
		l.Genuine = false
		other.Text = otherText(d, cut.Seal)
		other.Code = d.digits(len(cut.Code))
	}
	l.Card = st.lessonCard(d, cut, &l)
	l.stampImprint(st, d, cut, other)
	l.compareCuts(st, cut, other)
	return l
}

// lessonSeal orders a seal, with sizes and typefaces more varied than in the
// samples.
func (st *Studio) lessonSeal(d dice) *Cut {
	kind := pick(d, []models.SealKind{models.SealCompany, models.SealCompany, models.SealFinance, models.SealPersonal, models.SealPersonal})
	text := companyName(d)
	if kind == models.SealPersonal {
		text = personSeal(d)
	}
	if d.chance(0.6) { // the few names above have few characters
		text = varied(d, text)
	}
	s := newSeal(d, kind, text, d.digits(13))
	s.Face, s.Figures, s.Small = st.anyFace(d), st.anyFigures(d), d.between(0.6, 1.1)
	s.Weight *= d.between(0.3, 1.4)
	if kind == models.SealPersonal {
		s = s.scaled(d.between(0.45, 1.05)) // 9 to 20 mm
	}
	return CutSeal(s, d.Uint64())
}

// lessonCard is Card with the faults that cards on file have: faint and dry
// patches, little ink.
func (st *Studio) lessonCard(d dice, c *Cut, l *Lesson) *image.RGBA {
	const borderMM = 3.0
	px := specimenDPI / 25.4
	w, h := int((c.Width+2*borderMM)*px), int((c.Height+2*borderMM)*px)
	p := newPaper(w, h, specimenDPI, pick(d, paperTones))
	if d.chance(0.5) {
		p.guilloche(d)
	}
	press := pressFor(d, pick(d, []Grade{Good, Good, Ordinary}), redInks)
	press.TurnDeg = d.around(0, 1.2)
	l.turn = press.TurnDeg
	p.stamp(c.press(st, d, press, specimenDPI), point{float64(w) / 2 / px, float64(h) / 2 / px})
	scanned, _ := scan(d, p.img, Scan{NoiseSD: d.between(1, 3), BlurPx: d.between(0.3, 0.8)})
	return scanned
}

func (l *Lesson) stampImprint(st *Studio, d dice, cut, other *Cut) {
	l.ImprintDPI = pick(d, []float64{300, 300, 200})
	grade := pick(d, []Grade{Good, Good, Ordinary, Ordinary, Poor})
	inks := redInks
	if cut.Kind == models.SealPersonal {
		inks = personalInks
	}
	press := pressFor(d, grade, inks)
	press.TurnDeg = d.around(0, 5) // the fine stages see it turned back
	l.Imprint, l.Quality = st.onForm(d, other, press, grade, l.ImprintDPI, nil)
}

// varied gives another text of the same length, half of it common characters.
func varied(d dice, text string) string {
	runes := []rune(text)
	for i := range runes {
		if d.chance(0.5) {
			runes[i] = pick(d, commonCharacters())
		}
	}
	return string(runes)
}

// alterSome swaps each character with probability p, mostly for one that looks
// like it in the typeface.
func (st *Studio) alterSome(d dice, face Face, text string, p float64) string {
	runes := []rune(text)
	for i, r := range runes {
		if !d.chance(p) {
			continue
		}
		switch q := d.Float64(); {
		case q < 0.5:
			runes[i] = pick(d, st.likest(face, r, 3))
		case q < 0.85:
			runes[i] = pick(d, st.likest(face, r, 15))
		default:
			runes[i] = pick(d, commonCharacters())
		}
	}
	return string(runes)
}

// strokeEdits spoils one contour of some characters: taken away, moved, resized,
// or a stroke added.
func strokeEdits(d dice, p float64) func(shape) shape {
	return func(s shape) shape {
		if len(s) == 0 || !d.chance(p) {
			return s
		}
		lo, hi := s.bounds()
		if hi.X-lo.X < 2 { // a digit: swapped, not spoiled
			return s
		}
		s = s.move(func(q point) point { return q })
		k := d.IntN(len(s))
		clo, chi := shape{s[k]}.bounds()
		mid := point{(clo.X + chi.X) / 2, (clo.Y + chi.Y) / 2}
		switch d.IntN(4) {
		case 0:
			return append(s[:k], s[k+1:]...)
		case 1:
			shift := point{d.between(0.35, 0.8), 0}.turn(d.between(0, 360))
			s[k] = shape{s[k]}.move(shift.add)[0]
		case 2:
			f := pick(d, []float64{0.65, 0.75, 1.3, 1.45})
			s[k] = shape{s[k]}.move(func(q point) point { return point{mid.X + (q.X-mid.X)*f, mid.Y + (q.Y-mid.Y)*f} })[0]
		default:
			bar := shape{roundRect(d.between(0.7, 2), d.between(0.3, 0.5), 0.05)}
			at := point{d.between(lo.X, hi.X), d.between(lo.Y, hi.Y)}
			s = append(s, bar.place(1, 1, pick(d, []float64{0, 90, 45, 135}), at)...)
		}
		return s
	}
}

// compareCuts finds where the cutting surfaces differ.
func (l *Lesson) compareCuts(st *Studio, cut, other *Cut) {
	l.cut = cut.mask(st)
	l.differs = differences(l.cut, other.mask(st), differTolMM)
	l.finer = differences(l.cut, other.mask(st), characterTolMM)
	if cut.Code == other.Code {
		return
	}
	recoded := *cut
	recoded.Code = other.Code
	for i, on := range differences(l.cut, recoded.mask(st), digitTolMM).fattened(digitReachMM) {
		if on {
			l.differs.A[i] = 1
		}
	}
}

// differences marks what one seal has farther than tol mm from all ink of the
// other.
func differences(a, b *mask, tol float64) *mask {
	fatA, fatB := a.fattened(tol), b.fattened(tol)
	out := newMask(a.W, a.H)
	for i := range out.A {
		if a.A[i] > 0.5 && !fatB[i] || b.A[i] > 0.5 && !fatA[i] {
			out.A[i] = 1
		}
	}
	return out
}

// fattened reports the pixels within reach mm of ink.
func (m *mask) fattened(reach float64) []bool {
	r := int(math.Round(reach * basePxPerMM))
	out := make([]bool, len(m.A))
	for y := range m.H {
		for x := range m.W {
			if m.A[y*m.W+x] <= 0.5 {
				continue
			}
			for dy := -r; dy <= r; dy++ {
				half := int(math.Sqrt(float64(r*r - dy*dy)))
				if yy := y + dy; yy >= 0 && yy < m.H {
					for xx := max(x-half, 0); xx <= min(x+half, m.W-1); xx++ {
						out[yy*m.W+xx] = true
					}
				}
			}
		}
	}
	return out
}

// Laid is a lesson's truth in the frame of the specimen as the verifier has cropped it.
type Laid struct {
	lesson     Lesson
	w, h       int
	pxmm       float64
	offX, offY float64 // the crop is centred on the ink that was found, which may be a little off, pixels
}

// Lay finds where the seal lies in the verifier's specimen; pxmm are its pixels a millimetre.
func (l Lesson) Lay(specimen *imaging.Plane, pxmm float64) Laid {
	laid := Laid{lesson: l, w: specimen.W, h: specimen.H, pxmm: pxmm}
	best := laid
	most := float32(-1)
	for dy := -1.0; dy <= 1; dy += 0.1 {
		for dx := -1.0; dx <= 1; dx += 0.1 {
			laid.offX, laid.offY = dx*pxmm, dy*pxmm
			var sum float32
			for y := 0; y < specimen.H; y += 5 {
				for x := 0; x < specimen.W; x += 5 {
					if v := specimen.Pix[y*specimen.W+x]; v > 0.3 {
						sum += v * (laid.at(l.cut, x, y) - 0.5)
					}
				}
			}
			if sum > most {
				best, most = laid, sum
			}
		}
	}
	return best
}

// mm takes a place in the crop to the seal, millimetres from its centre.
func (t Laid) mm(x, y float64) point {
	x, y = (x+t.offX-float64(t.w-1)/2)/t.pxmm, (y+t.offY-float64(t.h-1)/2)/t.pxmm
	return point{x, y}.turn(-t.lesson.turn)
}

func (t Laid) at(m *mask, x, y int) float32 {
	p := t.mm(float64(x), float64(y))
	return m.at(p.X*basePxPerMM+float64(m.W)/2, p.Y*basePxPerMM+float64(m.H)/2)
}

// Differences is 1 where the seals differ by more than registration leaves.
func (t Laid) Differences() *imaging.Plane { return t.plane(t.lesson.differs) }

// FinerDifferences is 1 where they differ by more than it leaves of a character fitted on its own.
func (t Laid) FinerDifferences() *imaging.Plane { return t.plane(t.lesson.finer) }

func (t Laid) plane(m *mask) *imaging.Plane {
	out := imaging.NewPlane(t.w, t.h)
	for y := range t.h {
		for x := range t.w {
			out.Pix[y*t.w+x] = t.at(m, x, y)
		}
	}
	return out
}

// digitNearMM is how far from its place a digit may be found: half the narrowest pitch.
const digitNearMM = 0.4

// Digits gives the digits of both seals at a place of the crop; ok is false where
// no digit stands.
func (t Laid) Digits(x, y float64) (specimen, imprint byte, ok bool) {
	a, b := t.lesson.seals[0], t.lesson.seals[1]
	k, off := a.codePlace(t.mm(x, y))
	if off > digitNearMM {
		return 0, 0, false
	}
	return a.Code[k] - '0', b.Code[k] - '0', true
}
