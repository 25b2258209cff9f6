package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"heyin/models"
	"heyin/storage"
)

// Judgement is what a reviewer says of the receipt he claimed.
type Judgement struct {
	Version     int // of the claim
	Decision    models.Decision
	ReasonCode  string // one of ReasonCodes; may be empty for valid
	Note        string
	StatementNo string           // names the statement of a receipt that has none, for valid
	Folds       []models.FoldUse // how he looked at the seals; may be empty
}

// maxNote is the length of a note in characters (the table allows 4000).
const maxNote = 1000

// ReasonCodes lists the reasons a decision may give. Codes are stable; the
// desk translates them.
func ReasonCodes() []string {
	return []string{"seal_mismatch", "seal_missing", "seal_unclear", "specimen_fault", "mark_differ", "mark_missing",
		"balance_differs", "account_differs", "altered", "image_poor", "not_a_receipt", "already_answered", "unsure", "other"}
}

func (j Judgement) validate() error {
	bad := func(code, reason string) error { return models.NewFault(models.Permanent, code, reason, nil) }
	switch {
	case !j.Decision.Known():
		return bad("decision_unknown", "decision: want valid, invalid, rescan or refer_up")
	case j.ReasonCode == "" && j.Decision != models.Valid:
		return bad("reason_required", "reason_code: "+string(j.Decision)+" needs one of "+strings.Join(ReasonCodes(), ", "))
	case j.ReasonCode != "" && !slices.Contains(ReasonCodes(), j.ReasonCode):
		return bad("reason_unknown", "reason_code: want one of "+strings.Join(ReasonCodes(), ", "))
	case utf8.RuneCountInString(j.Note) > maxNote:
		return bad("note_too_long", fmt.Sprintf("note: want at most %d characters", maxNote))
	}
	return validateFolds(j.Folds)
}

// endClaimSQL is the fence: it fits only the version of the actor's own claim,
// so a second decision, or one after a take-over, changes nothing. A lease that
// lapsed while nobody else wanted the item still counts.
const endClaimSQL = `
UPDATE review_items i
   SET claimed_by = NULL, lease_until = NULL, version = i.version + 1, closed_at = CASE WHEN $6::boolean THEN now() END
  FROM receipts r
 WHERE r.id = i.receipt_id AND` + visibleSQL + `
   AND i.claimed_by = $3 AND i.receipt_id = $4 AND i.version = $5
RETURNING i.id, i.receipt_version, coalesce(r.statement_id, 0)`

// Decide ends a claim with a judgement and gives the receipt's new state.
// Valid makes the receipt the answer to its statement; invalid and rescan
// decide it without; refer_up leaves it in review for another supervisor. It
// answers claim_lost when the claim is no longer the actor's, and
// already_answered when another receipt answered the statement first.
func (q *Queue) Decide(ctx context.Context, who models.Actor, receiptID int64, j Judgement) (models.ReceiptState, error) {
	if err := j.validate(); err != nil {
		return "", err
	}
	state := models.Decided
	if j.Decision == models.ReferUp {
		state = models.InReview
	}
	err := q.store.InTx(ctx, func(tx pgx.Tx) error {
		var itemID, statementID int64
		var receiptVersion int
		err := tx.QueryRow(ctx, endClaimSQL, who.BranchID, who.Has(models.RoleSupervisor), who.ID, receiptID, j.Version,
			state == models.Decided).Scan(&itemID, &receiptVersion, &statementID)
		if err != nil {
			return err
		}
		if err := saveFolds(ctx, tx, itemID, who, j.Folds); err != nil {
			return err
		}
		if j.Decision == models.Valid && statementID == 0 {
			if statementID, err = findStatement(ctx, tx, who, j.StatementNo); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO decisions (review_item_id, receipt_id, receipt_version, decision, reason_code, note, by_user)
 VALUES ($1, $2, $3, $4, $5, $6, $7)`, itemID, receiptID, receiptVersion, string(j.Decision), j.ReasonCode, j.Note, who.ID)
		if err != nil {
			return err
		}
		if state == models.Decided {
			if err := closeReceipt(ctx, tx, receiptID, receiptVersion, statementID, j.Decision == models.Valid); err != nil {
				return err
			}
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "receipt.judged", Object: fmt.Sprintf("receipt:%d", receiptID),
			Detail: map[string]any{"decision": j.Decision, "reason_code": j.ReasonCode, "note": j.Note, "version": receiptVersion, "statement_id": statementID}})
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", q.whyLost(ctx, who, receiptID)
	}
	if err != nil {
		return "", fmt.Errorf("decide receipt %d: %w", receiptID, err)
	}
	return state, nil
}

// findStatement resolves the number a reviewer typed, within his branch.
func findStatement(ctx context.Context, tx pgx.Tx, who models.Actor, no string) (int64, error) {
	no = strings.TrimSpace(no)
	if no == "" {
		return 0, models.NewFault(models.Permanent, "statement_required", "statement_no: the receipt has no statement yet; name it to find it valid", nil)
	}
	var id int64
	err := tx.QueryRow(ctx, `SELECT s.id FROM statements s JOIN customers c ON c.id = s.customer_id
 WHERE s.no = $1 AND ($2::bigint = 0 OR c.branch_id = $2)`, no, who.BranchID).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, models.NewFault(models.Permanent, "statement_unknown", "statement_no: not in the books", nil)
	}
	return id, err
}

// closeReceipt moves the receipt to decided; the version keeps a decision from
// a receipt that was judged again meanwhile.
func closeReceipt(ctx context.Context, tx pgx.Tx, receiptID int64, version int, statementID int64, valid bool) error {
	tag, err := tx.Exec(ctx, `UPDATE receipts SET state = 'decided', answers = $3, statement_id = nullif($4::bigint, 0)
 WHERE id = $1 AND version = $2 AND state = 'in_review'`, receiptID, version, valid, statementID)
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.ConstraintName == "receipts_one_answer" {
		return models.NewFault(models.Permanent, "already_answered", "another receipt already answers this statement", err)
	}
	if err != nil {
		return err
	}
	if tag.RowsAffected() != 1 {
		return pgx.ErrNoRows
	}
	return nil
}

// whyLost tells a receipt nobody may see from one whose claim has gone.
func (q *Queue) whyLost(ctx context.Context, who models.Actor, receiptID int64) error {
	err := q.whyNot(ctx, who, receiptID)
	if f, ok := errors.AsType[*models.Fault](err); ok && f.Code == "claimed" {
		return models.NewFault(models.Permanent, "claim_lost", "the claim has lapsed or was taken over; nothing was recorded", nil)
	}
	return err
}
