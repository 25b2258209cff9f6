package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// maxPages bounds what one file may turn into; imaging refuses such files before.
const maxPages = 1000

// Finish saves the result of a job: reading, verifications, evidence, the new
// state, the review item with its reasons, receipts for the further pages of a
// scan, and the audit, in one transaction that only the latest attempt can make.
// evidence are the stored images of r.Evidence by name.
//
// It gives the state the receipt has got, which is not always the one the
// reader proposed: a statement that meanwhile was answered, or whose period was
// closed, or an imprint that was used before, or the rules of the day, turns passed
// into in review. Fault stale_lease when the job is no longer the caller's; then
// nothing was saved.
func (s *Store) Finish(ctx context.Context, job Job, r models.Result, evidence map[string]Object) (models.ReceiptState, error) {
	var state models.ReceiptState
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE jobs SET state = 'done', worker = NULL, lease_until = NULL, finished_at = now(), last_error = NULL
WHERE id = $1 AND attempt = $2 AND state = 'leased'`, job.ID, job.Attempt)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errStaleLease(job)
		}
		var reasons []models.Reason
		if state, reasons, err = settle(ctx, tx, r); err != nil {
			return err
		}
		twins, err := findTwins(ctx, tx, job, r)
		if err != nil {
			return err
		}
		if len(twins) > 0 {
			state = models.InReview
		}
		heeded := map[string]any{}
		if state == models.Passed {
			if state, reasons, err = heedRules(ctx, tx, r, heeded); err != nil {
				return err
			}
		}
		alarms, called, err := s.alarm(ctx, tx, job, r.StatementID, twins)
		if err != nil {
			return err
		}
		reasons = slices.Concat(reasons, alarms)
		if err := moveReceipt(ctx, tx, job, state, r.StatementID, r.PageCount); err != nil {
			return err
		}
		if err := saveReading(ctx, tx, job, r, evidence); err != nil {
			return err
		}
		if state == models.InReview {
			if err := s.openReview(ctx, tx, job, reasons); err != nil {
				return err
			}
		}
		events, err := furtherPages(ctx, tx, job, r)
		if err != nil {
			return err
		}
		events = append(events, called...)
		maps.Copy(heeded, map[string]any{"job": job.ID, "attempt": job.Attempt, "sha256": job.SHA256, "page": job.Page, "statement_id": r.StatementID,
			"reasons": reasons, "software": r.Software, "params": r.Params, "bank": r.Bank})
		events = append(events, Event{Actor: "worker:" + job.Worker, Action: "receipt." + string(state), Object: objectName("receipt", job.ReceiptID), Detail: heeded})
		return Record(ctx, tx, events...)
	})
	if err != nil {
		return "", fmt.Errorf("finish job %d: %w", job.ID, err)
	}
	return state, nil
}

// settle holds the proposed state against the books as they are now, and fails
// closed: there is no way to passed around these lines.
func settle(ctx context.Context, tx pgx.Tx, r models.Result) (models.ReceiptState, []models.Reason, error) {
	reasons := r.Reasons
	object := func(code models.ReasonCode, detail string) {
		reasons = append(reasons[:len(reasons):len(reasons)], models.Reason{Code: code, Detail: detail})
	}
	switch r.State {
	case models.Quarantined:
		return models.Quarantined, reasons, nil
	case models.InReview:
		if len(reasons) == 0 {
			object(models.ReasonReaderFailed, "the reader gave no reason")
		}
		return models.InReview, reasons, nil
	case models.Passed:
	default:
		object(models.ReasonReaderFailed, fmt.Sprintf("the reader proposed %q", r.State))
		return models.InReview, reasons, nil
	}
	if r.StatementID == 0 || r.Reading.Mark.Mark != models.Agree || r.Reading.Quality.Grade != models.QualityGood {
		object(models.ReasonReaderFailed, "passed without a statement, the mark or a good scan")
	}
	if r.StatementID != 0 {
		// The lock makes two receipts for one statement come one after the other.
		// Whether it is answered is asked after the lock: only then is the other visible.
		var open, answered bool
		err := tx.QueryRow(ctx, `SELECT p.state = 'open' FROM statements s JOIN periods p ON p.id = s.period_id
 WHERE s.id = $1 FOR UPDATE OF s FOR SHARE OF p`, r.StatementID).Scan(&open)
		if errors.Is(err, pgx.ErrNoRows) {
			return "", nil, models.NewFault(models.NeedsReview, "statement_unknown", fmt.Sprintf("statement %d is not in the books", r.StatementID), err)
		}
		if err == nil {
			err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM receipts WHERE statement_id = $1 AND answers)`, r.StatementID).Scan(&answered)
		}
		if err != nil {
			return "", nil, err
		}
		if !open {
			object(models.ReasonPeriodClosed, "")
		}
		if answered {
			object(models.ReasonAnswered, "")
		}
	}
	if len(reasons) > 0 {
		return models.InReview, reasons, nil
	}
	return models.Passed, nil, nil
}

