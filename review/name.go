package review

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// Candidate is a statement that a receipt may answer.
type Candidate struct {
	No         string    `json:"statement_no"`
	Customer   string    `json:"customer"`
	CustomerNo string    `json:"customer_no"`
	CutOff     time.Time `json:"cut_off"`
	PeriodOpen bool      `json:"period_open"`
	Answered   bool      `json:"answered"` // a receipt answers it already; not told of what people decided to who may be tested (hush)
}

// maxCandidates of a search: who sees more than a screen types another character.
const maxCandidates = 20

// candidatesSQL finds statements by the beginning of their number or of a customer's
// name, a customer's number, or an account. starts_with is leakproof, so that its
// indexes serve behind the fence of a branch too.
const candidatesSQL = `
SELECT s.no, c.name, c.no, p.cut_off, p.state = 'open', EXISTS (SELECT FROM receipts r WHERE r.statement_id = s.id AND r.answers
         AND (r.state = 'passed' OR NOT $5 OR (SELECT x.hidden = 0 FROM rule_sets x WHERE x.id = rule_set_on(bank_date(now())))))
  FROM statements s JOIN customers c ON c.id = s.customer_id JOIN periods p ON p.id = s.period_id
 WHERE ($1::bigint = 0 OR c.branch_id = $1) AND s.id IN (
         SELECT x.id FROM statements x WHERE starts_with(x.no, $2)
   UNION SELECT x.id FROM customers k JOIN statements x ON x.customer_id = k.id WHERE starts_with(k.name, $2) OR k.no = $2
   UNION SELECT l.statement_id FROM statement_lines l WHERE l.account_no = $3)
 ORDER BY p.cut_off DESC, s.no LIMIT $4`

// Candidates searches the books for the statement of a receipt that the actor has
// claimed, within his branch; the search is audited. It answers like Claim when the
// claim is not his.
func (q *Queue) Candidates(ctx context.Context, who models.Actor, receiptID int64, text string) (list []Candidate, err error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, models.NewFault(models.Permanent, "search_empty", "give a statement number, a customer or an account", nil)
	}
	if err := q.mustHold(ctx, who, receiptID); err != nil {
		return nil, err
	}
	err = q.store.InTx(ctx, func(tx pgx.Tx) error {
		err := storage.Fenced(ctx, tx, who, func() error {
			rows, err := tx.Query(ctx, candidatesSQL, who.BranchID, text, strings.NewReplacer(" ", "", "-", "").Replace(text), maxCandidates, mayBeTested(who))
			if err != nil {
				return err
			}
			list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Candidate])
			return err
		})
		if err != nil {
			return err
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "review.statement_sought", Object: fmt.Sprintf("receipt:%d", receiptID),
			Detail: map[string]any{"text": text, "hits": len(list)}})
	})
	if err != nil {
		return nil, fmt.Errorf("statements for receipt %d: %w", receiptID, err)
	}
	return list, nil
}

// Name says which statement the claimed receipt answers, in place of what the machine
// found or did not find. It holds for the actor's claim, whose version changes: books,
// specimens and the receipts beside are the named statement's, and so is his judgement,
// which then takes effect only when another person has named the same one
// (migration 0045). It answers statement_unknown for one that is not in the books of his
// branch, own_work for one of a customer whose specimen he made, and claim_lost.
func (q *Queue) Name(ctx context.Context, who models.Actor, receiptID int64, version int, no string) error {
	if err := q.mustHold(ctx, who, receiptID); err != nil {
		return err
	}
	err := q.store.InTx(ctx, func(tx pgx.Tx) error {
		statementID, err := findStatement(ctx, tx, who, no)
		if err != nil {
			return err
		}
		if h, err := openHidden(ctx, tx, who, receiptID); h != nil || err != nil {
			if err == nil {
				err = h.name(ctx, tx, who, version, statementID, no)
			}
			return err
		}
		var own bool
		err = storage.Fenced(ctx, tx, who, func() error {
			return tx.QueryRow(ctx, `UPDATE review_items i SET named = $6, version = i.version + 1 FROM receipts r
 WHERE r.id = i.receipt_id AND`+visibleSQL+` AND i.claimed_by = $3 AND i.receipt_id = $4 AND i.version = $5 RETURNING must_not_judge($3, r.id, $6)`,
				who.BranchID, who.Has(models.RoleSupervisor), who.ID, receiptID, version, statementID).Scan(&own)
		})
		if err != nil {
			return err
		}
		if own {
			return errOwnWork(nil)
		}
		return recordNamed(ctx, tx, who, "review.statement_named", receiptID, no)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return q.whyLost(ctx, who, receiptID)
	}
	if err != nil {
		return fmt.Errorf("name the statement of receipt %d: %w", receiptID, err)
	}
	return nil
}

// mustHold answers like Claim unless the actor has the receipt before him: who does not
// learns nothing of the books through it.
func (q *Queue) mustHold(ctx context.Context, who models.Actor, receiptID int64) error {
	held, err := q.Holds(ctx, who, receiptID)
	if err != nil || held {
		return err
	}
	return q.whyLost(ctx, who, receiptID)
}

func recordNamed(ctx context.Context, tx pgx.Tx, who models.Actor, action string, receiptID int64, no string) error {
	return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: action, Object: fmt.Sprintf("receipt:%d", receiptID),
		Detail: map[string]any{"statement_no": strings.TrimSpace(no)}})
}
