package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"math/bits"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"heyin/models"
)

// twin is an earlier imprint of the same stamping as one just read.
type twin struct {
	specimenRef string
	receiptID   int64
	branchID    int64
	statementNo string
	likeness    float64
}

// maxTwins bounds what is told of one imprint; a seal printed by the dozen shows
// in its first few.
const maxTwins = 5

// findTwins looks, among all that the same seals have left on receipts of other
// statements, for the stampings of r, and keeps r's own prints for those to come.
// It locks the specimens until the transaction ends: of two receipts with one
// copied imprint the later one sees the earlier.
//
// A second receipt of the same statement is the same paper scanned again, or is
// stopped as already answered: it is no alarm.
func findTwins(ctx context.Context, tx pgx.Tx, job Job, r models.Result) ([]twin, error) {
	var refs []string
	for _, v := range r.Verifications {
		if v.Print.Whole() {
			refs = append(refs, v.SpecimenRef)
		}
	}
	if r.StatementID == 0 || len(refs) == 0 {
		return nil, nil
	}
	seals, err := lockSeals(ctx, tx, r.StatementID, refs, job.AcceptedAt)
	if err != nil {
		return nil, fmt.Errorf("prints: %w", err)
	}
	var all []twin
	for _, v := range r.Verifications {
		seal, ok := seals[v.SpecimenRef]
		if !v.Print.Whole() || !ok {
			continue
		}
		found, err := twinsOf(ctx, tx, job, r.StatementID, v, seal.alike)
		if err != nil {
			return nil, fmt.Errorf("twins of imprint %d: %w", v.Imprint, err)
		}
		all = append(all, found...)
		_, err = tx.Exec(ctx, `INSERT INTO imprint_prints (receipt_id, imprint_no, specimen_id, statement_id, method, print)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (receipt_id, imprint_no, specimen_id) DO UPDATE
   SET statement_id = EXCLUDED.statement_id, method = EXCLUDED.method, print = EXCLUDED.print`,
			job.ReceiptID, v.Imprint, seal.id, r.StatementID, models.PrintMethod, bitString(v.Print))
		if err != nil {
			return nil, fmt.Errorf("print of imprint %d: %w", v.Imprint, err)
		}
	}
	return all, nil
}

// seal is a specimen and all that were filed with the same image: their prints
// are taken in one frame.
type seal struct {
	id    int64
	alike []int64
}

func lockSeals(ctx context.Context, tx pgx.Tx, statementID int64, refs []string, at time.Time) (map[string]seal, error) {
	rows, err := tx.Query(ctx, `SELECT p.ref, p.id, q.id FROM statements s
  JOIN specimens p ON p.customer_id = s.customer_id AND p.ref = ANY($2) AND daterange(p.valid_from, p.valid_to) @> $3::date
  JOIN specimens q ON q.object_sha256 = p.object_sha256
 WHERE s.id = $1 ORDER BY q.id FOR NO KEY UPDATE OF q`, statementID, refs, day(at.In(models.BankTime)))
	if err != nil {
		return nil, err
	}
	seals := map[string]seal{}
	var ref string
	var id, alike int64
	_, err = pgx.ForEachRow(rows, []any{&ref, &id, &alike}, func() error {
		seals[ref] = seal{id, append(seals[ref].alike, alike)}
		return nil
	})
	return seals, err
}

func twinsOf(ctx context.Context, tx pgx.Tx, job Job, statementID int64, v models.Verification, specimens []int64) ([]twin, error) {
	rows, err := tx.Query(ctx, `
WITH near AS (
  SELECT receipt_id, statement_id, bit_count(print # $1) AS apart FROM imprint_prints
   WHERE specimen_id = ANY($2) AND method = $3 AND statement_id <> $4 AND receipt_id <> $5 AND bit_count(print # $1) <= $6
   ORDER BY apart, receipt_id LIMIT $7)
SELECT n.receipt_id, r.branch_id, s.no, n.apart FROM near n
  JOIN receipts r ON r.id = n.receipt_id JOIN statements s ON s.id = n.statement_id ORDER BY n.apart, n.receipt_id`,
		bitString(v.Print), specimens, models.PrintMethod, statementID, job.ReceiptID, models.CopyBits, maxTwins)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (twin, error) {
		t := twin{specimenRef: v.SpecimenRef}
		var apart int
		err := row.Scan(&t.receiptID, &t.branchID, &t.statementNo, &apart)
		t.likeness = models.Likeness(apart)
		return t, err
	})
}

