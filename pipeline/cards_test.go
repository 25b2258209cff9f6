package pipeline_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"path/filepath"
	"testing"

	"heyin/eval/sim"
	"heyin/imaging"
	"heyin/models"
	"heyin/pipeline"
	"heyin/sealcheck"
)

const cardDPI = 300 // of sim.Studio.Card

// mm gives pixels at cardDPI.
func mm(v float64) int { return int(v / 25.4 * cardDPI) }

// wholeCard lays specimens out in two columns, each in a printed frame.
func wholeCard(line color.Color, seals ...image.Image) *image.RGBA {
	const cellW, cellH, top = 62.0, 54.0, 14.0
	rows := (len(seals) + 1) / 2
	card := image.NewRGBA(image.Rect(0, 0, mm(2*cellW+12), mm(float64(rows)*cellH+top+6)))
	draw.Draw(card, card.Bounds(), image.NewUniform(color.RGBA{250, 249, 246, 255}), image.Point{}, draw.Src)
	for i, s := range seals {
		x, y := 6+float64(i%2)*cellW, top+float64(i/2)*cellH
		b := s.Bounds()
		at := image.Pt(mm(x+cellW/2)-b.Dx()/2, mm(y+cellH/2)-b.Dy()/2)
		draw.Draw(card, b.Sub(b.Min).Add(at), s, b.Min, draw.Src)
		for _, r := range []image.Rectangle{
			image.Rect(mm(x), mm(y), mm(x+cellW), mm(y+0.3)), image.Rect(mm(x), mm(y+cellH), mm(x+cellW), mm(y+cellH+0.3)),
			image.Rect(mm(x), mm(y), mm(x+0.3), mm(y+cellH)), image.Rect(mm(x+cellW), mm(y), mm(x+cellW+0.3), mm(y+cellH)),
		} {
			draw.Draw(card, r, image.NewUniform(line), image.Point{}, draw.Src)
		}
	}
	return card
}

func encoded(t testing.TB, im image.Image) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, im); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// verdictOf compares an imprint, as a picture with a margin, with a specimen.
func verdictOf(t testing.TB, specimen []byte, imprint image.Image) models.Verification {
	t.Helper()
	return verdictAt(t, specimen, cardDPI, imprint)
}

