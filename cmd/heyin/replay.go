package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"heyin/models"
	"heyin/pipeline"
	"heyin/storage"
)

type replayCmd struct {
	storesFlags
	readerFlags
	Receipt int64 `arg:"" help:"Number of the receipt."`
}

func (replayCmd) Help() string {
	return `Judges the stored bytes again, with the specimens in force when the receipt came in and
the bank's name on record (--bank only where none is), and compares state and reasons
with the record. Nothing is changed. Exit status 1 when they differ.

Examples:
  heyin replay 1207`
}

// replayed sets the two judgements beside each other.
type replayed struct {
	Receipt  int64           `json:"receipt"`
	Same     bool            `json:"same"`
	Recorded judgementOfPage `json:"recorded"`
	Now      judgementOfPage `json:"now"`
}

type judgementOfPage struct {
	State    models.ReceiptState `json:"state"`
	Reasons  []models.ReasonCode `json:"reasons,omitempty"`
	Software string              `json:"software"`
	Params   string              `json:"params"`
}

func (r replayed) text(w io.Writer) error {
	_, err := fmt.Fprintf(w, "receipt %d: recorded %s %v by %s (%s), now %s %v by %s (%s)\n", r.Receipt,
		r.Recorded.State, r.Recorded.Reasons, r.Recorded.Software, r.Recorded.Params,
		r.Now.State, r.Now.Reasons, r.Now.Software, r.Now.Params)
	return err
}

func (c *replayCmd) Run(ctx context.Context, out *output) (err error) {
	store, _, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	record, err := store.Judged(ctx, c.Receipt)
	if err != nil {
		return err
	}
	data, err := store.Objects.Get(ctx, record.SHA256)
	if err != nil {
		return err
	}
	if record.Result.Bank != nil {
		c.Bank = *record.Result.Bank
	}
	p, err := pipeline.New(c.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	again, err := p.Process(ctx, data, record.Page, booksThen{store, record})
	if err != nil {
		return err
	}
	r := replayed{Receipt: c.Receipt, Recorded: judgementOf(record.Result), Now: judgementOf(again)}
	r.Same = r.Recorded.State == r.Now.State && slices.Equal(r.Recorded.Reasons, r.Now.Reasons)
	if err := out.print(r); err != nil {
		return err
	}
	if !r.Same {
		return errors.New("the judgement differs from the record")
	}
	return nil
}

func judgementOf(r models.Result) judgementOfPage {
	j := judgementOfPage{State: r.State, Software: r.Software, Params: r.Params}
	for _, reason := range r.Reasons {
		j.Reasons = append(j.Reasons, reason.Code)
	}
	return j
}

// booksThen are the books as the recorded judgement saw them: specimens by date;
// whether the statement was answered or its period closed is taken from the
// record, because this very receipt may have answered it since.
type booksThen struct {
	store  *storage.Store
	record storage.Judged
}

func (b booksThen) Expect(ctx context.Context, seen pipeline.Identified) (*models.Statement, error) {
	st, err := b.store.ExpectFor(ctx, seen.Candidates, b.record.AcceptedAt)
	if st != nil {
		had := func(code models.ReasonCode) bool {
			return slices.ContainsFunc(b.record.Result.Reasons, func(r models.Reason) bool { return r.Code == code })
		}
		st.Answered, st.PeriodOpen = had(models.ReasonAnswered), !had(models.ReasonPeriodClosed)
	}
	return st, err
}
