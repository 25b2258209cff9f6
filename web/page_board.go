package web

import (
	"context"
	"net/http"
	"strconv"

	"heyin/reconcile"
	"heyin/review"
)

// boardPageData is what a supervisor watches.
type boardPageData struct {
	review.Figures
	Waiting, Overdue, Today int
	Accepted, Decided       int // in the days shown
	Deadlines, Ages, Flow   chart
	Reasons                 []reasonBar
}

// reasonBar is one reason with its share of the commonest, in percent.
type reasonBar struct {
	review.ReasonCount
	Share int
}

func (s *server) boardPage(w http.ResponseWriter, r *http.Request) error {
	f, err := s.queue.Figures(r.Context(), actorOf(r.Context()))
	if err != nil {
		return err
	}
	return s.render(w, r, "board", "board.title", newBoardPage(f, s.words(r)))
}

// Ends of the scales that review.Figures counts on: the last place is "and more".
const (
	lastDeadline = 5
	lastAge      = 7
)

func newBoardPage(f review.Figures, c catalog) boardPageData {
	data := boardPageData{Figures: f}
	deadlines := make([]datum, lastDeadline+2)
	deadlines[0] = datum{Label: c.text("board.overdue"), Alarming: true}
	deadlines[1].Label = c.text("board.today")
	for d := 1; d <= lastDeadline; d++ {
		deadlines[d+1].Label = c.format("board.days", d)
	}
	deadlines[lastDeadline+1].Label = c.format("board.days_more", lastDeadline)
	for _, d := range f.Deadlines {
		deadlines[d.Days+1].First = d.Count
		data.Waiting += d.Count
	}
	data.Overdue, data.Today = deadlines[0].First, deadlines[1].First
	ages := make([]datum, lastAge+1)
	for d := range ages {
		ages[d].Label = c.format("board.days", d)
	}
	ages[0].Label, ages[lastAge].Label = c.text("board.today"), c.format("board.days_more", lastAge)
	for _, a := range f.Ages {
		ages[max(0, a.Days)].First = a.Count
	}
	var flow []datum
	for _, d := range f.Days {
		flow = append(flow, datum{Label: strconv.Itoa(int(d.Day.Month())) + "-" + strconv.Itoa(d.Day.Day()), First: d.Accepted, Second: d.Decided})
		data.Accepted += d.Accepted
		data.Decided += d.Decided
	}
	data.Deadlines, data.Ages = newChart(chartHalf, deadlines, "board.items", ""), newChart(chartHalf, ages, "board.items", "")
	data.Flow = newChart(chartFull, flow, "board.accepted", "board.decided")
	for _, r := range f.Reasons {
		data.Reasons = append(data.Reasons, reasonBar{r, max(1, r.Count*100/f.Reasons[0].Count)})
	}
	return data
}

type figuresOutput struct {
	Body struct {
		review.Figures
		PassRate float64 `json:"pass_rate" doc:"share that passed without a person, of what the machine has finished with"`
	}
}

func (s *server) figuresShow(ctx context.Context, _ *struct{}) (*figuresOutput, error) {
	var out figuresOutput
	var err error
	out.Body.Figures, err = s.queue.Figures(ctx, actorOf(ctx))
	out.Body.PassRate = out.Body.Figures.PassRate()
	return &out, err
}

// faultsPageData is what a branch must put right.
type faultsPageData struct {
	SecondRound, Others []review.InvalidReceipt
	Specimens           []review.SpecimenFault
}

func (s *server) faultsPage(w http.ResponseWriter, r *http.Request) error {
	who := actorOf(r.Context())
	invalid, err := s.queue.InvalidReceipts(r.Context(), who)
	if err != nil {
		return err
	}
	var data faultsPageData
	for _, i := range invalid {
		if i.SecondRound() {
			data.SecondRound = append(data.SecondRound, i)
		} else {
			data.Others = append(data.Others, i)
		}
	}
	if data.Specimens, err = s.queue.SpecimenFaults(r.Context(), who); err != nil {
		return err
	}
	return s.render(w, r, "faults", "faults.title", data)
}

// secondRoundFile gives the receipts whose statements are to be issued again as a
// file, each with its customer's last corrected address.
func (s *server) secondRoundFile(w http.ResponseWriter, r *http.Request) error {
	who := actorOf(r.Context())
	invalid, err := s.queue.InvalidReceipts(r.Context(), who)
	if err != nil {
		return err
	}
	addresses, err := reconcile.AddressesInForce(r.Context(), s.store, who)
	if err != nil {
		return err
	}
	words := s.words(r)
	rows := [][]string{{"statement_no", "customer_no", "customer", "period", "branch", "reason", "note", "found_invalid_at", "address", "postcode", "contact", "phone"}}
	for _, i := range invalid {
		if i.SecondRound() {
			a := addresses[i.CustomerNo]
			rows = append(rows, []string{i.StatementNo, i.CustomerNo, i.Customer, i.Period, i.Branch, words.term("why", i.ReasonCode), i.Note, bankClock(i.At),
				a.Address, a.Postcode, a.Contact, a.Phone})
		}
	}
	return s.sendCSV(w, r, "second-round", rows)
}

type faultsOutput struct {
	Body struct {
		Invalid   []review.InvalidReceipt `json:"invalid" doc:"found invalid; for the second round unless answered"`
		Specimens []review.SpecimenFault  `json:"specimens"`
	}
}

func (s *server) faultsShow(ctx context.Context, _ *struct{}) (*faultsOutput, error) {
	var out faultsOutput
	var err error
	if out.Body.Invalid, err = s.queue.InvalidReceipts(ctx, actorOf(ctx)); err != nil {
		return nil, err
	}
	out.Body.Specimens, err = s.queue.SpecimenFaults(ctx, actorOf(ctx))
	return &out, err
}
