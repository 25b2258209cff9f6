package web

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"unicode/utf8"
)

// guard stands before every route. In order: the request must be text Postgres
// can hold, an unsafe request from a browser must come from our own pages, the
// sender must be known, and must hold the permission of the route.
func (s *server) guard(rt route, next http.Handler) http.Handler {
	checked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.recovered(w, r)
		if strings.Contains(r.URL.RawQuery, "%00") || !utf8.ValidString(r.URL.Path) || strings.Contains(r.URL.Path, "\x00") {
			s.refuse(w, r, newProblem(http.StatusBadRequest, "bad_input", "the address holds characters that cannot be stored"))
			return
		}
		p, err := s.identify(r, rt.needs)
		if err != nil {
			s.refuse(w, r, problemOf(r.Context(), err))
			return
		}
		if bearer(r) == "" { // browsers send cookies by themselves, but never a bearer token
			if err := s.sameOrigin(r); err != nil {
				s.refuse(w, r, newProblem(http.StatusForbidden, "cross_origin", err.Error()))
				return
			}
		}
		if !p.may(rt.needs) {
			s.deny(w, r, p)
			return
		}
		if p != nil {
			r = r.WithContext(withPrincipal(r.Context(), p))
		}
		r.Body = http.MaxBytesReader(w, r.Body, s.bodyLimit(rt))
		next.ServeHTTP(w, r)
	})
	if rt.needs == probe {
		return checked
	}
	sessions := s.sessions.LoadAndSave(checked)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if bearer(r) != "" {
			checked.ServeHTTP(w, r) // stations have no session
			return
		}
		sessions.ServeHTTP(w, r)
	})
}

// identify finds who sent the request: the station of the bearer token, else
// the user of the session, else nobody. A wrong token is nobody, even beside a
// good session. Probes identify nobody: they must answer while Postgres is down.
func (s *server) identify(r *http.Request, needs permission) (*principal, error) {
	if needs == probe {
		return nil, nil
	}
	if token := bearer(r); token != "" {
		return findStation(r.Context(), s.store, token)
	}
	id := s.sessions.GetInt64(r.Context(), sessionUser)
	if id == 0 {
		return nil, nil
	}
	return s.findUser(r.Context(), id)
}

func bearer(r *http.Request) string {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// sameOrigin refuses an unsafe request that another site's page could have
// sent. net/http's check lets a request with neither header pass, as it may
// come from no browser; ours carries a cookie, so it must show one.
func (s *server) sameOrigin(r *http.Request) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	if r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "" {
		return fmt.Errorf("a %s with a session needs an Origin or Sec-Fetch-Site header", r.Method)
	}
	return s.crossOrigin.Check(r)
}

// deny answers someone who may not: sign in first, or 403.
func (s *server) deny(w http.ResponseWriter, r *http.Request, p *principal) {
	switch {
	case p != nil && p.must != "" && !isAPI(r):
		http.Redirect(w, r, "/account", http.StatusSeeOther)
	case p != nil && p.must != "":
		s.refuse(w, r, newProblem(http.StatusForbidden, "account_incomplete", "change your password or enrol a second factor first, at /account"))
	case p != nil:
		s.refuse(w, r, newProblem(http.StatusForbidden, "forbidden", "your role or token does not allow this"))
	case isAPI(r):
		writeProblem(w, newProblem(http.StatusUnauthorized, "unauthorized", "send a station's bearer token, or sign in"))
	default:
		if _, err := r.Cookie(s.sessions.Cookie.Name); err == nil {
			s.notify(r, "error", "login.expired")
		}
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	}
}

func isAPI(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, "/api/") || r.URL.Path == "/openapi.json"
}

// refuse answers with a problem, as JSON or as a page.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, p *problem) {
	if isAPI(r) {
		writeProblem(w, p)
		return
	}
	s.renderProblem(w, r, p)
}

// recovered turns a panic into a 500, unless the answer has begun.
func (s *server) recovered(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	slog.ErrorContext(r.Context(), "handler panicked", "panic", v, "stack", string(debug.Stack()))
	s.refuse(w, r, newProblem(http.StatusInternalServerError, "internal", "an internal error; it has been recorded"))
}
