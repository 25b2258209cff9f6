package workers

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"heyin/models"
	"heyin/storage"
)

// atLeast tells how many receipts are through.
func (o *office) through() int {
	o.t.Helper()
	var n int
	// A store that was just killed may refuse; ask again.
	o.eventually("the database answers", func() bool {
		return o.DB.QueryRow(o.t.Context(), `SELECT count(*) FROM receipts WHERE state <> 'in_progress'`).Scan(&n) == nil
	})
	return n
}

func (o *office) redis() *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: o.env.Stack.RedisAddr, Password: o.env.Stack.RedisPassword, DB: o.env.RedisDB})
	o.t.Cleanup(func() { c.Close() })
	return c
}

// patient makes deaths of workers not count against receipts: the test kills
// more often than a receipt may be tried.
func patient(c *storage.Config) { c.MaxAttempts = 100 }

// kill -9 of whole worker processes with 200 receipts in flight: nothing is lost
// and nothing is decided twice.
func TestWorkersKilledUnderLoad(t *testing.T) {
	const receipts, kills = 200, 8
	o := newOffice(t, patient)
	o.uploads(receipts, "slow 20")
	for i := range kills {
		cmd := o.process()
		goal := min(o.through()+receipts/(kills+2), receipts*(i+1)/(kills+1))
		o.eventually("progress", func() bool { return o.through() >= goal })
		must(t, cmd.Process.Kill())
		if err := cmd.Wait(); err == nil {
			t.Error("the worker ended by itself")
		}
	}
	if n := o.through(); n == receipts {
		t.Fatalf("all %d were through before the last kill: nothing was in flight", n)
	}
	cmd := o.process()
	o.allPassed(receipts)
	must(t, cmd.Process.Kill())
	if err := cmd.Wait(); err == nil {
		t.Error("the worker ended by itself")
	}
}

func TestRedisWipedMidRun(t *testing.T) {
	const receipts, wipes = 150, 10
	o := newOffice(t, patient)
	client := o.redis()
	o.work(o.config(), scripted{})
	o.uploads(receipts/2, "slow 20")
	for range wipes {
		must(t, client.FlushAll(t.Context()).Err())
		pause(t.Context(), 100*time.Millisecond)
	}
	o.uploads(receipts/2, "slow 20")
	must(t, client.FlushAll(t.Context()).Err())
	o.allPassed(receipts)
}

// With the queue wiped and no outbox entry left, only the sweeper knows: it must
// ring within a minute by default settings; here they are shorter.
func TestSweeperRingsWithinAMinute(t *testing.T) {
	d := DefaultConfig()
	s := storage.DefaultConfig()
	if slowest := max(d.Lease, s.RingAgain) + d.SweepEvery + leaderEvery; slowest >= time.Minute {
		t.Errorf("promise 3: a forgotten job is rung after %v, want below 60s", slowest)
	}
	o := newOffice(t)
	o.uploads(5, "pass")
	quiet := o.config()
	w, err := New(quiet, o.Store, scripted{})
	must(t, err)
	if n, err := o.DispatchOutbox(t.Context(), 100, w.queue.ring); err != nil || n != 5 {
		t.Fatalf("dispatched %d, %v", n, err)
	}
	must(t, o.redis().FlushAll(t.Context()).Err())
	o.work(o.config(), scripted{})
	o.allPassed(5)
}

// outages of each store under load, without a person: no receipt is lost, decided
// twice, or sent to review for it.
func TestStoresCrashMidRun(t *testing.T) {
	stack := newOffice(t).env.Stack
	for _, test := range []struct {
		name string
		kill func() error
	}{
		{"postgres", stack.KillPostgres},
		{"redis", stack.KillRedis},
		{"s3", stack.KillS3},
	} {
		t.Run(test.name, func(t *testing.T) {
			const receipts, kills = 60, 4
			o := newOffice(t)
			o.uploads(receipts, "slow 50")
			o.work(o.config(), scripted{})
			for i := range kills {
				goal := receipts * (i + 1) / (kills + 2)
				o.eventually("progress", func() bool { return o.through() >= goal })
				must(t, test.kill())
				must(t, stack.Ready(t.Context()))
			}
			o.allPassed(receipts)
		})
	}
}

func TestStoresHangMidRun(t *testing.T) {
	stack := newOffice(t).env.Stack
	for _, test := range []struct {
		name   string
		freeze func() (func() error, error)
	}{
		{"redis", stack.FreezeRedis},
		{"s3", stack.FreezeS3},
	} {
		t.Run(test.name, func(t *testing.T) {
			const receipts = 60
			o := newOffice(t, func(c *storage.Config) { c.CallTimeout = time.Second })
			o.uploads(receipts, "slow 50")
			o.work(o.config(), scripted{})
			o.eventually("progress", func() bool { return o.through() >= receipts/4 })
			thaw, err := test.freeze()
			must(t, err)
			pause(t.Context(), 3*time.Second)
			must(t, thaw())
			o.allPassed(receipts)
		})
	}
}

// Redis is away when jobs come: they wait in the outbox.
func TestOutboxWaitsForRedis(t *testing.T) {
	o := newOffice(t)
	thaw, err := o.env.Stack.FreezeRedis()
	must(t, err)
	o.work(o.config(), scripted{})
	id := o.upload("pass %s", o.statement())
	pause(t.Context(), 500*time.Millisecond)
	waiting := o.row(`SELECT count(*)::text FROM outbox WHERE dispatched_at IS NULL`)
	must(t, thaw())
	if waiting != "1" {
		t.Errorf("%s entries wait while Redis hangs, want 1", waiting)
	}
	o.eventually("passed", func() bool { return o.state(id) == models.Passed })
}
