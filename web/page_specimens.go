package web

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"heyin/models"
	"heyin/reconcile"
)

type specimensPageData struct {
	Proposals []reconcile.Proposal
	MayCheck  bool
	MayMake   bool
	Kinds     []models.SealKind
	Shapes    []models.SealShape
	Today     string
	Next      string
}

// specimensPage lists what waits for a second person.
func (s *server) specimensPage(w http.ResponseWriter, r *http.Request) error {
	after, err := cursorParts(r.URL.Query().Get("after"), 1)
	if err != nil {
		return err
	}
	who := actorOf(r.Context())
	data := specimensPageData{MayCheck: principalOf(r.Context()).may(vetSpecimens), MayMake: principalOf(r.Context()).may(makeSpecimen),
		Kinds:  []models.SealKind{models.SealCompany, models.SealFinance, models.SealPersonal, models.SealBank, models.SealOther},
		Shapes: []models.SealShape{models.Round, models.Oval, models.Square, models.Rect}, Today: time.Now().In(models.BankTime).Format(time.DateOnly)}
	if data.Proposals, err = reconcile.Proposals(r.Context(), s.store, who, reconcile.Proposed, after[0]); err != nil {
		return err
	}
	if n := len(data.Proposals); n == reconcile.ProposalPage {
		data.Next = nextPage("/specimens", r.URL.Query(), cursorText(data.Proposals[n-1].ID))
	}
	return s.render(w, r, "specimens", "specimens.title", data)
}

// cardMemory is how much of an uploaded card is held in memory before it is read
// whole; the rest lies in a temporary file.
const cardMemory = 1 << 20

// cardSubmit proposes one seal of a card that the form sends, as the API does.
func (s *server) cardSubmit(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseMultipartForm(cardMemory); err != nil {
		if p := problemOf(r.Context(), err); p.Code == "too_large" {
			return p
		}
		return newProblem(http.StatusUnprocessableEntity, "bad_input", "the form cannot be read")
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }() // a temporary file that stays is the system's to remove
	if s.cards == nil {
		return newProblem(http.StatusServiceUnavailable, "no_reader", "this server has no reader for cards")
	}
	err := s.proposeCard(r)
	if f, ok := errors.AsType[*models.Fault](err); ok && f.Code == "card_refused" { // all that is wrong with it, not only that it is
		s.notify(r, "error", "specimens.card_refused", f.Reason)
		http.Redirect(w, r, "/specimens", http.StatusSeeOther)
		return nil
	}
	return s.backTo(w, r, "/specimens", err, "specimens.proposed")
}

func (s *server) proposeCard(r *http.Request) error {
	file, _, err := r.FormFile("card")
	if err != nil {
		return newProblem(http.StatusUnprocessableEntity, "card_missing", "card: choose the scan of the card")
	}
	defer file.Close()
	card, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	dpi, err := strconv.ParseFloat(r.FormValue("dpi"), 64)
	if err != nil || !(dpi >= 50 && dpi <= 2400) {
		return newProblem(http.StatusUnprocessableEntity, "bad_input", "dpi: want 50 to 2400")
	}
	place, err := strconv.Atoi("0" + r.FormValue("place"))
	if err != nil || place > 64 {
		return newProblem(http.StatusUnprocessableEntity, "bad_input", "place: want a number up to 64")
	}
	_, _, err = reconcile.Propose(r.Context(), s.store, s.cards, actorOf(r.Context()), reconcile.CardOrder{
		CustomerNo: r.FormValue("customer_no"), Ref: r.FormValue("ref"), Kind: models.SealKind(r.FormValue("kind")), Shape: models.SealShape(r.FormValue("shape")),
		DPI: dpi, ValidFrom: r.FormValue("valid_from"), Place: place, AcceptPoor: r.FormValue("accept_poor")}, card)
	return err
}

// doubtfulPage lists specimens that receipts no longer match.
func (s *server) doubtfulPage(w http.ResponseWriter, r *http.Request) error {
	list, err := reconcile.DoubtfulSpecimens(r.Context(), s.store, actorOf(r.Context()), reconcile.LeastUnmatched)
	if err != nil {
		return err
	}
	return s.render(w, r, "doubtful", "doubt.heading", list)
}

func (s *server) approveSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	_, err = reconcile.Approve(r.Context(), s.store, actorOf(r.Context()), id)
	return s.backTo(w, r, "/specimens", err, "specimens.approved")
}

func (s *server) refuseSubmit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	err = reconcile.Refuse(r.Context(), s.store, actorOf(r.Context()), id, r.PostFormValue("reason"))
	return s.backTo(w, r, "/specimens", err, "specimens.refused")
}
