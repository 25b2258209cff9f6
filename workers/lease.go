package workers

import (
	"context"
	"errors"
	"sync"
	"time"

	"heyin/models"
	"heyin/storage"
)

// extensions is how often a lease is extended before it would end: two may fail.
const extensions = 3

// errLeaseLost ends the work on a job whose lease could not be extended in time.
var errLeaseLost = errors.New("the lease ran out before it could be extended")

// keepLease extends the job's lease until stop is called. The context it gives
// ends with a cause as soon as the job is no longer ours.
func (w *Worker) keepLease(ctx context.Context, job storage.Job) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var keeping sync.WaitGroup
	every := w.cfg.Lease / extensions
	keeping.Go(func() {
		ours := time.Now() // taken just now
		for {
			pause(ctx, every)
			if ctx.Err() != nil {
				return
			}
			call, done := context.WithTimeout(ctx, every)
			started := time.Now()
			err := w.store.Extend(call, job, w.cfg.Lease)
			done()
			switch {
			case err == nil:
				ours = started
			case isFault(err, "stale_lease"):
				cancel(err)
				return
			case time.Since(ours) > w.cfg.Lease:
				cancel(errLeaseLost)
				return
			}
		}
	})
	return ctx, func() {
		cancel(context.Canceled)
		keeping.Wait()
	}
}

// isFault reports whether err is a fault with this code.
func isFault(err error, code string) bool {
	f, ok := errors.AsType[*models.Fault](err)
	return ok && f.Code == code
}
