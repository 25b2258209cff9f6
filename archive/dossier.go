package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// Dossier is everything known of one receipt. Result is nil while no reader
// has finished with it.
type Dossier struct {
	ReceiptID   int64                  `json:"receipt_id"`
	State       models.ReceiptState    `json:"state"`
	BatchID     int64                  `json:"batch_id"`
	Branch      string                 `json:"branch"`
	Station     string                 `json:"station"`
	FileName    string                 `json:"file_name"`
	Page        int                    `json:"page"` // of the scan, from 1
	SHA256      string                 `json:"sha256"`
	DuplicateOf int64                  `json:"duplicate_of,omitempty"`
	AcceptedAt  time.Time              `json:"accepted_at"`
	StatementNo string                 `json:"statement_no"` // as booked, else as read; may be empty
	InBooks     bool                   `json:"in_books"`     // the statement is known to the books
	Customer    string                 `json:"customer"`
	Period      string                 `json:"period,omitempty"` // cut-off date, 2026-09-30
	Lines       []models.StatementLine `json:"lines"`            // as booked, in print order
	Reasons     []models.Reason        `json:"reasons"`          // why it did not pass
	Result      *models.Result         `json:"result,omitempty"`
	Specimens   []Specimen             `json:"specimens"`  // the customer's, former ones too, by name, newest first
	Images      []Image                `json:"images"`     // what the reader drew
	Decisions   []Decision             `json:"decisions"`  // oldest first
	Same        []Neighbour            `json:"same"`       // other receipts of the same statement, newest first
	Earlier     []Neighbour            `json:"earlier"`    // of the customer's other statements, newest first
	Neighbours  []Neighbour            `json:"neighbours"` // scanned before and after it, in that order
}

// Specimen is an image on file.
type Specimen struct {
	ID        int64            `json:"id"` // its picture is SpecimenImage(ID) of the receipt
	Ref       string           `json:"ref"`
	Kind      models.SealKind  `json:"kind"`
	Shape     models.SealShape `json:"shape"`
	DPI       float64          `json:"dpi"` // of its picture
	ValidFrom time.Time        `json:"valid_from"`
	ValidTo   *time.Time       `json:"valid_to,omitempty"` // first day out; nil: in force
	Maker     string           `json:"maker,omitempty"`    // empty: loaded by an import
	Checker   string           `json:"checker,omitempty"`
	Used      bool             `json:"used"` // a verification compared with it
}

// Neighbour is another receipt, as the desk lists it beside this one.
type Neighbour struct {
	ReceiptID   int64               `json:"receipt_id"`
	StatementNo string              `json:"statement_no,omitempty"`
	Period      string              `json:"period,omitempty"` // cut-off date
	FileName    string              `json:"file_name"`
	State       models.ReceiptState `json:"state,omitempty"`    // empty: with a person, and the reader must not know more (review: hush)
	Decision    models.Decision     `json:"decision,omitempty"` // the one in effect
	HasPage     bool                `json:"has_page"`           // its picture "page" can be seen
	AcceptedAt  time.Time           `json:"accepted_at"`
	Mark        models.Mark         `json:"mark,omitempty"`    // as the machine read it
	Reasons     []models.ReasonCode `json:"reasons,omitempty"` // why the machine did not pass it
	Answers     bool                `json:"answers,omitempty"` // the statement is answered by it
}

// Image is an evidence picture; a verification names its own by hash.
type Image struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Decision is what a person said, and when. With Second two people said so; an
// Opinion alone had no effect, and neither has what was undone.
type Decision struct {
	At         time.Time       `json:"at"`
	User       string          `json:"user"`
	Decision   models.Decision `json:"decision"`
	ReasonCode string          `json:"reason_code,omitempty"`
	Note       string          `json:"note,omitempty"`
	Second     string          `json:"second,omitempty"`
	Opinion    bool            `json:"opinion,omitempty"`
	UndoneAt   *time.Time      `json:"undone_at,omitempty"`
	Rules      int64           `json:"rule_set,omitempty"` // that judged; 0: before there were any
	// Folds are how the person looked at the seals, to be replayed.
	Folds []models.FoldUse `json:"folds,omitempty"`
}

// How many receipts are listed beside one.
const (
	maxSame       = 6
	maxEarlier    = 6
	maxNeighbours = 2 // on either side
)

// errNotFound hides the difference between "not there" and "not yours".
func errNotFound() error {
	return models.NewFault(models.Permanent, "not_found", "there is no such receipt, or it belongs to another branch", nil)
}

