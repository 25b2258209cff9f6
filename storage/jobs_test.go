package storage_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/models"
	"heyin/storage"
)

// expire lets the lease of a job run out.
func (d *desk) expire(job int64) {
	d.t.Helper()
	_, err := d.DB.Exec(d.t.Context(), `UPDATE jobs SET lease_until = now() - interval '1 s' WHERE id = $1`, job)
	must(d.t, err)
}

// makeDue ends the pause before a job's next attempt.
func (d *desk) makeDue(job int64) {
	d.t.Helper()
	_, err := d.DB.Exec(d.t.Context(), `UPDATE jobs SET run_after = now() - interval '1 s' WHERE id = $1`, job)
	must(d.t, err)
}

func TestFinishSavesEverything(t *testing.T) {
	d := newDesk(t)
	statement := d.statement("S-1")
	localtest.Specimen(t, d.Store, "C1", models.Specimen{Ref: "seal-a", Kind: models.SealCompany, Shape: models.Round,
		Role: models.RoleClient, DPI: 300, Image: []byte("png")}, cutOff)
	receipt, job := d.receipt("page")
	picture, err := d.Objects.Put(t.Context(), newReader("picture"), "image/png")
	must(t, err)

	r := passing(statement)
	r.Reading.Codes = []models.Code{{Kind: "qr", Text: "a\x00b\xff"}} // a hostile bar code is data
	r.Verifications = []models.Verification{{SpecimenRef: "seal-a", Verdict: models.Match, Score: 0.97, Scale: 1, Params: "p1",
		SubScores: map[string]float64{"extra_ink": 0.99}, Crease: &models.Crease{AngleDeg: 30}, Evidence: map[string]string{"pair": "pair-0"}}}
	state, err := d.Finish(t.Context(), d.take(job), r, map[string]storage.Object{"pair-0": picture})
	must(t, err)
	if state != models.Passed || d.state(receipt) != models.Passed {
		t.Fatalf("state is %s; want passed", state)
	}
	var mark, account, balance, evidence, specimen string
	must(t, d.DB.QueryRow(t.Context(), `SELECT g.mark, a.account_no, a.balance::text, v.evidence ->> 'pair', s.ref
  FROM readings g JOIN reading_accounts a ON a.reading_id = g.id JOIN verifications v ON v.reading_id = g.id JOIN specimens s ON s.id = v.specimen_id
 WHERE g.receipt_id = $1`, receipt).Scan(&mark, &account, &balance, &evidence, &specimen))
	if mark != "agree" || account != "1001" || balance != "1234.50" || evidence != picture.SHA256 || specimen != "seal-a" {
		t.Errorf("saved %q %q %q %q %q", mark, account, balance, evidence, specimen)
	}
	if r.Verifications[0].Evidence["pair"] != "pair-0" {
		t.Error("Finish changed the caller's result")
	}
	d.balanced()
}

// Of two workers with the same job only the last to take it may end it.
func TestStaleFenceChangesNothing(t *testing.T) {
	d := newDesk(t)
	statement := d.statement("S-1")
	receipt, id := d.receipt("page")
	first := d.take(id)
	_, err := d.Take(t.Context(), "w2", id, time.Minute)
	wantFault(t, err, models.Permanent, "job_not_due")
	d.expire(id)
	second, err := d.Take(t.Context(), "w2", id, time.Minute)
	must(t, err)
	if second.Attempt != first.Attempt+1 {
		t.Errorf("attempt went from %d to %d", first.Attempt, second.Attempt)
	}
	_, err = d.Finish(t.Context(), first, passing(statement), nil)
	wantFault(t, err, models.Permanent, "stale_lease")
	_, err = d.Fail(t.Context(), first, errors.New("late"))
	wantFault(t, err, models.Permanent, "stale_lease")
	wantFault(t, d.Extend(t.Context(), first, time.Minute), models.Permanent, "stale_lease")
	if s := d.state(receipt); s != models.InProgress {
		t.Errorf("the stale worker moved the receipt to %s", s)
	}
	must(t, d.Extend(t.Context(), second, time.Hour))
	_, err = d.Finish(t.Context(), second, passing(statement), nil)
	must(t, err)
	_, err = d.Finish(t.Context(), second, passing(statement), nil)
	wantFault(t, err, models.Permanent, "stale_lease")
	d.balanced()
}

