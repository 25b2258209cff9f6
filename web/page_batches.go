package web

import (
	"net/http"
)

type batchesPageData struct {
	Batches []Batch
	Next    string
}

func (s *server) batchesPage(w http.ResponseWriter, r *http.Request) error {
	after, err := cursorParts(r.URL.Query().Get("after"), 1)
	if err != nil {
		return err
	}
	list, next, err := listBatches(r.Context(), s.store, actorOf(r.Context()), after[0])
	if err != nil {
		return err
	}
	data := batchesPageData{Batches: list}
	if next != 0 {
		data.Next = nextPage("/batches", r.URL.Query(), cursorText(next))
	}
	return s.render(w, r, http.StatusOK, "batches", "batches.title", data)
}

type batchPageData struct {
	Batch    Batch
	Receipts []BatchReceipt
}

func (s *server) batchPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	data := batchPageData{}
	if data.Batch, err = findBatch(r.Context(), s.store, actorOf(r.Context()), id); err != nil {
		return err
	}
	if data.Receipts, err = listBatchReceipts(r.Context(), s.store, id); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "batch", "batch.title", data)
}
