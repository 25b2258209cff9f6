package workers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"heyin/models"
	"heyin/pipeline"
	"heyin/storage"
)

// From upload to verdict over the real outbox, queue and reader processes.
func TestLifeOfAJob(t *testing.T) {
	o := newOffice(t)
	cfg := o.config()
	w := o.work(cfg, o.pool(cfg))
	no := o.statement()
	passed := o.upload("pass %s", no)
	o.eventually("passed", func() bool { return o.state(passed) == models.Passed })
	again := o.upload("pass %s", no)
	unknown := o.upload("pass XX1")
	broken := o.upload("quarantine")
	scan := o.upload("pages 3 %s", o.statement())
	e := o.settled()

	if e.Accepted != 7 || e.States[models.Passed] != 2 || e.States[models.InReview] != 4 || e.States[models.Quarantined] != 1 {
		t.Errorf("accepted %d: %v", e.Accepted, e.States)
	}
	if got := o.reasons(again); !strings.HasPrefix(got, string(models.ReasonAnswered)) {
		t.Errorf("second answer: %s %s", o.state(again), got)
	}
	if got := o.reasons(unknown); !strings.HasPrefix(got, string(models.ReasonUnknownNumber)) {
		t.Errorf("unknown number: %s %s", o.state(unknown), got)
	}
	if got := o.state(broken); got != models.Quarantined {
		t.Errorf("no image: %s", got)
	}
	if got := o.row(`SELECT count(*)::text FROM receipts WHERE parent_id = $1`, scan); got != "2" {
		t.Errorf("%s further pages of 3", got)
	}
	picture := o.row(`SELECT e.object_sha256 FROM evidence e JOIN readings r ON r.id = e.reading_id WHERE r.receipt_id = $1`, passed)
	if data, err := o.Objects.Get(t.Context(), picture); err != nil || string(data) != "\x89PNG picture of "+no+" page 1" {
		t.Errorf("evidence %q, %v", data, err)
	}
	if got := o.row(`SELECT evidence->>'page' FROM verifications WHERE receipt_id = $1`, passed); got != picture {
		t.Errorf("verification's evidence is %q, want %s", got, picture)
	}
	if got := testutil.ToFloat64(w.metrics.jobs.WithLabelValues("passed")); got != 2 {
		t.Errorf("metrics count %v passed", got)
	}
	o.eventually("the gauge shows that the equation holds", func() bool {
		return testutil.ToFloat64(w.metrics.accounting.WithLabelValues()) == 1 &&
			testutil.ToFloat64(w.metrics.receipts.WithLabelValues("passed")) == 2
	})
}

