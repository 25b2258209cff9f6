package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// Mismatch is a receipt whose customer says that the balance differs (不符): an answer, whose
// difference the branch explains by Due and another person then has settled (domain 97-103).
type Mismatch struct {
	ReceiptID   int64     `json:"receipt_id"`
	StatementNo string    `json:"statement_no"` // may be empty, like what hangs on it
	Customer    string    `json:"customer"`
	CustomerNo  string    `json:"customer_no"`
	Period      string    `json:"period"` // cut-off date
	Branch      string    `json:"branch"`
	Remark      string    `json:"remark"` // of who judged the receipt
	At          time.Time `json:"at"`
	Due         time.Time `json:"due"`

	Explanation
	Maker     string     `json:"maker,omitempty"` // login; empty: not explained yet
	MadeAt    *time.Time `json:"made_at,omitempty"`
	Own       bool       `json:"own"` // who asks explained it, so another must settle it
	Result    string     `json:"result,omitempty"`
	Settler   string     `json:"settler,omitempty"`
	SettledAt *time.Time `json:"settled_at,omitempty"`
}

// Late reports whether the cause was not known in time.
func (m Mismatch) Late(now time.Time) bool {
	return m.MadeAt == nil && m.Due.Before(now) || m.MadeAt != nil && m.Due.Before(*m.MadeAt)
}

// Explanation is the cause of a difference with the items that make it up.
type Explanation struct {
	Cause Cause             `json:"cause,omitempty"`
	Items []OutstandingItem `json:"items,omitempty"`
	Note  string            `json:"note,omitempty"`
}

// Cause is why a balance differs (domain 98).
type Cause string

// The causes. A bank's error and what is suspicious are settled at the centre only, and
// what was noted of a suspicious one is read only there (domain 99, 100).
const (
	CauseTiming     Cause = "timing"     // one side has booked what the other has not yet
	CauseCompany    Cause = "company"    // the customer's error
	CauseBank       Cause = "bank"       // ours
	CauseSuspicious Cause = "suspicious" // nobody can say, or somebody should not
)

// Causes lists them as a person is offered them.
func Causes() []Cause { return []Cause{CauseTiming, CauseCompany, CauseBank, CauseSuspicious} }

func (c Cause) goesUp() bool { return c == CauseBank || c == CauseSuspicious }

// OutstandingItem (未达账项) is an entry that one side's books have and the other's have not.
type OutstandingItem struct {
	Date   string        `json:"date"`   // 2026-09-29
	Amount models.Amount `json:"amount"` // what the customer's books have more than the bank's
	Text   string        `json:"text"`
}

const (
	causeDays = 3 // working days a branch has to find the cause (domain 97)
	mostItems = 50
)

// ParseOutstanding reads items as people type them, one a line: date, amount, what it is.
// Fault items_invalid names the line.
func ParseOutstanding(text string) ([]OutstandingItem, error) {
	items := []OutstandingItem{}
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		bad := models.NewFault(models.Permanent, "items_invalid", fmt.Sprintf("items, line %d: want like 2026-09-29 -12,000.00 cheque not booked; at most %d lines", i+1, mostItems), nil)
		date, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		amount, what, _ := strings.Cut(strings.TrimSpace(rest), " ")
		item := OutstandingItem{Date: date, Text: strings.TrimSpace(what)}
		var err error
		if item.Amount, err = models.ParseAmount(amount); err != nil || item.Amount.IsZero() || !item.Amount.Fits() {
			return nil, bad
		}
		if _, err := time.Parse(time.DateOnly, date); err != nil || item.Text == "" || utf8.RuneCountInString(item.Text) > 200 || len(items) == mostItems {
			return nil, bad
		}
		items = append(items, item)
	}
	return items, nil
}

// differingSQL is every receipt found valid that says the balance differs, and what the
// register has of it; $1 is the branch, 0 the centre.
const differingSQL = `
  FROM decisions d JOIN receipts r ON r.id = d.receipt_id AND r.version = d.receipt_version AND r.state = 'decided'
  JOIN branches b ON b.id = r.branch_id
  LEFT JOIN statements s ON s.id = r.statement_id LEFT JOIN customers c ON c.id = s.customer_id LEFT JOIN periods p ON p.id = s.period_id
  LEFT JOIN LATERAL (SELECT * FROM mismatches x WHERE x.receipt_id = r.id ORDER BY x.id DESC LIMIT 1) m ON true
  LEFT JOIN users k ON k.id = m.maker LEFT JOIN users e ON e.id = m.settler
 WHERE d.undone_at IS NULL AND ($1::bigint = 0 OR r.branch_id = $1)
   AND (d.decision = 'valid' AND answers_differ(r.id, d.reason_code) OR d.decision = 'invalid' AND d.reason_code = 'mark_differ')`

