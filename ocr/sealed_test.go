package ocr

import (
	"math"
	"slices"
	"testing"

	"heyin/imaging"
	"heyin/models"
)

// seal stamps the ring, the star and some strokes of a seal about (cx, cy), in pixels, in an ink that lets so much of B, G, R pass.
func (p *pen) seal(cx, cy float64, passes [3]int) {
	const mm = goldenDPI / 25.4
	for y := range p.h {
		for x := range p.w {
			dx, dy := float64(x)-cx, float64(y)-cy
			r, a := math.Hypot(dx, dy)/mm, math.Atan2(dy, dx)
			stroke := r > 13 && r < 17 && math.Mod(a+4*math.Pi, 0.3) < 0.05
			if r > 18.8 && r < 20 || r < 3+2.5*math.Cos(5*a) || stroke {
				i := 3 * (y*p.w + x)
				for c, light := range passes {
					p.pix[i+c] = byte(int(p.pix[i+c]) * light / 255)
				}
			}
		}
	}
}

// red is an ink, B, G, R of 255.
var red = [3]int{60, 50, 205}

// sealedAt is a form with a red seal about (cx, cy), in pixels.
func sealedAt(t *testing.T, name string, cx, cy float64) *imaging.Image {
	t.Helper()
	p := newPen(t, name)
	p.seal(cx, cy, red)
	return p.page(t)
}

// TestSealOverTheAnswers: wherever a seal lies on a form, it is no answer, and turns none round.
func TestSealOverTheAnswers(t *testing.T) {
	r := openReader(t)
	for _, c := range []struct {
		file  string
		step  int
		never []models.Mark
	}{
		{"form_blank.png", 26, []models.Mark{models.Agree, models.Differ}},
		{"form_tick_agree.png", 52, []models.Mark{models.Differ, models.Blank}},
		{"form_tick_differ.png", 52, []models.Mark{models.Agree, models.Blank}},
	} {
		for _, b := range goldenBoxes {
			for dx := -130; dx <= 130; dx += c.step { // a ring's radius is 118
				x, y := b.centre()
				im := sealedAt(t, c.file, float64(x+dx), float64(y))
				got, err := r.Read(t.Context(), &imaging.Sheet{Image: im, DPI: goldenDPI}, nil)
				if err != nil {
					t.Fatal(err)
				}
				if slices.Contains(c.never, got.Mark.Mark) {
					t.Errorf("%s, a seal %d pixels beside the box at %v: %+v", c.file, dx, b, got.Mark)
				}
			}
		}
	}
}

// crimson is another red than the seals' here.
var crimson = [3]int{60, 52, 170}

// beneathASeal is a form that asks for words, with 核对相符 stamped in an ink, marked, and a seal over it.
func beneathASeal(t *testing.T, ink [3]int, mark func(p *pen)) *imaging.Image {
	t.Helper()
	p, word := newPen(t, "form_stamped_agree.png"), box{298, 438, 468, 492}
	p.wipe(box{220, 370, 560, 420})
	for y := range word.h() {
		for x := range word.w() {
			from, to := 3*((word.y0+y)*p.w+word.x0+x), 3*((368+y)*p.w+230+x)
			dark := 255 - int(p.pix[from+1]) // as its ink covers green
			for k, light := range ink {
				p.pix[to+k] = byte(255 - dark*(255-light)/(255-26))
			}
		}
	}
	p.wipe(word)
	mark(p)
	p.seal(315, 480, red)
	return p.page(t)
}

func unmarked(*pen) {}

// TestStampBeneathASeal: a stamp of another red than the seal's is read.
func TestStampBeneathASeal(t *testing.T) {
	for ink, want := range map[[3]int]models.Mark{crimson: models.Agree, red: models.Unclear} {
		if got := readGolden(t, beneathASeal(t, ink, unmarked)); got.Mark.Mark != want {
			t.Errorf("stamped in %v: %+v, want %s", ink, got.Mark, want)
		}
	}
}

// TestSealedStampTakenBack: a pen's ink on a stamp beneath a seal may take it back, and more of the stamp's own beside it.
func TestSealedStampTakenBack(t *testing.T) {
	r := openReader(t)
	for name, c := range map[string]struct {
		mark func(p *pen)
		want opinion
	}{
		"nothing": {unmarked, opinionAgree},
		"a black pen's stroke": {func(p *pen) {
			p.tint = [3]byte{30, 30, 30}
			p.stroke([2]int{262, 405}, [2]int{300, 400})
		}, opinionUnclear},
	} {
		p, err := r.page(t.Context(), beneathASeal(t, crimson, c.mark), goldenDPI)
		if err != nil {
			t.Fatal(err)
		}
		p.coloured(warmInk, formStamped, nil) // finds the seals
		signs, err := r.readSealedStamps(t.Context(), p, []box{{170, 360, p.ink.w, 440}})
		if err != nil || len(signs) != 1 || signs[0].opinion != c.want {
			t.Errorf("%s: %+v, %v; want opinion %d", name, signs, err, c.want)
		}
	}
	stamp := box{200, 100, 300, 140}
	for name, c := range map[string]struct {
		o    box
		want bool
	}{
		"不 before it": {box{160, 105, 190, 135}, true},
		"far off":     {box{100, 105, 130, 135}, false},
		"below":       {box{200, 150, 300, 190}, false},
		"a speck":     {box{180, 110, 190, 120}, false},
	} {
		if got := moreBeside([]box{stamp, c.o}, 0); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
