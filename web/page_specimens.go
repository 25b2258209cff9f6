package web

import (
	"net/http"

	"heyin/reconcile"
)

type specimensPageData struct {
	Proposals []reconcile.Proposal
	MayCheck  bool
	Next      string
}

// specimensPage lists what waits for a second person.
func (s *server) specimensPage(w http.ResponseWriter, r *http.Request) error {
	after, err := cursorParts(r.URL.Query().Get("after"), 1)
	if err != nil {
		return err
	}
	who := actorOf(r.Context())
	data := specimensPageData{MayCheck: principalOf(r.Context()).may(vetSpecimens)}
	if data.Proposals, err = reconcile.Proposals(r.Context(), s.store, who, reconcile.Proposed, after[0]); err != nil {
		return err
	}
	if n := len(data.Proposals); n == reconcile.ProposalPage {
		data.Next = nextPage("/specimens", r.URL.Query(), cursorText(data.Proposals[n-1].ID))
	}
	return s.render(w, r, "specimens", "specimens.title", data)
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
