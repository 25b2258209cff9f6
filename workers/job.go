package workers

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"

	"heyin/models"
	"heyin/storage"
	"heyin/workers/readerproc"
)

const (
	// releasePause keeps a job given back for an outage from coming round at once.
	releasePause = 2 * time.Second
	// settleLimit bounds the last word on a job, which is said even while stopping.
	settleLimit = 10 * time.Second
)

// errTooSlow ends an attempt after JobWithin. A call to a store that it cuts off
// fails as if the store were down, but a page that is always too slow must count
// its attempts and end before a person.
var errTooSlow = errors.New("the attempt took too long")

// errStopping hands a ring back to Asynq: another worker will get it.
var errStopping = errors.New("the worker is stopping")

// answer is the handler of a ring. Asynq learns nothing from it but that the
// ring was answered: what became of the job is in Postgres. accepting ends when
// the worker is told to stop, working when it must give back what it has.
func (w *Worker) answer(accepting, working context.Context, task *asynq.Task) error {
	jobID, err := strconv.ParseInt(string(task.Payload()), 10, 64)
	if err != nil {
		return fmt.Errorf("ring with payload %q, want a job's id: %w", task.Payload(), asynq.SkipRetry)
	}
	if w.gate.wait(accepting) != nil {
		return errStopping
	}
	job, err := w.store.Take(working, w.cfg.Name, jobID, w.cfg.Lease)
	switch {
	case err == nil:
		w.work(working, job)
	case isFault(err, "job_not_due"): // rung twice, or done meanwhile
		w.metrics.jobs.WithLabelValues("not_due").Inc()
	case models.ClassOf(err) == models.Retryable:
		w.gate.shut(working, err) // the sweeper will ring again
	default:
		w.log.Error("job cannot be taken", "job", jobID, "error", err)
	}
	return nil
}

// work makes one attempt at a job and says how it ended.
func (w *Worker) work(working context.Context, job storage.Job) {
	log := w.log.With("job", job.ID, "attempt", job.Attempt, "receipt", job.ReceiptID)
	limited, cancel := context.WithTimeoutCause(working, w.cfg.JobWithin, errTooSlow)
	defer cancel()
	ctx, stop := w.keepLease(limited, job)
	started := time.Now()
	state, err := w.read(ctx, job)
	if err != nil && context.Cause(ctx) != nil {
		err = errors.Join(context.Cause(ctx), err)
	}
	stop()
	outcome := string(state)
	if err != nil {
		outcome = w.settle(working, job, err)
		log.Warn("attempt failed", "outcome", outcome, "error", err)
	} else {
		log.Info("receipt read", "state", state, "elapsed", time.Since(started))
	}
	w.metrics.jobs.WithLabelValues(outcome).Inc()
}

// settle ends an attempt that gave no result; it names the outcome for the
// metrics. When even that fails the lease runs out and the sweeper rings.
func (w *Worker) settle(working context.Context, job storage.Job, cause error) (outcome string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(working), settleLimit)
	defer cancel()
	var err error
	switch {
	case isFault(cause, "stale_lease") || errors.Is(cause, errLeaseLost):
		return "stale"
	case working.Err() != nil:
		outcome, err = "released", w.store.Release(ctx, job, 0)
	case excused(cause):
		w.gate.shut(working, cause)
		outcome, err = "released", w.store.Release(ctx, job, releasePause)
	default:
		var state models.ReceiptState
		state, err = w.store.Fail(ctx, job, verdictOn(job, cause))
		if outcome = string(state); state == models.InProgress {
			outcome = "retried"
		}
	}
	switch {
	case err == nil:
		return outcome
	case isFault(err, "stale_lease"): // Finish had gone through, unheard; or another worker has it
		return "stale"
	case models.ClassOf(err) == models.Retryable:
		w.gate.shut(working, err)
	}
	w.log.Error("attempt could not be ended; its lease will", "job", job.ID, "attempt", job.Attempt, "error", err)
	return "abandoned"
}

// excused tells what stopped us from what is wrong with the receipt.
func excused(cause error) bool {
	if errors.Is(cause, errTooSlow) {
		return false
	}
	_, down := errors.AsType[outage](cause)
	return down || isFault(cause, readerproc.CodeClosed) || isFault(cause, readerproc.CodeBusy)
}

// verdictOn is where an error becomes what happens next: a child lost over a
// receipt is worth a second try, two are a case for a person.
func verdictOn(job storage.Job, cause error) error {
	f, ok := errors.AsType[*models.Fault](cause)
	if !ok || !readerproc.Lost(f.Code) {
		return cause
	}
	before, _, _ := strings.Cut(job.LastError, ":")
	if readerproc.Lost(before) {
		return models.NewFault(models.NeedsReview, string(models.ReasonReaderFailed),
			fmt.Sprintf("the reader was lost twice over this page (%s, then %s)", before, f.Code), nil)
	}
	// What the child printed is in the log; the record keeps the code.
	return models.NewFault(f.Class, f.Code, f.Reason, nil)
}