const dossierSQL = `
SELECT r.id, r.state, r.batch_id, b.code, st.name, r.file_name, r.page, r.object_sha256,
       coalesce(r.duplicate_of, 0), r.accepted_at,
       coalesce(s.no, rd.statement_no, ''), s.id IS NOT NULL, coalesce(c.name, rd.customer, ''),
       coalesce(to_char(p.cut_off, 'YYYY-MM-DD'), ''), coalesce(s.id, 0),
       coalesce(rd.id, 0), rd.result,
       coalesce((SELECT i.reasons FROM review_items i WHERE i.receipt_id = r.id ORDER BY i.id DESC LIMIT 1), '[]')
  FROM receipts r
  JOIN branches b ON b.id = r.branch_id
  JOIN batches ba ON ba.id = r.batch_id
  JOIN stations st ON st.id = ba.station_id
  LEFT JOIN statements s ON s.id = coalesce(nullif($3::bigint, 0), r.statement_id)
  LEFT JOIN customers c ON c.id = s.customer_id
  LEFT JOIN periods p ON p.id = s.period_id
  LEFT JOIN LATERAL (SELECT * FROM readings x WHERE x.receipt_id = r.id ORDER BY x.receipt_version DESC LIMIT 1) rd ON true
 WHERE r.id = $1 AND ($2::bigint = 0 OR r.branch_id = $2)`

// Load reads the dossier of a receipt inside the caller's transaction, which
// also writes the audit. It answers not_found for a receipt outside the
// actor's branch. A named statement takes the place of the one on record: the books,
// the specimens and the receipts beside are then its own, and of comparisons with
// another customer's specimens nothing is shown; 0 names none.
func Load(ctx context.Context, tx pgx.Tx, who models.Actor, receiptID, named int64) (*Dossier, error) {
	var d Dossier
	var statementID, readingID int64
	var result, reasons []byte
	err := tx.QueryRow(ctx, dossierSQL, receiptID, who.BranchID, named).Scan(&d.ReceiptID, &d.State, &d.BatchID, &d.Branch, &d.Station,
		&d.FileName, &d.Page, &d.SHA256, &d.DuplicateOf, &d.AcceptedAt, &d.StatementNo, &d.InBooks, &d.Customer, &d.Period,
		&statementID, &readingID, &result, &reasons)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("dossier of receipt %d: %w", receiptID, err)
	}
	if err := json.Unmarshal(reasons, &d.Reasons); err != nil {
		return nil, fmt.Errorf("reasons of receipt %d: %w", receiptID, err)
	}
	if result != nil {
		d.Result = new(models.Result)
		if err := json.Unmarshal(result, d.Result); err != nil {
			return nil, fmt.Errorf("result of receipt %d: %w", receiptID, err)
		}
	}
	if named != 0 {
		if err := d.dropForeign(ctx, tx, named); err != nil {
			return nil, fmt.Errorf("dossier of receipt %d: %w", receiptID, err)
		}
	}
	if err := loadParts(ctx, tx, &d, who, statementID, readingID); err != nil {
		return nil, fmt.Errorf("dossier of receipt %d: %w", receiptID, err)
	}
	return &d, nil
}

