package workers

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// leaderLock names the advisory lock in Postgres. The number means nothing; it
	// must differ from other locks of this database.
	leaderLock = 0x6865_7969_6e01 // "heyin", 1
	// leaderEvery is how often others try, and the leader proves that it still is.
	leaderEvery = 2 * time.Second
	// leaderProof bounds that proof.
	leaderProof = 5 * time.Second
)

// duty is periodic work one process of the cluster does. It must do no harm when
// two do it for a moment, or when it is done too often.
type duty struct {
	name  string
	every time.Duration
	do    func(context.Context) error
}

// lead does the duties whenever this process holds the leader's lock, until ctx
// ends.
func (w *Worker) lead(ctx context.Context, duties []duty) {
	for ctx.Err() == nil {
		if err := w.leadOnce(ctx, duties); err != nil && ctx.Err() == nil {
			w.log.Warn("not leading", "error", err)
		}
		pause(ctx, leaderEvery)
	}
}

// leadOnce returns at once when another process leads, else when it cannot prove
// any more that this one does.
func (w *Worker) leadOnce(ctx context.Context, duties []duty) error {
	pooled, err := w.store.DB.Acquire(ctx)
	if err != nil {
		return err
	}
	var got bool
	if err := pooled.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", leaderLock).Scan(&got); err != nil || !got {
		pooled.Release()
		return err
	}
	conn := pooled.Hijack() // the lock lives and dies with this connection
	leading, resign := context.WithCancel(ctx)
	var working sync.WaitGroup
	defer func() {
		resign()
		working.Wait()
		done, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaderProof)
		defer cancel()
		_ = conn.Close(done) // it is given up either way
	}()
	for _, d := range duties {
		working.Go(func() { w.perform(leading, d) })
	}
	for {
		pause(ctx, leaderEvery)
		if ctx.Err() != nil {
			return nil
		}
		proof, cancel := context.WithTimeout(ctx, leaderProof)
		err := conn.Ping(proof)
		cancel()
		if err != nil {
			return fmt.Errorf("leader's connection: %w", err)
		}
	}
}

// perform does a duty now and then periodically until ctx ends.
func (w *Worker) perform(ctx context.Context, d duty) {
	for ctx.Err() == nil {
		if err := d.do(ctx); err != nil && ctx.Err() == nil {
			w.log.Warn("duty failed", "duty", d.name, "error", err, "again_in", d.every)
		}
		pause(ctx, d.every)
	}
}
