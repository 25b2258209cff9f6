package review

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// branchDays is how far the branch's lists look back: a quarter and some days.
const branchDays = 100

// branchRows bounds a list; the oldest unanswered come first.
const branchRows = 500

// InvalidReceipt is one that people found invalid. While its statement has no other
// answer it is for the second round (二次对账).
type InvalidReceipt struct {
	ReceiptID   int64     `json:"receipt_id"`
	StatementNo string    `json:"statement_no"` // may be empty
	Customer    string    `json:"customer"`
	CustomerNo  string    `json:"customer_no"`
	Period      string    `json:"period"`
	Branch      string    `json:"branch"`
	ReasonCode  string    `json:"reason_code"`
	Note        string    `json:"note"`
	At          time.Time `json:"at"`
	Answered    bool      `json:"answered"` // another receipt answers the statement
	PeriodOpen  bool      `json:"period_open"`
	Waiting     bool      `json:"waiting"`  // another receipt of the statement may answer it yet
	Repeated    bool      `json:"repeated"` // a later invalid receipt of the statement stands for this one
}

// SecondRound reports whether the statement must be issued again: it has no valid
// answer, no receipt that may become one, and the customer has not said that the
// balance differs, which is looked into first.
func (r InvalidReceipt) SecondRound() bool {
	return !r.Answered && r.PeriodOpen && !r.Waiting && !r.Repeated && r.ReasonCode != "mark_differ"
}

// SpecimenFault is a receipt that shows that the file is wrong: no specimen, or one
// a person found unclear, out of date or not the customer's.
type SpecimenFault struct {
	ReceiptID   int64     `json:"receipt_id"`
	StatementNo string    `json:"statement_no"`
	Customer    string    `json:"customer"`
	CustomerNo  string    `json:"customer_no"`
	Branch      string    `json:"branch"`
	Code        string    `json:"code"` // no_specimen, seal_superseded or specimen_fault
	At          time.Time `json:"at"`
	Open        bool      `json:"open"` // still in review
}

// InvalidReceipts lists what a branch must put right, second rounds first.
func (q *Queue) InvalidReceipts(ctx context.Context, who models.Actor) ([]InvalidReceipt, error) {
	list, err := storage.Rows(ctx, q.store, who, pgx.RowToStructByPos[InvalidReceipt], `
SELECT r.id, coalesce(s.no, ''), coalesce(c.name, ''), coalesce(c.no, ''), coalesce(to_char(p.cut_off, 'YYYY-MM-DD'), ''), b.code, d.reason_code, d.note, d.at,
       EXISTS (SELECT FROM receipts x WHERE x.statement_id = s.id AND x.answers), coalesce(p.state = 'open', false),
       EXISTS (SELECT FROM receipts x WHERE x.statement_id = s.id AND x.state IN ('in_progress', 'in_review')),
       EXISTS (SELECT FROM receipts x JOIN decisions y ON y.receipt_id = x.id AND y.receipt_version = x.version
                WHERE x.statement_id = s.id AND x.state = 'decided' AND y.decision = 'invalid' AND y.undone_at IS NULL AND y.id > d.id)
  FROM decisions d JOIN receipts r ON r.id = d.receipt_id AND r.version = d.receipt_version AND r.state = 'decided'
  JOIN branches b ON b.id = r.branch_id
  LEFT JOIN statements s ON s.id = r.statement_id LEFT JOIN customers c ON c.id = s.customer_id LEFT JOIN periods p ON p.id = s.period_id
 WHERE d.decision = 'invalid' AND d.undone_at IS NULL AND d.at > now() - make_interval(days => $2) AND ($1::bigint = 0 OR r.branch_id = $1)
 ORDER BY 10, 11 DESC, d.at LIMIT $3`, who.BranchID, branchDays, branchRows)
	if err != nil {
		return nil, fmt.Errorf("invalid receipts: %w", err)
	}
	return list, nil
}

// SpecimenFaults lists the receipts that show a fault of the specimens on file, newest first.
func (q *Queue) SpecimenFaults(ctx context.Context, who models.Actor) ([]SpecimenFault, error) {
	list, err := storage.Rows(ctx, q.store, who, pgx.RowToStructByPos[SpecimenFault], `
SELECT f.receipt, coalesce(s.no, ''), coalesce(c.name, ''), coalesce(c.no, ''), b.code, f.code, f.at, f.open FROM (
  SELECT i.receipt_id AS receipt, x ->> 'code' AS code, i.opened_at AS at, i.closed_at IS NULL AS open
    FROM review_items i, jsonb_array_elements(i.reasons) x
   WHERE i.opened_at > now() - make_interval(days => $2) AND x ->> 'code' IN ('no_specimen', 'seal_superseded')
  UNION
  SELECT d.receipt_id, d.reason_code, d.at, false FROM decisions d
   WHERE d.at > now() - make_interval(days => $2) AND d.reason_code = 'specimen_fault' AND d.undone_at IS NULL) f
  JOIN receipts r ON r.id = f.receipt JOIN branches b ON b.id = r.branch_id
  LEFT JOIN statements s ON s.id = r.statement_id LEFT JOIN customers c ON c.id = s.customer_id
 WHERE $1::bigint = 0 OR r.branch_id = $1 ORDER BY f.at DESC, f.receipt LIMIT $3`, who.BranchID, branchDays, branchRows)
	if err != nil {
		return nil, fmt.Errorf("specimen faults: %w", err)
	}
	return list, nil
}
