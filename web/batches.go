package web

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
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

// batchSQL counts by state for the batches it is given, a page at a time. $1
// is the branch, $2 the station (0: any), $3 a batch (0: any), $4 the cursor.
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
 WHERE ($1::bigint = 0 OR b.branch_id = $1) AND ($2::bigint = 0 OR b.station_id = $2)
   AND ($3::bigint = 0 OR b.id = $3) AND ($4::bigint = 0 OR b.id < $4)
 ORDER BY b.id DESC LIMIT $5`

// batchesPerPage of the operator's list.
const batchesPerPage = 50

// stationOf bounds a station to its own batches; a user sees all of his branch.
func stationOf(who models.Actor) int64 {
	if who.Kind == stationKind {
		return who.ID
	}
	return 0
}

// listBatches gives a page of batches, newest first, that begins below the
// cursor (0: at the newest), and the next cursor, 0 at the end.
func listBatches(ctx context.Context, store *storage.Store, who models.Actor, below int64) ([]Batch, int64, error) {
	rows, err := store.DB.Query(ctx, batchSQL, who.BranchID, stationOf(who), 0, below, batchesPerPage+1)
	if err != nil {
		return nil, 0, fmt.Errorf("batches: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Batch])
	if err != nil {
		return nil, 0, fmt.Errorf("batches: %w", err)
	}
	if len(list) > batchesPerPage {
		list = list[:batchesPerPage]
		return list, list[batchesPerPage-1].ID, nil
	}
	return list, 0, nil
}

func findBatch(ctx context.Context, store *storage.Store, who models.Actor, id int64) (Batch, error) {
	rows, err := store.DB.Query(ctx, batchSQL, who.BranchID, stationOf(who), id, 0, 1)
	if err != nil {
		return Batch{}, fmt.Errorf("batch %d: %w", id, err)
	}
	b, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Batch])
	if errors.Is(err, pgx.ErrNoRows) {
		return Batch{}, models.NewFault(models.Permanent, "not_found", "there is no such batch, or it belongs to another branch or station", nil)
	}
	if err != nil {
		return Batch{}, fmt.Errorf("batch %d: %w", id, err)
	}
	return b, nil
}

// BatchReceipt is the outcome of one receipt of a batch.
type BatchReceipt struct {
	ReceiptID   int64
	FileName    string
	Page        int
	StatementNo string
	Customer    string
	State       models.ReceiptState
	Decision    models.Decision
	DuplicateOf int64
	Reasons     []models.ReasonCode
	AcceptedAt  time.Time
}

// listBatchReceipts gives the receipts of a batch in the order of scanning. A
// batch is what one person counts by hand: some hundred, never a page too many.
func listBatchReceipts(ctx context.Context, store *storage.Store, batchID int64) ([]BatchReceipt, error) {
	rows, err := store.DB.Query(ctx, `
SELECT r.id, r.file_name, r.page, coalesce(s.no, rd.statement_no, ''), coalesce(c.name, rd.customer, ''), r.state,
       coalesce((SELECT d.decision FROM decisions d WHERE d.receipt_id = r.id AND d.receipt_version = r.version AND d.decision <> 'refer_up'), ''),
       coalesce(r.duplicate_of, 0),
       ARRAY(SELECT x ->> 'code' FROM jsonb_array_elements((SELECT i.reasons FROM review_items i WHERE i.receipt_id = r.id ORDER BY i.id DESC LIMIT 1)) x),
       r.accepted_at
  FROM receipts r
  LEFT JOIN statements s ON s.id = r.statement_id
  LEFT JOIN customers c ON c.id = s.customer_id
  LEFT JOIN LATERAL (SELECT x.statement_no, x.customer FROM readings x
                      WHERE x.receipt_id = r.id ORDER BY x.receipt_version DESC LIMIT 1) rd ON true
 WHERE r.batch_id = $1 ORDER BY r.id`, batchID)
	if err != nil {
		return nil, fmt.Errorf("receipts of batch %d: %w", batchID, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[BatchReceipt])
}
