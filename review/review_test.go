package review

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

// scene is a branch with a station, two reviewers and a supervisor.
type scene struct {
	code              string
	station           models.Actor
	anna, bert, chief models.Actor
	queue             *Queue
}

func newScene(t *testing.T) scene {
	t.Helper()
	code, id := world.Branch(t)
	return scene{code: code, station: world.Station(t, id, fmt.Sprintf("token-%d", world.Serial())), queue: New(world.Store),
		anna: world.User(t, id, models.RoleReviewer), bert: world.User(t, id, models.RoleReviewer),
		chief: world.User(t, id, models.RoleReviewer, models.RoleSupervisor)}
}

func (s scene) receipt(t *testing.T, reasons ...models.ReasonCode) int64 {
	t.Helper()
	if len(reasons) == 0 {
		reasons = []models.ReasonCode{models.ReasonSealUnsure}
	}
	return world.InReview(t, s.station, world.Statement(t, s.code, "Acme Trading"), reasons...)
}

func wantFault(t *testing.T, err error, code string) {
	t.Helper()
	f, ok := errors.AsType[*models.Fault](err)
	if !ok || f.Code != code {
		t.Fatalf("got %v, want fault %s", err, code)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func auditCount(t *testing.T, action string, receiptID int64) int {
	t.Helper()
	var n int
	err := world.Store.DB.QueryRow(t.Context(), `SELECT count(*) FROM audit WHERE action = $1 AND object = $2`, action, fmt.Sprintf("receipt:%d", receiptID)).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestClaimGivesLeaseAndDossierInOneAnswer(t *testing.T) {
	s := newScene(t)
	id := s.receipt(t)
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
	if left := time.Until(item.LeaseUntil); left < Lease-time.Minute || left > Lease+time.Minute {
		t.Errorf("lease of %s, want about %s", left, Lease)
	}
	d := item.Dossier
	if d.ReceiptID != id || d.Customer != "Acme Trading" || len(d.Lines) != 1 || d.Result == nil || len(d.Reasons) != 1 || !d.InBooks {
		t.Errorf("dossier is not whole: %+v", d)
	}
	if !d.Lines[0].Balance.Equal(models.MustAmount("1,234,567.89")) {
		t.Errorf("booked balance %s", d.Lines[0].Balance)
	}
	if n := auditCount(t, "review.claimed", id); n != 1 {
		t.Errorf("%d audit entries, want 1", n)
	}
	_, err := s.queue.Claim(t.Context(), s.bert, id)
	wantFault(t, err, "claimed")
	again := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
	if again.Version <= item.Version {
		t.Errorf("renewal kept version %d", again.Version)
	}
	_, err = s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: item.Version, Decision: models.Valid})
	wantFault(t, err, "claim_lost")
}

func TestLapsedClaimIsTakenOverAndFencesTheFirst(t *testing.T) {
	s := newScene(t)
	id := s.receipt(t)
	s.queue.lease = time.Millisecond
	first := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
	time.Sleep(20 * time.Millisecond)
	s.queue.lease = Lease
	second := must[*Item](t)(s.queue.Claim(t.Context(), s.bert, id))
	_, err := s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: first.Version, Decision: models.Valid})
	wantFault(t, err, "claim_lost")
	if n := auditCount(t, "receipt.judged", id); n != 0 {
		t.Errorf("a refused decision left %d audit entries", n)
	}
	if state := must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.bert, id, Judgement{Version: second.Version, Decision: models.Valid})); state != models.Decided {
		t.Errorf("state %s", state)
	}
}

func TestDecisions(t *testing.T) {
	s := newScene(t)
	for _, tc := range []struct {
		decision models.Decision
		reason   string
		state    models.ReceiptState
		answers  bool
	}{
		{models.Valid, "", models.Decided, true},
		{models.Invalid, "seal_mismatch", models.Decided, false},
		{models.Rescan, "image_poor", models.Decided, false},
		{models.ReferUp, "unsure", models.InReview, false},
	} {
		t.Run(string(tc.decision), func(t *testing.T) {
			id := s.receipt(t)
			item := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
			state := must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.anna, id,
				Judgement{Version: item.Version, Decision: tc.decision, ReasonCode: tc.reason, Note: "seen"}))
			var stored models.ReceiptState
			var answers bool
			err := world.Store.DB.QueryRow(t.Context(), `SELECT state, answers FROM receipts WHERE id = $1`, id).Scan(&stored, &answers)
			if err != nil {
				t.Fatal(err)
			}
			if state != tc.state || stored != tc.state || answers != tc.answers {
				t.Errorf("answered %s, stored %s answers=%v; want %s answers=%v", state, stored, answers, tc.state, tc.answers)
			}
			if n := auditCount(t, "receipt.judged", id); n != 1 {
				t.Errorf("%d audit entries, want 1", n)
			}
		})
	}
}

