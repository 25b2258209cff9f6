package review

import (
	"testing"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

// undone takes back and judges again, to see that the item came back whole.
func (s scene) undone(t *testing.T, who models.Actor, id int64) {
	t.Helper()
	if err := s.queue.Undo(t.Context(), who, id); err != nil {
		t.Fatal(err)
	}
	wantStands(t, id, models.InReview, false)
	item := must[*Item](t)(s.queue.Held(t.Context(), who, id))
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), who, id, Judgement{Version: item.Version, Decision: models.Invalid, ReasonCode: "other"}))
}

func TestUndoOfEachDecision(t *testing.T) {
	s := newScene(t)
	for _, d := range []models.Decision{models.Valid, models.Invalid, models.Rescan, models.ReferUp} {
		t.Run(string(d), func(t *testing.T) {
			id := s.receipt(t)
			s.judge(t, s.anna, id, d)
			err := s.queue.Undo(t.Context(), s.bert, id)
			wantFault(t, err, "undo_late") // not his
			s.undone(t, s.anna, id)
			wantStands(t, id, models.Decided, false)
		})
	}
	var version, items int
	id := s.receipt(t)
	s.judge(t, s.anna, id, models.Valid)
	s.undone(t, s.anna, id)
	err := world.Store.DB.QueryRow(t.Context(), `SELECT version, (SELECT count(*) FROM review_items i WHERE i.receipt_id = r.id) FROM receipts r WHERE id = $1`, id).Scan(&version, &items)
	if err != nil || version != 2 || items != 2 {
		t.Errorf("version %d with %d items, %v", version, items, err)
	}
}

func TestUndoForgetsTheStatementAPersonNamed(t *testing.T) {
	s := newScene(t)
	st := world.Statement(t, s.code, "Named Ltd")
	id := world.InReview(t, s.station, localtest.Statement{}, models.ReasonUnidentified)
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: item.Version, Decision: models.Valid, StatementNo: st.No}))
	if err := s.queue.Undo(t.Context(), s.anna, id); err != nil {
		t.Fatal(err)
	}
	if again := must[*Item](t)(s.queue.Held(t.Context(), s.anna, id)); again.Dossier.InBooks {
		t.Error("the statement stayed named")
	}
}

func TestUndoEndsWhenAnotherActs(t *testing.T) {
	world.Under(t, models.RuleSet{AllValid: true, Blind: true})
	s := newScene(t)
	id := s.receipt(t)
	s.judge(t, s.anna, id, models.Valid)
	s.undone(t, s.anna, id) // now invalid, decided alone

	id = s.receipt(t)
	s.judge(t, s.anna, id, models.Valid)
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.bert, id))
	wantFault(t, s.queue.Undo(t.Context(), s.anna, id), "undo_late") // somebody is at it
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.bert, id, Judgement{Version: item.Version, Decision: models.Invalid, ReasonCode: "other"}))
	wantFault(t, s.queue.Undo(t.Context(), s.anna, id), "undo_late")
	if err := s.queue.Undo(t.Context(), s.bert, id); err != nil { // he was the last, and nobody acted since
		t.Fatal(err)
	}
	item = must[*Item](t)(s.queue.Held(t.Context(), s.bert, id))
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.bert, id, Judgement{Version: item.Version, Decision: models.Valid}))
	wantStands(t, id, models.Decided, true)
	for _, who := range []models.Actor{s.anna, s.bert} { // two people's decision is nobody's to take back
		wantFault(t, s.queue.Undo(t.Context(), who, id), "undo_late")
	}
	referred := s.receipt(t)
	s.judge(t, s.anna, referred, models.ReferUp)
	must[*Item](t)(s.queue.Claim(t.Context(), s.chief, referred))
	wantFault(t, s.queue.Undo(t.Context(), s.anna, referred), "undo_late")
}

func TestUndoHasItsTime(t *testing.T) {
	s := newScene(t)
	id := s.receipt(t)
	s.judge(t, s.anna, id, models.Valid)
	localtest.Rules(t, world.Store, models.RuleSet{UndoS: 0})
	t.Cleanup(func() { localtest.Rules(t, world.Store, localtest.OnePerson) })
	wantFault(t, s.queue.Undo(t.Context(), s.anna, id), "undo_late")
	other := newScene(t)
	wantFault(t, s.queue.Undo(t.Context(), other.anna, id), "not_found")
}
