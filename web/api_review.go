package web

import (
	"context"

	"heyin/models"
	"heyin/review"
)

// ReviewFilter bounds what is listed or claimed.
type ReviewFilter struct {
	Reason  string `query:"reason" maxLength:"64" doc:"reason code, like seal_mismatch"`
	Text    string `query:"q" maxLength:"200" doc:"beginning of a statement number or customer name"`
	Branch  string `query:"branch" maxLength:"32" doc:"code of the branch"`
	Class   string `query:"class" maxLength:"16" doc:"class of an account"`
	Waiting string `query:"waiting" maxLength:"5" doc:"hours it has waited at least"`
	Min     string `query:"min" maxLength:"24" doc:"sum of the booked CNY lines at least"`
	Max     string `query:"max" maxLength:"24" doc:"sum of the booked CNY lines at most"`
}

func (f ReviewFilter) parse() (review.Filter, error) {
	return queueFilter(f).parse()
}

type reviewListInput struct {
	ReviewFilter
	Claimed string `query:"claimed" enum:"free,mine" doc:"free: nobody works on it; mine: I do"`
	After   string `query:"after" maxLength:"80" doc:"next of the page before"`
	Limit   int    `query:"limit" minimum:"0" maximum:"200"`
}

type reviewListOutput struct {
	Body struct {
		Total   int                  `json:"total" doc:"what waits in all, without the filter"`
		Reasons []review.ReasonCount `json:"reasons"`
		Items   []review.Entry       `json:"items"`
		Next    string               `json:"next,omitempty"`
	}
}

func (s *server) reviewList(ctx context.Context, in *reviewListInput) (*reviewListOutput, error) {
	after, err := reviewCursor(in.After)
	if err != nil {
		return nil, err
	}
	f, err := in.parse()
	if err != nil {
		return nil, err
	}
	f.Claimed, f.After, f.Limit = review.Claimed(in.Claimed), after, in.Limit
	list, err := s.queue.List(ctx, actorOf(ctx), f)
	if err != nil {
		return nil, err
	}
	var out reviewListOutput
	if out.Body.Total, out.Body.Reasons, err = s.queue.Tally(ctx, actorOf(ctx)); err != nil {
		return nil, err
	}
	out.Body.Items, out.Body.Next = list.Entries, reviewCursorText(list.Next)
	return &out, nil
}

type claimNextInput struct{ ReviewFilter }

type claimInput struct {
	ID int64 `path:"id" minimum:"1" doc:"receipt"`
}

type claimOutput struct{ Body *review.Item }

func (s *server) reviewClaimNext(ctx context.Context, in *claimNextInput) (*claimOutput, error) {
	f, err := in.parse()
	if err != nil {
		return nil, err
	}
	item, err := s.queue.ClaimNext(ctx, actorOf(ctx), f)
	return &claimOutput{item}, err
}

func (s *server) reviewClaim(ctx context.Context, in *claimInput) (*claimOutput, error) {
	item, err := s.queue.Claim(ctx, actorOf(ctx), in.ID)
	return &claimOutput{item}, err
}

type decideInput struct {
	ID   int64 `path:"id" minimum:"1" doc:"receipt"`
	Body struct {
		Version     int              `json:"version" minimum:"1" doc:"of the claim; a decision on any other is refused with claim_lost"`
		Decision    models.Decision  `json:"decision" enum:"valid,invalid,rescan,refer_up"`
		ReasonCode  string           `json:"reason_code,omitempty" maxLength:"64" doc:"needed unless valid"`
		Note        string           `json:"note,omitempty" maxLength:"1000"`
		StatementNo string           `json:"statement_no,omitempty" maxLength:"64" doc:"names the statement of an unidentified receipt, for valid"`
		Folds       []models.FoldUse `json:"folds,omitempty" maxItems:"16" doc:"how the person looked at the seals"`
	}
}

type decideOutput struct {
	Body struct {
		ReceiptID int64               `json:"receipt_id"`
		State     models.ReceiptState `json:"state" doc:"decided, or in_review while it waits for another person"`
	}
}

func (s *server) reviewDecide(ctx context.Context, in *decideInput) (*decideOutput, error) {
	state, err := s.queue.Decide(ctx, actorOf(ctx), in.ID, review.Judgement{Version: in.Body.Version, Decision: in.Body.Decision,
		ReasonCode: in.Body.ReasonCode, Note: in.Body.Note, StatementNo: in.Body.StatementNo, Folds: in.Body.Folds})
	if err != nil {
		return nil, err
	}
	var out decideOutput
	out.Body.ReceiptID, out.Body.State = in.ID, state
	return &out, nil
}

type candidatesInput struct {
	ID   int64  `path:"id" minimum:"1" doc:"receipt, claimed by the caller"`
	Text string `query:"q" required:"true" minLength:"1" maxLength:"100" doc:"beginning of a statement number or customer name, a customer number, or an account"`
}

type candidatesOutput struct {
	Body struct {
		Statements []review.Candidate `json:"statements" doc:"newest first, 20 at most"`
	}
}

func (s *server) reviewCandidates(ctx context.Context, in *candidatesInput) (*candidatesOutput, error) {
	list, err := s.queue.Candidates(ctx, actorOf(ctx), in.ID, in.Text)
	var out candidatesOutput
	out.Body.Statements = list
	return &out, err
}

type nameInput struct {
	ID   int64 `path:"id" minimum:"1" doc:"receipt"`
	Body struct {
		Version     int    `json:"version" minimum:"1" doc:"of the claim, which gets another"`
		StatementNo string `json:"statement_no" minLength:"1" maxLength:"64"`
	}
}

// reviewName says which statement the receipt answers and gives it with that statement's books.
func (s *server) reviewName(ctx context.Context, in *nameInput) (*claimOutput, error) {
	if err := s.queue.Name(ctx, actorOf(ctx), in.ID, in.Body.Version, in.Body.StatementNo); err != nil {
		return nil, err
	}
	item, err := s.queue.Held(ctx, actorOf(ctx), in.ID)
	return &claimOutput{item}, err
}

type reviewAheadInput struct {
	After int64 `query:"after" minimum:"0" doc:"the receipt that is being decided"`
}

type reviewAheadOutput struct {
	Body struct {
		ReceiptID int64    `json:"receipt_id" doc:"0 when nothing else waits"`
		Images    []string `json:"images" doc:"addresses of the pictures its page shows"`
	}
}

// reviewAhead claims what comes after the receipt, for the desk to lay it ready.
func (s *server) reviewAhead(ctx context.Context, in *reviewAheadInput) (*reviewAheadOutput, error) {
	out := reviewAheadOutput{}
	out.Body.Images = []string{}
	f, err := s.lastFilter(ctx)
	if err != nil {
		return nil, err
	}
	item, err := s.queue.Ahead(ctx, actorOf(ctx), in.After, f)
	if item == nil || err != nil {
		return &out, err
	}
	out.Body.ReceiptID, out.Body.Images = item.Dossier.ReceiptID, newDossierPage(item.Dossier, chinese, "").pictures()
	return &out, nil
}

// reviewUndo takes back what the caller last said of the receipt; the claim is his again.
func (s *server) reviewUndo(ctx context.Context, in *claimInput) (*struct{}, error) {
	return nil, s.queue.Undo(ctx, actorOf(ctx), in.ID)
}
