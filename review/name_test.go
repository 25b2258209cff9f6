package review

import (
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

// unidentified is a receipt whose statement the machine did not find.
func (s scene) unidentified(t *testing.T) int64 {
	t.Helper()
	return world.InReview(t, s.station, localtest.Statement{}, models.ReasonUnidentified)
}

func (s scene) specimen(t *testing.T, st localtest.Statement) {
	t.Helper()
	localtest.Specimen(t, world.Store, st.CustomerNo, models.Specimen{Ref: "finance", Kind: models.SealFinance, Shape: models.Round, Role: models.RoleClient, DPI: 254,
		Image: []byte(st.No)}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
}

// Who names the statement of an unidentified receipt sees its books and specimens, may
// fold against them, and is believed when another has named the same, whatever the rules are.
func TestNamedStatementNeedsTwoWhoNameIt(t *testing.T) {
	world.Under(t, models.RuleSet{Blind: true}) // no rule asks for a second person
	s := newScene(t)
	st, other := world.Statement(t, s.code, "Named Ltd"), world.Statement(t, s.code, "Other Ltd")
	s.specimen(t, st)
	s.specimen(t, other)
	for _, decision := range []models.Decision{models.Invalid, models.Valid} {
		id := s.unidentified(t)
		name := func(who models.Actor, no string) *Item {
			t.Helper()
			item := must[*Item](t)(s.queue.Claim(t.Context(), who, id))
			if item.Named || item.Dossier.InBooks {
				t.Fatalf("%+v begins with what another has named", item.Dossier)
			}
			if err := s.queue.Name(t.Context(), who, id, item.Version, no); err != nil {
				t.Fatal(err)
			}
			return must[*Item](t)(s.queue.Held(t.Context(), who, id))
		}
		item := name(s.anna, st.No)
		d := item.Dossier
		if !item.Named || !d.InBooks || d.StatementNo != st.No || d.Customer != "Named Ltd" || len(d.Lines) != 1 || len(d.Specimens) != 1 {
			t.Fatalf("named: %+v", d)
		}
		fold := models.FoldUse{SpecimenRef: "finance", SpecimenID: d.Specimens[0].ID, View: "fold", Channel: "scan", Imprint: -1, Box: &models.Box{W: 10, H: 10}}
		said := Judgement{Version: item.Version, Decision: decision, ReasonCode: "seal_mismatch", Folds: []models.FoldUse{fold}}
		if state := must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.anna, id, said)); state != models.InReview {
			t.Fatalf("%s by one person alone: %s", decision, state)
		}
		said.Version = name(s.bert, st.No).Version
		if state := must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.bert, id, said)); state != models.Decided {
			t.Errorf("%s of both: %s", decision, state)
		}
		var answers bool
		var no string
		err := world.Store.DB.QueryRow(t.Context(), `SELECT r.answers, s.no FROM receipts r JOIN statements s ON s.id = r.statement_id WHERE r.id = $1`, id).Scan(&answers, &no)
		if err != nil || no != st.No || answers != (decision == models.Valid) {
			t.Errorf("%s: answers %v for %s, %v", decision, answers, no, err)
		}
		if n := auditCount(t, "review.statement_named", id); n != 2 {
			t.Errorf("%d audit entries, want 2", n)
		}
	}
	id := s.unidentified(t)
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
	if err := s.queue.Name(t.Context(), s.anna, id, item.Version, st.No); err != nil {
		t.Fatal(err)
	}
	item = must[*Item](t)(s.queue.Held(t.Context(), s.anna, id))
	if same := item.Dossier.Same; len(same) != 2 || !same[0].Answers || same[1].Decision != models.Invalid {
		t.Errorf("beside it: %+v", same)
	}
	_, err := s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: item.Version, Decision: models.Valid})
	wantFault(t, err, "already_answered")
}

