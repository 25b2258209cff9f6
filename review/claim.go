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
	Named      bool             `json:"named,omitempty"` // the statement is the one that the actor has named
	Dossier    *archive.Dossier `json:"dossier"`
}

// claimSQL takes the items named by the inner query. SKIP LOCKED lets many
// reviewers press the button at once without waiting for each other; a lapsed
// lease is anybody's. An actor's own claim is renewed, and nothing he has judged
// already.
const claimSQL = `
WITH pick AS (
  SELECT i.id, coalesce(i.claimed_by, 0) AS claimed_by FROM review_items i` + ofItemSQL + `
   WHERE` + visibleSQL + ` AND` + untouchedSQL + ` AND` + filterSQL + `
     AND (i.claimed_by IS NULL OR i.claimed_by = $3 OR i.lease_until <= now())
     AND ($11::bigint = 0 OR i.receipt_id = $11) AND i.receipt_id <> $13
   ORDER BY i.due, i.priority, i.id
   LIMIT 1 FOR UPDATE OF i SKIP LOCKED)
UPDATE review_items i
   SET claimed_by = $3, lease_until = now() + $12::interval, version = i.version + 1, named = CASE WHEN i.claimed_by = $3 THEN i.named END
  FROM pick WHERE i.id = pick.id
RETURNING i.id, i.receipt_id, i.version, i.lease_until, i.deadline, pick.claimed_by, coalesce(i.named, 0)`

// stillVisibleSQL looks again once the item is locked: a judgement that was
// committed while claimSQL ran is not in that statement's snapshot.
const stillVisibleSQL = `
SELECT count(*) = 1 FROM review_items i JOIN receipts r ON r.id = i.receipt_id
 WHERE` + visibleSQL + ` AND` + untouchedSQL + ` AND i.id = $4`

// ClaimNext takes the most urgent free item within the filter; an unfinished claim
// of the actor's own comes first. It answers queue_empty when nothing is left.
func (q *Queue) ClaimNext(ctx context.Context, who models.Actor, f Filter) (*Item, error) {
	item, err := q.next(ctx, who, f, 0)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, models.NewFault(models.Permanent, "queue_empty", "nothing is left to claim", nil)
	}
	return item, err
}

// Ahead claims the item that the actor will get after the current one, so that it
// can be laid ready; an earlier claim of his own is renewed. ClaimNext gives it to
// him later, and it lapses like any claim. Nil when nothing else waits, which is no
// fault: the actor did not ask for it.
func (q *Queue) Ahead(ctx context.Context, who models.Actor, current int64, f Filter) (*Item, error) {
	item, err := q.next(ctx, who, f, current)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // see above
	}
	return item, err
}

