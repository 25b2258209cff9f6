package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/archive"
	"heyin/models"
	"heyin/storage"
)

// A hidden item is a decided receipt that a reviewer gets again as if it waited: two
// people agreed on it, so its answer is known, and his tells how well he judges.
// Whatever he answers stays in hidden_items. It goes the ways of a real item and
// answers like one, because who knows that he is tested is not.
type hidden struct {
	id, receiptID int64
	named         int64 // statement; 0: none
	version       int
	leaseUntil    time.Time
	deadline      time.Time
	reasons       []byte // JSON
}

// Receipts younger than hiddenRest are still remembered; those older than hiddenAge
// would stand out in the queue.
const (
	hiddenRest = "12 hours"
	hiddenAge  = "60 days"
)

// mayBeTested leaves out those who could look the receipt up and see that it is decided.
func mayBeTested(who models.Actor) bool {
	return !who.Has(models.RoleArchivist, models.RoleSupervisor, models.RoleBranch, models.RoleOperator)
}

// openHidden gives the actor's unfinished hidden item, locked: the one of this
// receipt, or any for receipt 0. Nil when there is none.
func openHidden(ctx context.Context, tx pgx.Tx, who models.Actor, receiptID int64) (*hidden, error) {
	var h hidden
	err := tx.QueryRow(ctx, `SELECT id, receipt_id, coalesce(named, 0), version, lease_until, deadline, reasons FROM hidden_items
 WHERE given_to = $1 AND ended_at IS NULL AND ($2::bigint = 0 OR receipt_id = $2) FOR UPDATE`, who.ID, receiptID).
		Scan(&h.id, &h.receiptID, &h.named, &h.version, &h.leaseUntil, &h.deadline, &h.reasons)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("hidden item: %w", err)
	}
	return &h, nil
}

// hiddenDueSQL is whether the draw of the actor's next judgement falls on a hidden
// item. The draw is of the day and counts his judgements on it: claiming again, or
// giving back, does not change it.
const hiddenDueSQL = `
WITH day AS (SELECT bank_date(now()) AS today, bank_date(now())::timestamp AT TIME ZONE 'Asia/Shanghai' AS since)
SELECT CASE WHEN g.hidden = 0 THEN false ELSE rule_draw(g.seed, $1, ((day.today - '2000-01-01') * 10000
        + (SELECT count(*) FROM decisions x WHERE x.by_user = $1 AND x.at >= day.since) + (SELECT count(*) FROM opinions x WHERE x.by_user = $1 AND x.at >= day.since)
        + (SELECT count(*) FROM hidden_items x WHERE x.given_to = $1 AND x.decision IS NOT NULL AND x.ended_at >= day.since))::integer) < g.hidden END
  FROM day, rule_sets g WHERE g.id = rule_set_on(day.today)`

// giveHiddenSQL picks a receipt that two people agreed on, that the actor has not
// met, and that he might as well have got: of his branch, within his filter.
const giveHiddenSQL = `
INSERT INTO hidden_items (receipt_id, truth, given_to, reasons, priority, deadline, opened_at, lease_until, rule_set_id)
SELECT r.id, d.decision, $3, i.reasons, i.priority, greatest(i.deadline, now() + interval '1 day'), i.opened_at, now() + $11::interval, rule_set_on(bank_date(now()))
  FROM decisions d JOIN review_items i ON i.id = d.review_item_id` + ofItemSQL + `
 WHERE d.second_by IS NOT NULL AND d.decision IN ('valid', 'invalid') AND d.undone_at IS NULL
   AND d.at BETWEEN now() - interval '` + hiddenAge + `' AND now() - interval '` + hiddenRest + `'
   AND r.version = d.receipt_version AND r.state = 'decided' AND r.statement_id IS NOT NULL AND NOT 'named' = ANY (d.needs_second)
   AND ($1::bigint = 0 OR r.branch_id = $1) AND $2::boolean IS NOT NULL AND` + untouchedSQL + `
   AND NOT EXISTS (SELECT FROM decisions x WHERE x.receipt_id = r.id AND x.second_by = $3)
   AND NOT EXISTS (SELECT FROM hidden_items x WHERE x.receipt_id = r.id AND x.given_to = $3) AND` + filterSQL + `
 ORDER BY md5(r.id::text || d.at::text) LIMIT 1
RETURNING id, receipt_id, version, lease_until, deadline, reasons`

