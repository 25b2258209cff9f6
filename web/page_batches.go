package web

import (
	"context"
	"net/http"
	"slices"

	"heyin/storage"
)

// batchesPerPage of the operator's list.
const batchesPerPage = 50

type batchesPageData struct {
	Batches []storage.Batch
	Next    string
}

func (s *server) batchesPage(w http.ResponseWriter, r *http.Request) error {
	after, err := cursorParts(r.URL.Query().Get("after"), 1)
	if err != nil {
		return err
	}
	list, err := s.store.Batches(r.Context(), actorOf(r.Context()), after[0], batchesPerPage+1)
	if err != nil {
		return err
	}
	data := batchesPageData{Batches: list}
	if len(list) > batchesPerPage {
		data.Batches = list[:batchesPerPage]
		data.Next = nextPage("/batches", r.URL.Query(), cursorText(list[batchesPerPage-1].ID))
	}
	if slices.ContainsFunc(data.Batches, func(b storage.Batch) bool { return b.ClosedAt == nil || b.InProgress > 0 }) {
		w.Header().Set("Refresh", batchRefresh)
	}
	return s.render(w, r, "batches", "batches.title", data)
}

type batchPageData struct {
	Batch    storage.Batch
	Receipts []storage.Outcome
}

func (s *server) batchPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	data := batchPageData{}
	if data.Batch, err = s.store.Batch(r.Context(), actorOf(r.Context()), id); err != nil {
		return err
	}
	if data.Receipts, err = s.store.Outcomes(r.Context(), actorOf(r.Context()), id); err != nil {
		return err
	}
	if data.Batch.ClosedAt == nil || data.Batch.InProgress > 0 {
		w.Header().Set("Refresh", batchRefresh) // live, while something may change
	}
	return s.render(w, r, "batch", "batch.title", data)
}

// batchRefresh is how many seconds a page of batches at work stands.
const batchRefresh = "10"

func (s *server) rescansPage(w http.ResponseWriter, r *http.Request) error {
	list, err := s.store.Rescans(r.Context(), actorOf(r.Context()))
	if err != nil {
		return err
	}
	return s.render(w, r, "rescans", "rescans.title", list)
}

type rescansOutput struct {
	Body struct {
		Rescans []storage.Rescan `json:"rescans"`
	}
}

func (s *server) rescansShow(ctx context.Context, _ *struct{}) (*rescansOutput, error) {
	var out rescansOutput
	var err error
	out.Body.Rescans, err = s.store.Rescans(ctx, actorOf(ctx))
	return &out, err
}
