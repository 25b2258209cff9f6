package review

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

// stamped ends a new receipt of the customer with an imprint of this print.
func (s scene) stamped(t *testing.T, st localtest.Statement, state models.ReceiptState, p models.Print) int64 {
	t.Helper()
	r := world.Result(t, st, models.ReasonSealUnsure)
	if state == models.Passed {
		r.State, r.Reasons = models.Passed, nil
		r.Reading.Mark.Mark, r.Reading.Quality.Grade = models.Agree, models.QualityGood
	}
	r.Reading.Imprints = []models.Imprint{{Role: models.RoleClient}}
	r.Verifications = []models.Verification{{SpecimenRef: "a", Verdict: models.Match, Score: 0.9, Scale: 1, Params: "test", Print: p}}
	id := world.Upload(t, s.station, "page.png", fmt.Sprintf("page %d", world.Serial())).ReceiptID
	world.Read(t, id, r, nil)
	return id
}

// A receipt that had passed is called back by the copy found later: a reviewer
// sees the reason and decides it. A reviewer who holds a receipt when the alarm
// comes must look again.
func TestReusedImprintComesBeforeReviewers(t *testing.T) {
	s := newScene(t)
	first := world.Statement(t, s.code, "Acme Trading")
	next := func() localtest.Statement {
		st := first
		st.No = fmt.Sprintf("DZ%08d", world.Serial())
		localtest.Issue(t, world.Store, st)
		return st
	}
	localtest.Specimen(t, world.Store, first.CustomerNo, models.Specimen{Ref: "a", Kind: models.SealCompany, Shape: models.Round, Role: models.RoleClient,
		DPI: 300, Image: []byte(first.CustomerNo)}, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	one, other := models.Print(bytes.Repeat([]byte{0x5a}, models.PrintBits/8)), models.Print(bytes.Repeat([]byte{0x0f}, models.PrintBits/8))

	passed := s.stamped(t, first, models.Passed, one)
	waiting := s.stamped(t, next(), models.InReview, other)
	held := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, waiting))
	s.stamped(t, next(), models.Passed, one)
	s.stamped(t, next(), models.Passed, other)

	_, err := s.queue.Decide(t.Context(), s.anna, waiting, Judgement{Version: held.Version, Decision: models.Valid})
	wantFault(t, err, "claim_lost")
	for _, id := range []int64{passed, waiting} {
		item := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
		last := item.Dossier.Reasons[len(item.Dossier.Reasons)-1]
		if last.Code != models.ReasonImprintReused || item.Dossier.Result == nil {
			t.Errorf("receipt %d: reasons %+v, result %v", id, item.Dossier.Reasons, item.Dossier.Result != nil)
		}
		state, err := s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: item.Version, Decision: models.Invalid, ReasonCode: "altered"})
		if err != nil || state != models.Decided {
			t.Errorf("receipt %d: %s, %v", id, state, err)
		}
	}
}