// giveHidden gives the actor a hidden item instead of the next receipt when it is
// time for one; nil when it is not.
func (q *Queue) giveHidden(ctx context.Context, tx pgx.Tx, who models.Actor, f Filter) (*Item, error) {
	if !mayBeTested(who) {
		return nil, nil
	}
	var due bool
	if err := tx.QueryRow(ctx, hiddenDueSQL, who.ID).Scan(&due); err != nil || !due {
		return nil, err
	}
	var h hidden
	err := storage.Fenced(ctx, tx, who, func() error {
		return tx.QueryRow(ctx, giveHiddenSQL, append(f.args(who), q.lease)...).Scan(&h.id, &h.receiptID, &h.version, &h.leaseUntil, &h.deadline, &h.reasons)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("hidden item: %w", err)
	}
	return h.item(ctx, tx, who, "hidden.given")
}

// renew claims the item again, as a real one is.
func (h *hidden) renew(ctx context.Context, tx pgx.Tx, who models.Actor, lease time.Duration) (*Item, error) {
	err := tx.QueryRow(ctx, `UPDATE hidden_items SET lease_until = now() + $2::interval, version = version + 1 WHERE id = $1 RETURNING version, lease_until`,
		h.id, lease).Scan(&h.version, &h.leaseUntil)
	if err != nil {
		return nil, fmt.Errorf("hidden item: %w", err)
	}
	return h.item(ctx, tx, who, "hidden.renewed")
}

// show gives the item again, as Held does.
func (h *hidden) show(ctx context.Context, tx pgx.Tx, who models.Actor) (*Item, error) {
	return h.item(ctx, tx, who, "hidden.viewed")
}

// item shows the receipt as it stood before it was decided.
func (h *hidden) item(ctx context.Context, tx pgx.Tx, who models.Actor, action string) (*Item, error) {
	var d *archive.Dossier
	err := storage.Fenced(ctx, tx, who, func() (err error) {
		d, err = archive.Load(ctx, tx, who, h.receiptID, h.named)
		return err
	})
	if err != nil {
		return nil, err
	}
	d.State, d.Decisions, d.Reasons = models.InReview, []archive.Decision{}, nil
	// What came after it would tell.
	later := func(n archive.Neighbour) bool { return n.ReceiptID > h.receiptID }
	d.Same, d.Earlier = slices.DeleteFunc(d.Same, later), slices.DeleteFunc(d.Earlier, later)
	if err := hush(ctx, tx, d); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(h.reasons, &d.Reasons); err != nil {
		return nil, fmt.Errorf("hidden item: %w", err)
	}
	return &Item{Version: h.version, LeaseUntil: h.leaseUntil, Deadline: h.deadline, Named: h.named != 0, Dossier: d}, h.audit(ctx, tx, who, action, nil)
}

// hush says nothing of what people did with the receipts beside one, while the rules
// give hidden items: whoever had read there that a receipt was decided would know it
// when it comes to him. One still in review looks the same, so silence tells nothing;
// what was decided before hiddenAge comes to nobody.
func hush(ctx context.Context, tx pgx.Tx, d *archive.Dossier) error {
	var beside []int64
	for _, n := range slices.Concat(d.Same, d.Earlier, d.Neighbours) {
		beside = append(beside, n.ReceiptID)
	}
	rows, err := tx.Query(ctx, `SELECT r.id FROM receipts r, rule_sets s
 WHERE r.id = ANY ($1) AND s.id = rule_set_on(bank_date(now())) AND s.hidden > 0
   AND (r.state = 'in_review' OR r.state = 'decided' AND EXISTS (SELECT FROM decisions x
         WHERE x.receipt_id = r.id AND x.receipt_version = r.version AND x.at > now() - interval '`+hiddenAge+`'))`, beside)
	if err != nil {
		return fmt.Errorf("hidden items: %w", err)
	}
	secret, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("hidden items: %w", err)
	}
	for _, list := range [][]archive.Neighbour{d.Same, d.Earlier, d.Neighbours} {
		for i := range list {
			if slices.Contains(secret, list[i].ReceiptID) {
				list[i].State, list[i].Decision, list[i].Answers = "", "", false
			}
		}
	}
	return nil
}

// answer keeps what the actor said and tells him what a real item would have told.
func (h *hidden) answer(ctx context.Context, tx pgx.Tx, who models.Actor, j Judgement) (state models.ReceiptState, err error) {
	if j.Version != h.version {
		return "", errClaimLost()
	}
	err = tx.QueryRow(ctx, `UPDATE hidden_items h SET decision = $2, reason_code = $3, note = $4, ended_at = now(), version = h.version + 1,
       shown_state = CASE WHEN $2 = 'refer_up' OR cardinality(second_person_for(s, r.id, r.version, coalesce(h.named, r.statement_id), $2)) > 0
                          THEN 'in_review' ELSE 'decided' END
  FROM receipts r, rule_sets s WHERE h.id = $1 AND r.id = h.receipt_id AND s.id = rule_set_on(bank_date(now())) RETURNING shown_state`,
		h.id, string(j.Decision), j.ReasonCode, j.Note).Scan(&state)
	if err != nil {
		return "", fmt.Errorf("hidden item: %w", err)
	}
	return state, h.audit(ctx, tx, who, "hidden.answered", map[string]any{"decision": j.Decision, "reason_code": j.ReasonCode, "note": j.Note})
}

// name keeps the statement the actor named, which the page then shows.
func (h *hidden) name(ctx context.Context, tx pgx.Tx, who models.Actor, version int, statementID int64, no string) error {
	if version != h.version {
		return errClaimLost()
	}
	if _, err := tx.Exec(ctx, `UPDATE hidden_items SET named = $2, version = version + 1 WHERE id = $1`, h.id, statementID); err != nil {
		return fmt.Errorf("hidden item: %w", err)
	}
	return recordNamed(ctx, tx, who, "hidden.statement_named", h.receiptID, no)
}

func (h *hidden) release(ctx context.Context, tx pgx.Tx, who models.Actor) error {
	if _, err := tx.Exec(ctx, `UPDATE hidden_items SET ended_at = now() WHERE id = $1`, h.id); err != nil {
		return fmt.Errorf("hidden item: %w", err)
	}
	return h.audit(ctx, tx, who, "hidden.released", nil)
}

func (h *hidden) audit(ctx context.Context, tx pgx.Tx, who models.Actor, action string, detail any) error {
	return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: action, Object: fmt.Sprintf("receipt:%d", h.receiptID), Detail: detail})
}
