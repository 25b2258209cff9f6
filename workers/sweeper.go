package workers

import (
	"context"
	"time"
)

const (
	// sweepBatch bounds an ordinary sweep. Jobs long rung and only waiting their
	// turn look like forgotten ones, and a week's backlog must not be rung again
	// every half minute: the oldest, next in line anyway, are enough.
	sweepBatch = 500
	// sweepAllFor is how long after Redis was found empty every job that is due is
	// rung: storage.Config.RingAgain (30 s) must pass before the last one counts
	// as forgotten.
	sweepAllFor = 90 * time.Second
)

// sweep rings for jobs that are due and may have been forgotten: never or long
// since rung, or left by a worker whose lease has run out.
func (w *Worker) sweep(ctx context.Context) error {
	epoch, err := w.queue.epoch(ctx)
	if err != nil {
		return err
	}
	for {
		due, err := w.store.Due(ctx, sweepBatch)
		if err != nil {
			return err
		}
		for _, r := range due {
			if err := w.queue.ringAgain(ctx, r); err != nil {
				return err // they count as rung; in RingAgain they do no more
			}
			w.metrics.rings.WithLabelValues("sweeper").Inc()
		}
		if len(due) < sweepBatch || time.Since(epoch) > sweepAllFor {
			return nil
		}
	}
}
