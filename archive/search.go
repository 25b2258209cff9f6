package archive

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// Search is what an archivist asks for; empty fields do not bound. Number and
// Customer match from their beginning, Customer also a whole customer number.
type Search struct {
	Number   string // of the statement, as booked or as read
	Customer string // name or number
	Account  string // digits; spaces and dashes are ignored
	Period   string // cut-off date, 2026-09-30
	After    Cursor // the end of the page before
	Limit    int    // receipts a page; 0 is DefaultLimit
}

// Page sizes of a search.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Cursor is where a page ended: results run from the newest receipt back.
type Cursor struct {
	AcceptedAt time.Time
	ReceiptID  int64 // 0: from the start
}

// Hit is one receipt found.
type Hit struct {
	ReceiptID   int64               `json:"receipt_id"`
	StatementNo string              `json:"statement_no"`
	Customer    string              `json:"customer"`
	Period      string              `json:"period,omitempty"`
	Branch      string              `json:"branch"`
	State       models.ReceiptState `json:"state"`
	Decision    models.Decision     `json:"decision,omitempty"` // when a person has decided
	FileName    string              `json:"file_name"`
	AcceptedAt  time.Time           `json:"accepted_at"`
}

// Found is one page of hits; Next is nil on the last.
type Found struct {
	Hits []Hit
	Next *Cursor
}

// hitSQL shows receipts by their ids.
const hitSQL = `
SELECT r.id, coalesce(s.no, rd.statement_no, ''), coalesce(c.name, rd.customer, ''),
       coalesce(to_char(p.cut_off, 'YYYY-MM-DD'), ''), b.code, r.state,
       coalesce((SELECT d.decision FROM decisions d WHERE d.receipt_id = r.id AND d.receipt_version = r.version
                  AND d.decision <> 'refer_up'), ''),
       r.file_name, r.accepted_at
  FROM receipts r
  JOIN branches b ON b.id = r.branch_id
  LEFT JOIN statements s ON s.id = r.statement_id
  LEFT JOIN customers c ON c.id = s.customer_id
  LEFT JOIN periods p ON p.id = s.period_id
  LEFT JOIN LATERAL (SELECT x.statement_no, x.customer FROM readings x
                      WHERE x.receipt_id = r.id ORDER BY x.receipt_version DESC LIMIT 1) rd ON true
 WHERE r.id = ANY ($1) ORDER BY r.accepted_at DESC, r.id DESC`

// searchSQL names the receipts of a page, by whichever index the question hits:
// statement, customer, account or period. Beginnings are asked for by starts_with,
// which is leakproof: LIKE is not, and no index would answer it behind the fence.
const searchSQL = `
SELECT r.id
  FROM receipts r
 WHERE ($1::bigint = 0 OR r.branch_id = $1)
   AND ($2::text = '' OR r.id IN (
         SELECT r2.id FROM statements s2 JOIN receipts r2 ON r2.statement_id = s2.id WHERE starts_with(s2.no, $2)
         UNION SELECT x.receipt_id FROM readings x WHERE x.statement_no <> '' AND starts_with(x.statement_no, $2)))
   AND ($3::text = '' OR r.id IN (
         SELECT r2.id FROM customers c2 JOIN statements s2 ON s2.customer_id = c2.id JOIN receipts r2 ON r2.statement_id = s2.id
          WHERE starts_with(c2.name, $3) OR c2.no = $3))
   AND ($4::text = '' OR r.id IN (
         SELECT r2.id FROM statement_lines l JOIN receipts r2 ON r2.statement_id = l.statement_id WHERE l.account_no = $4
         UNION SELECT x.receipt_id FROM reading_accounts a JOIN readings x ON x.id = a.reading_id
                WHERE a.account_no <> '' AND a.account_no = $4))
   AND ($5::date IS NULL OR r.id IN (
         SELECT r2.id FROM periods p2 JOIN statements s2 ON s2.period_id = p2.id JOIN receipts r2 ON r2.statement_id = s2.id
          WHERE p2.cut_off = $5))
   AND ($6::bigint = 0 OR (r.accepted_at, r.id) < ($7, $6))
 ORDER BY r.accepted_at DESC, r.id DESC
 LIMIT $8`

// Archive answers searches and views.
type Archive struct{ store *storage.Store }

// New makes an archive over a store.
func New(store *storage.Store) *Archive { return &Archive{store: store} }

// Find answers a search with the receipts of the actor's branch. A search
// without any condition is a bad request: it would list everything.
func (a *Archive) Find(ctx context.Context, who models.Actor, q Search) (Found, error) {
	q = q.trimmed()
	if q.Number == "" && q.Customer == "" && q.Account == "" && q.Period == "" {
		return Found{}, models.NewFault(models.Permanent, "search_empty", "give a number, customer, account or period", nil)
	}
	var period *time.Time
	if q.Period != "" {
		day, err := time.Parse(time.DateOnly, q.Period)
		if err != nil {
			return Found{}, models.NewFault(models.Permanent, "bad_input", "period: want a cut-off date like 2026-09-30", err)
		}
		period = &day
	}
	var found Found
	err := a.store.InTx(ctx, func(tx pgx.Tx) error {
		// The question varies too much for one cached plan.
		if _, err := tx.Exec(ctx, `SET LOCAL plan_cache_mode = force_custom_plan`); err != nil {
			return err
		}
		var hits []Hit
		err := storage.Fenced(ctx, tx, who, func() error {
			rows, err := tx.Query(ctx, searchSQL, who.BranchID, q.Number, q.Customer, q.Account, period,
				q.After.ReceiptID, q.After.AcceptedAt, q.Limit+1)
			if err != nil {
				return err
			}
			ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
			if err != nil {
				return err
			}
			if rows, err = tx.Query(ctx, hitSQL, ids); err != nil {
				return err
			}
			hits, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Hit])
			return err
		})
		if err != nil {
			return err
		}
		if len(hits) > q.Limit {
			hits = hits[:q.Limit]
			last := hits[q.Limit-1]
			found.Next = &Cursor{AcceptedAt: last.AcceptedAt, ReceiptID: last.ReceiptID}
		}
		found.Hits = hits
		return storage.Record(ctx, tx, storage.Event{Actor: who.String(), Action: "archive.searched", Object: "archive:receipts",
			Detail: map[string]any{"number": q.Number, "customer": q.Customer, "account": q.Account, "period": q.Period, "hits": len(hits)}})
	})
	if err != nil {
		return Found{}, fmt.Errorf("search: %w", err)
	}
	return found, nil
}

func (q Search) trimmed() Search {
	q.Number, q.Customer, q.Period = strings.TrimSpace(q.Number), strings.TrimSpace(q.Customer), strings.TrimSpace(q.Period)
	q.Account = strings.NewReplacer(" ", "", "-", "").Replace(q.Account)
	if q.Limit <= 0 {
		q.Limit = DefaultLimit
	}
	q.Limit = min(q.Limit, MaxLimit)
	return q
}
