package workers

import (
	"context"
	"time"
)

const (
	// dispatchBatch is how many outbox entries one transaction takes: Redis
	// accepts as many in about 20 ms.
	dispatchBatch = 200
	// pollEvery looks into the outbox when no hint came: hints may be lost.
	pollEvery = time.Second
	// Waits while Redis or Postgres is down.
	firstDispatchWait = 100 * time.Millisecond
	maxDispatchWait   = 5 * time.Second
)

// dispatch empties the outbox into the queue until ctx ends. Every worker does;
// they do not meet (SKIP LOCKED). An entry is marked told only after Redis has
// accepted it.
func (w *Worker) dispatch(ctx context.Context) {
	hints := make(chan struct{}, 1)
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		w.store.ListenOutbox(ctx, func() {
			select {
			case hints <- struct{}{}:
			default:
			}
		})
	}()
	defer func() { <-listening }()
	failing := firstDispatchWait
	for ctx.Err() == nil {
		told, err := w.store.DispatchOutbox(ctx, dispatchBatch, w.queue.ring)
		w.metrics.rings.WithLabelValues("dispatcher").Add(float64(told))
		if err != nil && ctx.Err() == nil {
			w.log.Warn("outbox waits", "error", err, "again_in", failing)
			pause(ctx, failing)
			failing = min(2*failing, maxDispatchWait)
			continue
		}
		failing = firstDispatchWait
		if told == dispatchBatch {
			continue
		}
		select {
		case <-hints:
		case <-time.After(pollEvery):
		case <-ctx.Done():
		}
	}
}

// pause sleeps for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