func TestRefusedJudgementsChangeNothing(t *testing.T) {
	s := newScene(t)
	id := s.receipt(t)
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
	long := make([]rune, maxNote+1)
	for i := range long {
		long[i] = '印'
	}
	for code, j := range map[string]Judgement{
		"decision_unknown": {Decision: "perhaps"},
		"reason_required":  {Decision: models.Invalid},
		"reason_unknown":   {Decision: models.Invalid, ReasonCode: "mood"},
		"note_too_long":    {Decision: models.Valid, Note: string(long)},
	} {
		j.Version = item.Version
		_, err := s.queue.Decide(t.Context(), s.anna, id, j)
		wantFault(t, err, code)
	}
	if state := must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: item.Version, Decision: models.Valid})); state != models.Decided {
		t.Errorf("the claim did not survive: %s", state)
	}
}

func TestReferredReceiptIsForAnotherSupervisor(t *testing.T) {
	s := newScene(t)
	id := s.receipt(t)
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.chief, id))
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.chief, id, Judgement{Version: item.Version, Decision: models.ReferUp, ReasonCode: "unsure"}))

	for _, who := range []models.Actor{s.anna, s.chief} {
		_, err := s.queue.Claim(t.Context(), who, id)
		wantFault(t, err, "supervisor_only")
	}
	list := must[List](t)(s.queue.List(t.Context(), s.anna, Filter{}))
	for _, e := range list.Entries {
		if e.ReceiptID == id {
			t.Error("a reviewer still sees the referred receipt")
		}
	}
	boss := world.User(t, s.anna.BranchID, models.RoleSupervisor)
	next := must[*Item](t)(s.queue.ClaimNext(t.Context(), boss, Filter{}))
	if next.Dossier.ReceiptID != id || len(next.Dossier.Decisions) != 1 {
		t.Errorf("supervisor got receipt %d with %d decisions", next.Dossier.ReceiptID, len(next.Dossier.Decisions))
	}
}

func TestSecondAnswerToAStatementIsRefused(t *testing.T) {
	s := newScene(t)
	st := world.Statement(t, s.code, "Twice Ltd")
	a := world.InReview(t, s.station, st, models.ReasonSealUnsure)
	b := world.InReview(t, s.station, st, models.ReasonSealUnsure)
	itemA := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, a))
	itemB := must[*Item](t)(s.queue.Claim(t.Context(), s.bert, b))
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.anna, a, Judgement{Version: itemA.Version, Decision: models.Valid}))
	_, err := s.queue.Decide(t.Context(), s.bert, b, Judgement{Version: itemB.Version, Decision: models.Valid})
	wantFault(t, err, "already_answered")
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.bert, b, Judgement{Version: itemB.Version, Decision: models.Invalid, ReasonCode: "already_answered"}))
}

func TestUnidentifiedReceiptNeedsItsStatementNamed(t *testing.T) {
	s := newScene(t)
	st := world.Statement(t, s.code, "Found Ltd")
	otherCode, _ := world.Branch(t)
	foreign := world.Statement(t, otherCode, "Foreign Ltd")
	id := world.InReview(t, s.station, localtest.Statement{}, models.ReasonUnidentified)
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
	judge := func(no string) error {
		_, err := s.queue.Decide(t.Context(), s.anna, id, Judgement{Version: item.Version, Decision: models.Valid, StatementNo: no})
		return err
	}
	wantFault(t, judge(""), "statement_required")
	wantFault(t, judge(foreign.No), "statement_unknown")
	if err := judge(" " + st.No + " "); err != nil {
		t.Fatal(err)
	}
}

func TestForeignBranchIsNotFound(t *testing.T) {
	s, other := newScene(t), newScene(t)
	id := s.receipt(t)
	for name, try := range map[string]func() error{
		"claim": func() error { _, err := s.queue.Claim(t.Context(), other.anna, id); return err },
		"held":  func() error { _, err := s.queue.Held(t.Context(), other.anna, id); return err },
		"decide": func() error {
			_, err := s.queue.Decide(t.Context(), other.anna, id, Judgement{Version: 2, Decision: models.Valid})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { wantFault(t, try(), "not_found") })
	}
	if list := must[List](t)(s.queue.List(t.Context(), other.anna, Filter{})); len(list.Entries) != 0 {
		t.Errorf("foreign branch lists %d entries", len(list.Entries))
	}
	total, _, err := s.queue.Tally(t.Context(), other.anna)
	if err != nil || total != 0 {
		t.Errorf("foreign branch counts %d, %v", total, err)
	}
}

