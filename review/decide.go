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
	StatementNo string           // names the statement of a receipt that has none, for valid (as Name does)
	Folds       []models.FoldUse // how he looked at the seals; may be empty
}

// maxNote is the length of a note in characters (the table allows 4000).
const maxNote = 1000

// ReasonCodes lists the reasons a decision may give. Codes are stable; the
// desk translates them. mark_agree says of a valid receipt that the machine misread its
// mark; mark_differ that it differs, which makes no receipt invalid.
func ReasonCodes() []string {
	return []string{"seal_mismatch", "seal_missing", "seal_unclear", "specimen_fault", "mark_differ", "mark_agree", "mark_missing",
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
	case j.ReasonCode == "mark_agree" && j.Decision != models.Valid:
		return bad("reason_unknown", "reason_code: mark_agree is of a valid receipt")
	case j.ReasonCode == "mark_differ" && (j.Decision == models.Invalid || j.Decision == models.Rescan):
		return bad("differ_is_answer", "a receipt that says the balance differs is an answer: valid when its seals match")
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
   SET claimed_by = NULL, lease_until = NULL, version = i.version + 1
  FROM receipts r
 WHERE r.id = i.receipt_id AND` + visibleSQL + `
   AND i.claimed_by = $3 AND i.receipt_id = $4 AND i.version = $5
RETURNING i.id, i.receipt_version, coalesce(i.named, r.statement_id, 0), i.stage`

// word is one judgement on its way: the item it is about and what the rules ask.
type word struct {
	Judgement
	by          int64
	itemID      int64
	receiptID   int64
	version     int // of the receipt
	statementID int64
	differs     bool // it finds valid a receipt that says the balance differs
	stage       stage
	needs       []string // why a second person is needed; empty: he is not
	others      []said   // what others have said of this version
}

// said is an earlier opinion of somebody else.
type said struct {
	ID, StatementID int64
	Decision        models.Decision
	Differs         bool
}

// Decide ends a claim with a judgement and gives the receipt's new state: decided
// when the judgement took effect, in review while it waits for another person.
//
// A judgement that the rules of the day leave to one person takes effect at once.
// One that needs a second person, or that follows another's, takes effect when two
// have given the same answer; two that differ go to the supervisor. Valid makes the
// receipt the answer to its statement; invalid and rescan decide it without;
// refer_up leaves it in review for another supervisor.
//
// It answers claim_lost when the claim is no longer the actor's, already_answered
// when another receipt answered the statement first, and own_work when the actor
// uploaded the receipt or made a specimen of its customer.
func (q *Queue) Decide(ctx context.Context, who models.Actor, receiptID int64, j Judgement) (models.ReceiptState, error) {
	if err := j.validate(); err != nil {
		return "", err
	}
	state := models.InReview
	err := q.store.InTx(ctx, func(tx pgx.Tx) error {
		if h, err := openHidden(ctx, tx, who, receiptID); h != nil || err != nil {
			if err == nil {
				state, err = h.answer(ctx, tx, who, j)
			}
			return err
		}
		w := word{Judgement: j, by: who.ID, receiptID: receiptID}
		err := storage.Fenced(ctx, tx, who, func() error {
			return tx.QueryRow(ctx, endClaimSQL, who.BranchID, who.Has(models.RoleSupervisor), who.ID, receiptID, j.Version).
				Scan(&w.itemID, &w.version, &w.statementID, &w.stage)
		})
		if err != nil {
			return err
		}
		if j.Decision == models.Valid && w.statementID == 0 {
			if w.statementID, err = findStatement(ctx, tx, who, j.StatementNo); err != nil {
				return err
			}
		}
		if err := saveFolds(ctx, tx, w.itemID, w.statementID, who, j.Folds); err != nil {
			return err
		}
		if err := w.ask(ctx, tx); err != nil {
			return err
		}
		if state, err = w.record(ctx, tx); err != nil {
			return err
		}
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "receipt.judged", Object: fmt.Sprintf("receipt:%d", receiptID),
			Detail: map[string]any{"decision": j.Decision, "reason_code": j.ReasonCode, "note": j.Note, "version": w.version, "statement_id": w.statementID,
				"needs_second": w.needs, "state": state}})
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", q.whyLost(ctx, who, receiptID)
	}
	if err != nil {
		return "", fmt.Errorf("decide receipt %d: %w", receiptID, broken(err))
	}
	return state, nil
}

// ask finds what the rules of the day want of the judgement, and what others have said.
func (w *word) ask(ctx context.Context, tx pgx.Tx) error {
	err := tx.QueryRow(ctx, `SELECT second_person_for(s, $1, $2, nullif($3::bigint, 0), $4), $4 = 'valid' AND answers_differ($1, $5)
  FROM rule_sets s WHERE s.id = rule_set_on(bank_date(now()))`,
		w.receiptID, w.version, w.statementID, string(w.Decision), w.ReasonCode).Scan(&w.needs, &w.differs)
	if err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	rows, err := tx.Query(ctx, `SELECT id, coalesce(statement_id, 0), decision, decision = 'valid' AND answers_differ(receipt_id, reason_code) FROM opinions
 WHERE receipt_id = $1 AND receipt_version = $2 AND by_user <> $3 AND undone_at IS NULL ORDER BY id`, w.receiptID, w.version, w.by)
	if err != nil {
		return err
	}
	w.others, err = pgx.CollectRows(rows, pgx.RowToStructByPos[said])
	return err
}

// record writes the judgement as what it is and moves item and receipt on.
func (w *word) record(ctx context.Context, tx pgx.Tx) (models.ReceiptState, error) {
	switch {
	case w.Decision == models.ReferUp:
		if err := w.insertDecision(ctx, tx); err != nil {
			return "", err
		}
		return models.InReview, w.moveTo(ctx, tx, stageSupervisor)
	case len(w.needs) == 0 && len(w.others) == 0:
		return models.Decided, w.close(ctx, tx, w.insertDecision)
	}
	if err := w.insertOpinion(ctx, tx); err != nil {
		return "", err
	}
	same := slices.IndexFunc(w.others, func(o said) bool {
		return o.Decision == w.Decision && o.StatementID == w.statementID && o.Differs == w.differs
	})
	switch {
	case same >= 0:
		return models.Decided, w.close(ctx, tx, func(ctx context.Context, tx pgx.Tx) error { return w.confirm(ctx, tx, w.others[same].ID) })
	case w.stage == stageSupervisor && len(w.needs) == 0 && w.Decision != models.Valid:
		return models.Decided, w.close(ctx, tx, w.insertDecision)
	case len(w.others) == 0:
		return models.InReview, w.moveTo(ctx, tx, stageSecond)
	default:
		return models.InReview, w.moveTo(ctx, tx, stageSupervisor)
	}
}

// insertDecision writes the judgement of one person.
func (w *word) insertDecision(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO decisions (review_item_id, receipt_id, receipt_version, decision, reason_code, note, by_user, statement_id)
 VALUES ($1, $2, $3, $4, $5, $6, $7, nullif($8::bigint, 0))`, w.itemID, w.receiptID, w.version, string(w.Decision), w.ReasonCode, w.Note, w.by, w.statementID)
	return err
}