// bitString gives a print as Postgres orders bits: the highest of a byte first.
func bitString(p models.Print) pgtype.Bits {
	turned := make([]byte, len(p))
	for i, b := range p {
		turned[i] = bits.Reverse8(b)
	}
	return pgtype.Bits{Bytes: turned, Len: models.PrintBits, Valid: true}
}

// reusedReason names a receipt with the same stamping to those who look at one of
// the branch; of another branch's receipt it says no more than that there is one.
func reusedReason(ref string, likeness float64, receiptID int64, statementNo string, sameBranch bool) models.Reason {
	where, whereZH := fmt.Sprintf("receipt %d (statement %s)", receiptID, statementNo), fmt.Sprintf("回执 %d（对账单 %s）", receiptID, statementNo)
	if !sameBranch {
		where, whereZH = "a receipt of another branch", "其他网点的一份回执"
	}
	return models.Reason{Code: models.ReasonImprintReused,
		Detail:   fmt.Sprintf("specimen %s: the very stamping found on %s, alike by %.2f", ref, where, likeness),
		DetailZH: fmt.Sprintf("印鉴 %s：与%s系同一次盖印，相似度 %.2f", ref, whereZH, likeness)}
}

// alarm puts the twins before a person too, and gives the reasons for the receipt
// just read: nobody can tell from two papers which was stamped and which copied.
// A twin that has passed is called back; one in review gets the reason added, and
// whoever has claimed it must look again; opinions given without the reason are
// void, what has been decided stands.
func (s *Store) alarm(ctx context.Context, tx pgx.Tx, job Job, statementID int64, twins []twin) ([]models.Reason, []Event, error) {
	if len(twins) == 0 {
		return nil, nil, nil
	}
	var own string
	if err := tx.QueryRow(ctx, `SELECT no FROM statements WHERE id = $1`, statementID).Scan(&own); err != nil {
		return nil, nil, fmt.Errorf("alarm: %w", err)
	}
	var reasons []models.Reason
	var events []Event
	for _, t := range twins {
		same := t.branchID == job.BranchID
		reasons = append(reasons, reusedReason(t.specimenRef, t.likeness, t.receiptID, t.statementNo, same))
		reason := reusedReason(t.specimenRef, t.likeness, job.ReceiptID, own, same)
		changed, err := s.reopen(ctx, tx, t.receiptID, reason)
		if err != nil {
			return nil, nil, fmt.Errorf("alarm on receipt %d: %w", t.receiptID, err)
		}
		if changed {
			events = append(events, Event{Actor: "worker:" + job.Worker, Action: "receipt.in_review", Object: objectName("receipt", t.receiptID),
				Detail: map[string]any{"reasons": []models.Reason{reason}, "found_by": job.ReceiptID}})
		}
	}
	return reasons, events, nil
}

// reopen adds a reason to the open review of a receipt, or calls it back when it
// has passed; false when it is neither. The item is locked before the receipt, as
// a reviewer's decision does.
func (s *Store) reopen(ctx context.Context, tx pgx.Tx, receiptID int64, reason models.Reason) (bool, error) {
	list, err := json.Marshal([]models.Reason{reason})
	if err != nil {
		return false, err
	}
	tag, err := tx.Exec(ctx, `UPDATE review_items SET reasons = reasons || $2::jsonb, priority = least(priority, $3), version = version + 1,
       stage = CASE stage WHEN 'second' THEN 'open' ELSE stage END
 WHERE receipt_id = $1 AND closed_at IS NULL`, receiptID, cleanJSON(list), urgency([]models.Reason{reason}))
	if err != nil {
		return false, err
	}
	if tag.RowsAffected() > 0 {
		_, err := tx.Exec(ctx, `UPDATE opinions SET undone_at = now() WHERE receipt_id = $1 AND undone_at IS NULL`, receiptID)
		return true, err
	}
	back := Job{ReceiptID: receiptID}
	rows, err := tx.Query(ctx, `UPDATE receipts SET state = 'in_review', answers = false WHERE id = $1 AND state = 'passed' RETURNING version`, receiptID)
	if err != nil {
		return false, err
	}
	versions, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil || len(versions) == 0 {
		return false, err
	}
	back.ReceiptVersion = versions[0]
	return true, s.openReview(ctx, tx, back, []models.Reason{reason})
}
