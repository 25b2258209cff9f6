package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"heyin/models"
	"heyin/review"
)

// queuePageData is the list of what waits.
type queuePageData struct {
	Total   int
	Reasons []chosenReason
	Claims  []choice
	Filter  queueFilter
	Choices review.Choices
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
	data := queuePageData{Filter: queueFilterOf(q)}
	f, err := data.Filter.parse()
	if err != nil {
		return err
	}
	s.sessions.Put(r.Context(), sessionFilter, q.Encode()) // claims keep to it
	f.Claimed, f.After = review.Claimed(q.Get("claimed")), after
	who := actorOf(r.Context())
	list, err := s.queue.List(r.Context(), who, f)
	if err != nil {
		return err
	}
	data.Entries = list.Entries
	if data.Choices, err = s.queue.Choices(r.Context(), who); err != nil {
		return err
	}
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

// queueFilter is what the queue page asks, as typed.
type queueFilter struct{ Reason, Text, Branch, Class, Waiting, Min, Max string }

func queueFilterOf(q url.Values) queueFilter {
	return queueFilter{q.Get("reason"), q.Get("q"), q.Get("branch"), q.Get("class"), q.Get("waiting"), q.Get("min"), q.Get("max")}
}

func (f queueFilter) parse() (review.Filter, error) {
	out := review.Filter{Reason: models.ReasonCode(f.Reason), Text: f.Text, Branch: f.Branch, Class: f.Class}
	var err error
	if f.Waiting != "" {
		if out.Waiting, err = strconv.Atoi(f.Waiting); err != nil || out.Waiting < 0 || out.Waiting > maxWaitingHours {
			return out, newProblem(http.StatusUnprocessableEntity, "bad_input", "waiting: want hours, 0 to 10000")
		}
	}
	if out.AmountMin, err = typedAmount(f.Min); err != nil {
		return out, err
	}
	out.AmountMax, err = typedAmount(f.Max)
	return out, err
}

// maxWaitingHours is over a year: nothing waits as long.
const maxWaitingHours = 10000

// typedAmount reads an amount as people type it, with or without cents; nil when
// there is none.
func typedAmount(text string) (*models.Amount, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	if !strings.Contains(text, ".") {
		text += ".00"
	}
	a, err := models.ParseAmount(text)
	if err != nil || !a.Fits() {
		return nil, newProblem(http.StatusUnprocessableEntity, "bad_input", "amount: want a number like 100000 or 100,000.00")
	}
	return &a, nil
}

// lastFilter is what the queue page asked last: claims keep to it.
func (s *server) lastFilter(ctx context.Context) (review.Filter, error) {
	q, err := url.ParseQuery(s.sessions.GetString(ctx, sessionFilter))
	if err != nil {
		return review.Filter{}, err
	}
	return queueFilterOf(q).parse()
}

// nextPage is the address of the page after the cursor, with the same filter.
func nextPage(path string, q url.Values, cursor string) string {
	q.Set("after", cursor)
	return path + "?" + q.Encode()
}

// claimNextSubmit takes the most urgent receipt and shows it.
func (s *server) claimNextSubmit(w http.ResponseWriter, r *http.Request) error {
	f, err := s.lastFilter(r.Context())
	if err != nil {
		return err
	}
	item, err := s.queue.ClaimNext(r.Context(), actorOf(r.Context()), f)
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
	data := newItemPage(item, languageOf(r))
	if find := strings.TrimSpace(r.URL.Query().Get("find")); find != "" {
		data.Naming.Find, data.Naming.Wanted = find, true
		if data.Naming.Found, err = s.queue.Candidates(r.Context(), actorOf(r.Context()), id, find); err != nil {
			return s.backToQueue(w, r, err)
		}
	}
	return s.render(w, r, "item", "item.title", data)
}

// newItemPage is a dossier with what its reader needs to decide it.
func newItemPage(item *review.Item, l language) dossierPage {
	data := newDossierPage(item.Dossier, l, "/review")
	data.Deciding, data.Version, data.LeaseUntil = true, item.Version, item.LeaseUntil
	data.Naming = &naming{Named: item.Named, Wanted: !item.Dossier.InBooks}
	return data
}

// nameSubmit says which statement the claimed receipt answers, and shows it again with
// that statement's books and specimens.
func (s *server) nameSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	version, err := claimVersion(r)
	if err != nil {
		return err
	}
	no := r.PostFormValue("statement_no")
	if err := s.queue.Name(r.Context(), actorOf(r.Context()), id, version, no); err != nil {
		p := problemOf(r.Context(), err)
		if p.Status != http.StatusUnprocessableEntity {
			return s.backToQueue(w, r, p)
		}
		s.notifyProblem(r, p)
	} else {
		s.notify(r, "done", "name.done", no)
	}
	http.Redirect(w, r, itemURL(id), http.StatusSeeOther)
	return nil
}

