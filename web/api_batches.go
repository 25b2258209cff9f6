package web

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"heyin/storage"
)

type batchOpenInput struct {
	Body struct {
		Station    string `json:"station,omitempty" maxLength:"100" doc:"name of the station; must be the token's own when given"`
		Period     string `json:"period,omitempty" maxLength:"10" doc:"cut-off date, 2026-09-30; empty for mixed post"`
		PaperCount int    `json:"paper_count" minimum:"0" maximum:"1000000" doc:"sheets as counted by hand"`
		Operator   string `json:"operator,omitempty" maxLength:"64" doc:"login of who scans: he will not be given these receipts to judge"`
	}
}

type batchOpenOutput struct {
	Body struct {
		ID int64 `json:"id"`
	}
}

func (s *server) batchOpen(ctx context.Context, in *batchOpenInput) (*batchOpenOutput, error) {
	station := principalOf(ctx)
	if in.Body.Station != "" && in.Body.Station != station.Name {
		return nil, newProblem(http.StatusForbidden, "other_station", "station: the token belongs to another station")
	}
	var cutOff time.Time
	if in.Body.Period != "" {
		var err error
		// PostgreSQL knows no year 0.
		if cutOff, err = time.Parse(time.DateOnly, in.Body.Period); err != nil || cutOff.Year() < 1 {
			return nil, newProblem(http.StatusUnprocessableEntity, "bad_input", "period: want a cut-off date like 2026-09-30")
		}
	}
	var out batchOpenOutput
	var err error
	out.Body.ID, err = s.store.OpenBatch(ctx, station.Actor, cutOff, in.Body.PaperCount, in.Body.Operator)
	return &out, err
}

type batchCloseInput struct {
	ID   int64 `path:"id" minimum:"1"`
	Body struct {
		PaperCount int `json:"paper_count" minimum:"0" maximum:"1000000" doc:"sheets as counted by hand, final"`
	}
}

type batchShowInput struct {
	ID int64 `path:"id" minimum:"1"`
}

type batchShowOutput struct {
	Body struct {
		storage.Batch
		CountsAgree bool `json:"counts_agree" doc:"paper_count equals machine_count"`
	}
}

func (s *server) batchClose(ctx context.Context, in *batchCloseInput) (*batchShowOutput, error) {
	if err := s.store.CloseBatch(ctx, actorOf(ctx), in.ID, in.Body.PaperCount); err != nil {
		return nil, err
	}
	return s.batchShow(ctx, &batchShowInput{ID: in.ID})
}

func (s *server) batchShow(ctx context.Context, in *batchShowInput) (*batchShowOutput, error) {
	b, err := s.store.Batch(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	var out batchShowOutput
	out.Body.Batch, out.Body.CountsAgree = b, b.CountsAgree()
	return &out, nil
}

type receiptUploadInput struct {
	ID          int64  `path:"id" minimum:"1" doc:"batch"`
	Key         string `header:"Idempotency-Key" required:"true" pattern:"^[0-9a-f]{64}$" doc:"SHA-256 of the body in lower-case hex"`
	FileName    string `header:"X-File-Name" maxLength:"8192" doc:"percent-encoded UTF-8; for people only"`
	ContentType string `header:"Content-Type" doc:"as scanned; the reader trusts the bytes, not this"`

	body io.Reader
}

// Resolve takes the body as a stream: huma would read it whole into memory.
func (in *receiptUploadInput) Resolve(ctx huma.Context) []error {
	in.body = ctx.BodyReader()
	return nil
}

type receiptUploadOutput struct {
	Status int
	Body   storage.Accepted
}

// receiptUpload takes one scan in. 201 means durable: stored, read back and
// committed. A replay of the same key and bytes is answered 200 with the same
// receipt.
func (s *server) receiptUpload(ctx context.Context, in *receiptUploadInput) (*receiptUploadOutput, error) {
	name, err := url.PathUnescape(in.FileName)
	if err != nil {
		return nil, newProblem(http.StatusUnprocessableEntity, "bad_input", "X-File-Name: want percent-encoded UTF-8")
	}
	a, err := s.store.Receive(ctx, actorOf(ctx), storage.Upload{BatchID: in.ID, IdempotencyKey: in.Key, FileName: name,
		ContentType: scanType(in.ContentType)}, in.body)
	if err != nil {
		return nil, err
	}
	out := receiptUploadOutput{Status: http.StatusCreated, Body: a}
	if a.Replayed {
		out.Status = http.StatusOK
	}
	return &out, nil
}

// scanType keeps an announced type that heyin reads; anything else is bytes.
func scanType(announced string) string {
	for _, t := range scanTypes {
		if announced == t {
			return t
		}
	}
	return "application/octet-stream"
}