func TestListFiltersAndPages(t *testing.T) {
	s := newScene(t)
	for range 3 {
		s.receipt(t, models.ReasonSealUnsure, models.ReasonMarkUnclear)
	}
	urgent := s.receipt(t, models.ReasonBalanceDiffers)
	all := must[List](t)(s.queue.List(t.Context(), s.anna, Filter{}))
	if len(all.Entries) != 4 || all.Entries[0].ReceiptID != urgent || all.Next != nil {
		t.Fatalf("list of %d entries, first %+v", len(all.Entries), all.Entries[0])
	}
	if e := all.Entries[0]; e.Amount == nil || e.Amount.Printed() != "1,234,567.89" || e.Currency != "CNY" || e.Branch != s.code {
		t.Errorf("entry %+v", e)
	}
	seen := map[int64]bool{}
	f := Filter{Limit: 1}
	for pages := 1; ; pages++ {
		list := must[List](t)(s.queue.List(t.Context(), s.anna, f))
		for _, e := range list.Entries {
			seen[e.ReceiptID] = true
		}
		if list.Next == nil {
			if pages != 4 {
				t.Errorf("%d pages of one entry, want 4", pages)
			}
			break
		}
		f.After = *list.Next
	}
	if len(seen) != 4 {
		t.Errorf("paging showed %d of 4 receipts", len(seen))
	}
	for name, tc := range map[string]struct {
		f    Filter
		want int
	}{
		"reason":        {Filter{Reason: models.ReasonMarkUnclear}, 3},
		"no such":       {Filter{Reason: models.ReasonSampled}, 0},
		"customer":      {Filter{Text: "Acme"}, 4},
		"customer mid":  {Filter{Text: "cme"}, 0},
		"percent sign":  {Filter{Text: "%"}, 0},
		"sql":           {Filter{Text: "' OR '1'='1"}, 0},
		"free":          {Filter{Claimed: ClaimedFree}, 4},
		"mine":          {Filter{Claimed: ClaimedMine}, 0},
		"reason as sql": {Filter{Reason: `"}]' OR true --`}, 0},
		"branch":        {Filter{Branch: s.code}, 4},
		"other branch":  {Filter{Branch: "nowhere"}, 0},
		"class":         {Filter{Class: "K7"}, 0},
		"waiting":       {Filter{Waiting: 1}, 0},
		"amount from":   {Filter{AmountMin: amount("1234567.89")}, 4},
		"amount above":  {Filter{AmountMin: amount("1234567.90")}, 0},
		"amount to":     {Filter{AmountMax: amount("1234567.88")}, 0},
	} {
		if got := must[List](t)(s.queue.List(t.Context(), s.anna, tc.f)); len(got.Entries) != tc.want {
			t.Errorf("%s: %d entries, want %d", name, len(got.Entries), tc.want)
		}
	}
	_, err := s.queue.ClaimNext(t.Context(), s.anna, Filter{AmountMin: amount("9999999.00")})
	wantFault(t, err, "queue_empty")
	if item := must[*Item](t)(s.queue.ClaimNext(t.Context(), s.anna, Filter{Reason: models.ReasonMarkUnclear})); item.Dossier.ReceiptID == urgent {
		t.Error("the claim does not keep to the filter")
	}
	total, reasons, err := s.queue.Tally(t.Context(), s.anna)
	if err != nil || total != 4 || len(reasons) != 3 || reasons[0].Count != 3 {
		t.Errorf("tally %d %v %v", total, reasons, err)
	}
}

func amount(s string) *models.Amount {
	a := models.MustAmount(s)
	return &a
}

