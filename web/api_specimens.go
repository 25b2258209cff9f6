package web

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"heyin/models"
	"heyin/reconcile"
)

type cardUploadInput struct {
	CustomerNo string  `query:"customer_no" maxLength:"64" doc:"empty for the bank's own seal"`
	Ref        string  `query:"ref" required:"true" minLength:"1" maxLength:"64" doc:"how the seal rule names it"`
	Kind       string  `query:"kind" required:"true" enum:"company,finance,personal,bank,other"`
	Shape      string  `query:"shape" enum:"round,oval,square,rect" doc:"as it looks when left out"`
	DPI        float64 `query:"dpi" required:"true" minimum:"50" maximum:"2400" doc:"resolution of the scan"`
	ValidFrom  string  `query:"valid_from" required:"true" maxLength:"10" doc:"2026-02-01; in force no earlier than approved"`
	Place      int     `query:"place" minimum:"0" maximum:"64" doc:"which seal of the card, from 1, top to bottom, then left to right; 0: it has one"`
	AcceptPoor string  `query:"accept_poor" maxLength:"1000" doc:"why a seal not fit for a specimen is wanted all the same"`

	body io.Reader
}

// Resolve takes the body as a stream: huma's own limit is below a scan.
func (in *cardUploadInput) Resolve(ctx huma.Context) []error {
	in.body = ctx.BodyReader()
	return nil
}

type cardUploadOutput struct {
	Body struct {
		ID      int64          `json:"id" doc:"of the proposal"`
		Quality models.Quality `json:"quality" doc:"as a specimen, with reasons"`
	}
}

// cardUpload proposes one seal of a card; another person approves it. The card is
// decoded in a reader process only.
func (s *server) cardUpload(ctx context.Context, in *cardUploadInput) (*cardUploadOutput, error) {
	if s.cards == nil {
		return nil, newProblem(http.StatusServiceUnavailable, "no_reader", "this server has no reader for cards")
	}
	card, err := io.ReadAll(in.body)
	if err != nil {
		return nil, err
	}
	var out cardUploadOutput
	out.Body.ID, out.Body.Quality, err = reconcile.Propose(ctx, s.store, s.cards, actorOf(ctx), reconcile.CardOrder{
		CustomerNo: in.CustomerNo, Ref: in.Ref, Kind: models.SealKind(in.Kind), Shape: models.SealShape(in.Shape), DPI: in.DPI,
		ValidFrom: in.ValidFrom, Place: in.Place, AcceptPoor: in.AcceptPoor}, card)
	return &out, err
}

type proposalListInput struct {
	State string `query:"state" enum:"proposed,approved,refused" default:"proposed"`
	After string `query:"after" maxLength:"20" doc:"next of the page before"`
}

type proposalListOutput struct {
	Body struct {
		Proposals []reconcile.Proposal `json:"proposals"`
		Next      string               `json:"next,omitempty"`
	}
}

func (s *server) proposalList(ctx context.Context, in *proposalListInput) (*proposalListOutput, error) {
	after, err := cursorParts(in.After, 1)
	if err != nil {
		return nil, err
	}
	var out proposalListOutput
	out.Body.Proposals, err = reconcile.Proposals(ctx, s.store, actorOf(ctx), reconcile.ProposalState(in.State), after[0])
	if n := len(out.Body.Proposals); n == reconcile.ProposalPage {
		out.Body.Next = cursorText(out.Body.Proposals[n-1].ID)
	}
	return &out, err
}

type proposalInput struct {
	ID int64 `path:"id" minimum:"1" doc:"proposal"`
}

type approveOutput struct {
	Body struct {
		SpecimenID int64 `json:"specimen_id"`
	}
}

func (s *server) proposalApprove(ctx context.Context, in *proposalInput) (*approveOutput, error) {
	var out approveOutput
	var err error
	out.Body.SpecimenID, err = reconcile.Approve(ctx, s.store, actorOf(ctx), in.ID)
	return &out, err
}

type refuseInput struct {
	ID   int64 `path:"id" minimum:"1" doc:"proposal"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"1000"`
	}
}

func (s *server) proposalRefuse(ctx context.Context, in *refuseInput) (*struct{}, error) {
	return nil, reconcile.Refuse(ctx, s.store, actorOf(ctx), in.ID, in.Body.Reason)
}

type proposalImageInput struct {
	ID   int64  `path:"id" minimum:"1" doc:"proposal"`
	Name string `path:"name" maxLength:"16" doc:"seal: as proposed; before: the specimen it would replace"`
}

func (s *server) proposalImage(ctx context.Context, in *proposalImageInput) (*imageShowOutput, error) {
	data, err := reconcile.ProposalPicture(ctx, s.store, actorOf(ctx), in.ID, in.Name)
	if err != nil {
		return nil, err
	}
	return pictureOut(data)
}

type doubtfulInput struct {
	Least int `query:"least" minimum:"1" maximum:"100" default:"2" doc:"receipts in a row without a match"`
}

type doubtfulOutput struct {
	Body struct {
		Specimens []reconcile.DoubtfulSpecimen `json:"specimens"`
	}
}

// specimensDoubtful lists specimens that receipts no longer match.
func (s *server) specimensDoubtful(ctx context.Context, in *doubtfulInput) (*doubtfulOutput, error) {
	var out doubtfulOutput
	var err error
	out.Body.Specimens, err = reconcile.DoubtfulSpecimens(ctx, s.store, actorOf(ctx), in.Least)
	return &out, err
}
