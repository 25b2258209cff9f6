package review

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"heyin/models"
)

// known makes a receipt two people agreed on a day ago.
func (s scene) known(t *testing.T, d models.Decision) int64 {
	t.Helper()
	world.Under(t, models.RuleSet{AllValid: true, Sample: models.PPM, Blind: true})
	id := s.receipt(t)
	s.judge(t, s.bert, id, d)
	s.judge(t, s.chief, id, d)
	_, err := world.Store.DB.Exec(t.Context(), fmt.Sprintf(`SET session_replication_role = replica;
UPDATE decisions SET at = now() - interval '1 day' WHERE receipt_id = %d; SET session_replication_role = DEFAULT`, id))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// tested is a reviewer on whom the draw of a hidden item falls; one in ten does.
func (s scene) tested(t *testing.T) models.Actor {
	t.Helper()
	for range 300 {
		who := world.User(t, s.anna.BranchID, models.RoleReviewer)
		var due bool
		if err := world.Store.DB.QueryRow(t.Context(), hiddenDueSQL, who.ID).Scan(&due); err != nil {
			t.Fatal(err)
		}
		if due {
			return who
		}
	}
	t.Fatal("no draw of 300 fell")
	return models.Actor{}
}

// keys of an answer as the API gives it.
func keys(t *testing.T, item *Item) []string {
	t.Helper()
	data, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	var whole struct {
		Dossier map[string]any
	}
	if err := json.Unmarshal(data, &whole); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(whole.Dossier))
}

// A reviewer who may be tested does not read beside one receipt what became of another
// that may come to him; a supervisor does.
func TestNeighboursDoNotTellWhatMayComeHidden(t *testing.T) {
	s := newScene(t)
	st := world.Statement(t, s.code, "Neighbour Ltd")
	world.Under(t, models.RuleSet{AllValid: true, Sample: models.PPM, Blind: true})
	known := world.InReview(t, s.station, st, models.ReasonSealUnsure)
	s.judge(t, s.bert, known, models.Valid)
	s.judge(t, s.chief, known, models.Valid)
	waits, asked := world.InReview(t, s.station, world.Again(t, st), models.ReasonSealUnsure), world.InReview(t, s.station, world.Again(t, st), models.ReasonSealUnsure)
	beside := func(who models.Actor) map[int64]string {
		item := must[*Item](t)(s.queue.Claim(t.Context(), who, asked))
		if err := s.queue.Release(t.Context(), who, asked); err != nil {
			t.Fatal(err)
		}
		said := map[int64]string{}
		for _, n := range item.Dossier.Earlier {
			said[n.ReceiptID] = string(n.State) + string(n.Decision)
		}
		return said
	}
	told := map[int64]string{known: "decidedvalid", waits: "in_review"}
	if got := beside(s.anna); !maps.Equal(got, told) {
		t.Errorf("without hidden items: %v, want %v", got, told)
	}
	world.Under(t, models.RuleSet{AllValid: true, Hidden: 1, Blind: true})
	if got, silent := beside(s.anna), (map[int64]string{known: "", waits: ""}); !maps.Equal(got, silent) {
		t.Errorf("with hidden items: %v, want %v", got, silent)
	}
	if got := beside(s.chief); !maps.Equal(got, told) {
		t.Errorf("a supervisor: %v, want %v", got, told)
	}
}

