package web

import (
	"net/http"

	"heyin/archive"
)

type searchPageData struct {
	archive.Search
	Asked   bool
	Periods []string
	Hits    []archive.Hit
	Next    string
}

// searchPage answers a search, or shows the empty form. Asking nothing is not
// an error here, only on the API.
func (s *server) searchPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	after, err := archiveCursor(q.Get("after"))
	if err != nil {
		return err
	}
	who := actorOf(r.Context())
	data := searchPageData{Search: archive.Search{Number: q.Get("number"), Customer: q.Get("customer"), Account: q.Get("account"),
		Period: q.Get("period"), After: after}}
	if data.Periods, err = s.archive.Periods(r.Context(), who); err != nil {
		return err
	}
	if data.Number+data.Customer+data.Account+data.Period != "" {
		found, err := s.archive.Find(r.Context(), who, data.Search)
		if err != nil {
			return err
		}
		data.Asked, data.Hits = true, found.Hits
		if found.Next != nil {
			data.Next = nextPage("/archive", q, archiveCursorText(found.Next))
		}
	}
	return s.render(w, r, "search", "search.title", data)
}

func (s *server) receiptPage(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	d, err := s.archive.View(r.Context(), actorOf(r.Context()), id)
	if err != nil {
		return err
	}
	return s.render(w, r, "item", "receipt.title", newDossierPage(d, languageOf(r), "/archive"))
}