// readers are the reader processes of this test binary.
func readers(t *testing.T) (pids []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	must(t, err)
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // ended meanwhile
		}
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		must(t, err)
		line, err := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if err == nil && fields[1] == strconv.Itoa(os.Getpid()) && strings.HasSuffix(string(line), "\x00reader\x00") {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestReaderKilledMidPageIsTriedAgain(t *testing.T) {
	const kills = 5
	o := newOffice(t)
	cfg := o.config()
	cfg.Readers.Readers = 1
	o.work(cfg, o.pool(cfg))
	for range kills {
		id := o.upload("slow 400 %s", o.statement())
		o.eventually("taken", func() bool { return o.row(`SELECT state FROM jobs WHERE receipt_id = $1`, id) == "leased" })
		pause(t.Context(), 150*time.Millisecond) // the page is with the child by now, or will find it gone
		for _, pid := range readers(t) {
			must(t, syscall.Kill(pid, syscall.SIGKILL))
		}
		o.settled()
		if got := o.row(`SELECT state || ' ' || attempt || ' ' || excused FROM jobs WHERE receipt_id = $1`, id); got != "done 2 0" {
			t.Errorf("job ended %q, want done at attempt 2", got)
		}
	}
	o.allPassed(kills)
}

func TestPoisonedReceiptEndsInReview(t *testing.T) {
	o := newOffice(t)
	cfg := o.config()
	cfg.Readers.WallPerPage = time.Second
	o.work(cfg, o.pool(cfg))
	poison := o.upload("die")
	endless := o.upload("slow 3600000 %s", o.statement())
	o.uploads(20, "pass")
	e := o.settled()
	if e.States[models.Passed] != 20 || e.States[models.InReview] != 2 {
		t.Errorf("states %v", e.States)
	}
	for id, code := range map[int64]string{poison: "reader_died", endless: "reader_timeout"} {
		want := fmt.Sprintf("reader_failed: reader_failed: the reader was lost twice over this page (%s, then %s)", code, code)
		if got := o.reasons(id); got != want {
			t.Errorf("reason %q, want %q", got, want)
		}
		if got := o.row(`SELECT state || ' ' || attempt FROM jobs WHERE receipt_id = $1`, id); got != "failed 2" {
			t.Errorf("job ended %q, want failed at attempt 2", got)
		}
	}
}

// held is a processor that holds every page until let go; then it passes it.
type held struct {
	inside atomic.Int64
	letGo  chan struct{}
}

func (h *held) Process(ctx context.Context, data []byte, page int, books pipeline.Books) (models.Result, error) {
	h.inside.Add(1)
	defer h.inside.Add(-1)
	select {
	case <-h.letGo:
	case <-ctx.Done():
		return models.Result{}, ctx.Err()
	}
	return scripted{}.Process(ctx, data, page, books)
}

// deaf is a processor that does not hear ctx: cgo does not either.
type deaf struct{ *held }

func (d deaf) Process(ctx context.Context, data []byte, page int, books pipeline.Books) (models.Result, error) {
	return d.held.Process(context.WithoutCancel(ctx), data, page, books)
}

func TestStaleWorkerChangesNothing(t *testing.T) {
	o := newOffice(t)
	slow := &held{letGo: make(chan struct{})}
	w := o.work(o.config(), deaf{slow})
	id := o.upload("pass %s", o.statement())
	o.eventually("held", func() bool { return slow.inside.Load() == 1 })
	// Another worker takes the job over, as if this one had been frozen.
	var jobID int64
	must(t, o.DB.QueryRow(t.Context(), `UPDATE jobs SET lease_until = now() - interval '1 second' WHERE receipt_id = $1 RETURNING id`, id).Scan(&jobID))
	job, err := o.Take(t.Context(), "other", jobID, time.Minute)
	must(t, err)
	close(slow.letGo)
	o.eventually("refused", func() bool { return testutil.ToFloat64(w.metrics.jobs.WithLabelValues("stale")) == 1 })
	if got := o.state(id); got != models.InProgress {
		t.Fatalf("a stale result made the receipt %s", got)
	}
	result, err := scripted{}.Process(t.Context(), []byte("pass XX"), 1, books{o.Store, time.Now()})
	must(t, err)
	if state, err := o.Finish(t.Context(), job, result, nil); err != nil || state != models.InReview {
		t.Errorf("the rightful worker: %s, %v", state, err)
	}
	o.settled()
}

func TestStoppedWorkerGivesBack(t *testing.T) {
	o := newOffice(t)
	slow := &held{letGo: make(chan struct{})}
	cfg := o.config()
	cfg.Grace = 300 * time.Millisecond
	w := o.work(cfg, slow)
	o.uploads(6, "pass")
	o.eventually("its hands are full", func() bool { return slow.inside.Load() == 4 })
	w.stop()
	if got := o.row(`SELECT count(*)::text FROM jobs WHERE state = 'queued'`); got != "6" {
		t.Errorf("%s of 6 jobs given back", got)
	}
	if got := o.row(`SELECT count(*)::text FROM jobs WHERE excused = attempt`); got != "6" {
		t.Errorf("%s of 6 attempts excused", got)
	}
	o.work(o.config(), scripted{})
	o.allPassed(6)
}

func TestStoppedWorkerFinishesWhatItCan(t *testing.T) {
	o := newOffice(t)
	cfg := o.config()
	cfg.Grace = 20 * time.Second
	w := o.work(cfg, scripted{})
	id := o.upload("slow 700 %s", o.statement())
	o.eventually("taken", func() bool { return o.row(`SELECT state FROM jobs WHERE receipt_id = $1`, id) == "leased" })
	w.stop()
	if got := o.state(id); got != models.Passed {
		t.Errorf("receipt is %s, want passed within the grace", got)
	}
}

// A fault nobody can mend by waiting ends in review after MaxAttempts.
func TestRepeatedFaultEndsInReview(t *testing.T) {
	o := newOffice(t, func(c *storage.Config) { c.Backoff = 10 * time.Millisecond })
	o.work(o.config(), scripted{})
	id := o.upload("nonsense")
	o.settled()
	if got := o.reasons(id); o.state(id) != models.InReview || !strings.HasPrefix(got, "reader_failed: ") {
		t.Errorf("%s, %s", o.state(id), got)
	}
	if got := o.row(`SELECT attempt::text FROM jobs WHERE receipt_id = $1`, id); got != "3" {
		t.Errorf("after %s attempts, want 3", got)
	}
}
