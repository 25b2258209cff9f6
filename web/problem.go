package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"heyin/models"
)

// retryAfter is what a caller is told to wait when a store is down: local
// stores restart within a few seconds.
const retryAfter = 5 * time.Second

// problem is an error as RFC 9457 has it, with our stable code added.
type problem struct {
	Type   string `json:"type" doc:"always about:blank; code tells problems apart"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty" doc:"what happened, and what to do"`
	Code   string `json:"code" doc:"stable, for programs"`
	Errors []any  `json:"errors,omitempty" doc:"which fields were wrong"`
}

func (p *problem) Error() string  { return p.Code + ": " + p.Detail }
func (p *problem) GetStatus() int { return p.Status }

// ContentType names the media type of RFC 9457.
func (p *problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders tells the caller when to come back.
func (p *problem) GetHeaders() http.Header {
	h := http.Header{}
	switch p.Status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		h.Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="heyin"`)
	}
	return h
}

func newProblem(status int, code, detail string) *problem {
	return &problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Code: code}
}

// statuses of the faults that a caller can do something about; any other
// permanent one is a request that cannot be processed (422).
var statuses = map[string]int{
	"not_found":            http.StatusNotFound,
	"queue_empty":          http.StatusNotFound,
	"claimed":              http.StatusConflict,
	"claim_lost":           http.StatusConflict,
	"not_in_review":        http.StatusConflict,
	"already_answered":     http.StatusConflict,
	"user_exists":          http.StatusConflict,
	"batch_closed":         http.StatusConflict,
	"idempotency_conflict": http.StatusConflict,
	"supervisor_only":      http.StatusForbidden,
	"judged_already":       http.StatusForbidden,
	"own_work":             http.StatusForbidden,
	"undo_late":            http.StatusConflict,
	"own_rules":            http.StatusForbidden,
	"rules_closed":         http.StatusConflict,
	"own_address":          http.StatusForbidden,
	"address_waits":        http.StatusConflict,
	"address_closed":       http.StatusConflict,
	"own_proposal":         http.StatusForbidden,
	"proposal_closed":      http.StatusConflict,
	"specimen_newer":       http.StatusConflict,
	"too_large":            http.StatusRequestEntityTooLarge,
}

// SQLSTATEs of text Postgres cannot hold, like a NUL character.
var badText = map[string]bool{"22021": true, "22P05": true}

// problemOf translates an error to HTTP. An unclassed error is ours, not the
// caller's: it is logged whole and answered without its text. Whatever may be
// cured by waiting is a 503.
func problemOf(ctx context.Context, err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return newProblem(http.StatusRequestEntityTooLarge, "too_large",
			"the body is larger than "+strconv.FormatInt(tooLarge.Limit, 10)+" bytes")
	}
	if f, ok := errors.AsType[*models.Fault](err); ok && f.Class == models.Permanent {
		status, known := statuses[f.Code]
		if !known {
			status = http.StatusUnprocessableEntity
		}
		return newProblem(status, f.Code, f.Reason)
	}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && badText[pgErr.Code] {
		return newProblem(http.StatusUnprocessableEntity, "bad_input", "the text holds characters that cannot be stored")
	}
	if ctx.Err() != nil {
		return newProblem(http.StatusServiceUnavailable, "unavailable", "the request ended before it was answered; send it again")
	}
	slog.ErrorContext(ctx, "request failed", "error", err)
	if isOutage(err) {
		return newProblem(http.StatusServiceUnavailable, "unavailable", "a store is down; send the request again after Retry-After")
	}
	return newProblem(http.StatusInternalServerError, "internal", "an internal error; it has been recorded")
}

// isOutage tells a store that does not answer from a bug: a fault classed
// retryable, or no connection. An error Postgres itself reports is a bug unless
// it is about connections (class 08), resources (53) or shutting down (57P).
func isOutage(err error) bool {
	if f, ok := errors.AsType[*models.Fault](err); ok {
		return f.Class == models.Retryable
	}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgErr.Code[:2] == "08" || pgErr.Code[:2] == "53" || pgErr.Code[:3] == "57P"
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	return pgconn.SafeToRetry(err) || pgconn.Timeout(err)
}

// writeProblem answers an API request outside huma, as the guard does.
func writeProblem(w http.ResponseWriter, p *problem) {
	for k, v := range p.GetHeaders() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	// A failed write means the caller went away; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(p)
}
