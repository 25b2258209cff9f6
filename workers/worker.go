package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"heyin/storage"
	"heyin/workers/readerproc"
)

const (
	// emptyQueueCheck is how often an idle worker asks Redis for a ring.
	emptyQueueCheck = 200 * time.Millisecond
	// handBackDelay is when a ring handed back while stopping comes to another worker.
	handBackDelay = time.Second
	// abortAfter is what Asynq waits beyond our own Grace before it takes the ring
	// from a handler that does not end.
	abortAfter = settleLimit + 5*time.Second
	// measureEvery is the interval of the queue's depth gauge.
	measureEvery = 15 * time.Second
)

// Worker answers rings, tells the queue of new jobs, and, where it leads, sweeps.
type Worker struct {
	cfg       Config
	log       *slog.Logger
	store     *storage.Store
	processor Processor
	queue     *queue
	gate      *gate
	metrics   *metrics
}

// Run is a worker process with its reader processes: it works until ctx ends,
// then finishes or gives back what it has in hand. An error means that it could
// not start.
func Run(ctx context.Context, cfg Config, store *storage.Store) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	pool, err := readerproc.Open(ctx, cfg.Readers)
	if err != nil {
		return fmt.Errorf("workers: %w", err)
	}
	defer pool.Close()
	if err := cfg.Metrics.Register(pool); err != nil {
		return fmt.Errorf("workers: %w", err)
	}
	w, err := New(cfg, store, pool)
	if err != nil {
		return err
	}
	return w.Run(ctx)
}

// New makes a worker that has pages read by processor, which must be safe for
// cfg.Concurrency calls at once. It touches neither Postgres nor Redis yet.
func New(cfg Config, store *storage.Store, processor Processor) (*Worker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	m, err := newMetrics(cfg.Metrics)
	if err != nil {
		return nil, fmt.Errorf("workers: %w", err)
	}
	return &Worker{
		cfg: cfg, log: cfg.Log, store: store, processor: processor, metrics: m,
		queue: newQueue(cfg), gate: newGate(store.Ping, cfg.Log),
	}, nil
}

// Run works until ctx ends; once. Stores that are down, at the start too, are
// waited for.
func (w *Worker) Run(ctx context.Context) error {
	// ctx ends when the worker is told to stop, working at most Grace later: what
	// is then still in hand is given back.
	working, giveBack := context.WithCancel(context.WithoutCancel(ctx))
	defer giveBack()

	server := asynq.NewServerFromRedisClient(w.queue.redis, asynq.Config{
		Concurrency:              w.cfg.Concurrency,
		Queues:                   map[string]int{queueName: 1},
		TaskCheckInterval:        emptyQueueCheck,
		DelayedTaskCheckInterval: handBackDelay,
		RetryDelayFunc:           func(int, error, *asynq.Task) time.Duration { return handBackDelay },
		IsFailure:                func(err error) bool { return !errors.Is(err, errStopping) },
		ShutdownTimeout:          w.cfg.Grace + abortAfter,
		Logger:                   asynqLog{w.log},
	})
	// Asynq's own context is not used: it ends when Redis is away for long, and
	// Redis is disposable.
	handler := asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error { return w.answer(ctx, working, t) })
	if err := server.Start(handler); err != nil {
		return errors.Join(fmt.Errorf("workers: %w", err), w.queue.close())
	}
	var background sync.WaitGroup
	background.Go(func() { w.dispatch(ctx) })
	background.Go(func() {
		w.lead(ctx, []duty{
			{"sweep", w.cfg.SweepEvery, w.sweep},
			{"account", w.cfg.AccountEvery, w.account},
			{"measure queue", measureEvery, w.measureQueue},
		})
	})
	w.log.Info("worker runs", "name", w.cfg.Name, "concurrency", w.cfg.Concurrency)

	<-ctx.Done()
	w.log.Info("worker stops", "grace", w.cfg.Grace)
	timer := time.AfterFunc(w.cfg.Grace, giveBack)
	defer timer.Stop()
	server.Shutdown() // takes no more rings, waits for those in hand
	background.Wait()
	return w.queue.close()
}

// asynqLog lets Asynq speak through slog; its chatter is for debugging.
type asynqLog struct{ log *slog.Logger }

func (l asynqLog) Debug(args ...any) { l.log.Debug("asynq: " + fmt.Sprint(args...)) }
func (l asynqLog) Info(args ...any)  { l.log.Debug("asynq: " + fmt.Sprint(args...)) }
func (l asynqLog) Warn(args ...any)  { l.log.Warn("asynq: " + fmt.Sprint(args...)) }
func (l asynqLog) Error(args ...any) { l.log.Error("asynq: " + fmt.Sprint(args...)) }
func (l asynqLog) Fatal(args ...any) { l.log.Error("asynq: " + fmt.Sprint(args...)) }