// The day of the deadline goes before the risk, the risk before the hour.
func TestQueueRunsByDayThenRisk(t *testing.T) {
	s := newScene(t)
	calm, risky, late := s.receipt(t, models.ReasonNoSpecimen), s.receipt(t, models.ReasonSealMismatch), s.receipt(t, models.ReasonNoSpecimen)
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE review_items SET deadline = deadline - interval '3 days' WHERE receipt_id = $1`, late); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int64{late, risky, calm} {
		item := must[*Item](t)(s.queue.ClaimNext(t.Context(), s.anna, Filter{}))
		if item.Dossier.ReceiptID != want {
			t.Fatalf("got %d, want %d of late %d, risky %d, calm %d", item.Dossier.ReceiptID, want, late, risky, calm)
		}
		must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.anna, want, Judgement{Version: item.Version, Decision: models.Rescan, ReasonCode: "image_poor"}))
	}
}

// What is laid ready is what comes next, within the filter, and never the current one.
func TestAheadKeepsToTheFilter(t *testing.T) {
	s := newScene(t)
	for range 2 {
		s.receipt(t, models.ReasonSealUnsure)
	}
	s.receipt(t, models.ReasonMarkUnclear)
	f := Filter{Reason: models.ReasonSealUnsure}
	current := must[*Item](t)(s.queue.ClaimNext(t.Context(), s.anna, f))
	ready := must[*Item](t)(s.queue.Ahead(t.Context(), s.anna, current.Dossier.ReceiptID, f))
	if ready == nil || ready.Dossier.ReceiptID == current.Dossier.ReceiptID || ready.Dossier.Reasons[0].Code != models.ReasonSealUnsure {
		t.Fatalf("laid ready: %+v", ready)
	}
	if again := must[*Item](t)(s.queue.Ahead(t.Context(), s.anna, current.Dossier.ReceiptID, f)); again.Dossier.ReceiptID != ready.Dossier.ReceiptID {
		t.Error("something else is laid ready the second time")
	}
	must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.anna, current.Dossier.ReceiptID, Judgement{Version: current.Version, Decision: models.Rescan, ReasonCode: "image_poor"}))
	next := must[*Item](t)(s.queue.ClaimNext(t.Context(), s.anna, f))
	if next.Dossier.ReceiptID != ready.Dossier.ReceiptID {
		t.Error("what was laid ready did not come")
	}
	if last := must[*Item](t)(s.queue.Ahead(t.Context(), s.anna, next.Dossier.ReceiptID, f)); last != nil {
		t.Error("something was laid ready past the end")
	}
}

func TestReleaseGivesTheItemBack(t *testing.T) {
	s := newScene(t)
	id := s.receipt(t)
	must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
	for range 2 { // the second finds nothing to do
		if err := s.queue.Release(t.Context(), s.anna, id); err != nil {
			t.Fatal(err)
		}
	}
	must[*Item](t)(s.queue.Claim(t.Context(), s.bert, id))
	_, err := s.queue.Held(t.Context(), s.anna, id)
	wantFault(t, err, "claim_lost")
	must[*Item](t)(s.queue.Held(t.Context(), s.bert, id))
}

func TestManyReviewersClaimDifferentReceipts(t *testing.T) {
	s := newScene(t)
	const reviewers = 12
	for range reviewers {
		s.receipt(t)
	}
	var wg sync.WaitGroup
	got := make([]int64, reviewers)
	for i := range reviewers {
		who := world.User(t, s.anna.BranchID, models.RoleReviewer)
		wg.Go(func() {
			item, err := s.queue.ClaimNext(context.Background(), who, Filter{})
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = item.Dossier.ReceiptID
		})
	}
	wg.Wait()
	seen := map[int64]bool{}
	for _, id := range got {
		if seen[id] {
			t.Errorf("receipt %d was claimed twice", id)
		}
		seen[id] = true
	}
	_, err := s.queue.ClaimNext(t.Context(), world.User(t, s.anna.BranchID, models.RoleReviewer), Filter{})
	wantFault(t, err, "queue_empty")
}

// rounds of two decisions at once: 0 failures in 400 bound the rate at 3/400.
const rounds = 400

// Two people hold the same screen: the one whose lease lapsed and the one who
// took over, or one person with two windows. Exactly one decision counts.
func TestTwoDecisionsAtOnceExactlyOneWins(t *testing.T) {
	s := newScene(t)
	st := localtest.Statement{}
	for round := range rounds {
		id := world.InReview(t, s.station, st, models.ReasonUnidentified)
		s.queue.lease = time.Microsecond
		a := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, id))
		rivals := []models.Actor{s.anna, s.anna}
		versions := []int{a.Version, a.Version}
		if round%2 == 1 { // a take-over races with the first owner's decision
			rivals[1] = s.bert
		}
		errs := make([]error, 2)
		var wg sync.WaitGroup
		for i := range rivals {
			wg.Go(func() {
				if rivals[i].ID != s.anna.ID {
					b, err := s.queue.Claim(context.Background(), rivals[i], id)
					if err != nil {
						errs[i] = err
						return
					}
					versions[i] = b.Version
				}
				_, errs[i] = s.queue.Decide(context.Background(), rivals[i], id,
					Judgement{Version: versions[i], Decision: models.Invalid, ReasonCode: "other"})
			})
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("round %d: answers %v and %v, want exactly one to win", round, errs[0], errs[1])
		}
		var decisions int
		err := world.Store.DB.QueryRow(t.Context(), `SELECT count(*) FROM decisions WHERE receipt_id = $1`, id).Scan(&decisions)
		if err != nil || decisions != 1 || auditCount(t, "receipt.judged", id) != 1 {
			t.Fatalf("round %d: %d decisions, %v", round, decisions, err)
		}
	}
}
