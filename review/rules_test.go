package review

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/models"
)

func TestRulesAreMadeByTwo(t *testing.T) {
	q := New(world.Store)
	maker, checker := world.User(t, 0, models.RoleAdmin), world.User(t, 0, models.RoleSecurity)
	limit := models.MustAmount("500000.00")
	r := models.RuleSet{ValidFrom: time.Now().AddDate(0, 0, -40), AllValid: true, AmountOver: &limit, Classes: []string{"K1"}, Sample: 1000, Blind: true, Note: "trial"}
	id := must[int64](t)(q.ProposeRules(t.Context(), maker, r))
	wantFault(t, q.CheckRules(t.Context(), maker, id, true), "own_rules")
	for _, s := range must[[]RuleSet](t)(q.RuleSets(t.Context(), checker)) {
		if s.ID == id && (s.InForce || s.State != "proposed" || s.Own || s.AmountOver.String() != "500000.00") {
			t.Errorf("proposed: %+v", s)
		}
	}
	t.Cleanup(func() { localtest.Rules(t, world.Store, localtest.OnePerson) })
	if err := q.CheckRules(t.Context(), checker, id, true); err != nil {
		t.Fatal(err)
	}
	wantFault(t, q.CheckRules(t.Context(), checker, id, false), "rules_closed")
	wantFault(t, q.CheckRules(t.Context(), checker, 1<<50, true), "not_found")
	for _, s := range must[[]RuleSet](t)(q.RuleSets(t.Context(), maker)) {
		if s.ID == id && (!s.InForce || !s.Own || s.ValidFrom.Format(time.DateOnly) != time.Now().In(models.BankTime).Format(time.DateOnly)) {
			t.Errorf("approved, in force no earlier than today: %+v", s)
		}
	}
	refused := must[int64](t)(q.ProposeRules(t.Context(), maker, r))
	if err := q.CheckRules(t.Context(), checker, refused, false); err != nil {
		t.Fatal(err)
	}
	future := r
	future.ValidFrom = time.Now().AddDate(1, 0, 0)
	later := must[int64](t)(q.ProposeRules(t.Context(), maker, future))
	if err := q.CheckRules(t.Context(), checker, later, true); err != nil {
		t.Fatal(err)
	}
	for _, s := range must[[]RuleSet](t)(q.RuleSets(t.Context(), maker)) {
		if s.InForce != (s.ID == id) {
			t.Errorf("rule set %d in force: %v", s.ID, s.InForce)
		}
	}
}

func TestBadRulesAreRefused(t *testing.T) {
	q := New(world.Store)
	who := world.User(t, 0, models.RoleAdmin)
	good := models.RuleSet{ValidFrom: time.Now(), Note: "why"}
	minus := models.MustAmount("-1.00")
	for name, edit := range map[string]func(*models.RuleSet){
		"no day": func(r *models.RuleSet) { r.ValidFrom = time.Time{} }, "no note": func(r *models.RuleSet) { r.Note = "" },
		"long note": func(r *models.RuleSet) { r.Note = strings.Repeat("印", 1001) }, "minus": func(r *models.RuleSet) { r.AmountOver = &minus },
		"sample": func(r *models.RuleSet) { r.Sample = models.PPM + 1 }, "hidden": func(r *models.RuleSet) { r.Hidden = -1 },
		"passed": func(r *models.RuleSet) { r.PassedSample = -1 }, "score": func(r *models.RuleSet) { r.LeastScore = models.PPM + 1 },
		"undo": func(r *models.RuleSet) { r.UndoS = 61 }, "class": func(r *models.RuleSet) { r.Classes = []string{"a b"} },
	} {
		t.Run(name, func(t *testing.T) {
			r := good
			edit(&r)
			_, err := q.ProposeRules(t.Context(), who, r)
			wantFault(t, err, "rules_invalid")
			_, err = q.Rehearse(t.Context(), r)
			wantFault(t, err, "rules_invalid")
		})
	}
}

