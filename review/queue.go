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
	ClaimedFree Claimed = "free" // nobody, or the lease has lapsed, and the actor may claim it
	ClaimedMine Claimed = "mine"
)

// Filter bounds the queue; empty fields do not. Text matches the beginning of
// a statement number or a customer's name, amounts the sum of the booked lines in CNY.
type Filter struct {
	Reason    models.ReasonCode
	Text      string
	Branch    string // code
	Class     string // of an account
	Waiting   int    // hours at least
	AmountMin *models.Amount
	AmountMax *models.Amount
	Claimed   Claimed // of a list only
	After     Cursor  // of a list only
	Limit     int     // entries a page; 0 is DefaultLimit
}

// Page sizes of the list.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Cursor is where a page ended. The queue runs by the day of the deadline, then
// by risk.
type Cursor struct {
	Due      time.Time // a date
	Priority int
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
	Disputed    bool                `json:"disputed,omitempty"`   // two people differ: for supervisors
	Second      bool                `json:"second,omitempty"`     // waits for a second person; never said in blind mode
	ClaimedBy   string              `json:"claimed_by,omitempty"` // while the lease runs
	Mine        bool                `json:"mine"`
	Barred      bool                `json:"barred,omitempty"` // the reader has judged it, or it is his own work: for somebody else
	LeaseUntil  *time.Time          `json:"lease_until,omitempty"`
	due         time.Time
}

// List is one page of the queue; Next is nil on the last.
type List struct {
	Entries []Entry
	Next    *Cursor
}

// stage is who an open item waits for.
type stage string

const (
	stageSecond     stage = "second"     // somebody has judged it and the rules ask for another
	stageSupervisor stage = "supervisor" // referred up, or two people differ
)

// visibleSQL is who may see an open item: its branch, and what was referred up or
// is disputed supervisors only. $1 is the actor's branch, $2 whether he is a supervisor.
const visibleSQL = ` i.closed_at IS NULL AND ($1::bigint = 0 OR r.branch_id = $1) AND ($2::boolean OR i.stage <> 'supervisor')`

// untouchedSQL is who may judge a visible item: nobody who has judged it, uploaded
// it, or made a specimen of its customer. $3 is the actor.
const untouchedSQL = ` NOT EXISTS (SELECT FROM decisions x WHERE x.receipt_id = r.id AND x.by_user = $3 AND x.undone_at IS NULL)
   AND NOT EXISTS (SELECT FROM opinions x WHERE x.receipt_id = r.id AND x.by_user = $3 AND x.undone_at IS NULL)
   AND NOT must_not_judge($3, r.id, r.statement_id)`

// ofItemSQL joins what filters and lists ask of an item i.
const ofItemSQL = `
  JOIN receipts r ON r.id = i.receipt_id
  LEFT JOIN statements s ON s.id = r.statement_id
  LEFT JOIN customers c ON c.id = s.customer_id
  LEFT JOIN LATERAL (SELECT x.statement_no, x.customer FROM readings x
                      WHERE x.receipt_id = r.id ORDER BY x.receipt_version DESC LIMIT 1) rd ON true`

// filterSQL bounds items by a Filter; its values are $4 to $10, by Filter.args.
const filterSQL = `
       ($4::text = '' OR i.reasons @> jsonb_build_array(jsonb_build_object('code', $4)))
   AND ($5::text = '' OR starts_with(coalesce(s.no, rd.statement_no, ''), $5) OR starts_with(coalesce(c.name, rd.customer, ''), $5))
   AND ($6::text = '' OR r.branch_id = (SELECT id FROM branches WHERE code = $6))
   AND ($7::text = '' OR EXISTS (SELECT FROM statement_lines l JOIN accounts a ON a.account_no = l.account_no AND a.currency = l.currency
                                  WHERE l.statement_id = r.statement_id AND a.class = $7))
   AND ($8::integer = 0 OR i.opened_at <= now() - make_interval(hours => $8))
   AND ($9::numeric IS NULL AND $10::numeric IS NULL OR
        (SELECT sum(l.balance) FROM statement_lines l WHERE l.statement_id = r.statement_id AND l.currency = 'CNY')
         BETWEEN coalesce($9, '-Infinity') AND coalesce($10, 'Infinity'))`

// args are the values of visibleSQL and filterSQL, $1 to $10.
func (f Filter) args(who models.Actor) []any {
	return []any{who.BranchID, who.Has(models.RoleSupervisor), who.ID, string(f.Reason), f.Text, f.Branch, f.Class, f.Waiting,
		numeric(f.AmountMin), numeric(f.AmountMax)}
}

func numeric(a *models.Amount) *string {
	if a == nil {
		return nil
	}
	text := a.String()
	return &text
}