// claimVersion is the version of the claim that a form was made for.
func claimVersion(r *http.Request) (int, error) {
	version, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return 0, newProblem(http.StatusUnprocessableEntity, "bad_input", "version: want the number of the claim")
	}
	return version, nil
}

// decideSubmit records the decision and goes on to the next receipt, or back
// to the queue. A decision that was refused for what it says comes back to the
// same receipt, which is still claimed.
func (s *server) decideSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	version, err := claimVersion(r)
	if err != nil {
		return err
	}
	j := review.Judgement{Version: version, Decision: models.Decision(r.PostFormValue("decision")), ReasonCode: r.PostFormValue("reason_code"),
		Note: r.PostFormValue("note")}
	if folds := r.PostFormValue("folds"); folds != "" { // empty without script
		if err := json.Unmarshal([]byte(folds), &j.Folds); err != nil {
			return newProblem(http.StatusUnprocessableEntity, "bad_input", "folds: want a list of folds")
		}
	}
	who := actorOf(r.Context())
	state, err := s.queue.Decide(r.Context(), who, id, j)
	if err != nil {
		p := problemOf(r.Context(), err)
		switch {
		case p.Status >= http.StatusInternalServerError || p.Status == http.StatusNotFound:
			return p
		case conflicts[p.Code]:
			return s.backToQueue(w, r, p)
		}
		s.notifyProblem(r, p)
		http.Redirect(w, r, itemURL(id), http.StatusSeeOther)
		return nil
	}
	key := "decide.done"
	if state == models.InReview && j.Decision != models.ReferUp {
		key = "decide.done_first"
	}
	s.notify(r, "done", key, s.words(r).term("decision", j.Decision))
	s.sessions.Put(r.Context(), sessionUndo, id)
	if r.PostFormValue("next") != "" {
		f, err := s.lastFilter(r.Context())
		if err != nil {
			return err
		}
		next, err := s.queue.ClaimNext(r.Context(), who, f)
		if err == nil {
			return s.showNext(w, r, next)
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

// showNext goes on to a receipt that was claimed a moment ago. A script that exchanges
// the page (htmx) gets it with this answer, without a second request that reads it all
// again; a browser by itself goes there, so that it can reload.
func (s *server) showNext(w http.ResponseWriter, r *http.Request, next *review.Item) error {
	address := itemURL(next.Dossier.ReceiptID)
	if r.Header.Get("HX-Request") == "" {
		http.Redirect(w, r, address, http.StatusSeeOther)
		return nil
	}
	w.Header().Set("HX-Push-Url", address)
	return s.render(w, r, "item", "item.title", newItemPage(next, languageOf(r)))
}

// releaseAhead gives back what was claimed ahead of time, when its reader stops.
func (s *server) releaseAhead(r *http.Request) error {
	ahead, err := strconv.ParseInt(r.PostFormValue("ahead"), 10, 64)
	if err != nil {
		return nil //nolint:nilerr // nothing was claimed ahead
	}
	return s.queue.Release(r.Context(), actorOf(r.Context()), ahead)
}

// undoSubmit takes back what its sender last said of the receipt, and shows it again.
func (s *server) undoSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := s.queue.Undo(r.Context(), actorOf(r.Context()), id); err != nil {
		return s.backToQueue(w, r, err)
	}
	s.notify(r, "done", "decide.undone")
	http.Redirect(w, r, itemURL(id), http.StatusSeeOther)
	return nil
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

// conflicts are what another person's action, or the rules of who may, make of a
// claim: the queue is the place to go on from.
var conflicts = map[string]bool{"claimed": true, "claim_lost": true, "not_in_review": true, "supervisor_only": true, "judged_already": true,
	"own_work": true, "undo_late": true}

// backToQueue shows a conflict above the queue; anything else is a page of its own.
func (s *server) backToQueue(w http.ResponseWriter, r *http.Request, err error) error {
	p := problemOf(r.Context(), err)
	switch {
	case p.Code == "queue_empty":
		s.notify(r, "done", "queue.none_left")
	case conflicts[p.Code]:
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
