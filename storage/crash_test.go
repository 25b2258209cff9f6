package storage_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/models"
	"heyin/storage"
)

// A caller that repeats what is Retryable needs to do nothing else while the
// database and the object store crash under it: in the end each upload is one
// receipt, and nothing was half accepted. (Not parallel: it kills the stack.)
func TestUploadsOutliveDyingStores(t *testing.T) {
	env := localtest.New(t)
	env.Config.CallTimeout = 2 * time.Second
	d := openDesk(t, env.Config)
	batch := d.batch()
	const stations, uploads = 4, 15
	deadline := time.Now().Add(time.Minute)
	var group sync.WaitGroup
	var retries atomic.Int64
	for st := range stations {
		group.Go(func() {
			for i := range uploads {
				body := fmt.Sprintf("station %d upload %d", st, i)
				for {
					_, err := d.upload(batch, hashOf([]byte(body)), body)
					if err == nil {
						break
					}
					if models.ClassOf(err) != models.Retryable || time.Now().After(deadline) {
						t.Error(err)
						return
					}
					retries.Add(1)
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
	for range 2 {
		time.Sleep(100 * time.Millisecond)
		must(t, env.Stack.KillPostgres())
		time.Sleep(100 * time.Millisecond)
		must(t, env.Stack.KillS3())
	}
	group.Wait()
	t.Logf("%d uploads, %d retries", stations*uploads, retries.Load())
	must(t, env.Stack.Ready(t.Context()))
	if e := d.balanced(); e.Accepted != stations*uploads {
		t.Errorf("%d receipts were accepted; want %d", e.Accepted, stations*uploads)
	}
}

// A store that is down is said to be down, as a fault that may be repeated.
func TestDatabaseDownIsRetryable(t *testing.T) {
	env := localtest.New(t)
	d := openDesk(t, env.Config)
	batch := d.batch()
	must(t, env.Stack.KillPostgres())
	defer func() { must(t, env.Stack.Ready(t.Context())) }()
	// Sessions of a killed server may answer once more before they notice.
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		_, err = d.upload(batch, fmt.Sprint(i), "bytes")
	}
	wantFault(t, err, models.Retryable, "database_down")
	cfg := env.Config
	cfg.DSN = "postgres://heyin:x@127.0.0.1:1/heyin?connect_timeout=1"
	_, err = storage.Open(t.Context(), cfg)
	wantFault(t, err, models.Retryable, "database_down")
}