// dropForeign forgets what the machine compared with another customer's specimens than
// the named statement's.
func (d *Dossier) dropForeign(ctx context.Context, tx pgx.Tx, named int64) error {
	var own bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM receipts r JOIN statements s ON s.id = r.statement_id JOIN statements n USING (customer_id)
 WHERE r.id = $1 AND n.id = $2)`, d.ReceiptID, named).Scan(&own)
	if err == nil && !own && d.Result != nil {
		d.Result.Verifications = nil
	}
	return err
}

// loadParts fills what hangs on the statement, the reading and the decisions.
func loadParts(ctx context.Context, tx pgx.Tx, d *Dossier, who models.Actor, statementID, readingID int64) error {
	rows, err := tx.Query(ctx, `SELECT account_no, currency, balance FROM statement_lines WHERE statement_id = $1 ORDER BY line_no`, statementID)
	if err != nil {
		return err
	}
	d.Lines, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l models.StatementLine, err error) {
		return l, row.Scan(&l.AccountNo, &l.Currency, &l.Balance)
	})
	if err != nil {
		return err
	}
	compared := readingID
	if d.Result == nil || len(d.Result.Verifications) == 0 {
		compared = 0 // with nothing, or with another customer's
	}
	rows, err = tx.Query(ctx, `SELECT p.id, p.ref, p.kind, p.shape, p.dpi, p.valid_from, p.valid_to, coalesce(m.name, ''), coalesce(c.name, ''), p.id = ANY (u.ids)
  FROM (SELECT coalesce(array_agg(specimen_id), '{}') AS ids FROM verifications WHERE reading_id = $1) u
  JOIN specimens p ON p.customer_id = (SELECT customer_id FROM statements WHERE id = $2) OR p.id = ANY (u.ids)
  LEFT JOIN users m ON m.id = p.maker LEFT JOIN users c ON c.id = p.checker
 ORDER BY p.ref, p.valid_from DESC`, compared, statementID)
	if err != nil {
		return err
	}
	if d.Specimens, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Specimen]); err != nil {
		return err
	}
	rows, err = tx.Query(ctx, `SELECT name, object_sha256 FROM evidence WHERE reading_id = $1 ORDER BY name`, readingID)
	if err != nil {
		return err
	}
	if d.Images, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Image]); err != nil {
		return err
	}
	rows, err = tx.Query(ctx, decisionsSQL, d.ReceiptID)
	if err != nil {
		return err
	}
	if d.Decisions, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Decision]); err != nil {
		return err
	}
	return loadBeside(ctx, tx, d, who, statementID)
}

// neighbourSQL is what a receipt r shows of itself beside another.
const neighbourSQL = `
SELECT r.id, coalesce(s.no, ''), coalesce(to_char(p.cut_off, 'YYYY-MM-DD'), ''), r.file_name, r.state,
       coalesce((SELECT d.decision FROM decisions d WHERE d.receipt_id = r.id AND d.receipt_version = r.version AND d.decision <> 'refer_up'
                    AND d.undone_at IS NULL AND r.state = 'decided' ORDER BY d.id DESC LIMIT 1), ''),
       EXISTS (SELECT FROM readings x JOIN evidence e ON e.reading_id = x.id WHERE x.receipt_id = r.id AND e.name = 'page'), r.accepted_at,
       coalesce((SELECT x.mark FROM readings x WHERE x.receipt_id = r.id ORDER BY x.receipt_version DESC LIMIT 1), ''),
       ARRAY(SELECT DISTINCT x ->> 'code' FROM (SELECT i.reasons FROM review_items i WHERE i.receipt_id = r.id ORDER BY i.id DESC LIMIT 1) i,
             jsonb_array_elements(i.reasons) x ORDER BY 1), r.answers
  FROM receipts r LEFT JOIN statements s ON s.id = r.statement_id LEFT JOIN periods p ON p.id = s.period_id
 WHERE ($2::bigint = 0 OR r.branch_id = $2) AND r.id <> $1`

// loadBeside lists other receipts of the statement and of the customer, and those
// scanned before and after.
func loadBeside(ctx context.Context, tx pgx.Tx, d *Dossier, who models.Actor, statementID int64) error {
	list := func(into *[]Neighbour, where string, args ...any) error {
		rows, err := tx.Query(ctx, neighbourSQL+where, append([]any{d.ReceiptID, who.BranchID}, args...)...)
		if err != nil {
			return err
		}
		*into, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Neighbour])
		return err
	}
	if err := list(&d.Same, ` AND r.statement_id = $3 ORDER BY r.id DESC LIMIT $4`, statementID, maxSame); err != nil {
		return err
	}
	err := list(&d.Earlier, ` AND r.statement_id <> $3 AND r.statement_id IN (SELECT id FROM statements WHERE customer_id = (SELECT customer_id FROM statements WHERE id = $3))
 ORDER BY r.id DESC LIMIT $4`, statementID, maxEarlier)
	if err != nil {
		return err
	}
	return list(&d.Neighbours, ` AND r.id IN ((SELECT id FROM receipts WHERE batch_id = $3 AND id < $1 ORDER BY id DESC LIMIT $4)
   UNION ALL (SELECT id FROM receipts WHERE batch_id = $3 AND id > $1 ORDER BY id LIMIT $4)) ORDER BY r.id`, d.BatchID, maxNeighbours)
}

// decisionsSQL lists what took effect, and the opinions that did not once nobody is
// asked for another: while the item is open a second person must not see the first.
const decisionsSQL = `
SELECT d.at, u.name, d.decision, d.reason_code, d.note, coalesce(v.name, ''), false, d.undone_at, coalesce(d.rule_set_id, 0),
       coalesce((SELECT f.folds FROM folds f WHERE f.review_item_id = d.review_item_id AND f.by_user = d.by_user AND f.at <= d.at ORDER BY f.at DESC LIMIT 1), '[]')
  FROM decisions d JOIN users u ON u.id = d.by_user LEFT JOIN users v ON v.id = d.second_by WHERE d.receipt_id = $1
UNION ALL
SELECT o.at, u.name, o.decision, o.reason_code, o.note, '', true, o.undone_at, o.rule_set_id,
       coalesce((SELECT f.folds FROM folds f WHERE f.review_item_id = o.review_item_id AND f.by_user = o.by_user AND f.at <= o.at ORDER BY f.at DESC LIMIT 1), '[]')
  FROM opinions o JOIN users u ON u.id = o.by_user
 WHERE o.receipt_id = $1 AND NOT EXISTS (SELECT FROM review_items i WHERE i.receipt_id = $1 AND i.closed_at IS NULL)
   AND NOT EXISTS (SELECT FROM decisions d WHERE d.review_item_id = o.review_item_id AND o.by_user IN (d.by_user, d.second_by)
                    AND d.second_by IS NOT NULL AND d.undone_at IS NULL)
 ORDER BY 1`

// Opinions lists what people have said of a receipt that is still in review, oldest
// first. The caller has made sure that the reader may know.
func Opinions(ctx context.Context, tx pgx.Tx, receiptID int64) ([]Decision, error) {
	rows, err := tx.Query(ctx, `SELECT o.at, u.name, o.decision, o.reason_code, o.note, '', true, o.undone_at, o.rule_set_id,
       coalesce((SELECT f.folds FROM folds f WHERE f.review_item_id = o.review_item_id AND f.by_user = o.by_user AND f.at <= o.at ORDER BY f.at DESC LIMIT 1), '[]')
  FROM opinions o JOIN users u ON u.id = o.by_user WHERE o.receipt_id = $1 AND o.undone_at IS NULL ORDER BY o.id`, receiptID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Decision])
}
