package review

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

// judge claims a receipt and decides it.
func (s scene) judge(t *testing.T, who models.Actor, id int64, d models.Decision) models.ReceiptState {
	t.Helper()
	item := must[*Item](t)(s.queue.Claim(t.Context(), who, id))
	return must[models.ReceiptState](t)(s.queue.Decide(t.Context(), who, id, Judgement{Version: item.Version, Decision: d, ReasonCode: reasonFor(d)}))
}

func reasonFor(d models.Decision) string {
	if d == models.Valid {
		return ""
	}
	return "other"
}

// stands tells how a receipt stands: its state, whether it answers its statement,
// and how many decisions took effect.
func stands(t *testing.T, id int64) (state models.ReceiptState, answers bool, effective int) {
	t.Helper()
	err := world.Store.DB.QueryRow(t.Context(), `SELECT r.state, r.answers, (SELECT count(*) FROM decisions d WHERE d.receipt_id = r.id AND d.decision <> 'refer_up' AND d.undone_at IS NULL)
  FROM receipts r WHERE id = $1`, id).Scan(&state, &answers, &effective)
	if err != nil {
		t.Fatal(err)
	}
	return state, answers, effective
}

func wantStands(t *testing.T, id int64, state models.ReceiptState, answers bool) {
	t.Helper()
	effective := 0
	if state == models.Decided {
		effective = 1
	}
	if s, a, n := stands(t, id); s != state || a != answers || n != effective {
		t.Fatalf("receipt %d is %s answers=%v with %d decisions; want %s answers=%v", id, s, a, n, state, answers)
	}
}

func TestAgreementOfTwoTakesEffect(t *testing.T) {
	world.Under(t, models.RuleSet{AllValid: true, Blind: true})
	s := newScene(t)
	id := s.receipt(t)
	if state := s.judge(t, s.anna, id, models.Valid); state != models.InReview {
		t.Fatalf("one person's valid gives %s", state)
	}
	wantStands(t, id, models.InReview, false)
	_, err := s.queue.Claim(t.Context(), s.anna, id)
	wantFault(t, err, "judged_already")
	if list := must[List](t)(s.queue.List(t.Context(), s.anna, Filter{})); len(list.Entries) != 1 || !list.Entries[0].Barred {
		t.Errorf("her list: %+v", list.Entries)
	}
	if free := must[List](t)(s.queue.List(t.Context(), s.anna, Filter{Claimed: ClaimedFree})); len(free.Entries) != 0 {
		t.Error("what she has judged is offered to her")
	}

	item := must[*Item](t)(s.queue.Claim(t.Context(), s.bert, id))
	if len(item.Dossier.Decisions) != 0 || item.Dossier.State != models.InReview {
		t.Errorf("the second person sees %+v", item.Dossier.Decisions)
	}
	for _, e := range must[List](t)(s.queue.List(t.Context(), s.bert, Filter{})).Entries {
		if e.Second || e.Disputed || e.ReferredUp || e.Barred {
			t.Errorf("the queue betrays the first answer: %+v", e)
		}
	}
	state := must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.bert, id, Judgement{Version: item.Version, Decision: models.Valid}))
	if state != models.Decided {
		t.Errorf("two people agreed: %s", state)
	}
	wantStands(t, id, models.Decided, true)
	var first, second, rules int64
	var needs []string
	err = world.Store.DB.QueryRow(t.Context(), `SELECT by_user, second_by, rule_set_id, needs_second FROM decisions WHERE receipt_id = $1`, id).Scan(&first, &second, &rules, &needs)
	if err != nil || first != s.anna.ID || second != s.bert.ID || rules == 0 || len(needs) != 1 || needs[0] != "all_valid" {
		t.Errorf("decision by %d and %d under rules %d for %v, %v", first, second, rules, needs, err)
	}
}