func verdictAt(t testing.TB, specimen []byte, dpi float64, imprint image.Image) models.Verification {
	t.Helper()
	ref, err := sealcheck.NewReference(models.Specimen{Ref: "s", DPI: dpi, Image: specimen})
	if err != nil {
		t.Fatal(err)
	}
	scan, err := imaging.Decode(t.Context(), encoded(t, imprint), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer scan.Close()
	v, err := ref.Verify(t.Context(), scan.Image, cardDPI, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Seals of the simulator, cut out of a framed card, serve as well as the same
// seals cut out elsewhere; and such whole pictures are left as they are.
func TestCutCard(t *testing.T) {
	studio, err := sim.NewStudio("")
	if err != nil {
		t.Fatal(err)
	}
	frames := []color.Color{color.RGBA{60, 60, 66, 255}, color.RGBA{200, 70, 70, 255}, color.RGBA{120, 140, 190, 255}}
	seals, missed, worse, notGood := 0, 0, 0, 0
	for i, c := range sim.NewPeriod(11, 6).Customers {
		var pictures []image.Image
		for k, s := range c.Seals {
			pictures = append(pictures, studio.Card(s.Cut, uint64(100*i+k)))
		}
		card, err := pipeline.CutCard(t.Context(), encoded(t, wholeCard(frames[i%len(frames)], pictures...)), cardDPI, models.Box{})
		if err != nil {
			t.Fatal(err)
		}
		seals += len(pictures)
		if len(card.Seals) != len(pictures) || card.Whole {
			missed += len(pictures)
			t.Logf("customer %d, %d seals: found %+v", i, len(pictures), card)
			continue
		}
		for k, s := range card.Seals {
			if s.Quality.Grade != models.QualityGood {
				notGood++
				t.Logf("customer %d seal %d (%s): %s %+v", i, k, c.Seals[k].Cut.Shape, s.Quality.Grade, s.Quality.Findings)
			}
			whole, err := pipeline.CutCard(t.Context(), encoded(t, pictures[k]), cardDPI, models.Box{})
			if err != nil || !whole.Whole || whole.Seals[0].Quality.Grade == models.QualityRescan {
				t.Errorf("customer %d seal %d by itself: %+v, %v", i, k, whole, err)
			}
			again := studio.Card(c.Seals[k].Cut, uint64(100*i+k+50))
			cut, uncut := verdictOf(t, s.Image, again), verdictOf(t, encoded(t, pictures[k]), again)
			// A seal whose doubt lies at the limit may fall on either side of it.
			apart := math.Abs(cut.SubScores["doubt"] - uncut.SubScores["doubt"])
			if cut.Verdict != uncut.Verdict && apart > 0.5 {
				t.Logf("customer %d seal %d: cut %s, uncut %s, doubt %.2f apart", i, k, cut.Verdict, uncut.Verdict, apart)
				worse++
			}
		}
	}
	if missed+worse+notGood > 0 || seals < 8 {
		t.Errorf("%d seals: %d on cards not found right, %d not good, %d with another verdict than uncut", seals, missed, notGood, worse)
	}
}

// The grade follows how well a seal is stamped: what is fit for a specimen, and
// what is not.
func TestGradeFollowsTheStamping(t *testing.T) {
	studio, err := sim.NewStudio("")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	pairs, err := studio.SealPairs(dir, 5, 80)
	if err != nil {
		t.Fatal(err)
	}
	grades := map[string]map[models.QualityGrade]int{}
	for _, p := range pairs {
		if p.Label != "genuine" || p.ImprintDPI < cardDPI {
			continue
		}
		card, err := pipeline.CutCard(t.Context(), read(t, filepath.Join(dir, p.Imprint)), p.ImprintDPI, models.Box{})
		if err != nil || len(card.Seals) == 0 {
			t.Errorf("%s: %+v, %v", p.ID, card, err)
			continue
		}
		q := card.Seals[0].Quality
		if grades[p.Level] == nil {
			grades[p.Level] = map[models.QualityGrade]int{}
		}
		grades[p.Level][q.Grade]++
		if (p.Level == "G1" && q.Grade == models.QualityRescan) || (p.Level == "G3" && q.Grade == models.QualityGood) {
			t.Errorf("%s, stamped %s (%s), is %s: %v", p.ID, p.Level, p.Notes, q.Grade, q.Findings)
		}
	}
	if g := grades["G1"]; g[models.QualityGood] <= g[models.QualityUsable] || len(grades["G2"]) == 0 || len(grades["G3"]) == 0 {
		t.Errorf("grades by stamping: %v, want most of the careful ones good and all three seen", grades)
	}
}

func TestCutCardRefusesWhatIsNoCard(t *testing.T) {
	blank := encoded(t, wholeCard(color.Black))
	for name, tt := range map[string]struct {
		data   []byte
		dpi    float64
		within models.Box
		code   string
	}{
		"no resolution":  {blank, 0, models.Box{}, "card_resolution"},
		"no picture":     {[]byte("no picture"), cardDPI, models.Box{}, "bad_image_type"},
		"box outside":    {blank, cardDPI, models.Box{X: 10, Y: 10, W: 1 << 20, H: 100}, "card_box"},
		"box of nothing": {blank, cardDPI, models.Box{X: 10, Y: 10, W: -5, H: 5}, "card_box"},
	} {
		_, err := pipeline.CutCard(t.Context(), tt.data, tt.dpi, tt.within)
		if f, ok := errors.AsType[*models.Fault](err); !ok || f.Code != tt.code || f.Class != models.Permanent {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
	if card, err := pipeline.CutCard(t.Context(), blank, cardDPI, models.Box{}); err != nil || len(card.Seals) > 0 {
		t.Errorf("a blank card: %+v, %v", card, err)
	}
}