// insertOpinion writes what does not take effect by itself. A statement that is
// already answered is refused now: a second person could not change it.
func (w *word) insertOpinion(ctx context.Context, tx pgx.Tx) error {
	var answered bool
	err := tx.QueryRow(ctx, `SELECT $1 = 'valid' AND EXISTS (SELECT FROM receipts WHERE statement_id = $2 AND answers)`, string(w.Decision), w.statementID).Scan(&answered)
	if err != nil {
		return err
	}
	if answered {
		return errAnswered(nil)
	}
	_, err = tx.Exec(ctx, `INSERT INTO opinions (review_item_id, receipt_id, receipt_version, decision, reason_code, note, by_user, statement_id)
 VALUES ($1, $2, $3, $4, $5, $6, $7, nullif($8::bigint, 0))`, w.itemID, w.receiptID, w.version, string(w.Decision), w.ReasonCode, w.Note, w.by, w.statementID)
	return err
}

// confirm makes the first person's opinion the decision of both.
func (w *word) confirm(ctx context.Context, tx pgx.Tx, opinionID int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO decisions (review_item_id, receipt_id, receipt_version, decision, reason_code, note, by_user, statement_id, second_by)
SELECT review_item_id, receipt_id, receipt_version, decision, reason_code, note, by_user, statement_id, $2 FROM opinions WHERE id = $1`, opinionID, w.by)
	return err
}

func (w *word) moveTo(ctx context.Context, tx pgx.Tx, next stage) error {
	_, err := tx.Exec(ctx, `UPDATE review_items SET stage = $2 WHERE id = $1`, w.itemID, next)
	return err
}

// close ends the item with the decision that insert writes.
func (w *word) close(ctx context.Context, tx pgx.Tx, insert func(context.Context, pgx.Tx) error) error {
	if err := insert(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE review_items SET closed_at = now() WHERE id = $1`, w.itemID); err != nil {
		return err
	}
	return closeReceipt(ctx, tx, w.receiptID, w.version, w.statementID, w.Decision == models.Valid)
}

// broken names the constraints of the schema that a judgement may run into.
func broken(err error) error {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.ConstraintName == "judged_by_others" {
		return errOwnWork(err)
	}
	return err
}

func errOwnWork(err error) error {
	return models.NewFault(models.Permanent, "own_work", "you uploaded this receipt or made a specimen of its customer: somebody else must judge it", err)
}

func errAnswered(err error) error {
	return models.NewFault(models.Permanent, "already_answered", "another receipt already answers this statement", err)
}

// findStatement resolves the number a reviewer typed, within his branch.
func findStatement(ctx context.Context, tx pgx.Tx, who models.Actor, no string) (int64, error) {
	no = strings.TrimSpace(no)
	if no == "" {
		return 0, models.NewFault(models.Permanent, "statement_required", "statement_no: the receipt has no statement yet; name it to find it valid", nil)
	}
	var id int64
	err := storage.Fenced(ctx, tx, who, func() error {
		return tx.QueryRow(ctx, `SELECT s.id FROM statements s JOIN customers c ON c.id = s.customer_id
 WHERE s.no = $1 AND ($2::bigint = 0 OR c.branch_id = $2)`, no, who.BranchID).Scan(&id)
	})
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
		return errAnswered(err)
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
		return errClaimLost()
	}
	return err
}

func errClaimLost() error {
	return models.NewFault(models.Permanent, "claim_lost", "the claim has lapsed or was taken over; nothing was recorded", nil)
}
