package sealcheck

import (
	"math"
	"testing"

	"heyin/models"
)

// barDigits are the strokes of each digit, of the seven bars of a clock's: top, upper left,
// upper right, middle, lower left, lower right, bottom.
var barDigits = [10]string{"1110111", "0010010", "1011101", "1011011", "0111010", "1101011", "1101111", "1010010", "1111111", "1111011"}

// digitStrokes draws a digit 1.5 mm high.
func digitStrokes(digit int) []segmentMM {
	const w, h, pen = 0.4, 0.75, 0.2 // half width, half height, stroke
	bars := []segmentMM{{-w, -h, w, -h, pen}, {-w, -h, -w, 0, pen}, {w, -h, w, 0, pen}, {-w, 0, w, 0, pen}, {-w, 0, -w, h, pen}, {w, 0, w, h, pen}, {-w, h, w, h, pen}}
	var out []segmentMM
	for i, on := range barDigits[digit] {
		if on == '1' {
			out = append(out, bars[i])
		}
	}
	return out
}

// withCode cuts a code along the lower rim, 1.9 mm inside it at equal distances.
func (d *drawnSeal) withCode(code string) *drawnSeal {
	out := &drawnSeal{ringMM: d.ringMM, flat: d.flat, characters: append([][]segmentMM{}, d.characters...)}
	const pitch = 1.5
	line := rim{a: d.ringMM - 1.9, b: d.ringMM*(1-d.flat) - 1.9}.measured()
	for k, c := range code {
		if c == ' ' { // no ink there
			continue
		}
		x, y, outX, outY := line.point((float64(len(code)-1)/2 - float64(k)) * pitch) // read from left to right
		out.characters = append(out.characters, placed(digitStrokes(int(c-'0')), x, y, math.Atan2(-outX, outY)))
	}
	return out
}

// The digits of a code are found along round and oval rims, and an altered one is
// told from all the others.
func TestCodeDigitIsTheOneThatWasAltered(t *testing.T) {
	const code, forged = "2071839465082", "2071839485082"
	for name, flat := range map[string]float64{"round": 0, "oval": 0.33} {
		t.Run(name, func(t *testing.T) {
			plain := &drawnSeal{ringMM: 19, flat: flat}
			for k := range 4 {
				plain.characters = append(plain.characters, placed(newCharacter(uint64(k)), (float64(k)-1.5)*4.6, 0, 0))
			}
			seal, other := plain.withCode(code), plain.withCode(forged)
			r := seal.reference(t)
			if n := r.digitPlaces().H; n != len(code) {
				t.Fatalf("found %d digits of %d", n, len(code))
			}
			if v := seal.verify(t, r, another()); v.Verdict != models.Match {
				t.Errorf("a genuine stamping: %s, %s", v.Verdict, v.ReasonEN)
			}
			if v := other.verify(t, r, another()); v.Verdict == models.Match || v.Doubt != models.DoubtCode {
				t.Errorf("an altered digit: %s, %s", v.Verdict, v.ReasonEN)
			}
			// Clockwise along the bottom is from right to left.
			altered := len(code) - 1 - 8
			odds := other.digitOdds(t, r)
			for i, v := range odds {
				if i != altered && v > odds[altered]-2 {
					t.Errorf("digit %d has log odds %.1f; number %d, which was altered, %.1f", i, v, altered, odds[altered])
				}
			}
		})
	}
}

// Digits of bars that differ in one of the seven are told apart, but for 1 and 7.
func TestOneBarMakesAnotherDigit(t *testing.T) {
	const code = "2071839465082"
	plain := &drawnSeal{ringMM: 19}
	for k := range 4 {
		plain.characters = append(plain.characters, placed(newCharacter(uint64(k)), (float64(k)-1.5)*4.6, 0, 0))
	}
	r := plain.withCode(code).reference(t)
	for at, digit := range map[int]byte{1: '8', 4: '9', 5: '8', 6: '8', 8: '8', 9: '6', 11: '9'} {
		forged := []byte(code)
		forged[at] = digit
		if odds := plain.withCode(string(forged)).digitOdds(t, r)[len(code)-1-at]; odds <= 0 {
			t.Errorf("%c cut as %c has log odds %.1f", code[at], digit, odds)
		}
	}
}

