package readerproc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sys/unix"

	"heyin/models"
	"heyin/pipeline"
)

// Waits between attempts to replace a child that would not start: when a part is
// missing or memory is short, trying harder only burns the machine.
const (
	firstRestartWait = 100 * time.Millisecond
	maxRestartWait   = 10 * time.Second
)

// firstInherited is the first descriptor after standard input, output and error.
const firstInherited = 3

// Pool is a set of warm reader processes: a Processor safe for concurrent use,
// and a prometheus.Collector.
type Pool struct {
	cfg     Config
	den     *den
	iso     isolation
	spawner spawner
	idle    chan *slot // holds every slot that is neither busy nor being renewed

	closing context.Context
	close   context.CancelFunc

	replaced *prometheus.CounterVec
	ready    prometheus.Gauge
}

// slot is the place of one child. child is nil only once the pool is closing.
type slot struct {
	child *child
	// quota is how many pages this child may read. First quotas are staggered, so
	// that not all are replaced at once.
	quota int
}

var _ Processor = (*Pool)(nil)

// Open starts all children and returns once they are ready. It finds out, once,
// how far the kernel lets it isolate them.
func Open(ctx context.Context, cfg Config) (*Pool, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	// What this process itself inherited must not be handed on.
	if err := unix.CloseRange(uint(firstInherited), math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return nil, fmt.Errorf("readers: marking open files (needs Linux 5.11): %w", err)
	}
	den, err := openDen(cfg.TempDir, cfg.Log)
	if err != nil {
		return nil, err
	}
	p := &Pool{
		cfg: cfg, den: den, spawner: newSpawner(), idle: make(chan *slot, cfg.Readers),
		replaced: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "heyin_reader_replaced_total",
			Help: "Reader processes replaced, by cause: recycled, cancelled, or the code of the fault.",
		}, []string{"cause"}),
		ready: prometheus.NewGauge(prometheus.GaugeOpts{Name: "heyin_readers", Help: "Reader processes that live."}),
	}
	p.closing, p.close = context.WithCancel(context.Background())
	errs := make([]error, cfg.Readers)
	first, err := p.isolate(ctx)
	errs[0] = err
	p.idle <- &slot{child: first, quota: cfg.RecyclePages}
	var starting sync.WaitGroup
	for i := 1; i < cfg.Readers; i++ {
		s := &slot{quota: max(1, cfg.RecyclePages*i/cfg.Readers)}
		starting.Go(func() {
			if err == nil {
				s.child, _, errs[i] = p.start(ctx, p.iso)
			}
			p.idle <- s
		})
	}
	starting.Wait()
	if err := errors.Join(errs...); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// isolate starts the first child under the strictest isolation that works.
func (p *Pool) isolate(ctx context.Context) (*child, error) {
	var refused error
	for _, iso := range isolations {
		if ctx.Err() != nil || p.cfg.RequireIsolation && !iso.noNetwork {
			break
		}
		c, hello, err := p.start(ctx, iso)
		if err != nil {
			refused = errors.Join(refused, fmt.Errorf("isolated by %s: %w", iso.name, err))
			continue
		}
		p.iso = iso
		level := slog.LevelInfo
		if !iso.noNetwork || !hello.Confined {
			level = slog.LevelWarn
		}
		p.cfg.Log.Log(ctx, level, "readers isolated", "by", iso.name, "no_network", iso.noNetwork, "files_confined", hello.Confined)
		return c, nil
	}
	return nil, errors.Join(refused, ctx.Err())
}

func (p *Pool) start(ctx context.Context, iso isolation) (*child, ready, error) {
	c, hello, err := spawn(ctx, p.cfg, p.den.dir, iso, p.spawner)
	if err == nil {
		p.ready.Inc()
	}
	return c, hello, err
}

// Process has an idle child read the page, waiting for one if need be. Besides
// what the child answers it returns Retryable faults with the codes of fault.go,
// or ctx's error when that ended while a child was at work.
func (p *Pool) Process(ctx context.Context, data []byte, page int, books pipeline.Books) (models.Result, error) {
	return borrow(ctx, p, func(c *child) (models.Result, error) { return c.process(ctx, p.cfg, data, page, books) })
}

// borrow has an idle child do something.
func borrow[T any](ctx context.Context, p *Pool, do func(*child) (T, error)) (T, error) {
	var none T
	var s *slot
	select {
	case s = <-p.idle:
	case <-ctx.Done():
		return none, models.NewFault(models.Retryable, CodeBusy, "no reader became free in time", ctx.Err())
	}
	if p.closing.Err() != nil {
		p.idle <- s
		return none, models.NewFault(models.Retryable, CodeClosed, "the worker is stopping", nil)
	}
	result, err := do(s.child)
	p.giveBack(s, err)
	return result, err
}

// giveBack returns a slot, with a new child where the old one is gone or due.
func (p *Pool) giveBack(s *slot, err error) {
	cause := "recycled"
	switch {
	case s.child.gone():
		cause = "cancelled"
		if f, ok := errors.AsType[*models.Fault](err); ok {
			cause = f.Code
		}
		p.cfg.Log.Warn("reader lost", "cause", cause, "pid", s.child.cmd.Process.Pid, "pages", s.child.pages, "error", err)
	case s.child.pages < s.quota && s.child.resident() <= p.cfg.RecycleBytes:
		p.idle <- s
		return
	}
	p.replaced.WithLabelValues(cause).Inc()
	go p.renew(s)
}

// renew replaces the child of s, trying until it works or the pool closes; then
// s is idle again.
func (p *Pool) renew(s *slot) {
	defer func() { p.idle <- s }()
	p.dismiss(s)
	s.quota = p.cfg.RecyclePages
	for wait := firstRestartWait; p.closing.Err() == nil; wait = min(2*wait, maxRestartWait) {
		var err error
		if s.child, _, err = p.start(p.closing, p.iso); err == nil {
			return
		}
		p.cfg.Log.Error("reader could not be replaced", "error", err, "again_in", wait)
		select {
		case <-time.After(wait):
		case <-p.closing.Done():
		}
	}
}

func (p *Pool) dismiss(s *slot) {
	if err := s.child.close(); err != nil {
		p.cfg.Log.Warn("reader left something behind", "error", err)
	}
	s.child = nil
	p.ready.Dec()
}

// Close ends all children. It waits for pages being read: cancel their contexts
// to hurry it.
func (p *Pool) Close() {
	p.close()
	for range cap(p.idle) {
		if s := <-p.idle; s.child != nil {
			p.dismiss(s)
		}
	}
	p.spawner.close()
	if err := p.den.close(); err != nil {
		p.cfg.Log.Warn("readers left something behind", "error", err)
	}
}

// Describe implements prometheus.Collector.
func (p *Pool) Describe(ch chan<- *prometheus.Desc) {
	p.replaced.Describe(ch)
	p.ready.Describe(ch)
}

// Collect implements prometheus.Collector.
func (p *Pool) Collect(ch chan<- prometheus.Metric) {
	p.replaced.Collect(ch)
	p.ready.Collect(ch)
}
