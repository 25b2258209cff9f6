package review

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// Lease is how long a claim holds: longer than the slowest receipt, shorter
// than a lunch.
const Lease = 10 * time.Minute

// Queue is the exception queue over a store.
type Queue struct {
	store *storage.Store
	lease time.Duration
}

// New makes a queue whose claims hold for Lease.
func New(store *storage.Store) *Queue { return &Queue{store: store, lease: Lease} }

// Claimed bounds a list by who works on the item.
type Claimed string

// Values of Filter.Claimed; the empty value does not bound.
const (
	ClaimedFree Claimed = "free" // nobody, or the lease has lapsed
	ClaimedMine Claimed = "mine"
)

// Filter bounds the queue; empty fields do not. Text matches the beginning of
// a statement number or a customer's name.
type Filter struct {
	Reason  models.ReasonCode
	Text    string
	Claimed Claimed
	After   Cursor
	Limit   int // entries a page; 0 is DefaultLimit
}

// Page sizes of the list.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Cursor is where a page ended. The queue runs by priority, then deadline.
type Cursor struct {
	Priority int
	Deadline time.Time
	ItemID   int64 // 0: from the start
}

// Entry is one line of the queue.
type Entry struct {
	ItemID      int64               `json:"-"`
	ReceiptID   int64               `json:"receipt_id"`
	StatementNo string              `json:"statement_no"` // as booked, else as read; may be empty
	Customer    string              `json:"customer"`
	Currency    string              `json:"currency,omitempty"`
	Amount      *models.Amount      `json:"amount,omitempty"` // sum of the booked lines in Currency
	Branch      string              `json:"branch"`
	Reasons     []models.ReasonCode `json:"reasons"`
	Priority    int                 `json:"priority"`
	Deadline    time.Time           `json:"deadline"`
	Since       time.Time           `json:"since"`
	ReferredUp  bool                `json:"referred_up"`
	ClaimedBy   string              `json:"claimed_by,omitempty"` // while the lease runs
	Mine        bool                `json:"mine"`
	LeaseUntil  *time.Time          `json:"lease_until,omitempty"`
}

// List is one page of the queue; Next is nil on the last.
type List struct {
	Entries []Entry
	Next    *Cursor
}

// visibleSQL is who may see an open item: its branch, and after a referral
// supervisors only. $1 is the actor's branch, $2 whether he is a supervisor.
const visibleSQL = ` i.closed_at IS NULL AND ($1::bigint = 0 OR r.branch_id = $1)
   AND ($2::boolean OR NOT EXISTS (SELECT FROM decisions x WHERE x.review_item_id = i.id AND x.decision = 'refer_up'))`

const listSQL = `
SELECT i.id, i.receipt_id, coalesce(s.no, rd.statement_no, ''), coalesce(c.name, rd.customer, ''),
       coalesce(t.currency, ''), t.total, b.code,
       ARRAY(SELECT x ->> 'code' FROM jsonb_array_elements(i.reasons) x), i.priority, i.deadline, i.opened_at,
       EXISTS (SELECT FROM decisions x WHERE x.review_item_id = i.id AND x.decision = 'refer_up'),
       coalesce(u.name, ''), coalesce(u.id = $3, false), CASE WHEN u.id IS NULL THEN NULL ELSE i.lease_until END
  FROM review_items i
  JOIN receipts r ON r.id = i.receipt_id
  JOIN branches b ON b.id = r.branch_id
  LEFT JOIN statements s ON s.id = r.statement_id
  LEFT JOIN customers c ON c.id = s.customer_id
  LEFT JOIN users u ON u.id = i.claimed_by AND i.lease_until > now()
  LEFT JOIN LATERAL (SELECT x.statement_no, x.customer FROM readings x
                      WHERE x.receipt_id = r.id ORDER BY x.receipt_version DESC LIMIT 1) rd ON true
  LEFT JOIN LATERAL (SELECT l.currency, sum(l.balance) AS total FROM statement_lines l
                      WHERE l.statement_id = s.id GROUP BY l.currency ORDER BY l.currency <> 'CNY', l.currency LIMIT 1) t ON true
 WHERE` + visibleSQL + `
   AND ($4::text = '' OR i.reasons @> jsonb_build_array(jsonb_build_object('code', $4)))
   AND ($5::text = '' OR starts_with(coalesce(s.no, rd.statement_no, ''), $5) OR starts_with(coalesce(c.name, rd.customer, ''), $5))
   AND ($6::text = '' OR ($6 = 'mine' AND u.id = $3) OR ($6 = 'free' AND u.id IS NULL))
   AND ($7::bigint = 0 OR (i.priority, i.deadline, i.id) > ($8, $9, $7))
 ORDER BY i.priority, i.deadline, i.id
 LIMIT $10`

// List gives one page of what waits, most urgent first.
func (q *Queue) List(ctx context.Context, who models.Actor, f Filter) (List, error) {
	f = f.bounded()
	rows, err := q.store.DB.Query(ctx, listSQL, who.BranchID, who.Has(models.RoleSupervisor), who.ID,
		string(f.Reason), f.Text, string(f.Claimed), f.After.ItemID, f.After.Priority, f.After.Deadline, f.Limit+1)
	if err != nil {
		return List{}, fmt.Errorf("review queue: %w", err)
	}
	entries, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Entry])
	if err != nil {
		return List{}, fmt.Errorf("review queue: %w", err)
	}
	list := List{Entries: entries}
	if len(entries) > f.Limit {
		list.Entries = entries[:f.Limit]
		last := entries[f.Limit-1]
		list.Next = &Cursor{Priority: last.Priority, Deadline: last.Deadline, ItemID: last.ItemID}
	}
	return list, nil
}

func (f Filter) bounded() Filter {
	f.Text = strings.TrimSpace(f.Text)
	if f.Limit <= 0 {
		f.Limit = DefaultLimit
	}
	f.Limit = min(f.Limit, MaxLimit)
	return f
}

// ReasonCount is how many items wait for one reason; an item with several
// reasons counts for each.
type ReasonCount struct {
	Code  models.ReasonCode `json:"code"`
	Count int               `json:"count"`
}

// Tally counts what the actor can see: in all, and by reason, commonest first.
func (q *Queue) Tally(ctx context.Context, who models.Actor) (total int, reasons []ReasonCount, err error) {
	var counts []byte
	err = q.store.DB.QueryRow(ctx, `WITH open AS (
  SELECT i.id, i.reasons FROM review_items i JOIN receipts r ON r.id = i.receipt_id WHERE`+visibleSQL+`)
SELECT (SELECT count(*) FROM open), coalesce((SELECT json_agg(json_build_object('code', t.code, 'count', t.n) ORDER BY t.n DESC, t.code)
  FROM (SELECT x ->> 'code' AS code, count(DISTINCT o.id) AS n FROM open o, jsonb_array_elements(o.reasons) x GROUP BY 1) t), '[]')`,
		who.BranchID, who.Has(models.RoleSupervisor)).Scan(&total, &counts)
	if err != nil {
		return 0, nil, fmt.Errorf("tally of the review queue: %w", err)
	}
	if err := json.Unmarshal(counts, &reasons); err != nil {
		return 0, nil, fmt.Errorf("tally of the review queue: %w", err)
	}
	return total, reasons, nil
}
