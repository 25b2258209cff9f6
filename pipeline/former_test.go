package pipeline

import (
	"bytes"
	"image/png"
	"strings"
	"testing"
	"time"

	"heyin/eval/sim"
	"heyin/imaging"
	"heyin/models"
	"heyin/sealcheck"
)

// A seal not in force explains, and takes even a satisfied rule to review.
func TestFormerSealIsToldAndNeverPasses(t *testing.T) {
	on := func(day string) time.Time { d, _ := time.Parse(time.DateOnly, day); return d }
	for name, tc := range map[string]struct {
		specimen models.Specimen
		want     string
	}{
		"replaced":         {models.Specimen{Ref: "S2", ValidFrom: on("2020-01-01"), ValidTo: on("2025-03-01")}, "matches specimen S2, replaced on 2025-03-01"},
		"not yet in force": {models.Specimen{Ref: "S3", ValidFrom: on("2027-01-01")}, "matches specimen S3, in force only from 2027-01-01"},
	} {
		r, seen, st, vs := perfect()
		r.Imprints = append(r.Imprints, models.Imprint{Box: models.Box{X: 7, W: 3, H: 3}})
		state, reasons := decide(r, seen, st, vs)
		state, reasons = heedFormer(state, reasons, r.Imprints, st, vs, []formerMatch{{2, tc.specimen}})
		if state != models.InReview || len(reasons) != 1 || reasons[0].Code != models.ReasonSealSuperseded ||
			!strings.Contains(reasons[0].Detail, tc.want) || *reasons[0].Box != r.Imprints[2].Box {
			t.Errorf("%s: %s %+v; want in_review: %s", name, state, reasons, tc.want)
		}
	}
}

// One of the customer's own seals in place of the agreed one is named; beside
// the agreed ones it is no objection.
func TestSealTheRuleDoesNotName(t *testing.T) {
	for name, missing := range map[string]bool{"instead of the agreed one": true, "beside it": false} {
		r, seen, st, vs := perfect()
		st.Specimens = append(st.Specimens, models.Specimen{Ref: "contract", Kind: models.SealOther})
		r.Imprints = append(r.Imprints, models.Imprint{})
		vs = append(vs, models.Verification{SpecimenRef: "contract", Imprint: 2, Verdict: models.Match})
		if missing {
			vs = vs[1:]
		}
		state, reasons := decide(r, seen, st, vs)
		state, reasons = heedFormer(state, reasons, r.Imprints, st, vs, nil)
		told := len(reasons) == 2 && reasons[1].Code == models.ReasonSealOther && strings.Contains(reasons[1].Detail, "contract")
		if told != missing || (state == models.InReview) != missing {
			t.Errorf("%s: %s %+v", name, state, reasons)
		}
	}
}

// cardOf stamps a seal with care on a card of its own.
func cardPNG(t *testing.T, studio *sim.Studio, cut *sim.Cut, seed uint64) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, studio.Card(cut, seed)); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// An imprint that no specimen in force explains is tried against the former ones;
// one that is explained, or the bank's own, is not.
func TestTryFormer(t *testing.T) {
	studio, err := sim.NewStudio("")
	if err != nil {
		t.Fatal(err)
	}
	cut := sim.NewPeriod(3, 2).Customers[0].Seals[0].Cut
	scan, err := imaging.Decode(t.Context(), cardPNG(t, studio, cut, 2), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer scan.Close()
	sheet := &imaging.Sheet{Image: scan.Image, DPI: 300}
	mm := func(v float64) int { return int(v / 25.4 * 300) }
	found := models.Imprint{Box: models.Box{X: mm(3), Y: mm(3), W: mm(cut.Width), H: mm(cut.Height)}}
	former := []models.Specimen{
		{Ref: "unusable", DPI: 300, Image: []byte("no image")},
		{Ref: "old", DPI: 300, Image: cardPNG(t, studio, cut, 1)},
	}
	bank := found
	bank.Role = models.RoleBank
	matched := []verified{{Verification: models.Verification{Verdict: models.Match}}}
	unsure := []verified{{Verification: models.Verification{Verdict: models.Inconclusive}}}
	for name, tc := range map[string]struct {
		imprint models.Imprint
		inForce []verified
		want    int
	}{
		"unexplained": {found, unsure, 1}, "explained": {found, matched, 0}, "the bank's": {bank, nil, 0},
	} {
		p := &Pipeline{references: references{byKey: map[string]*sealcheck.Reference{}}}
		got, err := p.tryFormer(t.Context(), sheet, []models.Imprint{tc.imprint}, tc.inForce, former)
		if err != nil || len(got) != tc.want || tc.want == 1 && got[0].specimen.Ref != "old" {
			t.Errorf("%s: %d matches, %v; want %d", name, len(got), err, tc.want)
		}
	}
}
