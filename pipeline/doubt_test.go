package pipeline

import (
	"context"
	"os"
	"testing"

	"heyin/models"
	"heyin/ocr"
)

// TestSealOverBlankAnswers: seals of inks that pens have too, drawn over the boxes of a blank form
// (ocr's form_blank.png) where the reader took them for a tick in 相符.
func TestSealOverBlankAnswers(t *testing.T) {
	p, err := New(ocr.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close() //nolint:errcheck // read only
	for _, ink := range []string{"blue", "violet", "black"} {
		data, err := os.ReadFile("testdata/blank_under_" + ink + "_seal.png")
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Process(context.Background(), data, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.Reading.Mark.Mark != models.Unclear {
			t.Errorf("%s: mark %+v", ink, got.Reading.Mark)
		}
	}
}

func TestDoubtMark(t *testing.T) {
	box := models.Box{X: 100, Y: 100, W: 30, H: 30}
	over, beside := models.Box{X: 120, Y: 50, W: 500, H: 500}, models.Box{X: 131, Y: 50, W: 500, H: 500}
	for _, c := range []struct {
		mark models.Mark
		seal models.Imprint
		want models.Mark
	}{
		{models.Agree, models.Imprint{Box: over, Ink: "blue"}, models.Unclear},
		{models.Differ, models.Imprint{Box: over, Ink: "gray"}, models.Unclear},
		{models.Agree, models.Imprint{Box: over, Ink: "red"}, models.Agree},
		{models.Agree, models.Imprint{Box: beside, Ink: "black"}, models.Agree},
		{models.Blank, models.Imprint{Box: over, Ink: "purple"}, models.Blank},
	} {
		if got := doubtMark(models.MarkReading{Mark: c.mark, Box: box}, []models.Imprint{{Ink: "red"}, c.seal}); got.Mark != c.want {
			t.Errorf("%s under %+v: %s, want %s", c.mark, c.seal, got.Mark, c.want)
		}
	}
}

// TestNotAnswers: the stamp of which the answer was read is no seal; what is higher, square or elsewhere is.
func TestNotAnswers(t *testing.T) {
	mark := models.MarkReading{Mark: models.Agree, Form: "handwritten", Box: models.Box{X: 350, Y: 1138, W: 207, H: 47}}
	part := models.Imprint{Box: models.Box{X: 327, Y: 1118, W: 110, H: 76}, Shape: models.Rect}
	for name, c := range map[string]struct {
		change func(*models.MarkReading, *models.Imprint)
		kept   bool
	}{
		"a part of the stamp": {func(*models.MarkReading, *models.Imprint) {}, false},
		"a square":            {func(_ *models.MarkReading, im *models.Imprint) { im.Shape = models.Square }, true},
		"higher":              {func(_ *models.MarkReading, im *models.Imprint) { im.Box.Y, im.Box.H = 1098, 120 }, true},
		"below the words":     {func(_ *models.MarkReading, im *models.Imprint) { im.Box.Y = 1300 }, true},
		"at a tick":           {func(m *models.MarkReading, _ *models.Imprint) { m.Form = "tick" }, true},
		"nothing was read":    {func(m *models.MarkReading, _ *models.Imprint) { m.Mark = models.Blank }, true},
	} {
		m, im := mark, part
		c.change(&m, &im)
		if got := notAnswers([]models.Imprint{im}, m, 200); (len(got) == 1) != c.kept {
			t.Errorf("%s: kept %v, want %v", name, len(got) == 1, c.kept)
		}
	}
}
