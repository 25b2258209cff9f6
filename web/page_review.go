package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"heyin/models"
	"heyin/review"
)

// queuePageData is the list of what waits.
type queuePageData struct {
	Total   int
	Reasons []chosenReason
	Claims  []choice
	Query   string
	Entries []review.Entry
	Next    string // address of the next page
}

type chosenReason struct {
	review.ReasonCount
	Chosen bool
}

// choice is one option of a select; Label is a key of the catalog.
type choice struct {
	Value, Label string
	Chosen       bool
}

func (s *server) queuePage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	after, err := reviewCursor(q.Get("after"))
	if err != nil {
		return err
	}
	f := review.Filter{Reason: models.ReasonCode(q.Get("reason")), Text: q.Get("q"), Claimed: review.Claimed(q.Get("claimed")), After: after}
	who := actorOf(r.Context())
	list, err := s.queue.List(r.Context(), who, f)
	if err != nil {
		return err
	}
	data := queuePageData{Query: f.Text, Entries: list.Entries}
	var counts []review.ReasonCount
	if data.Total, counts, err = s.queue.Tally(r.Context(), who); err != nil {
		return err
	}
	for _, c := range counts {
		data.Reasons = append(data.Reasons, chosenReason{c, c.Code == f.Reason})
	}
	for _, c := range []choice{{"", "queue.claimed_any", false}, {string(review.ClaimedFree), "queue.claimed_free", false}, {string(review.ClaimedMine), "queue.claimed_mine", false}} {
		c.Chosen = c.Value == string(f.Claimed)
		data.Claims = append(data.Claims, c)
	}
	if list.Next != nil {
		data.Next = nextPage("/review", q, reviewCursorText(list.Next))
	}
	return s.render(w, r, "queue", "queue.title", data)
}

// nextPage is the address of the page after the cursor, with the same filter.
func nextPage(path string, q url.Values, cursor string) string {
	q.Set("after", cursor)
	return path + "?" + q.Encode()
}

// claimNextSubmit takes the most urgent receipt and shows it.
func (s *server) claimNextSubmit(w http.ResponseWriter, r *http.Request) error {
	item, err := s.queue.ClaimNext(r.Context(), actorOf(r.Context()), "")
	if err != nil {
		return s.backToQueue(w, r, err)
	}
	http.Redirect(w, r, itemURL(item.Dossier.ReceiptID), http.StatusSeeOther)
	return nil
}

func (s *server) claimSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if _, err := s.queue.Claim(r.Context(), actorOf(r.Context()), id); err != nil {
		return s.backToQueue(w, r, err)
	}
	http.Redirect(w, r, itemURL(id), http.StatusSeeOther)
	return nil
}

// itemPage shows the receipt its reader has claimed.
func (s *server) itemPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	item, err := s.queue.Held(r.Context(), actorOf(r.Context()), id)
	if err != nil {
		return s.backToQueue(w, r, err)
	}
	data := newDossierPage(item.Dossier, languageOf(r), "/review")
	data.Deciding, data.Version, data.LeaseUntil = true, item.Version, item.LeaseUntil
	return s.render(w, r, "item", "item.title", data)
}

// decideSubmit records the decision and goes on to the next receipt, or back
// to the queue. A decision that was refused for what it says comes back to the
// same receipt, which is still claimed.
func (s *server) decideSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return newProblem(http.StatusUnprocessableEntity, "bad_input", "version: want the number of the claim")
	}
	j := review.Judgement{Version: version, Decision: models.Decision(r.PostFormValue("decision")), ReasonCode: r.PostFormValue("reason_code"),
		Note: r.PostFormValue("note"), StatementNo: r.PostFormValue("statement_no")}
	if folds := r.PostFormValue("folds"); folds != "" { // empty without script
		if err := json.Unmarshal([]byte(folds), &j.Folds); err != nil {
			return newProblem(http.StatusUnprocessableEntity, "bad_input", "folds: want a list of folds")
		}
	}
	who := actorOf(r.Context())
	if _, err := s.queue.Decide(r.Context(), who, id, j); err != nil {
		p := problemOf(r.Context(), err)
		switch {
		case p.Status >= http.StatusInternalServerError || p.Status == http.StatusNotFound:
			return p
		case p.Code == "claim_lost" || p.Code == "not_in_review" || p.Code == "supervisor_only":
			return s.backToQueue(w, r, p)
		}
		s.notifyProblem(r, p)
		http.Redirect(w, r, itemURL(id), http.StatusSeeOther)
		return nil
	}
	s.notify(r, "done", "decide.done", s.words(r).term("decision", j.Decision))
	if r.PostFormValue("next") != "" {
		next, err := s.queue.ClaimNext(r.Context(), who, "")
		if err == nil {
			http.Redirect(w, r, itemURL(next.Dossier.ReceiptID), http.StatusSeeOther)
			return nil
		}
		if f, ok := errors.AsType[*models.Fault](err); !ok || f.Code != "queue_empty" {
			return err
		}
	}
	if err := s.releaseAhead(r); err != nil {
		return err
	}
	http.Redirect(w, r, "/review", http.StatusSeeOther)
	return nil
}

// releaseAhead gives back what was claimed ahead of time, when its reader stops.
func (s *server) releaseAhead(r *http.Request) error {
	ahead, err := strconv.ParseInt(r.PostFormValue("ahead"), 10, 64)
	if err != nil {
		return nil //nolint:nilerr // nothing was claimed ahead
	}
	return s.queue.Release(r.Context(), actorOf(r.Context()), ahead)
}

func (s *server) releaseSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.queue.Release(r.Context(), actorOf(r.Context()), id); err != nil {
		return err
	}
	if err := s.releaseAhead(r); err != nil {
		return err
	}
	http.Redirect(w, r, "/review", http.StatusSeeOther)
	return nil
}

// backToQueue shows a conflict above the queue; anything else is a page of its own.
func (s *server) backToQueue(w http.ResponseWriter, r *http.Request, err error) error {
	p := problemOf(r.Context(), err)
	switch p.Code {
	case "queue_empty":
		s.notify(r, "done", "queue.none_left")
	case "claimed", "claim_lost", "not_in_review", "supervisor_only":
		s.notifyProblem(r, p)
	default:
		return p
	}
	http.Redirect(w, r, "/review", http.StatusSeeOther)
	return nil
}

// notifyProblem leaves a problem's words for the next page.
func (s *server) notifyProblem(r *http.Request, p *problem) {
	s.sessions.Put(r.Context(), sessionNotice, problemText(s.words(r), p))
	s.sessions.Put(r.Context(), sessionKind, "error")
}

func itemURL(receiptID int64) string { return fmt.Sprintf("/review/%d", receiptID) }

// pathID is the {id} of the address; what is no number does not exist.
func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, newProblem(http.StatusNotFound, "not_found", "there is nothing under this number")
	}
	return id, nil
}
