package reconcile_test

import (
	"strings"
	"testing"

	"heyin/deploy/local/localtest"
	"heyin/models"
	"heyin/reconcile"
	"heyin/storage"
)

// answered makes a receipt of statement no with these verdicts, one a specimen, on a
// page of some grade.
func answered(t *testing.T, w *localtest.World, station models.Actor, no string, grade models.QualityGrade, verdicts map[string]models.Verdict) int64 {
	t.Helper()
	r := w.Result(t, localtest.Statement{No: no}, models.ReasonSealUnsure)
	r.Reading.Quality.Grade = grade
	for ref, v := range verdicts {
		r.Reading.Imprints = append(r.Reading.Imprints, models.Imprint{Role: models.RoleClient})
		r.Verifications = append(r.Verifications, models.Verification{SpecimenRef: ref, Imprint: len(r.Reading.Imprints) - 1, Verdict: v, Scale: 1, Params: "test"})
	}
	a := w.Upload(t, station, "scan.png", strings.Repeat("x", int(w.Serial())))
	w.Read(t, a.ReceiptID, r, nil)
	return a.ReceiptID
}

func TestSealsReplacedButNotUpdated(t *testing.T) {
	s := open(t)
	importAll(t.Context(), t, s, opts)
	w := &localtest.World{Store: s}
	stations := map[string]models.Actor{}
	for _, code := range []string{"B1", "B2"} {
		var id int64
		fatal(t, s.DB.QueryRow(t.Context(), `SELECT id FROM branches WHERE code = $1`, code).Scan(&id))
		stations[code] = w.Station(t, id, code)
	}
	const no, maybe, yes = models.Mismatch, models.Inconclusive, models.Match
	b1 := func(grade models.QualityGrade, finance, boss models.Verdict) int64 {
		return answered(t, w, stations["B1"], "S-1", grade, map[string]models.Verdict{"finance": finance, "boss": boss})
	}
	list := func(who models.Actor, least int) []reconcile.DoubtfulSpecimen {
		t.Helper()
		found, err := reconcile.DoubtfulSpecimens(t.Context(), s, who, least)
		fatal(t, err)
		return found
	}
	centre := models.Actor{Kind: "user", ID: 1}
	b1(models.QualityGood, yes, maybe)
	first := b1(models.QualityGood, no, yes)
	b1(models.QualityRescan, no, maybe) // an illegible page says nothing
	if found := list(centre, reconcile.LeastUnmatched); len(found) != 0 {
		t.Errorf("one failure is no pattern: %+v", found)
	}
	second := b1(models.QualityUsable, maybe, yes)
	answered(t, w, stations["B2"], "S-2", models.QualityGood, map[string]models.Verdict{"company": no})
	found := list(centre, reconcile.LeastUnmatched)
	if len(found) != 1 || found[0].Ref != "finance" || found[0].CustomerNo != "K1" || found[0].Unmatched != 2 || found[0].Mismatches != 1 ||
		found[0].LastMatched == nil || len(found[0].Receipts) != 2 || found[0].Receipts[0] != second || found[0].Receipts[1] != first {
		t.Fatalf("found %+v, want finance of K1 by receipts %d and %d", found, second, first)
	}
	if all := list(centre, 1); len(all) != 2 {
		t.Errorf("with one failure enough: %+v", all)
	}
	if other := list(stations["B2"], reconcile.LeastUnmatched); len(other) != 0 {
		t.Errorf("branch B2 sees %+v", other)
	}
	if own := list(stations["B1"], reconcile.LeastUnmatched); len(own) != 1 {
		t.Errorf("branch B1 sees %+v", own)
	}
	// The new seal is proposed, then in force: the doubt says so, then ends.
	user(t, s, "", "li", models.RoleOperator)
	wang := user(t, s, "", "wang", models.RoleSupervisor)
	_, err := importCards(t, s, cutter("li", ""), strings.NewReplacer("company,company", "finance,finance", "2024-01-01", "2026-02-01").Replace(companyRow))
	fatal(t, err)
	found = list(centre, reconcile.LeastUnmatched)
	if len(found) != 1 || found[0].ProposalID == 0 {
		t.Fatalf("the proposal is not shown: %+v", found)
	}
	_, err = reconcile.Approve(t.Context(), s, wang, found[0].ProposalID)
	fatal(t, err)
	if found := list(centre, reconcile.LeastUnmatched); len(found) != 0 {
		t.Errorf("doubtful after it was replaced: %+v", found)
	}
	if _, err := s.VerifyAudit(t.Context(), storage.AuditHead{}); err != nil {
		t.Error(err)
	}
}

// A match ends the doubt.
func TestAMatchEndsTheDoubt(t *testing.T) {
	s := open(t)
	importAll(t.Context(), t, s, opts)
	w := &localtest.World{Store: s}
	var id int64
	fatal(t, s.DB.QueryRow(t.Context(), `SELECT id FROM branches WHERE code = 'B2'`).Scan(&id))
	station := w.Station(t, id, "B2")
	for _, v := range []models.Verdict{models.Mismatch, models.Mismatch, models.Mismatch} {
		answered(t, w, station, "S-2", models.QualityGood, map[string]models.Verdict{"company": v})
	}
	found, err := reconcile.DoubtfulSpecimens(t.Context(), s, models.Actor{}, 3)
	fatal(t, err)
	if len(found) != 1 || found[0].LastMatched != nil || found[0].Mismatches != 3 {
		t.Errorf("found %+v", found)
	}
	answered(t, w, station, "S-2", models.QualityGood, map[string]models.Verdict{"company": models.Match})
	if found, err := reconcile.DoubtfulSpecimens(t.Context(), s, models.Actor{}, 1); err != nil || len(found) != 0 {
		t.Errorf("after a match: %+v, %v", found, err)
	}
}
