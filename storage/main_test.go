package storage_test

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"heyin/deploy/local/localtest"
	"heyin/models"
	"heyin/storage"
)

func TestMain(m *testing.M) { os.Exit(localtest.Main(m)) }

var system = models.Actor{Kind: "system"}

// desk is a store with a branch, a station, a customer and an open period.
type desk struct {
	*storage.Store
	t       *testing.T
	station models.Actor
}

var cutOff = time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)

func newDesk(t *testing.T) *desk {
	t.Helper()
	t.Parallel()
	return openDesk(t, localtest.New(t).Config)
}

func openDesk(t *testing.T, cfg storage.Config) *desk {
	t.Helper()
	s, err := storage.Open(t.Context(), cfg)
	must(t, err)
	t.Cleanup(s.Close)
	d := &desk{Store: s, t: t}
	branch, err := s.PutBranch(t.Context(), system, "B1", "First branch")
	must(t, err)
	d.station = models.Actor{Kind: "station", BranchID: branch}
	must(t, s.DB.QueryRow(t.Context(), `INSERT INTO stations (branch_id, name, token_hash) VALUES ($1, 'S1', sha256('token')) RETURNING id`, branch).Scan(&d.station.ID))
	localtest.Customer(t, s, "B1", "C1", "Sample Trading")
	localtest.Period(t, s, cutOff)
	return d
}

func (d *desk) batch() int64 {
	d.t.Helper()
	id, err := d.OpenBatch(d.t.Context(), d.station, cutOff, 1, "")
	must(d.t, err)
	return id
}

func (d *desk) upload(batch int64, key, body string) (storage.Accepted, error) {
	return d.Receive(d.t.Context(), d.station, storage.Upload{BatchID: batch, IdempotencyKey: key, FileName: "page.png", ContentType: "image/png"}, strings.NewReader(body))
}

// warm fills the pool, so that n goroutines really meet in the database and do
// not come one by one as their connections are made.
func (d *desk) warm(n int) {
	d.t.Helper()
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			if _, err := d.DB.Exec(d.t.Context(), `SELECT pg_sleep(0.1)`); err != nil {
				d.t.Error(err)
			}
		})
	}
	group.Wait()
}

// receipt uploads body and gives the receipt and its job.
func (d *desk) receipt(body string) (receipt, job int64) {
	d.t.Helper()
	a, err := d.upload(d.batch(), "key-"+body, body)
	must(d.t, err)
	must(d.t, d.DB.QueryRow(d.t.Context(), `SELECT id FROM jobs WHERE receipt_id = $1`, a.ReceiptID).Scan(&job))
	return a.ReceiptID, job
}

func (d *desk) take(job int64) storage.Job {
	d.t.Helper()
	j, err := d.Take(d.t.Context(), "w1", job, time.Minute)
	must(d.t, err)
	return j
}

func (d *desk) statement(no string) int64 {
	d.t.Helper()
	return localtest.Issue(d.t, d.Store, localtest.Statement{No: no, CustomerNo: "C1", CutOff: cutOff,
		Lines: []models.StatementLine{{AccountNo: "1001", Currency: "CNY", Balance: models.MustAmount("1,234.50")}}})
}

func (d *desk) state(receipt int64) (s models.ReceiptState) {
	d.t.Helper()
	must(d.t, d.DB.QueryRow(d.t.Context(), `SELECT state FROM receipts WHERE id = $1`, receipt).Scan(&s))
	return s
}

// balanced fails the test unless the accounting equation holds and the audit
// chain is whole.
func (d *desk) balanced() storage.Equation {
	d.t.Helper()
	e, err := d.Accounting(d.t.Context())
	must(d.t, err)
	if !e.Holds() {
		d.t.Errorf("the accounting equation does not hold: %+v", e)
	}
	_, err = d.VerifyAudit(d.t.Context(), storage.AuditHead{})
	must(d.t, err)
	return e
}

// passing is a result that passes for the statement.
func passing(statement int64) models.Result {
	return models.Result{
		Page: 1, PageCount: 1, StatementID: statement, State: models.Passed, Software: "test", Params: "p1",
		Reading: models.Reading{
			StatementNo: models.Voted{Value: "S-1", Agreed: true},
			Mark:        models.MarkReading{Mark: models.Agree, Confidence: 0.9},
			Quality:     models.Quality{Grade: models.QualityGood},
			Accounts: []models.AccountReading{{AccountNo: models.Voted{Value: "1001", Agreed: true}, Currency: "CNY",
				Balance: models.Voted{Value: "1,234.50", Agreed: true}}},
		},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantFault fails the test unless err is a fault with the class and code.
func wantFault(t *testing.T, err error, class models.FaultClass, code string) {
	t.Helper()
	f, ok := errors.AsType[*models.Fault](err)
	if !ok || f.Class != class || f.Code != code {
		t.Fatalf("got %v; want a %s fault %s", err, class, code)
	}
}
