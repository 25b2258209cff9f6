package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// Job is one taking of a receipt by a worker. Attempt is the fence: a Job whose
// attempt is no longer the latest can change nothing.
type Job struct {
	ID             int64
	ReceiptID      int64
	ReceiptVersion int
	BranchID       int64
	Attempt        int
	Worker         string
	LeaseUntil     time.Time // by the database's clock
	SHA256         string    // of the scan
	Page           int       // of the scan, from 1
	AcceptedAt     time.Time // when the receipt was taken in
	LastError      string    // of the latest attempt that failed; begins with the fault's code
}

// errStaleLease says the job has meanwhile been given to another worker, or ended.
func errStaleLease(job Job) error {
	return models.NewFault(models.Permanent, "stale_lease",
		fmt.Sprintf("job %d attempt %d is no longer ours; nothing was recorded, drop it", job.ID, job.Attempt), nil)
}

// errNotDue is the answer to a ring that has nothing to start.
func errNotDue(jobID int64) error {
	return models.NewFault(models.Permanent, "job_not_due", fmt.Sprintf("job %d is done, taken, waiting or unknown; drop the ring", jobID), nil)
}

// Take leases a job that is queued and due, or whose lease has run out, to
// worker. Everything else is the fault job_not_due: the queue may ring twice. A
// job taken MaxAttempts times without an end goes to review instead
// (reader_failed): what kills its reader must not do so for ever.
func (s *Store) Take(ctx context.Context, worker string, jobID int64, lease time.Duration) (Job, error) {
	job := Job{ID: jobID, Worker: worker}
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		var attempts int
		err := tx.QueryRow(ctx, `SELECT receipt_id, receipt_version, attempt - excused, attempt FROM jobs WHERE id = $1
   AND (state = 'queued' AND run_after <= now() OR state = 'leased' AND lease_until <= now())
   FOR UPDATE SKIP LOCKED`, jobID).Scan(&job.ReceiptID, &job.ReceiptVersion, &attempts, &job.Attempt)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNotDue(jobID)
		}
		if err != nil {
			return err
		}
		if attempts >= s.cfg.MaxAttempts {
			return s.giveUp(ctx, tx, job, models.InReview, models.Reason{Code: models.ReasonReaderFailed,
				Detail: fmt.Sprintf("%d attempts ended without a result", attempts), DetailZH: fmt.Sprintf("识读 %d 次均无结果", attempts)}, "the worker died or ran out of time")
		}
		return tx.QueryRow(ctx, `
UPDATE jobs j SET state = 'leased', attempt = attempt + 1, worker = $2, lease_until = clock_timestamp() + $3::interval
  FROM receipts r WHERE r.id = j.receipt_id AND j.id = $1
RETURNING j.attempt, j.lease_until, r.branch_id, r.object_sha256, r.page, r.accepted_at, coalesce(j.last_error, '')`, jobID, worker, lease).
			Scan(&job.Attempt, &job.LeaseUntil, &job.BranchID, &job.SHA256, &job.Page, &job.AcceptedAt, &job.LastError)
	})
	if err != nil {
		return Job{}, fmt.Errorf("take job %d: %w", jobID, err)
	}
	if job.LeaseUntil.IsZero() { // given up
		return Job{}, errNotDue(jobID)
	}
	return job, nil
}

// Extend lengthens the lease to d from now. Fault stale_lease.
func (s *Store) Extend(ctx context.Context, job Job, d time.Duration) error {
	tag, err := s.DB.Exec(ctx, `UPDATE jobs SET lease_until = clock_timestamp() + $3::interval WHERE id = $1 AND attempt = $2 AND state = 'leased'`,
		job.ID, job.Attempt, d)
	if err != nil {
		return fmt.Errorf("extend job %d: %w", job.ID, classed(err))
	}
	if tag.RowsAffected() == 0 {
		return errStaleLease(job)
	}
	return nil
}

