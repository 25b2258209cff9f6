package review

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// waiting is a queue as a bad week leaves it.
const waiting = 5000

// The next item of a long queue, claimed and given back.
func BenchmarkClaimNext(b *testing.B) {
	code, branch := world.Branch(b)
	station, who := world.Station(b, branch, "bench"), world.User(b, branch, models.RoleReviewer)
	first := world.InReview(b, station, world.Statement(b, code, "Bench Ltd"), models.ReasonSealUnsure)
	// Copies of one receipt, past the guards: thousands of uploads would take minutes.
	err := world.Store.InTx(b.Context(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(b.Context(), `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		_, err := tx.Exec(b.Context(), `WITH r AS (
  INSERT INTO receipts (batch_id, branch_id, object_sha256, idempotency_key, state, statement_id)
  SELECT x.batch_id, x.branch_id, x.object_sha256, 'bench-' || n, 'in_review', x.statement_id FROM receipts x, generate_series(1, $2) n WHERE x.id = $1 RETURNING id)
INSERT INTO review_items (receipt_id, receipt_version, reasons, priority, deadline)
SELECT r.id, 1, i.reasons, 2 + r.id % 5, i.deadline + make_interval(days => (r.id % 7)::integer) FROM r, review_items i WHERE i.receipt_id = $1`, first, waiting)
		return err
	})
	if err == nil {
		_, err = world.Store.DB.Exec(b.Context(), `ANALYZE`) // as autovacuum does
	}
	if err != nil {
		b.Fatal(err)
	}
	q := New(world.Store)
	for b.Loop() {
		item, err := q.ClaimNext(b.Context(), who, Filter{})
		if err != nil {
			b.Fatal(err)
		}
		if err := q.Release(b.Context(), who, item.Dossier.ReceiptID); err != nil {
			b.Fatal(err)
		}
	}
}
