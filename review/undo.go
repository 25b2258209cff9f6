package review

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// Undo takes back what the actor last said of a receipt and gives him the claim
// again. It answers undo_late when the time the rules allow is over, when somebody
// else has acted on it since, or when there is nothing to take back.
func (q *Queue) Undo(ctx context.Context, who models.Actor, receiptID int64) error {
	err := q.store.InTx(ctx, func(tx pgx.Tx) error {
		if done, err := undoHidden(ctx, tx, who, receiptID, q.lease); done || err != nil {
			return err
		}
		// The item is locked before the receipt, as by a decision.
		var itemID int64
		var closed bool
		err := storage.Fenced(ctx, tx, who, func() error {
			return tx.QueryRow(ctx, `SELECT i.id, i.closed_at IS NOT NULL FROM review_items i JOIN receipts r ON r.id = i.receipt_id
 WHERE r.id = $1 AND ($2::bigint = 0 OR r.branch_id = $2) ORDER BY i.id DESC LIMIT 1 FOR UPDATE OF i`, receiptID, who.BranchID).Scan(&itemID, &closed)
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return models.NewFault(models.Permanent, "not_found", "there is no such receipt, or it belongs to another branch", nil)
		}
		if err != nil {
			return err
		}
		if closed {
			err = q.undoDecision(ctx, tx, who, itemID)
		} else {
			err = q.undoWord(ctx, tx, who, itemID)
		}
		if errors.Is(err, pgx.ErrNoRows) {
			return models.NewFault(models.Permanent, "undo_late", "the time to take it back is over, or somebody else has acted since", nil)
		}
		if err != nil {
			return err
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "receipt.judgement_undone", Object: fmt.Sprintf("receipt:%d", receiptID)})
	})
	if err != nil {
		return fmt.Errorf("undo of receipt %d: %w", receiptID, err)
	}
	return nil
}

// inTimeSQL is true while a word x may still be taken back.
const inTimeSQL = ` x.undone_at IS NULL AND x.at > now() - make_interval(secs => (SELECT s.undo_s FROM rule_sets s WHERE s.id = rule_set_on(bank_date(now()))))`

// undoWord takes back an opinion or a referral: the item is still open, and goes
// back to where it was. pgx.ErrNoRows when that is no longer possible.
func (q *Queue) undoWord(ctx context.Context, tx pgx.Tx, who models.Actor, itemID int64) error {
	var said int
	err := tx.QueryRow(ctx, `WITH alone AS (
  SELECT i.id FROM review_items i WHERE i.id = $1 AND (i.claimed_by IS NULL OR i.lease_until <= now() OR i.claimed_by = $2)
     AND NOT EXISTS (SELECT FROM (SELECT at, by_user FROM opinions WHERE review_item_id = $1 AND undone_at IS NULL
                                  UNION ALL SELECT at, by_user FROM decisions WHERE review_item_id = $1 AND undone_at IS NULL) o
                      WHERE o.by_user <> $2 AND o.at >= (
                        SELECT max(m.at) FROM (SELECT at FROM opinions WHERE review_item_id = $1 AND by_user = $2
                                               UNION ALL SELECT at FROM decisions WHERE review_item_id = $1 AND by_user = $2) m))),
o AS (UPDATE opinions x SET undone_at = now() FROM alone WHERE x.review_item_id = alone.id AND x.by_user = $2 AND`+inTimeSQL+` RETURNING 1),
d AS (UPDATE decisions x SET undone_at = now() FROM alone WHERE x.review_item_id = alone.id AND x.by_user = $2 AND`+inTimeSQL+` RETURNING 1)
SELECT (SELECT count(*) FROM o) + (SELECT count(*) FROM d)`, itemID, who.ID).Scan(&said)
	if err != nil {
		return err
	}
	if said == 0 {
		return pgx.ErrNoRows
	}
	_, err = tx.Exec(ctx, `UPDATE review_items i SET claimed_by = $2, lease_until = now() + $3::interval, version = i.version + 1, named = NULL, stage = CASE
   WHEN EXISTS (SELECT FROM decisions d WHERE d.review_item_id = i.id AND d.undone_at IS NULL) OR
        (SELECT count(DISTINCT (o.decision, o.statement_id, o.decision = 'valid' AND answers_differ(o.receipt_id, o.reason_code))) FROM opinions o WHERE o.review_item_id = i.id AND o.undone_at IS NULL) > 1 THEN 'supervisor'
   WHEN EXISTS (SELECT FROM opinions o WHERE o.review_item_id = i.id AND o.undone_at IS NULL) THEN 'second' ELSE 'open' END
 WHERE i.id = $1`, itemID, who.ID, q.lease)
	return err
}

// undoDecision takes back a decision of one person that nobody else had a part in:
// the receipt returns to review as a new version, with the same reasons and
// deadline. pgx.ErrNoRows when that is no longer possible.
func (q *Queue) undoDecision(ctx context.Context, tx pgx.Tx, who models.Actor, itemID int64) error {
	var receiptID int64
	err := tx.QueryRow(ctx, `UPDATE decisions x SET undone_at = now() FROM receipts r
 WHERE x.review_item_id = $1 AND x.by_user = $2 AND x.second_by IS NULL AND x.decision <> 'refer_up' AND`+inTimeSQL+`
   AND r.id = x.receipt_id AND r.version = x.receipt_version AND r.state = 'decided'
   AND NOT EXISTS (SELECT FROM opinions o WHERE o.review_item_id = $1 AND o.undone_at IS NULL AND o.by_user <> $2) RETURNING x.receipt_id`, itemID, who.ID).Scan(&receiptID)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE opinions SET undone_at = now() WHERE review_item_id = $1 AND by_user = $2 AND undone_at IS NULL`, itemID, who.ID)
	if err != nil {
		return err
	}
	// A statement that a person named is not undone: that took two people.
	if _, err := tx.Exec(ctx, `UPDATE receipts SET state = 'in_review', answers = false WHERE id = $1`, receiptID); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO review_items (receipt_id, receipt_version, reasons, priority, deadline, opened_at, stage, claimed_by, lease_until, version)
SELECT r.id, r.version, i.reasons, i.priority, i.deadline, i.opened_at, i.stage, $2, now() + $3::interval, i.version + 1
  FROM review_items i JOIN receipts r ON r.id = i.receipt_id WHERE i.id = $1`, itemID, who.ID, q.lease)
	return err
}

// undoHidden does the same for a hidden item; false when the actor answered none
// on this receipt in time.
func undoHidden(ctx context.Context, tx pgx.Tx, who models.Actor, receiptID int64, lease time.Duration) (bool, error) {
	var h hidden
	err := tx.QueryRow(ctx, `UPDATE hidden_items h SET named = NULL, decision = NULL, shown_state = NULL, ended_at = NULL, reason_code = '', note = '', version = version + 1,
       lease_until = now() + $3::interval
 WHERE receipt_id = $1 AND given_to = $2 AND decision IS NOT NULL
   AND ended_at > now() - make_interval(secs => (SELECT s.undo_s FROM rule_sets s WHERE s.id = rule_set_on(bank_date(now()))))
   AND NOT EXISTS (SELECT FROM hidden_items x WHERE x.given_to = $2 AND x.ended_at IS NULL)
 RETURNING id, receipt_id`, receiptID, who.ID, lease).Scan(&h.id, &h.receiptID)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("hidden item: %w", err)
	}
	return true, h.audit(ctx, tx, who, "hidden.undone", nil)
}