// Mismatches is the register of the actor's branch, or of the whole centre: what is not
// settled first, the earliest due of it on top.
func (q *Queue) Mismatches(ctx context.Context, who models.Actor) ([]Mismatch, error) {
	list, err := storage.Rows(ctx, q.store, who, func(row pgx.CollectableRow) (m Mismatch, err error) {
		var items []byte
		err = row.Scan(&m.ReceiptID, &m.StatementNo, &m.Customer, &m.CustomerNo, &m.Period, &m.Branch, &m.Remark, &m.At, &m.Due,
			&m.Cause, &items, &m.Note, &m.Maker, &m.MadeAt, &m.Own, &m.Result, &m.Settler, &m.SettledAt)
		if err != nil {
			return m, err
		}
		if who.BranchID != 0 && m.Cause == CauseSuspicious {
			m.Note, m.Result = "", ""
			return m, nil
		}
		return m, json.Unmarshal(items, &m.Items)
	}, `SELECT r.id, coalesce(s.no, ''), coalesce(c.name, ''), coalesce(c.no, ''), coalesce(to_char(p.cut_off, 'YYYY-MM-DD'), ''), b.code, d.note, d.at, working_days_after(d.at, $2),
       coalesce(m.cause, ''), coalesce(m.items, '[]'), coalesce(m.note, ''), coalesce(k.login, ''), m.made_at, coalesce(m.maker = $3, false), coalesce(m.result, ''), coalesce(e.login, ''), m.settled_at`+
		differingSQL+` AND (m.settled_at IS NULL OR d.at > now() - make_interval(days => $4))
 ORDER BY m.settled_at IS NOT NULL, CASE WHEN m.settled_at IS NULL THEN d.at END, d.at DESC, r.id LIMIT $5`, who.BranchID, causeDays, who.ID, branchDays, branchRows)
	if err != nil {
		return nil, fmt.Errorf("mismatches: %w", err)
	}
	return list, nil
}

// Explain enters the cause of a difference; until it is settled a later entry takes the
// place of an earlier. Faults: not_found outside the actor's branch or where nothing
// differs, explanation_invalid, mismatch_settled.
func (q *Queue) Explain(ctx context.Context, who models.Actor, receiptID int64, x Explanation) error {
	x.Note = strings.TrimSpace(x.Note)
	if n := utf8.RuneCountInString(x.Note); !slices.Contains(Causes(), x.Cause) || n < 1 || n > maxNote {
		return models.NewFault(models.Permanent, "explanation_invalid", "want a cause (timing, company, bank, suspicious) and a note of 1 to 1000 characters", nil)
	}
	if x.Items == nil {
		x.Items = []OutstandingItem{}
	}
	return q.changeMismatch(ctx, who, receiptID, func(tx pgx.Tx, _ entered) (storage.Event, error) {
		_, err := tx.Exec(ctx, `INSERT INTO mismatches (receipt_id, cause, items, note, maker) VALUES ($1, $2, $3, $4, $5)`, receiptID, string(x.Cause), x.Items, x.Note, who.ID)
		return storage.Event{Action: "mismatch.explained", Detail: x}, err
	})
}

// Settle ends a difference with what came of it. Faults: not_found, result_required,
// mismatch_unexplained, own_explanation (who explained it never settles it), centre_only for
// a bank's error and what is suspicious, mismatch_settled.
func (q *Queue) Settle(ctx context.Context, who models.Actor, receiptID int64, result string) error {
	result = strings.TrimSpace(result)
	if n := utf8.RuneCountInString(result); n < 1 || n > maxNote {
		return models.NewFault(models.Permanent, "result_required", "result: want 1 to 1000 characters", nil)
	}
	return q.changeMismatch(ctx, who, receiptID, func(tx pgx.Tx, is entered) (storage.Event, error) {
		switch {
		case is.ID == 0:
			return storage.Event{}, models.NewFault(models.Permanent, "mismatch_unexplained", "the branch has not said why the balance differs", nil)
		case is.Own:
			return storage.Event{}, models.NewFault(models.Permanent, "own_explanation", "you explained this difference: another person must settle it", nil)
		case is.Cause.goesUp() && who.BranchID != 0:
			return storage.Event{}, models.NewFault(models.Permanent, "centre_only", "a bank's error and what is suspicious are settled at the centre", nil)
		}
		_, err := tx.Exec(ctx, `UPDATE mismatches SET result = $2, settler = $3, settled_at = now() WHERE id = $1`, is.ID, result, who.ID)
		return storage.Event{Action: "mismatch.settled", Detail: map[string]any{"cause": is.Cause, "result": result}}, err
	})
}

// entered is what the register has of a receipt; ID 0: nothing yet.
type entered struct {
	ID           int64
	Cause        Cause
	Own, Settled bool
}

// changeMismatch lets change work on a differing receipt of the actor's branch that is not
// settled, and records what it says it did.
func (q *Queue) changeMismatch(ctx context.Context, who models.Actor, receiptID int64, change func(pgx.Tx, entered) (storage.Event, error)) error {
	err := q.store.InTx(ctx, func(tx pgx.Tx) error {
		// One after the other: two would both find it open.
		if _, err := tx.Exec(ctx, `SELECT FROM receipts WHERE id = $1 FOR UPDATE`, receiptID); err != nil {
			return err
		}
		var is entered
		err := tx.QueryRow(ctx, `SELECT coalesce(m.id, 0), coalesce(m.cause, ''), coalesce(m.maker = $3, false), m.settled_at IS NOT NULL`+differingSQL+` AND r.id = $2`,
			who.BranchID, receiptID, who.ID).Scan(&is.ID, &is.Cause, &is.Own, &is.Settled)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return models.NewFault(models.Permanent, "not_found", "there is no such receipt that differs, or it belongs to another branch", nil)
		case err != nil:
			return err
		case is.Settled:
			return models.NewFault(models.Permanent, "mismatch_settled", "the difference was settled already", nil)
		}
		event, err := change(tx, is)
		if err != nil {
			return err
		}
		event.Actor, event.Object = who.String(), fmt.Sprintf("receipt:%d", receiptID)
		return storage.Record(ctx, tx, event)
	})
	if err != nil {
		return fmt.Errorf("mismatch of receipt %d: %w", receiptID, err)
	}
	return nil
}
