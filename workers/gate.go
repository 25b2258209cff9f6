package workers

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	firstProbe = 500 * time.Millisecond
	maxProbe   = 5 * time.Second
)

// gate keeps a worker from taking jobs while a store is down: each would be
// taken, fail and be given back. It opens by itself once ping succeeds.
type gate struct {
	ping func(context.Context) error
	log  *slog.Logger

	mu   sync.Mutex
	open chan struct{} // closed: come in
}

func newGate(ping func(context.Context) error, log *slog.Logger) *gate {
	g := &gate{ping: ping, log: log, open: make(chan struct{})}
	close(g.open)
	return g
}

// wait returns when the gate is open; ctx's error when it ends before.
func (g *gate) wait(ctx context.Context) error {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	select {
	case <-open:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shut closes the gate because of err and watches, until ctx ends, for the
// stores to come back.
func (g *gate) shut(ctx context.Context, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.open:
	default:
		return // shut already, and watched
	}
	g.log.Warn("taking no jobs until both stores answer", "error", err)
	open := make(chan struct{})
	g.open = open
	go func() {
		for wait := firstProbe; ctx.Err() == nil; wait = min(2*wait, maxProbe) {
			pause(ctx, wait)
			if g.ping(ctx) == nil {
				g.log.Info("taking jobs again")
				close(open)
				return
			}
		}
	}()
}
