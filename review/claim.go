package review

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/archive"
	"heyin/models"
	"heyin/storage"
)

// Item is a claimed receipt with everything needed to decide it.
type Item struct {
	Version    int              `json:"version"` // to be named in the decision
	LeaseUntil time.Time        `json:"lease_until"`
	Deadline   time.Time        `json:"deadline"`
	Dossier    *archive.Dossier `json:"dossier"`
}

// claimSQL takes the items named by the inner query. SKIP LOCKED lets many
// reviewers press the button at once without waiting for each other; a lapsed
// lease is anybody's. An actor's own claim is renewed, and never an item he
// referred up himself.
const claimSQL = `
WITH pick AS (
  SELECT i.id, coalesce(i.claimed_by, 0) AS claimed_by FROM review_items i JOIN receipts r ON r.id = i.receipt_id
   WHERE` + visibleSQL + `
     AND NOT EXISTS (SELECT FROM decisions x WHERE x.review_item_id = i.id AND x.by_user = $3)
     AND (i.claimed_by IS NULL OR i.claimed_by = $3 OR i.lease_until <= now())
     AND ($5::bigint = 0 OR i.receipt_id = $5)
     AND ($6::text = '' OR i.reasons @> jsonb_build_array(jsonb_build_object('code', $6)))
   ORDER BY i.claimed_by IS NOT DISTINCT FROM $3 DESC, i.priority, i.deadline, i.id
   LIMIT 1 FOR UPDATE OF i SKIP LOCKED)
UPDATE review_items i
   SET claimed_by = $3, lease_until = now() + $4::interval, version = i.version + 1
  FROM pick WHERE i.id = pick.id
RETURNING i.id, i.receipt_id, i.version, i.lease_until, i.deadline, pick.claimed_by`

// stillVisibleSQL looks again once the item is locked: a referral that was
// committed while claimSQL ran is not in that statement's snapshot.
const stillVisibleSQL = `
SELECT count(*) = 1 FROM review_items i JOIN receipts r ON r.id = i.receipt_id
 WHERE` + visibleSQL + `
   AND NOT EXISTS (SELECT FROM decisions x WHERE x.review_item_id = i.id AND x.by_user = $3) AND i.id = $4`

// ClaimNext takes the most urgent free item that has the given reason (any,
// when empty); an unfinished claim of the actor's own comes first. It answers
// queue_empty when nothing is left.
func (q *Queue) ClaimNext(ctx context.Context, who models.Actor, reason models.ReasonCode) (*Item, error) {
	item, err := q.claim(ctx, who, 0, reason)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, models.NewFault(models.Permanent, "queue_empty", "nothing is left to claim", nil)
	}
	return item, err
}

// Claim takes one item, or renews the actor's own claim of it. It answers
// claimed while somebody else holds it, supervisor_only after a referral, and
// not_found outside the actor's branch, and not_in_review once it is decided.
func (q *Queue) Claim(ctx context.Context, who models.Actor, receiptID int64) (*Item, error) {
	item, err := q.claim(ctx, who, receiptID, "")
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, q.whyNot(ctx, who, receiptID)
	}
	return item, err
}

func (q *Queue) claim(ctx context.Context, who models.Actor, receiptID int64, reason models.ReasonCode) (*Item, error) {
	var item Item
	err := q.store.InTx(ctx, func(tx pgx.Tx) error {
		var itemID, before int64
		supervisor := who.Has(models.RoleSupervisor)
		err := tx.QueryRow(ctx, claimSQL, who.BranchID, supervisor, who.ID, q.lease, receiptID, string(reason)).
			Scan(&itemID, &receiptID, &item.Version, &item.LeaseUntil, &item.Deadline, &before)
		if err != nil {
			return err
		}
		var still bool
		if err := tx.QueryRow(ctx, stillVisibleSQL, who.BranchID, supervisor, who.ID, itemID).Scan(&still); err != nil {
			return err
		}
		if !still {
			return pgx.ErrNoRows
		}
		if item.Dossier, err = archive.Load(ctx, tx, who, receiptID); err != nil {
			return err
		}
		detail := map[string]any{"version": item.Version}
		if before != 0 && before != who.ID {
			detail["taken_over_from"] = fmt.Sprintf("user:%d", before)
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "review.claimed",
			Object: fmt.Sprintf("receipt:%d", receiptID), Detail: detail})
	})
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	return &item, nil
}

// whyNot says why a named item could not be claimed.
func (q *Queue) whyNot(ctx context.Context, who models.Actor, receiptID int64) error {
	var open, referred, mine bool
	err := q.store.DB.QueryRow(ctx, `
SELECT EXISTS (SELECT FROM review_items i WHERE i.receipt_id = r.id AND i.closed_at IS NULL),
       coalesce(bool_or(d.decision = 'refer_up'), false), coalesce(bool_or(d.by_user = $3), false)
  FROM receipts r
  LEFT JOIN review_items i ON i.receipt_id = r.id AND i.closed_at IS NULL
  LEFT JOIN decisions d ON d.review_item_id = i.id
 WHERE r.id = $1 AND ($2::bigint = 0 OR r.branch_id = $2) GROUP BY r.id`, receiptID, who.BranchID, who.ID).Scan(&open, &referred, &mine)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return models.NewFault(models.Permanent, "not_found", "there is no such receipt, or it belongs to another branch", nil)
	case err != nil:
		return fmt.Errorf("claim receipt %d: %w", receiptID, err)
	case !open:
		return models.NewFault(models.Permanent, "not_in_review", "the receipt is not in review", nil)
	case referred && (mine || !who.Has(models.RoleSupervisor)):
		return models.NewFault(models.Permanent, "supervisor_only", "the receipt was referred up: another supervisor must take it", nil)
	default:
		return models.NewFault(models.Permanent, "claimed", "somebody else is working on this receipt", nil)
	}
}

// Release gives a claim back before its lease ends; releasing what is no
// longer held does nothing.
func (q *Queue) Release(ctx context.Context, who models.Actor, receiptID int64) error {
	return q.store.InTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE review_items SET claimed_by = NULL, lease_until = NULL, version = version + 1
 WHERE receipt_id = $1 AND closed_at IS NULL AND claimed_by = $2`, receiptID, who.ID)
		if err != nil {
			return fmt.Errorf("release receipt %d: %w", receiptID, err)
		}
		if tag.RowsAffected() == 0 {
			return nil
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "review.released", Object: fmt.Sprintf("receipt:%d", receiptID)})
	})
}

// Held gives the actor's own claim again, without renewing it; the view is
// recorded. It answers like Claim when the claim is not his.
func (q *Queue) Held(ctx context.Context, who models.Actor, receiptID int64) (*Item, error) {
	var item Item
	err := q.store.InTx(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT i.version, i.lease_until, i.deadline FROM review_items i JOIN receipts r ON r.id = i.receipt_id
 WHERE`+visibleSQL+` AND i.claimed_by = $3 AND i.receipt_id = $4`, who.BranchID, who.Has(models.RoleSupervisor), who.ID, receiptID).
			Scan(&item.Version, &item.LeaseUntil, &item.Deadline)
		if err != nil {
			return err
		}
		if item.Dossier, err = archive.Load(ctx, tx, who, receiptID); err != nil {
			return err
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "receipt.viewed", Object: fmt.Sprintf("receipt:%d", receiptID)})
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, q.whyLost(ctx, who, receiptID)
	}
	if err != nil {
		return nil, fmt.Errorf("claimed receipt %d: %w", receiptID, err)
	}
	return &item, nil
}
