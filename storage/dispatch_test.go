package storage_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/storage"
)

// Several dispatchers tell every job of the outbox, each once.
func TestOutboxIsToldOnce(t *testing.T) {
	d := newDesk(t)
	const n = 40
	batch := d.batch()
	for i := range n {
		_, err := d.upload(batch, fmt.Sprint(i), fmt.Sprint("body ", i))
		must(t, err)
	}
	var mu sync.Mutex
	rung := map[storage.Ring]int{}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				told, err := d.DispatchOutbox(t.Context(), 5, func(_ context.Context, r storage.Ring) error {
					mu.Lock()
					defer mu.Unlock()
					rung[r]++
					return nil
				})
				if err != nil {
					t.Error(err)
				}
				if told == 0 {
					return
				}
			}
		})
	}
	group.Wait()
	for r, times := range rung {
		if times != 1 {
			t.Errorf("job %d was told %d times", r.JobID, times)
		}
	}
	if len(rung) != n {
		t.Errorf("%d jobs were told; want %d", len(rung), n)
	}
}

// An entry stays until the queue has taken it.
func TestOutboxSurvivesAQueueThatIsDown(t *testing.T) {
	d := newDesk(t)
	d.receipt("a")
	d.receipt("b")
	down := errors.New("redis is down")
	calls := 0
	told, err := d.DispatchOutbox(t.Context(), 10, func(context.Context, storage.Ring) error {
		if calls++; calls == 2 {
			return down
		}
		return nil
	})
	if told != 1 || !errors.Is(err, down) {
		t.Fatalf("told %d, %v; want 1 and the queue's error", told, err)
	}
	if told, err = d.DispatchOutbox(t.Context(), 10, func(context.Context, storage.Ring) error { return nil }); told != 1 || err != nil {
		t.Errorf("told %d, %v the second time; want 1", told, err)
	}
}

// The sweeper finds what the queue has forgotten, and not what it still holds.
func TestDue(t *testing.T) {
	t.Parallel()
	env := localtest.New(t)
	env.Config.RingAgain = time.Hour
	env.Config.Backoff = time.Millisecond
	d := openDesk(t, env.Config)
	due := func(want ...int64) {
		t.Helper()
		rings, err := d.Due(t.Context(), 10)
		must(t, err)
		got := map[int64]bool{}
		for _, r := range rings {
			got[r.JobID] = true
		}
		for _, id := range want {
			if !got[id] {
				t.Errorf("job %d is not due", id)
			}
			delete(got, id)
		}
		if len(got) > 0 {
			t.Errorf("jobs %v are due", got)
		}
	}
	_, id := d.receipt("page")
	due() // the outbox has it
	_, err := d.DB.Exec(t.Context(), `UPDATE jobs SET created_at = now() - interval '2 h'`)
	must(t, err)
	due(id) // nobody has told the queue for long
	due()   // just rung
	_, err = d.DB.Exec(t.Context(), `UPDATE jobs SET rung_at = now() - interval '2 h'`)
	must(t, err)
	due(id) // the queue has forgotten it
	d.take(id)
	due() // a worker has it
	d.expire(id)
	_, err = d.DB.Exec(t.Context(), `UPDATE jobs SET rung_at = now() - interval '1 min'`)
	must(t, err)
	due(id) // the worker is gone
	d.expire(id)
	_, err = d.Fail(t.Context(), d.take(id), errors.New("again"))
	must(t, err)
	time.Sleep(20 * time.Millisecond)
	due(id) // its pause is over
	d.balanced()
}

// A listener hears of new entries, also after its connection was cut.
func TestListenOutbox(t *testing.T) {
	d := newDesk(t)
	ctx, cancel := context.WithCancel(t.Context())
	hints := make(chan struct{}, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.ListenOutbox(ctx, func() { hints <- struct{}{} })
	}()
	wait := func(what string) {
		t.Helper()
		select {
		case <-hints:
		case <-time.After(10 * time.Second):
			t.Fatal("no hint ", what)
		}
	}
	wait("at the start")
	d.receipt("a")
	wait("of a new entry")
	_, err := d.DB.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND query LIKE 'LISTEN%'`)
	must(t, err)
	wait("after the connection was cut")
	d.receipt("b")
	wait("of a new entry on the new connection")
	cancel()
	<-done
}
