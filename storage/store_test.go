package storage_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// An import of a large file works longer in its transaction than a COMMIT may take.
func TestLongTransactionCommits(t *testing.T) {
	d := newDesk(t)
	must(t, d.InTx(t.Context(), func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO branches (code, name) VALUES ('LONG', 'Long')`)
		time.Sleep(11 * time.Second) // commitLimit is 10 s
		return err
	}))
	var there bool
	must(t, d.DB.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM branches WHERE code = 'LONG')`).Scan(&there))
	if !there {
		t.Error("the transaction was not committed")
	}
}

// A panic is recovered above, in web; its transaction must not live on.
func TestPanicEndsTheTransaction(t *testing.T) {
	d := newDesk(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = d.InTx(t.Context(), func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `LOCK TABLE branches`)
			must(t, err)
			panic("a bug")
		})
	}()
	if n := d.DB.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections are still taken", n)
	}
}