// Where a specimen is dry for the length of four digits, the digits beyond are of the same code,
// and a stamping that shows what the specimen does not is no match.
func TestCodeIsFollowedOverAGap(t *testing.T) {
	const code, dry = "2071839465082", "207183    082"
	plain := &drawnSeal{ringMM: 19}
	for k := range 4 {
		plain.characters = append(plain.characters, placed(newCharacter(uint64(k)), (float64(k)-1.5)*4.6, 0, 0))
	}
	r := plain.withCode(dry).reference(t)
	if n := r.digitPlaces().H; n != len(code) || r.crumbs > 0 {
		t.Errorf("%d digits and %d crumbs; want %d and none", n, r.crumbs, len(code))
	}
	if v := plain.withCode(code).verify(t, r, another()); v.Verdict == models.Match {
		t.Errorf("digits that the specimen lacks: %s", v.Verdict)
	}
	const alone = "207183      2" // perhaps a character's
	if n := plain.withCode(alone).reference(t).digitPlaces().H; n != 6 {
		t.Errorf("%d digits, want the 6 that stand together", n)
	}
}

// another is a second stamping.
func another() stamping {
	s := carefully(300)
	s.noise, s.turnDeg = 5, 7
	return s
}

// digitOdds stamps the seal and gives the odds of each digit of its code.
func (d *drawnSeal) digitOdds(t *testing.T, r *Reference) []float64 {
	t.Helper()
	var out []float64
	for _, g := range d.compared(t, r) {
		if g.glyph.digit {
			out = append(out, g.odds)
		}
	}
	return out
}

// compared stamps the seal and gives its glyphs as compared.
func (d *drawnSeal) compared(t *testing.T, r *Reference) []glyphMatch {
	t.Helper()
	glyphs, _ := d.comparedCells(t, r)
	return glyphs
}

// comparedCells is compared with what the comparers of glyphs looked at.
func (d *drawnSeal) comparedCells(t *testing.T, r *Reference) ([]glyphMatch, cellPairs) {
	t.Helper()
	im := d.stamp(t, another())
	defer im.Close()
	ink, err := inkOf(im, 300)
	if err != nil {
		t.Fatal(err)
	}
	at := registered(t, r, ink)
	v := r.viewOf(ink)
	bend := r.smoothField(r.windows(v, at))
	glyphs := r.matchGlyphs(v, at, bend, r.profileOf(r.align(v, at, bend)))
	cells, err := r.compareGlyphs(v, glyphs)
	if err != nil {
		t.Fatal(err)
	}
	return glyphs, cells
}

// A thick square frame is inked in most directions at one radius, but has no code
// along its rim.
func TestSquareSealsHaveNoRings(t *testing.T) {
	r := &Reference{w: 240, h: 240}
	r.strokes = make([]bool, r.w*r.h)
	for i := range r.strokes {
		x, y := i%r.w, i/r.w
		edge := min(x, y, r.w-1-x, r.h-1-y)
		r.strokes[i] = edge >= 20 && edge < 36
	}
	r.outer = hullDistance(r.strokes, r.w, r.h)
	if _, ringed := withoutRings(r, r.strokes); ringed {
		t.Error("a square frame was taken for a ring")
	}
}

// The ring of an oval is as thick everywhere, so it takes a larger share of the short axis, and
// a specimen may lie a little turned: what is left at the ring's edge is no illegible code.
func TestRingIsNoCode(t *testing.T) {
	d := newDrawnSeal(5)
	d.flat, d.characters = 0.2, d.characters[11:]
	card := carefully(300)
	card.turnDeg, card.fatter, card.pageMM = 2, 0.3, 60
	im := d.stamp(t, card)
	defer im.Close()
	r, err := newReference(models.Specimen{}, im, card.dpi)
	if err != nil {
		t.Fatal(err)
	}
	if r.crumbs > 0 {
		t.Errorf("%d pieces of a code on a seal that has none", r.crumbs)
	}
}
