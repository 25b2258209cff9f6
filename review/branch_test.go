package review

import (
	"slices"
	"testing"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

// says lets a person judge a receipt, with a reason.
func (s scene) says(t *testing.T, who models.Actor, id int64, d models.Decision, reason string) (models.ReceiptState, error) {
	t.Helper()
	item := must[*Item](t)(s.queue.Claim(t.Context(), who, id))
	return s.queue.Decide(t.Context(), who, id, Judgement{Version: item.Version, Decision: d, ReasonCode: reason})
}

// marked is a receipt of the statement that waits, with the mark as the machine read it.
func (s scene) marked(t *testing.T, st localtest.Statement, mark models.Mark) int64 {
	t.Helper()
	a := world.Upload(t, s.station, "marked.png", st.No+string(mark))
	r := world.Result(t, st, models.ReasonSealUnsure)
	r.Reading.Mark.Mark = mark
	world.Read(t, a.ReceiptID, r, nil)
	return a.ReceiptID
}

func (s scene) differing(t *testing.T) (ids []int64) {
	t.Helper()
	for _, d := range must[[]Mismatch](t)(s.queue.Mismatches(t.Context(), s.anna)) {
		if !d.Due.After(d.At) {
			t.Errorf("due %s", d.Due)
		}
		ids = append(ids, d.ReceiptID)
	}
	return ids
}

// 不符 is no reason to find a receipt invalid: it is an answer, whose difference the
// branch explains, and for no second round.
func TestDifferIsAnAnswer(t *testing.T) {
	s := newScene(t)
	differs := s.marked(t, world.Statement(t, s.code, "Differs Ltd"), models.Differ)
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, differs))
	for _, j := range []Judgement{{Decision: models.Invalid, ReasonCode: "mark_differ"}, {Decision: models.Rescan, ReasonCode: "mark_differ"}} {
		j.Version = item.Version
		_, err := s.queue.Decide(t.Context(), s.anna, differs, j)
		wantFault(t, err, "differ_is_answer")
	}
	_, err := s.queue.Decide(t.Context(), s.anna, differs, Judgement{Version: item.Version, Decision: models.Invalid, ReasonCode: "mark_agree"})
	wantFault(t, err, "reason_unknown")
	must[models.ReceiptState](t)(s.says(t, s.anna, differs, models.Valid, ""))

	misread := s.marked(t, world.Statement(t, s.code, "Misread Ltd"), models.Differ)
	must[models.ReceiptState](t)(s.says(t, s.anna, misread, models.Valid, "mark_agree"))
	unread := s.marked(t, world.Statement(t, s.code, "Unread Ltd"), models.Unclear)
	must[models.ReceiptState](t)(s.says(t, s.anna, unread, models.Valid, "mark_differ"))
	agrees := s.marked(t, world.Statement(t, s.code, "Agrees Ltd"), models.Agree)
	must[models.ReceiptState](t)(s.says(t, s.anna, agrees, models.Valid, ""))
	forged := s.marked(t, world.Statement(t, s.code, "Forged Ltd"), models.Differ)
	must[models.ReceiptState](t)(s.says(t, s.anna, forged, models.Invalid, "seal_mismatch"))
	if ids := s.differing(t); !slices.Equal(ids, []int64{differs, unread}) {
		t.Errorf("differing %v, want %v", ids, []int64{differs, unread})
	}
	invalid := must[[]InvalidReceipt](t)(s.queue.InvalidReceipts(t.Context(), s.anna))
	if len(invalid) != 1 || invalid[0].ReceiptID != forged || !invalid[0].SecondRound() {
		t.Errorf("invalid %+v", invalid)
	}
}

// Two who agree that a receipt is valid, but not what it answers, have not agreed.
func TestTwoReadTheMarkDifferently(t *testing.T) {
	world.Under(t, models.RuleSet{AllValid: true, Blind: true})
	s := newScene(t)
	id := s.marked(t, world.Statement(t, s.code, "Unclear Ltd"), models.Unclear)
	must[models.ReceiptState](t)(s.says(t, s.anna, id, models.Valid, "mark_differ"))
	if state := must[models.ReceiptState](t)(s.says(t, s.bert, id, models.Valid, "")); state != models.InReview {
		t.Errorf("state %s", state)
	}
	if err := s.queue.Undo(t.Context(), s.bert, id); err != nil {
		t.Fatal(err)
	}
	must[models.ReceiptState](t)(s.says(t, s.bert, id, models.Valid, ""))
	if state := must[models.ReceiptState](t)(s.says(t, s.chief, id, models.Valid, "mark_differ")); state != models.Decided {
		t.Errorf("the supervisor agrees with one: %s", state)
	}
	if ids := s.differing(t); !slices.Equal(ids, []int64{id}) {
		t.Errorf("differing %v", ids)
	}
}

// A statement with two receipts is issued again once, and not while one may answer it.
func TestSecondRoundOfAPair(t *testing.T) {
	s := newScene(t)
	st := world.Statement(t, s.code, "Pair Ltd")
	first, second := s.marked(t, st, models.Agree), s.marked(t, st, models.Unclear)
	rounds := func() (ids []int64) {
		t.Helper()
		for _, r := range must[[]InvalidReceipt](t)(s.queue.InvalidReceipts(t.Context(), s.anna)) {
			if r.SecondRound() {
				ids = append(ids, r.ReceiptID)
			}
		}
		return ids
	}
	must[models.ReceiptState](t)(s.says(t, s.anna, first, models.Invalid, "seal_mismatch"))
	if ids := rounds(); len(ids) != 0 {
		t.Errorf("while the other waits: %v", ids)
	}
	must[models.ReceiptState](t)(s.says(t, s.anna, second, models.Invalid, "seal_unclear"))
	if ids := rounds(); !slices.Equal(ids, []int64{second}) {
		t.Errorf("both invalid: %v, want %d", ids, second)
	}
}
