package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Ring is what the queue is told: a job and how often it was taken before. The
// two name the ring, so that telling twice is once.
type Ring struct {
	JobID   int64
	Attempt int
}

// outboxChannel is notified by the trigger of migrations/0005.
const outboxChannel = "heyin_outbox"

// relisten is the pause before a lost LISTEN connection is made again.
const relisten = time.Second

// DispatchOutbox takes up to limit waiting entries, in order, calls ring for each
// and marks those told. Many dispatchers may work at once: none waits for
// another or gets its entries. When ring fails the entries before it stay told
// and the error is returned; a crash tells some again. It gives how many were
// told.
func (s *Store) DispatchOutbox(ctx context.Context, limit int, ring func(context.Context, Ring) error) (int, error) {
	told := 0
	var failed error
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT o.id, o.job_id, j.attempt FROM outbox o JOIN jobs j ON j.id = o.job_id
 WHERE o.dispatched_at IS NULL ORDER BY o.id LIMIT $1 FOR UPDATE OF o SKIP LOCKED`, limit)
		if err != nil {
			return err
		}
		type entry struct{ ID, JobID, Attempt int64 }
		entries, err := pgx.CollectRows(rows, pgx.RowToStructByPos[entry])
		if err != nil {
			return err
		}
		var ids []int64
		for _, e := range entries {
			if failed = ring(ctx, Ring{JobID: e.JobID, Attempt: int(e.Attempt)}); failed != nil {
				break
			}
			ids = append(ids, e.ID)
		}
		told = len(ids)
		_, err = tx.Exec(ctx, `WITH told AS (UPDATE outbox SET dispatched_at = now() WHERE id = ANY ($1) RETURNING job_id)
UPDATE jobs SET rung_at = now() WHERE id IN (SELECT job_id FROM told)`, ids)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("dispatch outbox: %w", err)
	}
	return told, failed
}

// Due gives up to limit jobs that should be worked on and may have been
// forgotten: queued and due but not rung within RingAgain, or leased to a worker
// whose lease has run out. They count as rung by this call.
func (s *Store) Due(ctx context.Context, limit int) ([]Ring, error) {
	rows, err := s.DB.Query(ctx, `
WITH due AS (
  SELECT id FROM jobs
   WHERE (state = 'queued' AND run_after <= now() AND coalesce(rung_at, CASE WHEN attempt = 0 THEN created_at ELSE '-infinity' END) <= now() - $2::interval)
      OR (state = 'leased' AND lease_until <= now() AND (rung_at IS NULL OR rung_at <= lease_until OR rung_at <= now() - $2::interval))
   ORDER BY coalesce(lease_until, run_after) LIMIT $1 FOR UPDATE SKIP LOCKED)
UPDATE jobs j SET rung_at = now() FROM due WHERE j.id = due.id RETURNING j.id, j.attempt`, limit, s.cfg.RingAgain)
	if err != nil {
		return nil, fmt.Errorf("due jobs: %w", classed(err))
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Ring])
	if err != nil {
		return nil, fmt.Errorf("due jobs: %w", classed(err))
	}
	return due, nil
}

// ListenOutbox calls hint whenever entries were added to the outbox, and once at
// the start and after every reconnection, until ctx ends. A hint may be missed
// while Postgres is down: poll as well.
func (s *Store) ListenOutbox(ctx context.Context, hint func()) {
	for ctx.Err() == nil {
		// Every end of listen is the end of its connection; the next one starts with a hint.
		if err := s.listen(ctx, hint); err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(relisten):
			}
		}
	}
}

func (s *Store) listen(ctx context.Context, hint func()) error {
	pooled, err := s.DB.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack() // a listening connection must not go back to the pool
	defer func() {
		done, cancel := context.WithTimeout(context.WithoutCancel(ctx), relisten)
		defer cancel()
		_ = conn.Close(done) // it is given up either way
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+outboxChannel); err != nil {
		return err
	}
	for {
		hint()
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}