func TestRehearsalCountsTheLastQuarter(t *testing.T) {
	s := newScene(t)
	count := func(r models.RuleSet) Rehearsal {
		r.ValidFrom, r.Note = time.Now(), "trial"
		return must[Rehearsal](t)(s.queue.Rehearse(t.Context(), r))
	}
	limit, high := models.MustAmount("1000000.00"), models.MustAmount("9000000.00")
	before := count(models.RuleSet{AmountOver: &limit})
	for _, d := range []models.Decision{models.Valid, models.Invalid, models.Rescan} {
		s.judge(t, s.anna, s.receipt(t), d)
	}
	after := count(models.RuleSet{AmountOver: &limit})
	if after.Decisions != before.Decisions+2 || after.Would != before.Would+2 || after.More != before.More+2 || after.Why["amount"] != before.Why["amount"]+2 {
		t.Errorf("from %+v to %+v", before, after)
	}
	// What a person named needs two under any rules.
	if h := count(models.RuleSet{AmountOver: &high}); h.Would != h.Why["named"] || h.Decisions != after.Decisions || h.Fewer != h.Second-h.Why["named"] {
		t.Errorf("a limit nobody reaches: %+v", h)
	}
	if h := count(models.RuleSet{Sample: models.PPM}); h.Would != h.Decisions || h.Why["sample"] != h.Decisions {
		t.Errorf("everything drawn: %+v", h)
	}
}

// passes makes the machine pass a receipt of the statement whose weakest match scores
// this, and gives the state it came to.
func (s scene) passes(t *testing.T, st localtest.Statement, score float64) (int64, models.ReceiptState) {
	t.Helper()
	a := world.Upload(t, s.station, "pass.png", fmt.Sprint("pass ", world.Serial()))
	r := world.Result(t, st)
	r.State = models.Passed
	for _, v := range []float64{score, 0.99} {
		r.Verifications = append(r.Verifications, models.Verification{SpecimenRef: "finance", Imprint: len(r.Verifications), Verdict: models.Match, Score: v, Scale: 1, Params: "test"})
	}
	return a.ReceiptID, world.Read(t, a.ReceiptID, r, nil)
}

// The rules of the day take passes of the machine away by score and by a draw that
// is the statement's: it can be made again, and scanning again does not change it.
func TestRulesSendMachinePassesToAPerson(t *testing.T) {
	s := newScene(t)
	next := func() localtest.Statement { return world.Statement(t, s.code, "Pass Ltd") }
	for _, tc := range []struct {
		rules models.RuleSet
		score float64
		want  models.ReasonCode
	}{
		{models.RuleSet{}, 0.6, ""}, {models.RuleSet{LeastScore: 850_000}, 0.86, ""}, {models.RuleSet{LeastScore: 850_000}, 0.84, models.ReasonScoreLow},
		{models.RuleSet{PassedSample: models.PPM}, 0.99, models.ReasonSampled},
	} {
		world.Under(t, tc.rules)
		id, state := s.passes(t, next(), tc.score)
		if (state == models.InReview) != (tc.want != "") {
			t.Errorf("%+v, score %g: %s", tc.rules, tc.score, state)
		}
		var audited string
		err := world.Store.DB.QueryRow(t.Context(), `SELECT coalesce(detail -> 'reasons' -> 0 ->> 'code', '') FROM audit
 WHERE object = $1 AND action = $2 AND detail ->> 'draw' IS NOT NULL AND (detail ->> 'rule_set')::bigint = rule_set_on(bank_date(now()))`, fmt.Sprintf("receipt:%d", id), "receipt."+string(state)).Scan(&audited)
		if err != nil || audited != string(tc.want) {
			t.Errorf("the audit says %q, want %q (%v)", audited, tc.want, err)
		}
	}
	world.Under(t, models.RuleSet{PassedSample: models.PPM / 2})
	drawn := 0
	for range 8 {
		st := next()
		id, first := s.passes(t, st, 0.99)
		var made bool
		err := world.Store.DB.QueryRow(t.Context(), `SELECT passed_draw(s.seed, r.statement_id) < s.passed_sample FROM receipts r, rule_sets s
 WHERE r.id = $1 AND s.id = rule_set_on(bank_date(now()))`, id).Scan(&made)
		if err != nil || made != (first == models.InReview) {
			t.Errorf("made again the draw says %v, the receipt is %s (%v)", made, first, err)
		}
		if first == models.InReview {
			drawn++
			if _, again := s.passes(t, st, 0.99); again != models.InReview {
				t.Error("scanned again, the receipt got away")
			}
		}
	}
	if f := must[Figures](t)(s.queue.Figures(t.Context(), s.chief)); f.Sampled.Drawn != 1+2*drawn || f.Sampled.Invalid != 0 {
		t.Errorf("figures %+v, want %d drawn", f.Sampled, 1+2*drawn)
	}
}