func TestOneWhoSeesShowsTheFirstAnswer(t *testing.T) {
	world.Under(t, models.RuleSet{AllValid: true})
	s := newScene(t)
	id := s.receipt(t)
	s.judge(t, s.anna, id, models.Valid)
	list := must[List](t)(s.queue.List(t.Context(), s.bert, Filter{}))
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.bert, id))
	if d := item.Dossier.Decisions; len(d) != 1 || !d[0].Opinion || d[0].Decision != models.Valid || !list.Entries[0].Second {
		t.Errorf("the second person sees %+v, list %+v", d, list.Entries)
	}
}

// Each pair of answers, and what the supervisor makes of a dispute.
func TestDisagreementGoesToTheSupervisor(t *testing.T) {
	world.Under(t, models.RuleSet{AllValid: true, Blind: true})
	s := newScene(t)
	for name, tc := range map[string]struct {
		first, second, chief models.Decision
		state                models.ReceiptState
		answers              bool
	}{
		"chief with the first":  {models.Valid, models.Invalid, models.Valid, models.Decided, true},
		"chief with the second": {models.Valid, models.Invalid, models.Invalid, models.Decided, false},
		"chief with neither":    {models.Valid, models.Invalid, models.Rescan, models.Decided, false},
		"nobody said valid":     {models.Valid, models.Rescan, models.Invalid, models.Decided, false},
		"second refers up":      {models.Valid, models.ReferUp, models.Valid, models.Decided, true},
	} {
		t.Run(name, func(t *testing.T) {
			id := s.receipt(t)
			s.judge(t, s.anna, id, tc.first)
			if state := s.judge(t, s.bert, id, tc.second); state != models.InReview {
				t.Fatalf("a dispute gives %s", state)
			}
			wantStands(t, id, models.InReview, false)
			third := world.User(t, s.anna.BranchID, models.RoleReviewer)
			_, err := s.queue.Claim(t.Context(), third, id)
			wantFault(t, err, "supervisor_only")
			item := must[*Item](t)(s.queue.Claim(t.Context(), s.chief, id))
			if len(item.Dossier.Decisions) != 2 {
				t.Errorf("the supervisor sees %d of 2 answers", len(item.Dossier.Decisions))
			}
			must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.chief, id, Judgement{Version: item.Version, Decision: tc.chief, ReasonCode: reasonFor(tc.chief)}))
			wantStands(t, id, tc.state, tc.answers)
		})
	}
}

// Two who say valid of different statements do not agree.
func TestAgreementIsAboutOneStatement(t *testing.T) {
	world.Under(t, models.RuleSet{AllValid: true, Blind: true})
	s := newScene(t)
	one, other := world.Statement(t, s.code, "One Ltd"), world.Statement(t, s.code, "Other Ltd")
	id := world.InReview(t, s.station, localtest.Statement{}, models.ReasonUnidentified)
	say := func(who models.Actor, no string) models.ReceiptState {
		item := must[*Item](t)(s.queue.Claim(t.Context(), who, id))
		return must[models.ReceiptState](t)(s.queue.Decide(t.Context(), who, id, Judgement{Version: item.Version, Decision: models.Valid, StatementNo: no}))
	}
	say(s.anna, one.No)
	if state := say(s.bert, other.No); state != models.InReview {
		t.Fatalf("two statements make it %s", state)
	}
	wantStands(t, id, models.InReview, false)
	say(s.chief, other.No)
	wantStands(t, id, models.Decided, true)
	var no string
	if err := world.Store.DB.QueryRow(t.Context(), `SELECT s.no FROM receipts r JOIN statements s ON s.id = r.statement_id WHERE r.id = $1`, id).Scan(&no); err != nil || no != other.No {
		t.Errorf("it answers %s, %v", no, err)
	}
}

