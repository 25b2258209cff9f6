package workers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"heyin/models"
	"heyin/pipeline"
	"heyin/storage"
)

// evidenceAtOnce is how many pictures of a receipt are stored at a time; each is
// a write and a read back, mostly waiting.
const evidenceAtOnce = 4

// outage marks an error that is no fault of the receipt: the attempt is excused.
type outage struct{ error }

func (o outage) Unwrap() error { return o.error }

// ours marks an error of a store that is down. Whatever else a store says (bytes
// missing, a constraint broken) is about the receipt and counts.
func ours(err error) error {
	if f, ok := errors.AsType[*models.Fault](err); ok && f.Class == models.Retryable {
		return outage{err}
	}
	return err
}

// read takes one receipt from its bytes to its saved verdict.
func (w *Worker) read(ctx context.Context, job storage.Job) (models.ReceiptState, error) {
	data, err := timed(w, "load", func() ([]byte, error) { return w.store.Objects.Get(ctx, job.SHA256) })
	if err != nil {
		return "", ours(err)
	}
	result, err := timed(w, "read", func() (models.Result, error) {
		return w.processor.Process(ctx, data, job.Page, books{w.store, job.AcceptedAt})
	})
	if err != nil {
		return "", err
	}
	evidence, err := timed(w, "evidence", func() (map[string]storage.Object, error) { return w.keep(ctx, result.Evidence) })
	if err != nil {
		return "", ours(err)
	}
	state, err := timed(w, "finish", func() (models.ReceiptState, error) { return w.store.Finish(ctx, job, result, evidence) })
	return state, ours(err)
}

// timed measures one stage.
func timed[T any](w *Worker, stage string, do func() (T, error)) (T, error) {
	started := time.Now()
	v, err := do()
	w.metrics.stages.WithLabelValues(stage).Observe(time.Since(started).Seconds())
	return v, err
}

// keep stores the pictures of a result. They are named by their bytes: what an
// attempt stored that then lost its lease, the next finds there.
func (w *Worker) keep(ctx context.Context, pictures map[string][]byte) (map[string]storage.Object, error) {
	var mu sync.Mutex
	kept := make(map[string]storage.Object, len(pictures))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(evidenceAtOnce)
	for name, picture := range pictures {
		group.Go(func() error {
			o, err := w.store.Objects.Put(ctx, bytes.NewReader(picture), http.DetectContentType(picture))
			if err != nil {
				return fmt.Errorf("picture %s: %w", name, err)
			}
			mu.Lock()
			defer mu.Unlock()
			kept[name] = o
			return nil
		})
	}
	return kept, group.Wait()
}

// books answers the reader out of storage.
type books struct {
	store *storage.Store
	at    time.Time // specimens in force then count
}

// Expect implements pipeline.Books.
func (b books) Expect(ctx context.Context, seen pipeline.Identified) (*models.Statement, error) {
	st, err := b.store.ExpectFor(ctx, seen.Candidates, b.at)
	return st, ours(err)
}
