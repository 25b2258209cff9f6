package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"heyin/models"
	"heyin/review"
)

// mismatchesPageData is the register of differences (不符登记簿).
type mismatchesPageData struct {
	Open, Settled []mismatchRow
	Late          int // of those open
	Causes        []review.Cause
}

// mismatchRow is a line of the register with what its reader may do to it.
type mismatchRow struct {
	review.Mismatch
	Late, MayExplain, MaySettle bool
	Typed                       mismatchForm // what stands in the form
	Refused                     bool         // and was not taken
}

// mismatchForm is an explanation as people type it.
type mismatchForm struct{ Cause, Items, Note string }

func (s *server) mismatchesPage(w http.ResponseWriter, r *http.Request) error {
	return s.showMismatches(w, r, 0, mismatchForm{})
}

// showMismatches shows the register, with what was typed and refused of one receipt.
func (s *server) showMismatches(w http.ResponseWriter, r *http.Request, refused int64, typed mismatchForm) error {
	list, err := s.queue.Mismatches(r.Context(), actorOf(r.Context()))
	if err != nil {
		return err
	}
	p, now := principalOf(r.Context()), time.Now()
	data := mismatchesPageData{Causes: review.Causes()}
	for _, m := range list {
		row := mismatchRow{Mismatch: m, Late: m.Late(now)}
		if m.SettledAt != nil {
			data.Settled = append(data.Settled, row)
			continue
		}
		if row.Late {
			data.Late++
		}
		row.MayExplain, row.MaySettle = p.may(explain), p.may(settle) && m.MadeAt != nil && !m.Own
		row.Typed = mismatchForm{string(m.Cause), outstandingText(m.Items), m.Note}
		if m.ReceiptID == refused {
			row.Typed, row.Refused = typed, true
		}
		data.Open = append(data.Open, row)
	}
	return s.render(w, r, "mismatches", "mismatches.title", data)
}

// outstandingText writes items as review.ParseOutstanding reads them.
func outstandingText(items []review.OutstandingItem) string {
	var lines []string
	for _, i := range items {
		lines = append(lines, i.Date+" "+i.Amount.Printed()+" "+i.Text)
	}
	return strings.Join(lines, "\n")
}

func (s *server) mismatchExplainSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	typed := mismatchForm{r.PostFormValue("cause"), r.PostFormValue("items"), r.PostFormValue("note")}
	items, err := review.ParseOutstanding(typed.Items)
	if err == nil {
		err = s.queue.Explain(r.Context(), actorOf(r.Context()), id, review.Explanation{Cause: review.Cause(typed.Cause), Items: items, Note: typed.Note})
	}
	if p := problemOf(r.Context(), err); err != nil && p.Status == http.StatusUnprocessableEntity {
		s.notifyProblem(r, p)
		return s.showMismatches(w, r, id, typed) // nobody types it twice
	}
	return s.backTo(w, r, "/mismatches", err, "mismatches.explained")
}

func (s *server) mismatchSettleSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.backTo(w, r, "/mismatches", s.queue.Settle(r.Context(), actorOf(r.Context()), id, r.PostFormValue("result")), "mismatches.settled")
}

// mismatchesFile gives the register as a file.
func (s *server) mismatchesFile(w http.ResponseWriter, r *http.Request) error {
	list, err := s.queue.Mismatches(r.Context(), actorOf(r.Context()))
	if err != nil {
		return err
	}
	words, clock := s.words(r), func(at *time.Time) string {
		if at == nil {
			return ""
		}
		return bankClock(*at)
	}
	rows := [][]string{{"statement_no", "customer_no", "customer", "period", "branch", "remark", "judged_at", "due", "cause", "items", "note", "explained_by", "explained_at", "result", "settled_by", "settled_at"}}
	for _, m := range list {
		cause := ""
		if m.Cause != "" {
			cause = words.term("cause", m.Cause)
		}
		rows = append(rows, []string{m.StatementNo, m.CustomerNo, m.Customer, m.Period, m.Branch, m.Remark, bankClock(m.At), m.Due.In(models.BankTime).Format(time.DateOnly), cause,
			outstandingText(m.Items), m.Note, m.Maker, clock(m.MadeAt), m.Result, m.Settler, clock(m.SettledAt)})
	}
	return s.sendCSV(w, r, "mismatches", rows)
}

type mismatchesOutput struct {
	Body struct {
		Mismatches []review.Mismatch `json:"mismatches" doc:"what is not settled first"`
	}
}

func (s *server) mismatchesShow(ctx context.Context, _ *struct{}) (*mismatchesOutput, error) {
	var out mismatchesOutput
	var err error
	out.Body.Mismatches, err = s.queue.Mismatches(ctx, actorOf(ctx))
	return &out, err
}