// A supervisor who is the first to say valid needs somebody else, too.
func TestSupervisorAloneDoesNotPass(t *testing.T) {
	world.Under(t, models.RuleSet{AllValid: true, Blind: true})
	s := newScene(t)
	id := s.receipt(t)
	s.judge(t, s.anna, id, models.ReferUp)
	if state := s.judge(t, s.chief, id, models.Valid); state != models.InReview {
		t.Errorf("the supervisor's valid alone gives %s", state)
	}
	_, err := s.queue.Claim(t.Context(), s.anna, id)
	wantFault(t, err, "judged_already")
	s.judge(t, s.bert, id, models.Valid)
	wantStands(t, id, models.Decided, true)

	id = s.receipt(t)
	s.judge(t, s.anna, id, models.Invalid) // needs nobody else
	wantStands(t, id, models.Decided, false)
}

func TestRulesSayWhenASecondPersonIsNeeded(t *testing.T) {
	limit := models.MustAmount("1000000.00")
	s := newScene(t)
	st := world.Statement(t, s.code, "Key Ltd") // 1,234,567.89
	_, err := world.Store.DB.Exec(t.Context(), `INSERT INTO accounts (customer_id, account_no, currency, class) SELECT id, $2, 'CNY', 'K1' FROM customers WHERE no = $1`,
		st.CustomerNo, st.Lines[0].AccountNo)
	if err != nil {
		t.Fatal(err)
	}
	high := models.MustAmount("2000000.00")
	for name, tc := range map[string]struct {
		rules    models.RuleSet
		decision models.Decision
		second   bool
	}{
		"none":               {models.RuleSet{}, models.Valid, false},
		"all, valid":         {models.RuleSet{AllValid: true}, models.Valid, true},
		"all, invalid":       {models.RuleSet{AllValid: true}, models.Invalid, false},
		"above, valid":       {models.RuleSet{AmountOver: &limit}, models.Valid, true},
		"above, invalid":     {models.RuleSet{AmountOver: &limit}, models.Invalid, true},
		"above, rescan":      {models.RuleSet{AmountOver: &limit}, models.Rescan, false},
		"below":              {models.RuleSet{AmountOver: &high}, models.Valid, false},
		"key class":          {models.RuleSet{Classes: []string{"K0", "K1"}}, models.Valid, true},
		"other class":        {models.RuleSet{Classes: []string{"K0"}}, models.Valid, false},
		"every one sampled":  {models.RuleSet{Sample: models.PPM}, models.Invalid, true},
		"rescans never":      {models.RuleSet{Sample: models.PPM}, models.Rescan, false},
		"referrals are none": {models.RuleSet{Sample: models.PPM, AllValid: true}, models.ReferUp, false},
	} {
		t.Run(name, func(t *testing.T) {
			world.Under(t, tc.rules)
			id := world.InReview(t, s.station, world.Again(t, st), models.ReasonSealUnsure)
			s.judge(t, s.anna, id, tc.decision)
			var opinions int
			if err := world.Store.DB.QueryRow(t.Context(), `SELECT count(*) FROM opinions WHERE receipt_id = $1`, id).Scan(&opinions); err != nil {
				t.Fatal(err)
			}
			if (opinions == 1) != tc.second {
				t.Errorf("%d opinions, want a second person: %v", opinions, tc.second)
			}
		})
	}
}

