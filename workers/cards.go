package workers

import (
	"context"
	"errors"
	"sync"

	"heyin/models"
	"heyin/workers/readerproc"
)

// Cards cuts cards that came over the network, in a reader process of its own. It
// is started when the first card comes: most processes that could see none do. Safe
// for concurrent use; cards wait for one another.
type Cards struct {
	cfg readerproc.Config

	mu   sync.Mutex
	pool *readerproc.Pool
}

// NewCards starts nothing yet.
func NewCards(cfg readerproc.Config) *Cards {
	cfg.Readers = 1
	return &Cards{cfg: cfg}
}

// CutCard is pipeline.CutCard in a reader process. A card over which the reader was
// lost is the fault card_unreadable (Permanent): the next try would lose it too. A
// reader that cannot be had is Retryable.
func (c *Cards) CutCard(ctx context.Context, data []byte, dpi float64, within models.Box) (models.Card, error) {
	pool, err := c.open(ctx)
	if err != nil {
		return models.Card{}, models.NewFault(models.Retryable, "no_reader", "the reader of cards could not be started", err)
	}
	card, err := pool.CutCard(ctx, data, dpi, within)
	if f, ok := errors.AsType[*models.Fault](err); ok && readerproc.Lost(f.Code) {
		return models.Card{}, models.NewFault(models.Permanent, "card_unreadable", "the card could not be read; scan it again", err)
	}
	return card, err
}

func (c *Cards) open(ctx context.Context) (*readerproc.Pool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pool == nil {
		pool, err := readerproc.Open(ctx, c.cfg)
		if err != nil {
			return nil, err
		}
		c.pool = pool
	}
	return c.pool, nil
}

// Close ends the reader, if one was started.
func (c *Cards) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pool != nil {
		c.pool.Close()
	}
}
