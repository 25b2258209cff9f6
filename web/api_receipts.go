package web

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"heyin/archive"
	"heyin/models"
)

type receiptSearchInput struct {
	Number   string `query:"number" maxLength:"64" doc:"beginning of a statement number"`
	Customer string `query:"customer" maxLength:"200" doc:"beginning of a name, or a whole customer number"`
	Account  string `query:"account" maxLength:"64" doc:"account number"`
	Period   string `query:"period" maxLength:"10" doc:"cut-off date, 2026-09-30"`
	After    string `query:"after" maxLength:"60" doc:"next of the page before"`
	Limit    int    `query:"limit" minimum:"0" maximum:"200"`
}

type receiptSearchOutput struct {
	Body struct {
		Receipts []archive.Hit `json:"receipts"`
		Next     string        `json:"next,omitempty"`
	}
}

func (s *server) receiptSearch(ctx context.Context, in *receiptSearchInput) (*receiptSearchOutput, error) {
	after, err := archiveCursor(in.After)
	if err != nil {
		return nil, err
	}
	found, err := s.archive.Find(ctx, actorOf(ctx), archive.Search{Number: in.Number, Customer: in.Customer, Account: in.Account,
		Period: in.Period, After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	var out receiptSearchOutput
	out.Body.Receipts, out.Body.Next = found.Hits, archiveCursorText(found.Next)
	return &out, nil
}

type receiptShowInput struct {
	ID int64 `path:"id" minimum:"1"`
}

type receiptShowOutput struct{ Body *archive.Dossier }

func (s *server) receiptShow(ctx context.Context, in *receiptShowInput) (*receiptShowOutput, error) {
	d, err := s.archive.View(ctx, actorOf(ctx), in.ID)
	return &receiptShowOutput{d}, err
}

type imageShowInput struct {
	ID   int64  `path:"id" minimum:"1"`
	Name string `path:"name" maxLength:"128" doc:"one of the receipt's images, like page"`
}

type imageShowOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

var (
	pngStart  = []byte("\x89PNG\r\n\x1a\n")
	jpegStart = []byte{0xff, 0xd8, 0xff}
)

// imageShow gives one evidence picture. What is stored under evidence was
// drawn by the reader process; its type is taken from its first bytes, and
// nothing but a PNG or a JPEG leaves the house. Who does not judge the receipt just
// now gets it with his login and the time across it; a seal is judged as it is.
func (s *server) imageShow(ctx context.Context, in *imageShowInput) (*imageShowOutput, error) {
	p := principalOf(ctx)
	data, err := s.archive.Image(ctx, p.Actor, in.ID, in.Name)
	if err != nil {
		return nil, err
	}
	out, err := pictureOut(data)
	if err != nil {
		return nil, err
	}
	judging, err := s.queue.Holds(ctx, p.Actor, in.ID)
	if err != nil || judging {
		return out, err
	}
	out.Body, err = watermarked(data, out.ContentType, p.Actor.String()+" "+p.Login+" "+time.Now().In(models.BankTime).Format("2006-01-02 15:04"))
	return out, err
}

// pictureOut answers with a picture that a browser may have.
func pictureOut(data []byte) (*imageShowOutput, error) {
	out := imageShowOutput{Disposition: "inline", Body: data}
	switch {
	case bytes.HasPrefix(data, pngStart):
		out.ContentType = "image/png"
	case bytes.HasPrefix(data, jpegStart):
		out.ContentType = "image/jpeg"
	default:
		return nil, newProblem(http.StatusNotFound, "not_found", "this evidence is no picture a browser may have")
	}
	return &out, nil
}