func TestRehearsalOfMachinePasses(t *testing.T) {
	s := newScene(t)
	count := func(r models.RuleSet) Rehearsal {
		r.ValidFrom, r.Note = time.Now(), "trial"
		return must[Rehearsal](t)(s.queue.Rehearse(t.Context(), r))
	}
	trial := models.RuleSet{LeastScore: 700_000}
	before := count(trial)
	for _, score := range []float64{0.65, 0.69, 0.71} {
		s.passes(t, world.Statement(t, s.code, "Rehearsed Ltd"), score)
	}
	after := count(trial)
	if after.Passes != before.Passes+3 || after.Low != before.Low+2 || after.Moved != before.Moved+2 || after.Drawn != 0 {
		t.Errorf("from %+v to %+v", before, after)
	}
	trial.PassedSample = models.PPM
	if all := count(trial); all.Drawn != all.Passes || all.Moved != all.Passes || all.Low != after.Low {
		t.Errorf("everything drawn: %+v", all)
	}
}

func TestFigures(t *testing.T) {
	s := newScene(t)
	for _, d := range []models.Decision{models.Valid, models.Invalid} {
		s.judge(t, s.anna, s.receipt(t), d)
	}
	late, waiting := s.receipt(t), s.receipt(t)
	if _, err := world.Store.DB.Exec(t.Context(), `UPDATE review_items SET deadline = now() - interval '3 days', opened_at = now() - interval '9 days' WHERE receipt_id = $1`, late); err != nil {
		t.Fatal(err)
	}
	f := must[Figures](t)(s.queue.Figures(t.Context(), s.chief))
	today := f.Days[len(f.Days)-1]
	if len(f.Days) != figureDays || today.Accepted != 4 || today.Decided != 2 || today.Passed != 0 || f.PassRate() != 0 {
		t.Errorf("today %+v of %d days", today, len(f.Days))
	}
	if len(f.Ages) != 2 || f.Ages[1] != (AgeCount{7, 1}) || f.Deadlines[0] != (DeadlineCount{-1, 1}) || f.Deadlines[1] != (DeadlineCount{5, 1}) || f.Stages["open"] != 2 {
		t.Errorf("ages %v, deadlines %v, stages %v", f.Ages, f.Deadlines, f.Stages)
	}
	if len(f.Branches) != 1 || f.Branches[0] != (BranchDeadline{s.code, 2, 1, 0}) || len(f.Reasons) != 1 || f.Reasons[0].Count != 4 {
		t.Errorf("branches %+v, reasons %+v (receipt %d waits)", f.Branches, f.Reasons, waiting)
	}
	if len(f.Reviewers) != 1 || f.Reviewers[0].Judged != 2 || f.Reviewers[0].Compared != 0 {
		t.Errorf("reviewers %+v", f.Reviewers)
	}
	if other := must[Figures](t)(newScene(t).queue.Figures(t.Context(), newScene(t).chief)); len(other.Branches) != 0 || other.Days[figureDays-1].Accepted != 0 {
		t.Errorf("another branch sees %+v", other)
	}
}