// The draw is stored with the judgement, can be made again from the rule set, and
// falls as often as asked: 400 draws at a half are within 5 sigma of 200.
func TestDrawIsReproducible(t *testing.T) {
	world.Under(t, models.RuleSet{Sample: models.PPM / 2, Blind: true})
	s := newScene(t)
	id := s.receipt(t)
	s.judge(t, s.anna, id, models.Invalid)
	var same, needed, drawn bool
	err := world.Store.DB.QueryRow(t.Context(), `SELECT x.draw = rule_draw(s.seed, x.receipt_id, x.receipt_version), 'sample' = ANY (x.needs_second), x.draw < s.sample
  FROM (SELECT receipt_id, receipt_version, rule_set_id, draw, needs_second FROM opinions UNION ALL SELECT receipt_id, receipt_version, rule_set_id, draw, needs_second FROM decisions) x
  JOIN rule_sets s ON s.id = x.rule_set_id WHERE x.receipt_id = $1`, id).Scan(&same, &needed, &drawn)
	if err != nil || !same || needed != drawn {
		t.Errorf("draw made again: same %v, needed %v, drawn %v, %v", same, needed, drawn, err)
	}
	var fell int
	err = world.Store.DB.QueryRow(t.Context(), `SELECT count(*) FROM generate_series(1, 400) n WHERE rule_draw(decode(repeat('5a', 32), 'hex'), n, 1) < 500000`).Scan(&fell)
	if err != nil || fell < 150 || fell > 250 {
		t.Errorf("%d of 400 draws fell, %v", fell, err)
	}
}

