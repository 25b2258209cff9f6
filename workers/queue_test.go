package workers

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"heyin/models"
	"heyin/storage"
)

func (o *office) queue() *queue {
	q := newQueue(o.config())
	o.t.Cleanup(func() { q.close() })
	return q
}

func TestRingTwiceIsOnce(t *testing.T) {
	o := newOffice(t)
	q := o.queue()
	if n, err := q.depth(); err != nil || n != 0 {
		t.Errorf("%d rings, %v; want 0 before the first", n, err)
	}
	for range 3 {
		must(t, q.ring(t.Context(), storage.Ring{JobID: 7, Attempt: 1}))
		must(t, q.ringAgain(t.Context(), storage.Ring{JobID: 7, Attempt: 1}))
	}
	if n, err := q.depth(); err != nil || n != 1 {
		t.Errorf("%d rings, %v; want 1", n, err)
	}
	must(t, q.ring(t.Context(), storage.Ring{JobID: 7, Attempt: 2}))
	if n, err := q.depth(); err != nil || n != 2 {
		t.Errorf("%d rings, %v; want another for another attempt", n, err)
	}
}

// A ring Redis holds but will not hand out must not silence the job for ever.
func TestRingAgainPassesAStuckRing(t *testing.T) {
	o := newOffice(t)
	q := o.queue()
	r := storage.Ring{JobID: 7}
	must(t, q.ring(t.Context(), r))
	must(t, q.inspector.ArchiveTask(queueName, taskID(r)))
	if n, err := q.depth(); err != nil || n != 0 {
		t.Fatalf("%d rings after archiving, %v", n, err)
	}
	must(t, q.ringAgain(t.Context(), r))
	if n, err := q.depth(); err != nil || n != 1 {
		t.Errorf("%d rings, %v; want 1", n, err)
	}
}

func TestEpochChangesWithAWipe(t *testing.T) {
	o := newOffice(t)
	q := o.queue()
	first, err := q.epoch(t.Context())
	must(t, err)
	must(t, q.redis.Set(t.Context(), epochKey, first.Unix()-100, 0).Err())
	if kept, err := q.epoch(t.Context()); err != nil || !kept.Equal(first.Add(-100*time.Second)) {
		t.Errorf("epoch %v, %v; want it kept", kept, err)
	}
	must(t, q.redis.FlushDB(t.Context()).Err())
	if renewed, err := q.epoch(t.Context()); err != nil || renewed.Before(first) {
		t.Errorf("epoch %v, %v; want it new", renewed, err)
	}
}

func TestForeignRingIsDropped(t *testing.T) {
	o := newOffice(t)
	w := o.work(o.config(), scripted{})
	for _, payload := range []string{"", "x", "{}", "99999999999999999999"} {
		_, err := w.queue.client.Enqueue(asynq.NewTask(taskRead, []byte(payload)), asynq.Queue(queueName))
		must(t, err)
	}
	must(t, w.queue.ring(t.Context(), storage.Ring{JobID: 12345}))
	id := o.upload("pass %s", o.statement())
	o.eventually("passed", func() bool { return o.state(id) == "passed" })
}

// One process leads; when it cannot prove it any more it resigns and one leads
// again.
func TestOneLeads(t *testing.T) {
	o := newOffice(t)
	var began, resigned atomic.Int64
	duties := []duty{{"count", time.Hour, func(ctx context.Context) error {
		began.Add(1)
		<-ctx.Done()
		resigned.Add(1)
		return nil
	}}}
	ctx, stop := context.WithCancel(t.Context())
	for range 3 {
		w, err := New(o.config(), o.Store, scripted{})
		must(t, err)
		go w.lead(ctx, duties)
	}
	o.eventually("one leads", func() bool { return began.Load() == 1 })
	pause(t.Context(), 2*leaderEvery)
	if n := began.Load(); n != 1 {
		t.Fatalf("%d lead at once", n)
	}
	_, err := o.DB.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	must(t, err)
	o.eventually("it resigns and one leads", func() bool { return resigned.Load() == 1 && began.Load() == 2 })
	stop()
	o.eventually("nobody leads", func() bool { return resigned.Load() == 2 })
}

// An outage is excused; one that only our own time limit made is not.
func TestExcused(t *testing.T) {
	down := outage{models.NewFault(models.Retryable, "object_store_down", "no answer", context.DeadlineExceeded)}
	if !excused(down) {
		t.Error("an outage counts against the receipt")
	}
	if excused(errors.Join(errTooSlow, down)) {
		t.Error("a page that is too slow could be tried for ever")
	}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	good := DefaultConfig()
	good.RedisAddr = "127.0.0.1:6379"
	must(t, good.Validate())
	for want, spoil := range map[string]func(*Config){
		"RedisAddr":    func(c *Config) { c.RedisAddr = "" },
		"Name":         func(c *Config) { c.Name = "" },
		"Concurrency":  func(c *Config) { c.Concurrency = 0 },
		"Lease":        func(c *Config) { c.Lease = 0 },
		"SweepEvery":   func(c *Config) { c.SweepEvery = -1 },
		"readers is 0": func(c *Config) { c.Readers.Readers = 0 },
		"Metrics":      func(c *Config) { c.Metrics = nil },
	} {
		bad := good
		spoil(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