// Release gives a job back that was interrupted through no fault of the receipt:
// a store went down, the worker is stopping. The attempt is excused: it does not
// count towards MaxAttempts. The job is due again after pause. Fault stale_lease.
func (s *Store) Release(ctx context.Context, job Job, pause time.Duration) error {
	tag, err := s.DB.Exec(ctx, `UPDATE jobs SET state = 'queued', worker = NULL, lease_until = NULL, rung_at = NULL,
       run_after = now() + $3::interval, excused = excused + 1 WHERE id = $1 AND attempt = $2 AND state = 'leased'`, job.ID, job.Attempt, pause)
	if err != nil {
		return fmt.Errorf("release job %d: %w", job.ID, classed(err))
	}
	if tag.RowsAffected() == 0 {
		return errStaleLease(job)
	}
	return nil
}

// Fail ends an attempt that gave no result, by the class of cause:
//
//	Retryable    queued again after a pause, or in review after MaxAttempts
//	Permanent    quarantined: the bytes are no readable image; scan again
//	NeedsReview  in review, with the cause as its reason
//
// It gives the receipt's state afterwards. Fault stale_lease.
func (s *Store) Fail(ctx context.Context, job Job, cause error) (models.ReceiptState, error) {
	state := models.InProgress
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		var attempts int
		err := tx.QueryRow(ctx, `SELECT attempt - excused FROM jobs WHERE id = $1 AND attempt = $2 AND state = 'leased' FOR UPDATE`, job.ID, job.Attempt).Scan(&attempts)
		if errors.Is(err, pgx.ErrNoRows) {
			return errStaleLease(job)
		}
		if err != nil {
			return err
		}
		class := models.ClassOf(cause)
		if class == models.Retryable && attempts < s.cfg.MaxAttempts {
			pause := s.cfg.Backoff << (attempts - 1)
			_, err := tx.Exec(ctx, `UPDATE jobs SET state = 'queued', worker = NULL, lease_until = NULL, rung_at = NULL,
       run_after = now() + $2::interval, last_error = $3 WHERE id = $1`, job.ID, pause, cleanText(cause.Error()))
			return err
		}
		reason := models.Reason{Code: models.ReasonReaderFailed, Detail: cleanText(cause.Error())}
		if f, ok := errors.AsType[*models.Fault](cause); ok {
			reason.Detail = cleanText(f.Code + ": " + f.Reason)
		}
		state = models.InReview
		if class == models.Permanent {
			state = models.Quarantined
		}
		return s.giveUp(ctx, tx, job, state, reason, cause.Error())
	})
	if err != nil {
		return "", fmt.Errorf("fail job %d: %w", job.ID, err)
	}
	return state, nil
}

// giveUp ends the job as failed and moves its receipt to state. The caller has
// locked the job.
func (s *Store) giveUp(ctx context.Context, tx pgx.Tx, job Job, state models.ReceiptState, reason models.Reason, cause string) error {
	_, err := tx.Exec(ctx, `UPDATE jobs SET state = 'failed', worker = NULL, lease_until = NULL, finished_at = now(), last_error = $2 WHERE id = $1`,
		job.ID, cleanText(cause))
	if err != nil {
		return err
	}
	if err := moveReceipt(ctx, tx, job, state, 0, 0); err != nil {
		return err
	}
	if state == models.InReview {
		if err := s.openReview(ctx, tx, job, []models.Reason{reason}); err != nil {
			return err
		}
	}
	return Record(ctx, tx, Event{Actor: "worker:" + job.Worker, Action: "receipt." + string(state), Object: objectName("receipt", job.ReceiptID),
		Detail: map[string]any{"job": job.ID, "attempt": job.Attempt, "reasons": []models.Reason{reason}}})
}

// moveReceipt changes the state of the version the job has read. statementID
// and pageCount are kept when 0.
func moveReceipt(ctx context.Context, tx pgx.Tx, job Job, state models.ReceiptState, statementID int64, pageCount int) error {
	tag, err := tx.Exec(ctx, `UPDATE receipts SET state = $3, answers = $3 = 'passed', statement_id = coalesce(nullif($4, 0), statement_id),
       page_count = coalesce(nullif($5, 0), page_count) WHERE id = $1 AND version = $2 AND state = 'in_progress'`,
		job.ReceiptID, job.ReceiptVersion, string(state), statementID, pageCount)
	if err != nil {
		return fmt.Errorf("receipt %d: %w", job.ReceiptID, err)
	}
	if tag.RowsAffected() == 0 {
		return errStaleLease(job)
	}
	return nil
}
