package web

import (
	"net/http"

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
	if data.Receipts, err = s.store.Outcomes(r.Context(), id); err != nil {
		return err
	}
	return s.render(w, r, "batch", "batch.title", data)
}