func TestNobodyJudgesHisOwnWork(t *testing.T) {
	s := newScene(t)
	st := world.Statement(t, s.code, "Own Ltd")
	localtest.Specimen(t, world.Store, st.CustomerNo, models.Specimen{Ref: "a", Kind: models.SealCompany, Shape: models.Round, Role: models.RoleClient,
		DPI: 300, Image: []byte(st.CustomerNo)}, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	_, err := world.Store.DB.Exec(t.Context(), `UPDATE specimens SET maker = $2, checker = $3 WHERE customer_id = (SELECT id FROM customers WHERE no = $1)`, st.CustomerNo, s.anna.ID, s.chief.ID)
	if err != nil {
		t.Fatal(err)
	}
	made := world.InReview(t, s.station, st, models.ReasonSealUnsure)
	uploaded := s.receipt(t)
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE batches SET operator = $2 WHERE id = (SELECT batch_id FROM receipts WHERE id = $1)`, uploaded, s.anna.ID); err != nil {
		t.Fatal(err)
	}
	for _, id := range []int64{made, uploaded} {
		_, err := s.queue.Claim(t.Context(), s.anna, id)
		wantFault(t, err, "own_work")
	}
	_, err = s.queue.ClaimNext(t.Context(), s.anna, Filter{})
	wantFault(t, err, "queue_empty")
	// The statement of an unidentified receipt is named only when it is decided.
	unknown := world.InReview(t, s.station, localtest.Statement{}, models.ReasonUnidentified)
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.anna, unknown))
	_, err = s.queue.Decide(t.Context(), s.anna, unknown, Judgement{Version: item.Version, Decision: models.Valid, StatementNo: st.No})
	wantFault(t, err, "own_work")
	s.judge(t, s.bert, made, models.Valid)
}

// Past every guard of the program, Postgres still refuses a pass by one person.
func TestPostgresRefusesAPassByOne(t *testing.T) {
	world.Under(t, models.RuleSet{AllValid: true})
	s := newScene(t)
	id := s.receipt(t)
	s.judge(t, s.anna, id, models.Valid)
	for name, tc := range map[string]struct{ want, sql string }{
		"one person": {"needs a second person", `INSERT INTO decisions (review_item_id, receipt_id, receipt_version, decision, by_user, statement_id)
SELECT i.id, r.id, r.version, 'valid', $2, r.statement_id FROM receipts r JOIN review_items i ON i.receipt_id = r.id WHERE r.id = $1`},
		"a second who said nothing": {"did not both say", `INSERT INTO decisions (review_item_id, receipt_id, receipt_version, decision, by_user, statement_id, second_by)
SELECT o.review_item_id, o.receipt_id, o.receipt_version, 'valid', o.by_user, o.statement_id, $2 FROM opinions o WHERE o.receipt_id = $1`},
		"the same twice": {"decisions_four_eyes", `INSERT INTO decisions (review_item_id, receipt_id, receipt_version, decision, by_user, statement_id, second_by)
SELECT o.review_item_id, o.receipt_id, o.receipt_version, 'valid', o.by_user, o.statement_id, o.by_user FROM opinions o WHERE o.receipt_id = $1 AND $2::bigint > 0`},
		"another's opinion rewritten": {"append-only", `UPDATE opinions SET by_user = $2 WHERE receipt_id = $1`},
		"a second opinion of one":     {"opinions_one_each", `INSERT INTO opinions (review_item_id, receipt_id, receipt_version, decision, by_user, statement_id) SELECT review_item_id, receipt_id, receipt_version, 'valid', by_user, statement_id FROM opinions WHERE receipt_id = $1 AND $2::bigint > 0`},
		"answers an invalid": {"no decision stands", `WITH d AS (INSERT INTO decisions (review_item_id, receipt_id, receipt_version, decision, reason_code, by_user)
SELECT i.id, r.id, r.version, 'invalid', 'other', $2 FROM receipts r JOIN review_items i ON i.receipt_id = r.id WHERE r.id = $1 RETURNING review_item_id),
i AS (UPDATE review_items SET closed_at = now() FROM d WHERE id = d.review_item_id) UPDATE receipts SET state = 'decided', answers = true WHERE id = $1`},
		"rules rewritten": {"cannot be changed", `UPDATE rule_sets SET all_valid = false WHERE all_valid AND $1::bigint > 0 AND $2::bigint > 0`},
	} {
		_, err := world.Store.DB.Exec(t.Context(), tc.sql, id, s.bert.ID)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
	wantStands(t, id, models.InReview, false)
}

// Two second persons, or the first and the second, at once: one effect. 0 failures
// in 60 bound the rate at 3/60.
func TestSecondPersonsAtOnce(t *testing.T) {
	world.Under(t, models.RuleSet{AllValid: true, Blind: true})
	s := newScene(t)
	carl := world.User(t, s.anna.BranchID, models.RoleReviewer)
	for range 60 {
		id := world.InReview(t, s.station, world.Statement(t, s.code, "Race Ltd"), models.ReasonSealUnsure)
		s.judge(t, s.anna, id, models.Valid)
		var wg sync.WaitGroup
		var won [2]bool
		for i, who := range []models.Actor{s.bert, carl} {
			wg.Go(func() {
				item, err := s.queue.Claim(context.Background(), who, id)
				if err != nil {
					return
				}
				_, err = s.queue.Decide(context.Background(), who, id, Judgement{Version: item.Version, Decision: models.Valid})
				won[i] = err == nil
			})
		}
		wg.Wait()
		if won[0] == won[1] {
			t.Fatalf("both won or both lost: %v", won)
		}
		wantStands(t, id, models.Decided, true)
	}
}

// An alarm that comes after the first answer makes it void.
func TestAlarmVoidsTheFirstAnswer(t *testing.T) {
	world.Under(t, models.RuleSet{AllValid: true, Blind: true})
	s := newScene(t)
	first := world.Statement(t, s.code, "Acme Trading")
	localtest.Specimen(t, world.Store, first.CustomerNo, models.Specimen{Ref: "a", Kind: models.SealCompany, Shape: models.Round, Role: models.RoleClient,
		DPI: 300, Image: []byte(first.CustomerNo)}, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	p := models.Print(strings.Repeat("\x5a", models.PrintBits/8))
	waiting := s.stamped(t, first, models.InReview, p)
	s.judge(t, s.anna, waiting, models.Valid)
	s.stamped(t, world.Again(t, first), models.Passed, p)
	item := must[*Item](t)(s.queue.Claim(t.Context(), s.bert, waiting))
	state := must[models.ReceiptState](t)(s.queue.Decide(t.Context(), s.bert, waiting, Judgement{Version: item.Version, Decision: models.Valid}))
	if state != models.InReview {
		t.Errorf("a word given before the alarm made the receipt %s", state)
	}
	s.judge(t, s.anna, waiting, models.Valid) // now she knows
	wantStands(t, waiting, models.Decided, true)
}