// next claims what comes next, but for the current receipt: an unfinished claim,
// else a hidden item when it is time for one, else the most urgent within the filter.
func (q *Queue) next(ctx context.Context, who models.Actor, f Filter, current int64) (item *Item, err error) {
	f = f.bounded()
	err = q.store.InTx(ctx, func(tx pgx.Tx) error {
		h, err := openHidden(ctx, tx, who, 0)
		if err != nil {
			return err
		}
		if h != nil && h.receiptID != current {
			item, err = h.renew(ctx, tx, who, q.lease)
			return err
		}
		var own int64
		err = tx.QueryRow(ctx, `SELECT receipt_id FROM review_items WHERE claimed_by = $1 AND receipt_id <> $2 ORDER BY due, priority, id LIMIT 1`, who.ID, current).Scan(&own)
		if err == nil { // the filter is for what is new
			if item, err = q.claimReal(ctx, tx, who, own, 0, Filter{}); !errors.Is(err, pgx.ErrNoRows) {
				return err
			}
		} else if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if h == nil {
			if item, err = q.giveHidden(ctx, tx, who, f); item != nil || err != nil {
				return err
			}
		}
		item, err = q.claimReal(ctx, tx, who, 0, current, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	return item, nil
}

// Claim takes one item, or renews the actor's own claim of it. It answers
// claimed while somebody else holds it, supervisor_only after a referral or two
// answers that differ, judged_already and own_work when it must be another person,
// not_found outside the actor's branch, and not_in_review once it is decided.
func (q *Queue) Claim(ctx context.Context, who models.Actor, receiptID int64) (item *Item, err error) {
	err = q.store.InTx(ctx, func(tx pgx.Tx) error {
		h, err := openHidden(ctx, tx, who, receiptID)
		if err != nil {
			return err
		}
		if h != nil {
			item, err = h.renew(ctx, tx, who, q.lease)
			return err
		}
		item, err = q.claimReal(ctx, tx, who, receiptID, 0, Filter{})
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, q.whyNot(ctx, who, receiptID)
	}
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	return item, nil
}

// claimReal claims the receipt, or for 0 the most urgent within the filter but not
// the one excepted. pgx.ErrNoRows when it cannot be had.
func (q *Queue) claimReal(ctx context.Context, tx pgx.Tx, who models.Actor, receiptID, except int64, f Filter) (*Item, error) {
	var item Item
	var itemID, before, named int64
	err := storage.Fenced(ctx, tx, who, func() error {
		err := tx.QueryRow(ctx, claimSQL, append(f.args(who), receiptID, q.lease, except)...).
			Scan(&itemID, &receiptID, &item.Version, &item.LeaseUntil, &item.Deadline, &before, &named)
		if err != nil {
			return err
		}
		var still bool
		if err := tx.QueryRow(ctx, stillVisibleSQL, who.BranchID, who.Has(models.RoleSupervisor), who.ID, itemID).Scan(&still); err != nil {
			return err
		}
		if !still {
			return pgx.ErrNoRows
		}
		return item.load(ctx, tx, who, receiptID, named)
	})
	if err != nil {
		return nil, err
	}
	detail := map[string]any{"version": item.Version}
	if before != 0 && before != who.ID {
		detail["taken_over_from"] = fmt.Sprintf("user:%d", before)
	}
	return &item, storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "review.claimed",
		Object: fmt.Sprintf("receipt:%d", receiptID), Detail: detail})
}

// load reads the dossier of a real item. What others have said of it is for the
// supervisor who settles a dispute, and for a second person who is not blind.
func (item *Item) load(ctx context.Context, tx pgx.Tx, who models.Actor, receiptID, named int64) (err error) {
	if item.Dossier, err = archive.Load(ctx, tx, who, receiptID, named); err != nil {
		return err
	}
	item.Named = named != 0
	if mayBeTested(who) {
		if err := hush(ctx, tx, item.Dossier); err != nil {
			return err
		}
	}
	var shown bool
	err = tx.QueryRow(ctx, `SELECT i.stage = 'supervisor' OR NOT s.blind FROM review_items i, rule_sets s
 WHERE i.receipt_id = $1 AND i.closed_at IS NULL AND s.id = rule_set_on(bank_date(now()))`, receiptID).Scan(&shown)
	if err != nil || !shown {
		return err
	}
	opinions, err := archive.Opinions(ctx, tx, receiptID)
	item.Dossier.Decisions = append(item.Dossier.Decisions, opinions...)
	return err
}

// whyNot says why a named item could not be claimed.
func (q *Queue) whyNot(ctx context.Context, who models.Actor, receiptID int64) error {
	type standing struct{ Open, Supervisor, Own, Mine, Hidden bool }
	is, err := storage.Row(ctx, q.store, who, pgx.RowToStructByPos[standing], `
SELECT i.id IS NOT NULL, coalesce(i.stage = 'supervisor', false), must_not_judge($3, r.id, r.statement_id),
       EXISTS (SELECT FROM decisions x WHERE x.receipt_id = r.id AND x.by_user = $3 AND x.undone_at IS NULL)
    OR EXISTS (SELECT FROM opinions x WHERE x.receipt_id = r.id AND x.by_user = $3 AND x.undone_at IS NULL),
       EXISTS (SELECT FROM hidden_items h WHERE h.receipt_id = r.id AND h.given_to = $3 AND h.shown_state = 'in_review')
  FROM receipts r LEFT JOIN review_items i ON i.receipt_id = r.id AND i.closed_at IS NULL
 WHERE r.id = $1 AND ($2::bigint = 0 OR r.branch_id = $2)`, receiptID, who.BranchID, who.ID)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return models.NewFault(models.Permanent, "not_found", "there is no such receipt, or it belongs to another branch", nil)
	case err != nil:
		return fmt.Errorf("claim receipt %d: %w", receiptID, err)
	case !is.Open && !is.Hidden: // a hidden item must end as a real one does
		return models.NewFault(models.Permanent, "not_in_review", "the receipt is not in review", nil)
	case is.Supervisor && (is.Mine || !who.Has(models.RoleSupervisor)):
		return models.NewFault(models.Permanent, "supervisor_only", "the receipt waits for a supervisor who has not judged it", nil)
	case is.Mine || is.Hidden:
		return models.NewFault(models.Permanent, "judged_already", "you have judged this receipt: another person must look now", nil)
	case is.Own:
		return errOwnWork(nil)
	default:
		return models.NewFault(models.Permanent, "claimed", "somebody else is working on this receipt", nil)
	}
}

// Release gives a claim back before its lease ends; releasing what is no
// longer held does nothing.
func (q *Queue) Release(ctx context.Context, who models.Actor, receiptID int64) error {
	return q.store.InTx(ctx, func(tx pgx.Tx) error {
		if h, err := openHidden(ctx, tx, who, receiptID); h != nil || err != nil {
			if err == nil {
				err = h.release(ctx, tx, who)
			}
			return err
		}
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

// Holds reports whether the actor has the receipt before him to judge it.
func (q *Queue) Holds(ctx context.Context, who models.Actor, receiptID int64) (held bool, err error) {
	held, err = storage.Row(ctx, q.store, who, pgx.RowTo[bool], `SELECT EXISTS (SELECT FROM review_items WHERE receipt_id = $1 AND closed_at IS NULL AND claimed_by = $2)
    OR EXISTS (SELECT FROM hidden_items WHERE receipt_id = $1 AND given_to = $2 AND ended_at IS NULL)`, receiptID, who.ID)
	if err != nil {
		return false, fmt.Errorf("claim of receipt %d: %w", receiptID, err)
	}
	return held, nil
}

// Held gives the actor's own claim again, without renewing it; the view is
// recorded. It answers like Claim when the claim is not his.
func (q *Queue) Held(ctx context.Context, who models.Actor, receiptID int64) (*Item, error) {
	var item *Item
	err := q.store.InTx(ctx, func(tx pgx.Tx) (err error) {
		if h, err := openHidden(ctx, tx, who, receiptID); h != nil || err != nil {
			if err == nil {
				item, err = h.show(ctx, tx, who)
			}
			return err
		}
		item = &Item{}
		err = storage.Fenced(ctx, tx, who, func() error {
			var named int64
			err := tx.QueryRow(ctx, `SELECT i.version, i.lease_until, i.deadline, coalesce(i.named, 0) FROM review_items i JOIN receipts r ON r.id = i.receipt_id
 WHERE`+visibleSQL+` AND i.claimed_by = $3 AND i.receipt_id = $4`, who.BranchID, who.Has(models.RoleSupervisor), who.ID, receiptID).
				Scan(&item.Version, &item.LeaseUntil, &item.Deadline, &named)
			if err != nil {
				return err
			}
			return item.load(ctx, tx, who, receiptID, named)
		})
		if err != nil {
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
	return item, nil
}
