package web

import (
	"context"
	"net/http"

	"heyin/reconcile"
)

type addressesPageData struct {
	Corrections []reconcile.AddressCorrection
	MayMake     bool
}

// addressesPage lists the corrections, those to be checked first.
func (s *server) addressesPage(w http.ResponseWriter, r *http.Request) error {
	data := addressesPageData{MayMake: principalOf(r.Context()).may(fixAddress)}
	var err error
	if data.Corrections, err = reconcile.Addresses(r.Context(), s.store, actorOf(r.Context())); err != nil {
		return err
	}
	return s.render(w, r, "addresses", "addresses.title", data)
}

func (s *server) addressSubmit(w http.ResponseWriter, r *http.Request) error {
	_, err := reconcile.CorrectAddress(r.Context(), s.store, actorOf(r.Context()), r.PostFormValue("customer_no"), reconcile.Address{
		Address: r.PostFormValue("address"), Postcode: r.PostFormValue("postcode"), Contact: r.PostFormValue("contact"), Phone: r.PostFormValue("phone"), Note: r.PostFormValue("note")})
	return s.backTo(w, r, "/addresses", err, "addresses.proposed")
}

func (s *server) addressApproveSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.addressCheckSubmit(w, r, true, "addresses.approved")
}

func (s *server) addressRefuseSubmit(w http.ResponseWriter, r *http.Request) error {
	return s.addressCheckSubmit(w, r, false, "addresses.refused")
}

func (s *server) addressCheckSubmit(w http.ResponseWriter, r *http.Request, approve bool, done string) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.backTo(w, r, "/addresses", reconcile.CheckAddress(r.Context(), s.store, actorOf(r.Context()), id, approve, r.PostFormValue("reason")), done)
}

// addressesFile gives the corrections as a file, for core banking and the post.
func (s *server) addressesFile(w http.ResponseWriter, r *http.Request) error {
	list, err := reconcile.Addresses(r.Context(), s.store, actorOf(r.Context()))
	if err != nil {
		return err
	}
	rows := [][]string{{"customer_no", "customer", "branch", "address", "postcode", "contact", "phone", "note", "state", "maker", "made_at", "checker", "checked_at"}}
	for _, a := range list {
		checked := ""
		if a.CheckedAt != nil {
			checked = bankClock(*a.CheckedAt)
		}
		rows = append(rows, []string{a.CustomerNo, a.Customer, a.Branch, a.Address.Address, a.Postcode, a.Contact, a.Phone, a.Note, string(a.State),
			a.Maker, bankClock(a.MadeAt), a.Checker, checked})
	}
	return s.sendCSV(w, r, "addresses", rows)
}

type addressesOutput struct {
	Body struct {
		Corrections []reconcile.AddressCorrection `json:"corrections" doc:"those to be checked first"`
	}
}

func (s *server) addressesShow(ctx context.Context, _ *struct{}) (*addressesOutput, error) {
	var out addressesOutput
	var err error
	out.Body.Corrections, err = reconcile.Addresses(ctx, s.store, actorOf(ctx))
	return &out, err
}
