package archive

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// View gives the dossier of one receipt and records who looked.
func (a *Archive) View(ctx context.Context, who models.Actor, receiptID int64) (*Dossier, error) {
	var d *Dossier
	err := a.store.InTx(ctx, func(tx pgx.Tx) error {
		err := storage.Fenced(ctx, tx, who, func() (err error) {
			d, err = Load(ctx, tx, who, receiptID, 0)
			return err
		})
		if err != nil {
			return err
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "receipt.viewed",
			Object: fmt.Sprintf("receipt:%d", receiptID)})
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// specimenImage begins the name of a picture on file, beside those of the evidence.
const specimenImage = "specimen-"

// SpecimenImage is the name under which a receipt shows a specimen of its customer.
func SpecimenImage(specimenID int64) string { return fmt.Sprintf("%s%d", specimenImage, specimenID) }

const imageSQL = `
SELECT e.object_sha256
  FROM receipts r JOIN readings x ON x.receipt_id = r.id JOIN evidence e ON e.reading_id = x.id
 WHERE r.id = $1 AND ($2::bigint = 0 OR r.branch_id = $2) AND e.name = $3
 ORDER BY x.receipt_version DESC LIMIT 1`

const specimenImageSQL = `
SELECT p.object_sha256
  FROM receipts r
  JOIN statements s ON s.id = r.statement_id
    OR s.id IN (SELECT i.named FROM review_items i WHERE i.receipt_id = r.id AND i.closed_at IS NULL AND i.claimed_by = $4
                UNION ALL SELECT h.named FROM hidden_items h WHERE h.receipt_id = r.id AND h.ended_at IS NULL AND h.given_to = $4)
  JOIN specimens p ON p.customer_id = s.customer_id
 WHERE r.id = $1 AND ($2::bigint = 0 OR r.branch_id = $2) AND p.id::text = $3 LIMIT 1`

// Image gives one picture of a receipt: evidence that the reader drew or re-encoded,
// never the bytes a station sent, or by SpecimenImage a picture of its customer on
// file, or of the customer of the statement that the actor has named for his claim. The view is recorded before the caller gets a byte.
func (a *Archive) Image(ctx context.Context, who models.Actor, receiptID int64, name string) ([]byte, error) {
	sql, args := imageSQL, []any{receiptID, who.BranchID, name}
	if id, ok := strings.CutPrefix(name, specimenImage); ok {
		sql, args = specimenImageSQL, []any{receiptID, who.BranchID, id, who.ID}
	}
	var sha256 string
	err := a.store.InTx(ctx, func(tx pgx.Tx) error {
		err := storage.Fenced(ctx, tx, who, func() error { return tx.QueryRow(ctx, sql, args...).Scan(&sha256) })
		if errors.Is(err, pgx.ErrNoRows) {
			return errNotFound()
		}
		if err != nil {
			return err
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "image.viewed",
			Object: fmt.Sprintf("receipt:%d", receiptID), Detail: map[string]any{"image": name, "sha256": sha256}})
	})
	if err != nil {
		return nil, fmt.Errorf("image %s of receipt %d: %w", name, receiptID, err)
	}
	data, err := a.store.Objects.Get(ctx, sha256)
	if err != nil {
		return nil, fmt.Errorf("image %s of receipt %d: %w", name, receiptID, err)
	}
	return data, nil
}

// Periods lists the cut-off dates an actor may search, newest first: at most 60,
// five years of months.
func (a *Archive) Periods(ctx context.Context, who models.Actor) ([]string, error) {
	list, err := storage.Rows(ctx, a.store, who, pgx.RowTo[string], `SELECT DISTINCT to_char(cut_off, 'YYYY-MM-DD') FROM periods
 WHERE branch_id IS NULL OR $1::bigint = 0 OR branch_id = $1 ORDER BY 1 DESC LIMIT 60`, who.BranchID)
	if err != nil {
		return nil, fmt.Errorf("periods: %w", err)
	}
	return list, nil
}
