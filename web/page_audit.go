package web

import (
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// auditEntriesPerPage of the auditor's list.
const auditEntriesPerPage = 100

type auditPageData struct {
	Object  string
	Entries []auditRow
	Next    string
}

type auditRow struct {
	Seq                           int64
	At                            time.Time
	Actor, Action, Object, Detail string
	Login                         string // of the actor, when a person
}

// briefDetail is how many characters of a detail are shown before it is opened: a line.
const briefDetail = 90

// Brief is the beginning of a long detail; empty when all of it can be shown.
func (r auditRow) Brief() string {
	if utf8.RuneCountInString(r.Detail) <= briefDetail {
		return ""
	}
	return string([]rune(r.Detail)[:briefDetail])
}

// auditPage lists the trail, newest first, of everything or of one object.
func (s *server) auditPage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	below, err := cursorParts(q.Get("after"), 1)
	if err != nil {
		return err
	}
	data := auditPageData{Object: q.Get("object")}
	rows, err := s.store.DB.Query(r.Context(), `SELECT seq, at, actor, action, object, CASE detail::text WHEN '{}' THEN '' ELSE detail::text END, coalesce(u.login, '')
  FROM audit LEFT JOIN users u ON actor = 'user:' || u.id
 WHERE ($1::text = '' OR object = $1) AND ($2::bigint = 0 OR seq < $2) ORDER BY seq DESC LIMIT $3`, data.Object, below[0], auditEntriesPerPage+1)
	if err != nil {
		return fmt.Errorf("audit trail: %w", err)
	}
	if data.Entries, err = pgx.CollectRows(rows, pgx.RowToStructByPos[auditRow]); err != nil {
		return fmt.Errorf("audit trail: %w", err)
	}
	if len(data.Entries) > auditEntriesPerPage {
		data.Entries = data.Entries[:auditEntriesPerPage]
		data.Next = nextPage("/audit", q, cursorText(data.Entries[auditEntriesPerPage-1].Seq))
	}
	return s.render(w, r, "audit", "audit.title", data)
}