// heedRules takes a pass away where the rule set of the day wants a person to look:
// it was drawn, or its weakest match scores too low. The audit gets the rule set and
// the draw of every pass, so that both can be made again.
func heedRules(ctx context.Context, tx pgx.Tx, r models.Result, audit map[string]any) (models.ReceiptState, []models.Reason, error) {
	var rules int64
	var least, sample, draw int
	err := tx.QueryRow(ctx, `SELECT s.id, s.least_score, s.passed_sample, passed_draw(s.seed, $1) FROM rule_sets s WHERE s.id = rule_set_on(bank_date(now()))`,
		r.StatementID).Scan(&rules, &least, &sample, &draw)
	if err != nil {
		return "", nil, fmt.Errorf("rules: %w", err)
	}
	audit["rule_set"], audit["draw"] = rules, draw
	var reasons []models.Reason
	for _, v := range r.Verifications {
		if v.Verdict == models.Match && v.Score*models.PPM < float64(least) {
			reasons = append(reasons, models.Reason{Code: models.ReasonScoreLow,
				Detail:   fmt.Sprintf("specimen %s: %.1f%%, the rules want %.1f%%", v.SpecimenRef, v.Score*100, float64(least)*100/models.PPM),
				DetailZH: fmt.Sprintf("印鉴 %s：%.1f%%，规则下限 %.1f%%", v.SpecimenRef, v.Score*100, float64(least)*100/models.PPM)})
		}
	}
	if draw < sample {
		reasons = append(reasons, models.Reason{Code: models.ReasonSampled, Detail: "the machine passed it", DetailZH: "系统已自动通过"})
	}
	if len(reasons) > 0 {
		return models.InReview, reasons, nil
	}
	return models.Passed, nil, nil
}

// saveReading writes what was read, in full and in columns.
func saveReading(ctx context.Context, tx pgx.Tx, job Job, r models.Result, evidence map[string]Object) error {
	r.Verifications = slices.Clone(r.Verifications) // the caller's stay as they are
	for i := range r.Verifications {
		r.Verifications[i].Evidence = keysOf(r.Verifications[i].Evidence, evidence)
	}
	whole, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	if err := savePage(ctx, tx, job, r.Reading); err != nil {
		return err
	}
	mark := r.Reading.Mark.Mark
	if mark == "" {
		mark = models.Unclear
	}
	var id int64
	err = tx.QueryRow(ctx, `INSERT INTO readings (receipt_id, receipt_version, job_id, attempt, statement_no, customer, mark, mark_confidence,
       result, software, params, elapsed_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
		job.ReceiptID, job.ReceiptVersion, job.ID, job.Attempt, cleanText(r.Reading.StatementNo.Value), cleanText(r.Reading.Customer),
		string(mark), r.Reading.Mark.Confidence, cleanJSON(whole), r.Software, r.Params, r.ElapsedMS).Scan(&id)
	if err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	for i, a := range r.Reading.Accounts {
		if err := saveAccount(ctx, tx, id, i+1, a); err != nil {
			return err
		}
	}
	for name, object := range evidence {
		if err := SaveObject(ctx, tx, object); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO evidence (reading_id, name, object_sha256) VALUES ($1, $2, $3)`, id, name, object.SHA256); err != nil {
			return fmt.Errorf("evidence %s: %w", name, err)
		}
	}
	for _, v := range r.Verifications {
		if err := saveVerification(ctx, tx, job, id, r.StatementID, v); err != nil {
			return err
		}
	}
	return nil
}

// keysOf turns the names a verification gives its pictures into their hashes.
func keysOf(names map[string]string, evidence map[string]Object) map[string]string {
	keys := make(map[string]string, len(names))
	for what, name := range names {
		if o, ok := evidence[name]; ok {
			name = o.SHA256
		}
		keys[what] = name
	}
	return keys
}

