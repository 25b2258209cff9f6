package review

import (
	"strings"
	"testing"
	"time"

	"heyin/models"
)

// A branch explains a difference and may correct itself, another person settles it; a
// bank's error and what is suspicious are the centre's, and a suspicious one's words too.
func TestMismatchIsExplainedAndSettled(t *testing.T) {
	s, foreign := newScene(t), newScene(t)
	centre := world.User(t, 0, models.RoleSupervisor)
	differing := func() int64 {
		t.Helper()
		id := s.marked(t, world.Statement(t, s.code, "Differs Ltd"), models.Differ)
		must[models.ReceiptState](t)(s.says(t, s.anna, id, models.Valid, ""))
		return id
	}
	of := func(who models.Actor, id int64) (m Mismatch, place int) {
		t.Helper()
		for i, m := range must[[]Mismatch](t)(s.queue.Mismatches(t.Context(), who)) {
			if m.ReceiptID == id {
				return m, i
			}
		}
		return Mismatch{}, -1
	}
	timely, agreed := differing(), s.receipt(t)
	if m, _ := of(s.bert, timely); m.Late(time.Now()) || !m.Late(m.Due.Add(time.Second)) {
		t.Errorf("due %s", m.Due)
	}
	ctx, why := t.Context(), Explanation{Cause: CauseBank, Note: "booked twice"}
	wantFault(t, s.queue.Explain(ctx, s.bert, timely, Explanation{Cause: "weather", Note: "x"}), "explanation_invalid")
	wantFault(t, s.queue.Explain(ctx, s.bert, timely, Explanation{Cause: CauseBank, Note: " "}), "explanation_invalid")
	wantFault(t, s.queue.Explain(ctx, s.bert, agreed, why), "not_found")
	wantFault(t, s.queue.Explain(ctx, foreign.bert, timely, why), "not_found")
	wantFault(t, s.queue.Settle(ctx, s.chief, timely, "done"), "mismatch_unexplained")
	if err := s.queue.Explain(ctx, s.bert, timely, why); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.queue.Settle(ctx, s.chief, timely, "done"), "centre_only")
	why.Cause = CauseTiming
	why.Items = must[[]OutstandingItem](t)(ParseOutstanding("2026-09-29 -12,000.00 支票未入账\r\n\n2026-09-30 5.00 利息"))
	if err := s.queue.Explain(ctx, s.bert, timely, why); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.queue.Settle(ctx, s.bert, timely, "done"), "own_explanation")
	wantFault(t, s.queue.Settle(ctx, s.chief, timely, ""), "result_required")
	wantFault(t, s.queue.Settle(ctx, foreign.chief, timely, "done"), "not_found")
	if m, _ := of(s.chief, timely); m.Cause != CauseTiming || len(m.Items) != 2 || m.Items[0].Amount.String() != "-12000.00" || m.Items[1].Text != "利息" || m.Own || m.SettledAt != nil || m.Late(m.Due.AddDate(0, 1, 0)) {
		t.Errorf("explained as %+v", m)
	}
	if m, at := of(foreign.chief, timely); at >= 0 {
		t.Errorf("another branch sees %+v", m)
	}
	if err := s.queue.Settle(ctx, s.chief, timely, "booked on 2 October"); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.queue.Settle(ctx, s.chief, timely, "again"), "mismatch_settled")
	wantFault(t, s.queue.Explain(ctx, s.bert, timely, why), "mismatch_settled")
	if explained, settled := auditCount(t, "mismatch.explained", timely), auditCount(t, "mismatch.settled", timely); explained != 2 || settled != 1 {
		t.Errorf("in the audit %d and %d times", explained, settled)
	}

	dark := differing()
	if err := s.queue.Explain(ctx, s.bert, dark, Explanation{Cause: CauseSuspicious, Note: "the clerk"}); err != nil {
		t.Fatal(err)
	}
	if m, at := of(s.chief, dark); m.Cause != CauseSuspicious || m.Note != "" || at != 0 {
		t.Errorf("the branch reads %+v at %d", m, at)
	}
	if m, _ := of(centre, dark); m.Note != "the clerk" {
		t.Errorf("the centre reads %+v", m)
	}
	if err := s.queue.Settle(ctx, centre, dark, "reported"); err != nil {
		t.Fatal(err)
	}
	if m, at := of(s.bert, dark); m.Result != "" || m.SettledAt == nil || at < 0 {
		t.Errorf("the branch reads %+v", m)
	}
}

func TestOutstandingItemsAreReadByLine(t *testing.T) {
	if items, err := ParseOutstanding(" \n "); err != nil || len(items) != 0 {
		t.Errorf("nothing gives %v, %v", items, err)
	}
	for _, bad := range []string{"2026-09-31 5.00 x", "2026-09-30 five x", "2026-09-30 0.00 x", "2026-09-30 5.00", "2026-09-30", strings.Repeat("2026-09-30 5.00 x\n", mostItems+1), "2026-09-30 5.00 " + strings.Repeat("长", 201)} {
		_, err := ParseOutstanding("2026-09-29 1.00 first\n" + bad)
		wantFault(t, err, "items_invalid")
	}
}