// Many workers rung for one job: one gets it.
func TestOneTakerOfMany(t *testing.T) {
	d := newDesk(t)
	_, id := d.receipt("page")
	var group sync.WaitGroup
	var won atomic.Int64
	for range 20 {
		group.Go(func() {
			if _, err := d.Take(t.Context(), "w", id, time.Minute); err == nil {
				won.Add(1)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("%d workers took the job; want 1", won.Load())
	}
}

// Two receipts for one statement, finished at once: one passes.
func TestOneStatementIsAnsweredOnce(t *testing.T) {
	d := newDesk(t)
	statement := d.statement("S-1")
	const n = 16
	var jobs [n]storage.Job
	for i := range jobs {
		_, id := d.receipt(string(rune('a' + i)))
		jobs[i] = d.take(id)
	}
	var group sync.WaitGroup
	var passed atomic.Int64
	d.warm(n)
	gate := make(chan struct{})
	for _, job := range jobs {
		group.Go(func() {
			<-gate
			state, err := d.Finish(t.Context(), job, passing(statement), nil)
			if err != nil {
				t.Error(err)
			}
			if state == models.Passed {
				passed.Add(1)
			}
		})
	}
	close(gate)
	group.Wait()
	if passed.Load() != 1 {
		t.Errorf("%d receipts passed for one statement; want 1", passed.Load())
	}
	var why int
	must(t, d.DB.QueryRow(t.Context(), `SELECT count(*) FROM review_items WHERE reasons @> '[{"code": "already_answered"}]'`).Scan(&why))
	if why != n-1 {
		t.Errorf("%d receipts are in review as already_answered; want %d", why, n-1)
	}
	d.balanced()
}

// Whatever a reader proposes, nothing passes without all that passing takes.
func TestFinishFailsClosed(t *testing.T) {
	d := newDesk(t)
	statement := d.statement("S-1")
	for name, c := range map[string]struct {
		spoil func(*models.Result)
		want  models.ReceiptState
	}{
		"no statement":      {func(r *models.Result) { r.StatementID = 0 }, models.InReview},
		"mark differs":      {func(r *models.Result) { r.Reading.Mark.Mark = models.Differ }, models.InReview},
		"usable scan":       {func(r *models.Result) { r.Reading.Quality.Grade = models.QualityUsable }, models.InReview},
		"passed, reasons":   {func(r *models.Result) { r.Reasons = []models.Reason{{Code: models.ReasonSealUnsure}} }, models.InReview},
		"no state":          {func(r *models.Result) { r.State = "" }, models.InReview},
		"decided":           {func(r *models.Result) { r.State = models.Decided }, models.InReview},
		"review, no reason": {func(r *models.Result) { r.State = models.InReview }, models.InReview},
		"nothing read":      {func(r *models.Result) { *r = models.Result{State: models.Quarantined} }, models.Quarantined},
	} {
		receipt, job := d.receipt(name)
		r := passing(statement)
		c.spoil(&r)
		state, err := d.Finish(t.Context(), d.take(job), r, nil)
		must(t, err)
		if state != c.want || d.state(receipt) != c.want {
			t.Errorf("%s: %s; want %s", name, state, c.want)
		}
	}
	_, err := d.DB.Exec(t.Context(), `UPDATE periods SET state = 'closed', closed_at = now()`)
	must(t, err)
	_, job := d.receipt("late")
	if state, err := d.Finish(t.Context(), d.take(job), passing(statement), nil); err != nil || state != models.InReview {
		t.Errorf("closed period: %s, %v; want in_review", state, err)
	}
	d.balanced()
}

func TestFailByClass(t *testing.T) {
	env := localtest.New(t)
	env.Config.MaxAttempts = 2
	d := openDesk(t, env.Config)
	for name, c := range map[string]struct {
		cause error
		want  models.ReceiptState
	}{
		"permanent":    {models.NewFault(models.Permanent, "not_an_image", "the bytes are no image", nil), models.Quarantined},
		"needs review": {models.NewFault(models.NeedsReview, "odd", "look at it", nil), models.InReview},
		"retryable":    {models.NewFault(models.Retryable, "down", "try again", nil), models.InProgress},
		"unclassed":    {errors.New("killed\x00"), models.InProgress},
	} {
		receipt, id := d.receipt(name)
		state, err := d.Fail(t.Context(), d.take(id), c.cause)
		must(t, err)
		if state != c.want || d.state(receipt) != c.want {
			t.Errorf("%s: %s; want %s", name, state, c.want)
		}
		if c.want != models.InProgress {
			continue
		}
		_, err = d.Take(t.Context(), "w1", id, time.Minute)
		wantFault(t, err, models.Permanent, "job_not_due") // it pauses first
		d.makeDue(id)
		if state, err = d.Fail(t.Context(), d.take(id), c.cause); err != nil || state != models.InReview {
			t.Errorf("%s, last attempt: %s, %v; want in_review", name, state, err)
		}
	}
	d.balanced()
}

// An attempt cut short by a store or a stopping worker does not count.
func TestReleaseIsNotCounted(t *testing.T) {
	env := localtest.New(t)
	env.Config.MaxAttempts = 1
	d := openDesk(t, env.Config)
	_, id := d.receipt("page")
	for range 3 {
		job := d.take(id)
		must(t, d.Release(t.Context(), job, 0))
		wantFault(t, d.Release(t.Context(), job, 0), models.Permanent, "stale_lease")
	}
	job := d.take(id)
	must(t, d.Release(t.Context(), job, time.Hour))
	_, err := d.Take(t.Context(), "w1", id, time.Minute)
	wantFault(t, err, models.Permanent, "job_not_due")
	d.makeDue(id)
	if state, err := d.Fail(t.Context(), d.take(id), errors.New("counted")); err != nil || state != models.InReview {
		t.Errorf("the first attempt that counts, of 1: %s, %v; want in_review", state, err)
	}
	d.balanced()
}

// A receipt that kills every reader goes to a person after MaxAttempts.
func TestReaderKillerEndsInReview(t *testing.T) {
	env := localtest.New(t)
	env.Config.MaxAttempts = 2
	d := openDesk(t, env.Config)
	receipt, id := d.receipt("killer")
	for range env.Config.MaxAttempts {
		d.take(id)
		d.expire(id)
	}
	_, err := d.Take(t.Context(), "w1", id, time.Minute)
	wantFault(t, err, models.Permanent, "job_not_due")
	if s := d.state(receipt); s != models.InReview {
		t.Errorf("after %d dead workers the receipt is %s; want in_review", env.Config.MaxAttempts, s)
	}
	d.balanced()
}

// Each page of a scan is a receipt of its own, made once.
func TestFurtherPages(t *testing.T) {
	d := newDesk(t)
	statement := d.statement("S-1")
	receipt, id := d.receipt("three pages")
	r := passing(statement)
	r.PageCount = 3
	_, err := d.Finish(t.Context(), d.take(id), r, nil)
	must(t, err)
	rows, err := d.DB.Query(t.Context(), `SELECT j.id FROM receipts r JOIN jobs j ON j.receipt_id = r.id WHERE r.parent_id = $1 ORDER BY r.page`, receipt)
	must(t, err)
	var jobs []int64
	for rows.Next() {
		var j int64
		must(t, rows.Scan(&j))
		jobs = append(jobs, j)
	}
	if len(jobs) != 2 {
		t.Fatalf("a scan of 3 pages made %d further receipts", len(jobs))
	}
	for i, id := range jobs {
		job := d.take(id)
		if job.Page != i+2 || job.SHA256 != hashOf([]byte("three pages")) {
			t.Errorf("page %d: job is %+v", i+2, job)
		}
		r.Page = job.Page
		_, err := d.Finish(t.Context(), job, r, nil)
		must(t, err)
	}
	// The same file again: each of its pages is a duplicate of that page.
	again, id := d.receipt("three pages")
	_, err = d.Finish(t.Context(), d.take(id), r, nil)
	must(t, err)
	var same int
	must(t, d.DB.QueryRow(t.Context(), `SELECT count(*) FROM receipts r JOIN receipts d ON d.id = r.duplicate_of
 WHERE r.parent_id = $1 AND d.parent_id = $2 AND d.page = r.page`, again, receipt).Scan(&same))
	if same != 2 {
		t.Errorf("%d further pages are duplicates of their page; want 2", same)
	}
	if e := d.balanced(); e.Accepted != 6 {
		t.Errorf("%d receipts accepted; want 6", e.Accepted)
	}
}