// listSQL shows a reviewer's own hidden item among the rest.
const listSQL = `
SELECT i.id, i.receipt_id, coalesce(s.no, rd.statement_no, ''), coalesce(c.name, rd.customer, ''),
       coalesce(t.currency, ''), t.total, b.code,
       ARRAY(SELECT x ->> 'code' FROM jsonb_array_elements(i.reasons) x), i.priority, i.deadline, i.opened_at,
       f.referred, i.stage = 'supervisor' AND NOT f.referred,
       i.stage = 'second' AND NOT (SELECT x.blind FROM rule_sets x WHERE x.id = rule_set_on(bank_date(now()))),
       coalesce(u.name, ''), coalesce(u.id = $3, false), CASE WHEN u.id IS NULL THEN NULL ELSE i.lease_until END,
       NOT (` + untouchedSQL + `), i.due
  FROM (SELECT id, receipt_id, reasons, priority, deadline, due, opened_at, stage, claimed_by, lease_until, closed_at
          FROM review_items WHERE closed_at IS NULL
        UNION ALL
        SELECT id, receipt_id, reasons, priority, deadline, due, opened_at, 'open', given_to, lease_until, ended_at
          FROM hidden_items WHERE ended_at IS NULL AND given_to = $3) i` + ofItemSQL + `
  JOIN branches b ON b.id = r.branch_id
  LEFT JOIN users u ON u.id = i.claimed_by AND i.lease_until > now()
  CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM decisions x WHERE x.review_item_id = i.id AND x.receipt_id = i.receipt_id
                       AND x.decision = 'refer_up' AND x.undone_at IS NULL) AS referred) f
  LEFT JOIN LATERAL (SELECT l.currency, sum(l.balance) AS total FROM statement_lines l
                      WHERE l.statement_id = s.id GROUP BY l.currency ORDER BY l.currency <> 'CNY', l.currency LIMIT 1) t ON true
 WHERE` + visibleSQL + ` AND` + filterSQL + `
   AND ($11::text = '' OR ($11 = 'mine' AND u.id = $3) OR ($11 = 'free' AND u.id IS NULL AND` + untouchedSQL + `))
   AND ($12::bigint = 0 OR (i.due, i.priority, i.id) > ($13::date, $14, $12))
 ORDER BY i.due, i.priority, i.id
 LIMIT $15`

// List gives one page of what waits, most urgent first.
func (q *Queue) List(ctx context.Context, who models.Actor, f Filter) (List, error) {
	f = f.bounded()
	entries, err := storage.Rows(ctx, q.store, who, func(row pgx.CollectableRow) (e Entry, err error) {
		return e, row.Scan(&e.ItemID, &e.ReceiptID, &e.StatementNo, &e.Customer, &e.Currency, &e.Amount, &e.Branch, &e.Reasons, &e.Priority,
			&e.Deadline, &e.Since, &e.ReferredUp, &e.Disputed, &e.Second, &e.ClaimedBy, &e.Mine, &e.LeaseUntil, &e.Barred, &e.due)
	}, listSQL, append(f.args(who), string(f.Claimed), f.After.ItemID, f.After.Due, f.After.Priority, f.Limit+1)...)
	if err != nil {
		return List{}, fmt.Errorf("review queue: %w", err)
	}
	list := List{Entries: entries}
	if len(entries) > f.Limit {
		list.Entries = entries[:f.Limit]
		last := entries[f.Limit-1]
		list.Next = &Cursor{Due: last.due, Priority: last.Priority, ItemID: last.ItemID}
	}
	return list, nil
}

func (f Filter) bounded() Filter {
	f.Text, f.Branch, f.Class = strings.TrimSpace(f.Text), strings.TrimSpace(f.Branch), strings.TrimSpace(f.Class)
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
	type tally struct {
		Total  int
		Counts []byte
	}
	t, err := storage.Row(ctx, q.store, who, pgx.RowToStructByPos[tally], `WITH open AS (
  SELECT i.id, i.reasons FROM review_items i JOIN receipts r ON r.id = i.receipt_id WHERE`+visibleSQL+`)
SELECT (SELECT count(*) FROM open), coalesce((SELECT json_agg(json_build_object('code', t.code, 'count', t.n) ORDER BY t.n DESC, t.code)
  FROM (SELECT x ->> 'code' AS code, count(DISTINCT o.id) AS n FROM open o, jsonb_array_elements(o.reasons) x GROUP BY 1) t), '[]')`,
		who.BranchID, who.Has(models.RoleSupervisor))
	if err != nil {
		return 0, nil, fmt.Errorf("tally of the review queue: %w", err)
	}
	if err := json.Unmarshal(t.Counts, &reasons); err != nil {
		return 0, nil, fmt.Errorf("tally of the review queue: %w", err)
	}
	return t.Total, reasons, nil
}

// Choices are the values a filter may take: branches the actor sees, and account
// classes in use.
type Choices struct{ Branches, Classes []string }

// Choices lists what the actor may filter by.
func (q *Queue) Choices(ctx context.Context, who models.Actor) (c Choices, err error) {
	c, err = storage.Row(ctx, q.store, who, pgx.RowToStructByPos[Choices], `SELECT ARRAY(SELECT code FROM branches WHERE $1::bigint = 0 OR id = $1 ORDER BY code),
       ARRAY(SELECT DISTINCT class FROM accounts WHERE class <> '' ORDER BY class)`, who.BranchID)
	if err != nil {
		return c, fmt.Errorf("filters of the review queue: %w", err)
	}
	return c, nil
}