func savePage(ctx context.Context, tx pgx.Tx, job Job, r models.Reading) error {
	grade, findings := r.Quality.Grade, r.Quality.Findings
	if grade == "" {
		grade = models.QualityRescan
	}
	if findings == nil {
		findings = []models.Finding{}
	}
	list, err := json.Marshal(findings)
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO pages (receipt_id, rotation, skew_deg, dpi, grade, findings) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (receipt_id) DO UPDATE SET rotation = EXCLUDED.rotation, skew_deg = EXCLUDED.skew_deg, dpi = EXCLUDED.dpi,
       grade = EXCLUDED.grade, findings = EXCLUDED.findings`, job.ReceiptID, r.Rotation, r.SkewDeg, r.DPI, string(grade), cleanJSON(list))
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}

func saveAccount(ctx context.Context, tx pgx.Tx, readingID int64, line int, a models.AccountReading) error {
	var balance *string
	if amount, err := models.ParseAmount(a.Balance.Value); err == nil && amount.Fits() {
		text := amount.String()
		balance = &text
	}
	currency := a.Currency
	if !currencyCode(currency) {
		currency = ""
	}
	_, err := tx.Exec(ctx, `INSERT INTO reading_accounts (reading_id, line_no, account_no, account_agreed, currency, balance, balance_agreed)
VALUES ($1, $2, $3, $4, $5, $6::numeric, $7)`, readingID, line, cleanText(a.AccountNo.Value), a.AccountNo.Agreed, currency,
		balance, a.Balance.Agreed && balance != nil)
	if err != nil {
		return fmt.Errorf("account line %d: %w", line, err)
	}
	return nil
}

func currencyCode(s string) bool {
	return len(s) == 3 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' && s[2] >= 'A' && s[2] <= 'Z'
}

// saveVerification names the specimen by the row that was in force; the bank's
// own seals belong to no customer.
func saveVerification(ctx context.Context, tx pgx.Tx, job Job, readingID, statementID int64, v models.Verification) error {
	sub, err := json.Marshal(v.SubScores)
	if err != nil {
		return fmt.Errorf("verification: %w", err)
	}
	if v.SubScores == nil {
		sub = []byte("{}")
	}
	evidence, err := json.Marshal(v.Evidence)
	if err != nil {
		return fmt.Errorf("verification: %w", err)
	}
	var crease []byte
	if v.Crease != nil {
		if crease, err = json.Marshal(v.Crease); err != nil {
			return fmt.Errorf("verification: %w", err)
		}
	}
	_, err = tx.Exec(ctx, `
INSERT INTO verifications (reading_id, receipt_id, imprint_no, specimen_ref, specimen_id, verdict, score, rotation_deg, scale,
       shift_x_mm, shift_y_mm, sub_scores, crease, reason_zh, reason_en, params, evidence)
VALUES ($1, $2, $3, $4,
       (SELECT p.id FROM specimens p LEFT JOIN statements s ON s.id = $5
         WHERE p.ref = $4 AND (p.customer_id = s.customer_id OR p.customer_id IS NULL) AND p.valid_from <= $6::date AND coalesce(p.valid_to > $6::date, true)
         ORDER BY p.customer_id NULLS LAST LIMIT 1),
       $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		readingID, job.ReceiptID, v.Imprint, v.SpecimenRef, statementID, day(job.AcceptedAt.In(models.BankTime)), string(v.Verdict), v.Score, v.RotationDeg, v.Scale,
		v.ShiftMM[0], v.ShiftMM[1], sub, crease, cleanText(v.ReasonZH), cleanText(v.ReasonEN), v.Params, evidence)
	if err != nil {
		return fmt.Errorf("verification of imprint %d against %s: %w", v.Imprint, v.SpecimenRef, err)
	}
	return nil
}

// furtherPages makes the receipts of pages 2 and on when page 1 was read, and
// gives their audit entries. Pages of a duplicate are duplicates: of the same page
// of the first file, or of its page 1 while that one has not been read.
func furtherPages(ctx context.Context, tx pgx.Tx, job Job, r models.Result) ([]Event, error) {
	if job.Page != 1 || r.PageCount < 2 {
		return nil, nil
	}
	if r.PageCount > maxPages {
		return nil, models.NewFault(models.NeedsReview, "too_many_pages", fmt.Sprintf("the scan has %d pages; the limit is %d", r.PageCount, maxPages), nil)
	}
	rows, err := tx.Query(ctx, `
INSERT INTO receipts (batch_id, branch_id, object_sha256, page, page_count, parent_id, file_name, duplicate_of)
SELECT r.batch_id, r.branch_id, r.object_sha256, n, $2, r.id, r.file_name,
       coalesce((SELECT d.id FROM receipts d WHERE d.parent_id = r.duplicate_of AND d.page = n), r.duplicate_of)
  FROM receipts r, generate_series(2, $2::int) n WHERE r.id = $1
ON CONFLICT (parent_id, page) DO NOTHING RETURNING id, page`, job.ReceiptID, r.PageCount)
	if err != nil {
		return nil, fmt.Errorf("further pages: %w", err)
	}
	var events []Event
	var ids []int64
	var id int64
	var page int
	_, err = pgx.ForEachRow(rows, []any{&id, &page}, func() error {
		ids = append(ids, id)
		events = append(events, Event{Actor: "worker:" + job.Worker, Action: actionAccepted, Object: objectName("receipt", id),
			Detail: map[string]any{"page": page, "parent": job.ReceiptID, "sha256": job.SHA256}})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("further pages: %w", err)
	}
	for _, id := range ids {
		if err := queueJob(ctx, tx, id); err != nil {
			return nil, err
		}
	}
	return events, nil
}
