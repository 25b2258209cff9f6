package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// Batch is a batch with what has become of its receipts.
type Batch struct {
	ID           int64      `json:"id"`
	Station      string     `json:"station"`
	Branch       string     `json:"branch"`
	Period       string     `json:"period,omitempty" doc:"cut-off date; empty for mixed post"`
	PaperCount   int        `json:"paper_count" doc:"sheets as counted by hand"`
	MachineCount int        `json:"machine_count" doc:"receipts taken in, every page of a scan one, later duplicates not counted"`
	Duplicates   int        `json:"duplicates" doc:"receipts whose bytes the branch had sent before"`
	InProgress   int        `json:"in_progress"`
	Passed       int        `json:"passed"`
	InReview     int        `json:"in_review"`
	Decided      int        `json:"decided"`
	Quarantined  int        `json:"quarantined"`
	OpenedAt     time.Time  `json:"opened_at"`
	ClosedAt     *time.Time `json:"closed_at,omitempty"`
}

// CountsAgree reports whether paper and machine say the same; while the batch
// is open the machine may still be behind.
func (b Batch) CountsAgree() bool { return b.PaperCount == b.MachineCount }

// batchSQL counts by state for the batches it is given, a page at a time. $1 is a
// batch (0: any), $2 and $3 are the actor's scope, $4 is the cursor.
const batchSQL = `
SELECT b.id, s.name, br.code, coalesce(to_char(p.cut_off, 'YYYY-MM-DD'), ''), b.paper_count,
       c.taken, c.duplicates, c.in_progress, c.passed, c.in_review, c.decided, c.quarantined, b.opened_at, b.closed_at
  FROM batches b
  JOIN stations s ON s.id = b.station_id
  JOIN branches br ON br.id = b.branch_id
  LEFT JOIN periods p ON p.id = b.period_id
  CROSS JOIN LATERAL (
    SELECT count(*) - count(r.duplicate_of) AS taken, count(r.duplicate_of) AS duplicates,
           count(*) FILTER (WHERE r.state = 'in_progress') AS in_progress,
           count(*) FILTER (WHERE r.state = 'passed') AS passed,
           count(*) FILTER (WHERE r.state = 'in_review') AS in_review,
           count(*) FILTER (WHERE r.state = 'decided') AS decided,
           count(*) FILTER (WHERE r.state = 'quarantined') AS quarantined
      FROM receipts r WHERE r.batch_id = b.id) c
 WHERE ($1::bigint = 0 OR b.id = $1) AND ` + batchScope + ` AND ($4::bigint = 0 OR b.id < $4)
 ORDER BY b.id DESC LIMIT $5`

// Batch counts a batch. Fault not_found.
func (s *Store) Batch(ctx context.Context, who models.Actor, id int64) (Batch, error) {
	list, err := Rows(ctx, s, who, pgx.RowToStructByPos[Batch], batchSQL, id, who.BranchID, stationID(who), 0, 1)
	if err != nil {
		return Batch{}, fmt.Errorf("batch %d: %w", id, err)
	}
	if len(list) == 0 {
		return Batch{}, errNotFound("batch")
	}
	return list[0], nil
}

// Batches gives up to limit batches, newest first, that begin below the cursor
// (0: at the newest).
func (s *Store) Batches(ctx context.Context, who models.Actor, below int64, limit int) ([]Batch, error) {
	list, err := Rows(ctx, s, who, pgx.RowToStructByPos[Batch], batchSQL, 0, who.BranchID, stationID(who), below, limit)
	if err != nil {
		return nil, fmt.Errorf("batches: %w", err)
	}
	return list, nil
}
