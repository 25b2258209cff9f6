package storage

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// Equation is the accounting of all receipts:
//
//	accepted = in progress + in review + passed + decided + quarantined
//
// Accepted is counted in the audit, the rest in the receipts: two records
// written together and kept apart.
type Equation struct {
	Accepted int64                         `json:"accepted"`
	States   map[models.ReceiptState]int64 `json:"states"`
	Odd      []Odd                         `json:"odd,omitempty"`
}

// Odd is a receipt that does not add up.
type Odd struct {
	Receipt string `json:"receipt"` // as the audit names it: receipt:12
	Why     string `json:"why"`
}

// Holds reports whether the sums agree and nothing is odd.
func (e Equation) Holds() bool {
	var sum int64
	for _, n := range e.States {
		sum += n
	}
	return e.Accepted == sum && len(e.Odd) == 0
}

// oddSQL finds what the constraints of migrations/0006 should make impossible,
// and rows somebody removed or added past them.
const oddSQL = `
SELECT coalesce(a.object, 'receipt:' || r.id),
       CASE WHEN a.object IS NULL THEN 'never accepted: no audit entry' ELSE 'accepted, but the receipt is gone' END
  FROM (SELECT object FROM audit WHERE action = '` + actionAccepted + `') a
  FULL JOIN receipts r ON a.object = 'receipt:' || r.id
 WHERE a.object IS NULL OR r.id IS NULL
UNION ALL
SELECT 'receipt:' || r.id, r.state || CASE WHEN r.state = 'in_progress' THEN ' without a live job' ELSE ' with a live job' END
  FROM receipts r LEFT JOIN jobs j ON j.receipt_id = r.id AND j.receipt_version = r.version AND j.state IN ('queued', 'leased')
 WHERE (r.state = 'in_progress') <> (j.id IS NOT NULL)
UNION ALL
SELECT 'receipt:' || r.id, r.state || CASE WHEN r.state = 'in_review' THEN ' without an open review item' ELSE ' with an open review item' END
  FROM receipts r LEFT JOIN review_items i ON i.receipt_id = r.id AND i.closed_at IS NULL
 WHERE (r.state = 'in_review') <> (i.id IS NOT NULL)
UNION ALL
SELECT 'receipt:' || r.id, 'decided without a decision'
  FROM receipts r WHERE r.state = 'decided' AND NOT EXISTS (
    SELECT FROM decisions d WHERE d.receipt_id = r.id AND d.receipt_version = r.version AND d.decision <> 'refer_up')
ORDER BY 1 LIMIT 100`

// Accounting adds up every receipt ever accepted, in one snapshot. It reads whole
// tables: for doctor and tests, not for a hot path.
func (s *Store) Accounting(ctx context.Context) (Equation, error) {
	e := Equation{States: map[models.ReceiptState]int64{}}
	for _, state := range models.ReceiptStates() {
		e.States[state] = 0
	}
	err := pgx.BeginTxFunc(ctx, s.DB, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM audit WHERE action = $1`, actionAccepted).Scan(&e.Accepted); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT state, count(*) FROM receipts GROUP BY state`)
		if err != nil {
			return err
		}
		var state models.ReceiptState
		var n int64
		if _, err := pgx.ForEachRow(rows, []any{&state, &n}, func() error { e.States[state] = n; return nil }); err != nil {
			return err
		}
		if rows, err = tx.Query(ctx, oddSQL); err != nil {
			return err
		}
		e.Odd, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Odd])
		return err
	})
	if err != nil {
		return Equation{}, fmt.Errorf("accounting: %w", classed(err))
	}
	return e, nil
}
