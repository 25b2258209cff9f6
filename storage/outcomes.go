package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// Outcome is what has become of one receipt of a batch so far.
type Outcome struct {
	ReceiptID   int64
	FileName    string
	Page        int
	StatementNo string // as booked, else as read; may be empty
	Customer    string
	State       models.ReceiptState
	Decision    models.Decision // of a decided receipt
	DuplicateOf int64           // 0: the bytes had not come before
	Reasons     []models.ReasonCode
	Flaws       []string // of the scan: codes of imaging's findings
	AcceptedAt  time.Time
}

// Outcomes lists the receipts of a batch in the order of scanning. A batch is
// what one person counts by hand: some hundred, never a page too many. The
// caller has checked that the batch may be seen.
func (s *Store) Outcomes(ctx context.Context, who models.Actor, batchID int64) ([]Outcome, error) {
	list, err := Rows(ctx, s, who, pgx.RowToStructByPos[Outcome], `
SELECT r.id, r.file_name, r.page, coalesce(s.no, rd.statement_no, ''), coalesce(c.name, rd.customer, ''), r.state,
       coalesce((SELECT d.decision FROM decisions d WHERE d.receipt_id = r.id AND d.receipt_version = r.version AND d.decision <> 'refer_up'), ''),
       coalesce(r.duplicate_of, 0),
       ARRAY(SELECT x ->> 'code' FROM jsonb_array_elements((SELECT i.reasons FROM review_items i WHERE i.receipt_id = r.id ORDER BY i.id DESC LIMIT 1)) x),
       ARRAY(SELECT DISTINCT x ->> 'code' FROM pages g, jsonb_array_elements(g.findings) x WHERE g.receipt_id = r.id ORDER BY 1),
       r.accepted_at
  FROM receipts r
  LEFT JOIN statements s ON s.id = r.statement_id
  LEFT JOIN customers c ON c.id = s.customer_id
  LEFT JOIN LATERAL (SELECT x.statement_no, x.customer FROM readings x
                      WHERE x.receipt_id = r.id ORDER BY x.receipt_version DESC LIMIT 1) rd ON true
 WHERE r.batch_id = $1 ORDER BY coalesce(r.parent_id, r.id), r.page`, batchID)
	if err != nil {
		return nil, fmt.Errorf("outcomes of batch %d: %w", batchID, err)
	}
	return list, nil
}
