package pipeline_test

import (
	"errors"
	"testing"

	"heyin/eval/sim"
	"heyin/models"
	"heyin/pipeline"
	"heyin/sealcheck"
)

// careful gives n careful stampings of a seal as they are cut out of cards.
func careful(t *testing.T, studio *sim.Studio, cut *sim.Cut, seed uint64, n int) (out []models.CardSeal) {
	t.Helper()
	for i := range n {
		card, err := pipeline.CutCard(t.Context(), encoded(t, studio.Card(cut, seed+uint64(i))), cardDPI, models.Box{})
		if err != nil || len(card.Seals) != 1 {
			t.Fatalf("%+v, %v", card, err)
		}
		out = append(out, card.Seals[0])
	}
	return out
}

// An average of genuine imprints passes at least as many new genuine imprints as
// the first of them alone, and still no other seal.
func TestAverageIsTheBetterSpecimen(t *testing.T) {
	studio, err := sim.NewStudio("")
	if err != nil {
		t.Fatal(err)
	}
	averaged, alone, better := 0, 0, 0
	for i, c := range sim.NewPeriod(21, 6).Customers {
		cut := c.Seals[0].Cut
		imprints := careful(t, studio, cut, uint64(1000*i), 3)
		avg, fits, err := sealcheck.Average(t.Context(), imprints)
		if err != nil {
			t.Logf("customer %d: %v", i, err)
			continue
		}
		averaged++
		if len(fits) != 3 || avg.Quality.Grade != models.QualityGood {
			t.Errorf("customer %d: fits %v, grade %+v", i, fits, avg.Quality)
		}
		for k := range 3 {
			fresh := studio.Card(cut, uint64(1000*i+50+k))
			if verdictAt(t, imprints[0].Image, cardDPI, fresh).Verdict == models.Match {
				alone++
			}
			if verdictAt(t, avg.Image, avg.DPI, fresh).Verdict == models.Match {
				better++
			}
		}
		forged, _, _ := studio.Forge(cut, sim.Recut, uint64(i))
		if v := verdictAt(t, avg.Image, avg.DPI, studio.Card(forged, uint64(i))); v.Verdict == models.Match {
			t.Errorf("customer %d: the average matches a seal cut again: %+v", i, v)
		}
	}
	if averaged < 5 || better < alone { // docs/adr/033: of these all six
		t.Errorf("%d seals averaged; of %d new imprints the first alone matched %d, the average %d", averaged, 3*averaged, alone, better)
	}
}

func TestAverageRefusesWhatDoesNotFit(t *testing.T) {
	studio, err := sim.NewStudio("")
	if err != nil {
		t.Fatal(err)
	}
	customers := sim.NewPeriod(21, 2).Customers
	one, other := careful(t, studio, customers[0].Seals[0].Cut, 1, 1), careful(t, studio, customers[1].Seals[0].Cut, 1, 1)
	for name, tt := range map[string]struct {
		imprints []models.CardSeal
		codes    []string
	}{
		"nothing":       {nil, []string{"average_few"}},
		"a single one":  {one, []string{"average_few"}},
		"another seal":  {append(one, other...), []string{"average_unlike", "average_few"}},
		"not a picture": {[]models.CardSeal{{DPI: 300, Image: []byte("no picture")}}, []string{"specimen_unreadable"}},
	} {
		avg, _, err := sealcheck.Average(t.Context(), tt.imprints)
		f, ok := errors.AsType[*models.Fault](err)
		if !ok || f.Code != tt.codes[0] && f.Code != tt.codes[len(tt.codes)-1] || len(avg.Image) > 0 {
			t.Errorf("%s: %v, want %v", name, err, tt.codes)
		}
	}
}