// A hidden item looks like a real one at every step, and nothing of it is a result.
func TestHiddenItemLooksRealAndCountsForNothing(t *testing.T) {
	s := newScene(t)
	id := s.known(t, models.Invalid)
	world.Under(t, models.RuleSet{AllValid: true, Hidden: models.MaxHidden, Blind: true})
	s.anna = s.tested(t)
	before, _, _ := stands(t, id)

	item := must[*Item](t)(s.queue.ClaimNext(t.Context(), s.anna, Filter{}))
	if item.Dossier.ReceiptID != id || item.Dossier.State != models.InReview || len(item.Dossier.Decisions) != 0 {
		t.Fatalf("hidden item: receipt %d, %s, %d decisions, version %d", item.Dossier.ReceiptID, item.Dossier.State, len(item.Dossier.Decisions), item.Version)
	}
	real := s.receipt(t)
	other := must[*Item](t)(s.queue.Claim(t.Context(), s.bert, real))
	if a, b := keys(t, item), keys(t, other); !reflect.DeepEqual(a, b) {
		t.Errorf("a hidden item has %v, a real one %v", a, b)
	}
	list := must[List](t)(s.queue.List(t.Context(), s.anna, Filter{Claimed: ClaimedMine}))
	if len(list.Entries) != 1 || list.Entries[0].ReceiptID != id || !list.Entries[0].Mine {
		t.Errorf("her claims: %+v", list.Entries)
	}
	for _, e := range must[List](t)(s.queue.List(t.Context(), s.bert, Filter{})).Entries {
		if e.ReceiptID == id {
			t.Error("another reviewer sees it")
		}
	}
	held := must[*Item](t)(s.queue.Held(t.Context(), s.anna, id))
	_, err := s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: held.Version + 1, Decision: models.Valid})
	wantFault(t, err, "claim_lost")
	_, err = s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: held.Version, Decision: models.Invalid})
	wantFault(t, err, "reason_required")
	state := must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: held.Version, Decision: models.Valid}))
	if state != models.InReview { // as a real first answer
		t.Errorf("she is told %s", state)
	}
	_, err = s.queue.Claim(t.Context(), s.anna, id)
	wantFault(t, err, "judged_already")
	if after, _, n := stands(t, id); after != before || n != 1 {
		t.Errorf("the receipt is %s with %d decisions", after, n)
	}
	if err := s.queue.Undo(t.Context(), s.anna, id); err != nil {
		t.Fatal(err)
	}
	again := must[*Item](t)(s.queue.Held(t.Context(), s.anna, id))
	wantFault(t, s.queue.Name(t.Context(), s.anna, id, again.Version+1, "any"), "statement_unknown")
	elsewhere := world.Statement(t, s.code, "Elsewhere Ltd").No
	wantFault(t, s.queue.Name(t.Context(), s.anna, id, again.Version+1, elsewhere), "claim_lost")
	if err := s.queue.Name(t.Context(), s.anna, id, again.Version, elsewhere); err != nil {
		t.Fatal(err)
	}
	if again = must[*Item](t)(s.queue.Held(t.Context(), s.anna, id)); !again.Named || again.Dossier.Customer != "Elsewhere Ltd" {
		t.Errorf("named: %+v", again.Dossier)
	}
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: again.Version, Decision: models.Valid}))
	if err := s.queue.Release(t.Context(), s.bert, real); err != nil {
		t.Fatal(err)
	}
	next := must[*Item](t)(s.queue.ClaimNext(t.Context(), s.anna, Filter{}))
	if next.Dossier.ReceiptID == id {
		t.Error("she got it twice")
	}
	measured := false
	for _, r := range must[[]Reviewer](t)(s.queue.Reviewers(t.Context(), s.chief)) {
		if r.Login == login(t, s.anna) {
			measured = r == Reviewer{Login: r.Login, Hidden: 1}
		}
	}
	if !measured {
		t.Error("her answer was not measured")
	}
}

func TestWhoCanLookReceiptsUpGetsNoHiddenItem(t *testing.T) {
	s := newScene(t)
	s.known(t, models.Valid)
	world.Under(t, models.RuleSet{Hidden: models.MaxHidden})
	curious := s.tested(t)
	curious.Roles = append(curious.Roles, models.RoleArchivist)
	for _, who := range []models.Actor{curious, s.bert, s.chief} { // the last two judged it
		_, err := s.queue.ClaimNext(t.Context(), who, Filter{})
		wantFault(t, err, "queue_empty")
	}
}

func login(t *testing.T, who models.Actor) (name string) {
	t.Helper()
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT login FROM users WHERE id = $1`, who.ID).Scan(&name); err != nil {
		t.Fatal(err)
	}
	return name
}
