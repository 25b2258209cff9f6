package archive

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"heyin/deploy/local/localtest"
	"heyin/models"
	"heyin/storage"
)

// A query of a branch's actor that forgets its filter finds nothing of another
// branch: Postgres holds the fence.
func TestFenceHoldsWithoutAFilter(t *testing.T) {
	s, foreign := newScene(t), newScene(t)
	full := func(s scene) int64 {
		st := world.Statement(t, s.code, "Fence Ltd")
		localtest.Specimen(t, world.Store, st.CustomerNo, models.Specimen{Ref: "finance", Kind: models.SealFinance, Shape: models.Round, Role: models.RoleClient, DPI: 254,
			Image: []byte(fmt.Sprint("seal ", world.Serial()))}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		a := world.Upload(t, s.station, "fence.png", fmt.Sprint("fence", world.Serial()))
		r := world.Result(t, st, models.ReasonSealUnsure)
		r.Verifications = []models.Verification{{SpecimenRef: "finance", Verdict: models.Inconclusive, Scale: 1, Params: "test"}}
		world.Read(t, a.ReceiptID, r, map[string][]byte{"page": fmt.Append(nil, "page ", world.Serial())})
		if _, err := world.Store.DB.Exec(t.Context(), `INSERT INTO accounts (customer_id, account_no, currency) SELECT id, $2, 'CNY' FROM customers WHERE no = $1`,
			st.CustomerNo, fmt.Sprintf("%08d", world.Serial())); err != nil {
			t.Fatal(err)
		}
		return a.ReceiptID
	}
	own, other := full(s), full(foreign)
	count := func(who models.Actor, sql string, receiptID int64) int {
		t.Helper()
		list, err := storage.Rows(t.Context(), world.Store, who, pgx.RowTo[int], `SELECT count(*)::integer FROM `+sql, receiptID)
		if err != nil {
			t.Fatal(err)
		}
		return list[0]
	}
	const of = `(SELECT statement_id FROM unfenced WHERE id = $1)`
	if _, err := world.Store.DB.Exec(t.Context(), `CREATE TABLE unfenced AS SELECT r.id, r.branch_id, r.batch_id, r.statement_id, s.customer_id, b.station_id
  FROM receipts r JOIN statements s ON s.id = r.statement_id JOIN batches b ON b.id = r.batch_id; GRANT SELECT ON unfenced TO heyin_branch`); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`receipts WHERE id = $1`, `branches WHERE id = (SELECT branch_id FROM unfenced WHERE id = $1)`, `customers WHERE id = (SELECT customer_id FROM unfenced WHERE id = $1)`,
		`stations WHERE id = (SELECT station_id FROM unfenced WHERE id = $1)`, `batches WHERE id = (SELECT batch_id FROM unfenced WHERE id = $1)`,
		`statements WHERE id = ` + of, `statement_lines WHERE statement_id = ` + of, `specimens WHERE customer_id = (SELECT customer_id FROM unfenced WHERE id = $1)`,
		`pages WHERE receipt_id = $1`, `jobs WHERE receipt_id = $1`, `readings WHERE receipt_id = $1`, `evidence e JOIN readings x ON x.id = e.reading_id WHERE x.receipt_id = $1`,
		`verifications WHERE receipt_id = $1`, `review_items WHERE receipt_id = $1`, `accounts WHERE customer_id = (SELECT customer_id FROM unfenced WHERE id = $1)`,
	} {
		if n := count(s.centre, sql, other); n == 0 {
			t.Errorf("%s: the centre sees none", sql)
		}
		if n := count(s.clerk, sql, own); n == 0 {
			t.Errorf("%s: the branch sees none of its own", sql)
		}
		if n := count(s.clerk, sql, other); n != 0 {
			t.Errorf("%s: the branch sees %d of another", sql, n)
		}
	}
	for _, sql := range []string{`SELECT password_hash FROM users`, `SELECT token_hash FROM stations`, `SELECT detail::text FROM audit`, `SELECT data::text FROM sessions`, `DELETE FROM branches RETURNING code`} {
		_, err := storage.Rows(t.Context(), world.Store, s.clerk, pgx.RowTo[string], sql)
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.Code != "42501" {
			t.Errorf("%s: %v, want it refused", sql, err)
		}
	}
	err := world.Store.InTx(t.Context(), func(tx pgx.Tx) error { // behind the fence nothing of it is left
		if err := storage.Fenced(t.Context(), tx, s.clerk, func() error { return nil }); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(t.Context(), `SELECT count(*) FROM receipts WHERE id = $1`, other).Scan(&n); err != nil || n != 1 {
			t.Errorf("after the fence %d rows, %v", n, err)
		}
		return storage.Record(t.Context(), tx, storage.Event{Actor: s.clerk.String(), Action: "test.fenced", Object: "fence:1"})
	})
	if err != nil {
		t.Error(err)
	}
}

// The search asks behind the fence, and still by its indexes: a beginning is asked for by
// a function that leaks nothing.
func TestSearchStandsBehindTheFence(t *testing.T) {
	s := newScene(t)
	st := world.Statement(t, s.code, "Begins Ltd")
	world.InReview(t, s.station, st, models.ReasonSealUnsure)
	find := func() int {
		t.Helper()
		found, err := s.archive.Find(t.Context(), s.clerk, Search{Customer: "Begins"})
		if err != nil {
			t.Fatal(err)
		}
		return len(found.Hits)
	}
	if find() == 0 {
		t.Error("its own branch's receipt is not found")
	}
	plan, err := storage.Rows(t.Context(), world.Store, s.clerk, pgx.RowTo[string], `EXPLAIN SELECT id FROM statements WHERE starts_with(no, '2026')`)
	if err != nil || !strings.Contains(strings.Join(plan, "\n"), "statements_no_begins") {
		t.Errorf("%v: %s", err, strings.Join(plan, "\n"))
	}
	if _, err := world.Store.DB.Exec(t.Context(), `CREATE POLICY shut ON customers AS RESTRICTIVE FOR SELECT TO heyin_branch USING (false)`); err != nil {
		t.Fatal(err)
	}
	if n := find(); n != 0 { // what is shown of a receipt alone would not hide it
		t.Errorf("with customers shut: %d found", n)
	}
	if _, err := world.Store.DB.Exec(t.Context(), `DROP POLICY shut ON customers`); err != nil {
		t.Fatal(err)
	}
}
