package localtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heyin/deploy/local"
	"heyin/models"
	"heyin/storage"
)

// World is one store shared by the tests of a binary, with rows to work with:
// branches, people, statements, receipts in review. Rows are never removed:
// tests make their own and name them apart. Main opens it.
//
//	var world localtest.World
//
//	func TestMain(m *testing.M) { os.Exit(localtest.Main(m, &world)) }
type World struct {
	Store  *storage.Store
	Stack  *local.Stack
	Config storage.Config // of Store, for a test that opens it another way

	serial atomic.Int64
}

func (w *World) open(ctx context.Context) error {
	s, err := stack(ctx)
	if err != nil {
		return err
	}
	if w.Config, _, err = newConfig(ctx, s); err != nil {
		return err
	}
	w.Stack = s
	if w.Store, err = storage.Open(ctx, w.Config); err != nil {
		return err
	}
	return putRules(ctx, w.Store, OnePerson)
}

// OnePerson are the rules of a World: one person's judgement takes effect. Tests of
// the second person set others with Under, which puts these back.
var OnePerson = models.RuleSet{Blind: true, UndoS: models.MaxUndoS}

// Under puts rules in force for one test.
func (w *World) Under(t testing.TB, r models.RuleSet) {
	t.Helper()
	r.UndoS = models.MaxUndoS
	Rules(t, w.Store, r)
	t.Cleanup(func() { Rules(t, w.Store, OnePerson) })
}

// Serial is a number no row of this run has had.
func (w *World) Serial() int64 { return w.serial.Add(1) }

// System is the actor of rows made for tests.
var System = models.Actor{Kind: "system"}

// CutOff is the period of all statements made here.
var CutOff = time.Date(2026, 9, 30, 0, 0, 0, 0, time.UTC)

// Branch makes a branch and gives its code and id.
func (w *World) Branch(t testing.TB) (code string, id int64) {
	t.Helper()
	code = fmt.Sprintf("B%03d", w.Serial())
	id, err := w.Store.PutBranch(t.Context(), System, code, "Branch "+code)
	fatal(t, err)
	return code, id
}

// Station makes a station of a branch with this bearer token.
func (w *World) Station(t testing.TB, branchID int64, token string) models.Actor {
	t.Helper()
	sum := sha256.Sum256([]byte(token))
	who := models.Actor{Kind: "station", BranchID: branchID}
	err := w.Store.DB.QueryRow(t.Context(), `INSERT INTO stations (branch_id, name, token_hash) VALUES ($1, $2, $3) RETURNING id`,
		branchID, fmt.Sprintf("station-%d", w.Serial()), sum[:]).Scan(&who.ID)
	fatal(t, err)
	return who
}

// User makes a person who cannot sign in, for tests below web; branchID 0 works
// at the centre.
func (w *World) User(t testing.TB, branchID int64, roles ...models.Role) models.Actor {
	t.Helper()
	who := models.Actor{Kind: "user", BranchID: branchID, Roles: roles}
	err := w.Store.DB.QueryRow(t.Context(), `INSERT INTO users (branch_id, login, name, password_hash, roles)
 VALUES (nullif($1::bigint, 0), $2, $2, '$argon2id$none', $3) RETURNING id`, branchID, fmt.Sprintf("user-%d", w.Serial()), roles).Scan(&who.ID)
	fatal(t, err)
	return who
}

// Statement issues a statement of one account to a new customer of the branch.
func (w *World) Statement(t testing.TB, branchCode, customer string) Statement {
	t.Helper()
	n := w.Serial()
	no := fmt.Sprintf("C%06d", n)
	Customer(t, w.Store, branchCode, no, customer)
	Period(t, w.Store, CutOff)
	st := Statement{No: fmt.Sprintf("DZ%08d", n), CustomerNo: no, CutOff: CutOff,
		Lines: []models.StatementLine{{AccountNo: fmt.Sprintf("62220000%08d", n), Currency: "CNY", Balance: models.MustAmount("1234567.89")}}}
	Issue(t, w.Store, st)
	return st
}

// Again issues one more statement to the customer of st, with the same accounts.
func (w *World) Again(t testing.TB, st Statement) Statement {
	t.Helper()
	st.No = fmt.Sprintf("DZ%08d", w.Serial())
	Issue(t, w.Store, st)
	return st
}

// Upload takes bytes in through a new batch of the station.
func (w *World) Upload(t testing.TB, station models.Actor, name, body string) storage.Accepted {
	t.Helper()
	batch, err := w.Store.OpenBatch(t.Context(), station, time.Time{}, 1, "")
	fatal(t, err)
	sum := sha256.Sum256([]byte(body))
	a, err := w.Store.Receive(t.Context(), station, storage.Upload{BatchID: batch, IdempotencyKey: hex.EncodeToString(sum[:]),
		FileName: name, ContentType: "image/png"}, strings.NewReader(body))
	fatal(t, err)
	return a
}

// Read plays the worker: it ends the receipt's job with this result and these
// pictures.
func (w *World) Read(t testing.TB, receiptID int64, r models.Result, pictures map[string][]byte) models.ReceiptState {
	t.Helper()
	var jobID int64
	fatal(t, w.Store.DB.QueryRow(t.Context(), `SELECT id FROM jobs WHERE receipt_id = $1 AND state = 'queued'`, receiptID).Scan(&jobID))
	job, err := w.Store.Take(t.Context(), "localtest", jobID, time.Minute)
	fatal(t, err)
	evidence := map[string]storage.Object{}
	for name, data := range pictures {
		evidence[name], err = w.Store.Objects.Put(t.Context(), strings.NewReader(string(data)), "image/png")
		fatal(t, err)
	}
	state, err := w.Store.Finish(t.Context(), job, r, evidence)
	fatal(t, err)
	return state
}

// Result is a reading of the statement that ends in review for these reasons.
func (w *World) Result(t testing.TB, st Statement, reasons ...models.ReasonCode) models.Result {
	t.Helper()
	r := models.Result{Page: 1, PageCount: 1, State: models.InReview, Software: "test", Params: "test"}
	if st.No != "" {
		fatal(t, w.Store.DB.QueryRow(t.Context(), `SELECT id FROM statements WHERE no = $1`, st.No).Scan(&r.StatementID))
		r.Reading.StatementNo = voted(st.No)
		for _, l := range st.Lines {
			r.Reading.Accounts = append(r.Reading.Accounts, models.AccountReading{AccountNo: voted(l.AccountNo), Currency: l.Currency, Balance: voted(l.Balance.Printed())})
		}
	}
	r.Reading.Mark = models.MarkReading{Mark: models.Agree, Form: "tick", Confidence: 0.98}
	r.Reading.Quality.Grade = models.QualityGood
	for _, code := range reasons {
		r.Reasons = append(r.Reasons, models.Reason{Code: code})
	}
	return r
}

func voted(s string) models.Voted {
	return models.Voted{Value: s, First: s, Second: s, Confidence: 0.99, Agreed: true}
}

// InReview makes a receipt of the statement that waits for a person.
func (w *World) InReview(t testing.TB, station models.Actor, st Statement, reasons ...models.ReasonCode) int64 {
	t.Helper()
	n := w.Serial()
	a := w.Upload(t, station, fmt.Sprintf("scan-%d.png", n), fmt.Sprintf("scan %d", n))
	if state := w.Read(t, a.ReceiptID, w.Result(t, st, reasons...), nil); state != models.InReview {
		t.Fatalf("receipt %d is %s, want in_review", a.ReceiptID, state)
	}
	return a.ReceiptID
}

func fatal(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