// A wrong statement is corrected: what the machine compared with the other customer's
// specimens is not shown, two who name different ones go to the supervisor, and nobody
// corrects what he has not claimed, or to what he may not judge.
func TestCorrectedStatement(t *testing.T) {
	s, foreign := newScene(t), newScene(t)
	wrong, right := world.Statement(t, s.code, "Wrong Ltd"), world.Statement(t, s.code, "Right Ltd")
	s.specimen(t, wrong)
	s.specimen(t, right)
	a := world.Upload(t, s.station, "wrong.png", right.No)
	r := world.Result(t, wrong, models.ReasonSealUnsure)
	r.Verifications = []models.Verification{{SpecimenRef: "finance", Verdict: models.Inconclusive, Scale: 1, Params: "test"}}
	world.Read(t, a.ReceiptID, r, nil)
	id := a.ReceiptID

	item := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
	if len(item.Dossier.Result.Verifications) != 1 {
		t.Fatal("the machine compared nothing")
	}
	for who, code := range map[*models.Actor]string{&s.bert: "claim_lost", &foreign.anna: "not_found"} {
		wantFault(t, s.queue.Name(t.Context(), *who, id, item.Version, right.No), code)
		_, err := s.queue.Candidates(t.Context(), *who, id, "Right")
		wantFault(t, err, code)
	}
	wantFault(t, s.queue.Name(t.Context(), s.anna, id, item.Version, world.Statement(t, foreign.code, "Foreign Ltd").No), "statement_unknown")
	wantFault(t, s.queue.Name(t.Context(), s.anna, id, item.Version+1, right.No), "claim_lost")
	if err := s.queue.Name(t.Context(), s.anna, id, item.Version, right.No); err != nil {
		t.Fatal(err)
	}
	item = must[*Item](t)(s.queue.Held(t.Context(), s.anna, id))
	if d := item.Dossier; d.Customer != "Right Ltd" || len(d.Result.Verifications) != 0 || len(d.Specimens) != 1 {
		t.Errorf("corrected: %+v", d)
	}
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: item.Version, Decision: models.Valid}))
	item = must[*Item](t)(s.queue.Claim(t.Context(), s.bert, id))
	if item.Dossier.Customer != "Wrong Ltd" {
		t.Errorf("the second person begins at %s", item.Dossier.Customer)
	}
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.bert, id, Judgement{Version: item.Version, Decision: models.Valid}))
	_, err := s.queue.Claim(t.Context(), s.bert, id)
	wantFault(t, err, "supervisor_only")

	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE specimens SET maker = $1, checker = $2 WHERE customer_id = (SELECT id FROM customers WHERE no = $3)`, s.anna.ID, s.bert.ID, right.CustomerNo); err != nil {
		t.Fatal(err)
	}
	mine := s.unidentified(t)
	item = must[*Item](t)(s.queue.Claim(t.Context(), s.anna, mine))
	wantFault(t, s.queue.Name(t.Context(), s.anna, mine, item.Version, right.No), "own_work")
}

// The search finds by number, name, customer number and account, within the branch.
func TestCandidates(t *testing.T) {
	s, foreign := newScene(t), newScene(t)
	st := world.Statement(t, s.code, "Candidate Trading")
	world.Statement(t, foreign.code, "Candidate Trading")
	id := s.unidentified(t)
	must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
	for _, text := range []string{st.No, st.No[:len(st.No)-1], "Candidate", st.CustomerNo, st.Lines[0].AccountNo[:4] + " " + st.Lines[0].AccountNo[4:]} {
		list := must[[]Candidate](t)(s.queue.Candidates(t.Context(), s.anna, id, text))
		found := 0
		for _, c := range list {
			if c.No == st.No {
				found++
			}
			if c.Customer == "Candidate Trading" && c.CustomerNo != st.CustomerNo {
				t.Errorf("%q shows another branch: %+v", text, c)
			}
		}
		if found != 1 {
			t.Errorf("%q found %+v", text, list)
		}
	}
	if list := must[[]Candidate](t)(s.queue.Candidates(t.Context(), s.anna, id, "%")); len(list) != 0 {
		t.Errorf("a sign of patterns found %+v", list)
	}
	if n := auditCount(t, "review.statement_sought", id); n != 6 {
		t.Errorf("%d searches in the audit, want 6", n)
	}
}

// The search does not tell who may be tested what people have decided: it may come to him hidden.
func TestCandidatesDoNotTellWhatMayComeHidden(t *testing.T) {
	s := newScene(t)
	var no string
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT s.no FROM receipts r JOIN statements s ON s.id = r.statement_id WHERE r.id = $1`, s.known(t, models.Valid)).Scan(&no); err != nil {
		t.Fatal(err)
	}
	for hidden, told := range map[int]bool{0: true, 1: false} {
		world.Under(t, models.RuleSet{Hidden: hidden, Blind: true})
		for _, who := range []models.Actor{s.anna, s.chief} {
			id := s.unidentified(t)
			must[*Item](t)(s.queue.Claim(t.Context(), who, id))
			list := must[[]Candidate](t)(s.queue.Candidates(t.Context(), who, id, no))
			if want := told || who.ID == s.chief.ID; len(list) != 1 || list[0].Answered != want {
				t.Errorf("hidden %d, %v: %+v", hidden, who.Roles, list)
			}
		}
	}
}
