package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// readyTimeout bounds one round of checks: a probe that hangs is as bad as a
// store that does.
const readyTimeout = 3 * time.Second

// healthShow says that the process answers; it asks nobody else.
func (s *server) healthShow(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyShow asks every store whether it answers; one that does not makes it a
// 503 that names it, without its error text.
func (s *server) readyShow(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	checks := map[string]func(context.Context) error{"postgres": s.store.DB.Ping, "objects": s.store.Objects.Ping}
	maps.Copy(checks, s.ready)
	var mu sync.Mutex
	var wg sync.WaitGroup
	answer := struct {
		Status string            `json:"status"`
		Checks map[string]string `json:"checks"`
	}{"ok", map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		wg.Go(func() {
			err := checks[name](ctx)
			mu.Lock()
			defer mu.Unlock()
			answer.Checks[name] = "ok"
			if err != nil {
				slog.WarnContext(r.Context(), "not ready", "store", name, "error", err)
				answer.Checks[name], answer.Status = "down", "unavailable"
			}
		})
	}
	wg.Wait()
	if answer.Status != "ok" {
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
		return writeJSON(w, http.StatusServiceUnavailable, answer)
	}
	return writeJSON(w, http.StatusOK, answer)
}

func (s *server) openAPIShow(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/openapi+json")
	// A failed write means the caller went away; there is nobody to tell.
	_, _ = w.Write(s.openAPI)
	return nil
}

func (s *server) assetShow(w http.ResponseWriter, r *http.Request) error {
	s.assets.ServeHTTP(w, r)
	return nil
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A failed write means the caller went away; there is nobody to tell.
	_, _ = w.Write(append(data, '\n'))
	return nil
}
