package storage_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

func (d *desk) record(n int) {
	d.t.Helper()
	for i := range n {
		must(d.t, d.InTx(d.t.Context(), func(tx pgx.Tx) error {
			return storage.Record(d.t.Context(), tx, storage.Event{Actor: "user:1", Action: "image.viewed", Object: fmt.Sprint("receipt:", i),
				Detail: map[string]any{"text": "核对\x00<>&", "n": 1e21}})
		}))
	}
}

// Entries written at once make one chain without gaps.
func TestAuditIsOneChain(t *testing.T) {
	d := newDesk(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { d.record(10) })
	}
	group.Wait()
	head, err := d.VerifyAudit(t.Context(), storage.AuditHead{})
	must(t, err)
	if head.Seq < 80 {
		t.Errorf("the chain has %d entries; want at least 80", head.Seq)
	}
}

func TestAuditIsAppendOnly(t *testing.T) {
	d := newDesk(t)
	for _, sql := range []string{`UPDATE audit SET actor = 'user:2'`, `DELETE FROM audit`, `TRUNCATE audit`} {
		if _, err := d.DB.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
}

// What even a superuser does to the audit is found.
func TestAuditTamperingIsFound(t *testing.T) {
	d := newDesk(t)
	d.record(10)
	head, err := d.VerifyAudit(t.Context(), storage.AuditHead{})
	must(t, err)
	if again, err := d.VerifyAudit(t.Context(), head); err != nil || again != head {
		t.Fatalf("untouched: %+v, %v", again, err)
	}
	for name, sql := range map[string]string{
		"actor":      `UPDATE audit SET actor = 'user:9' WHERE seq = 5`,
		"action":     `UPDATE audit SET action = 'a.b' WHERE seq = 5`,
		"object":     `UPDATE audit SET object = 'receipt:77' WHERE seq = 5`,
		"detail":     `UPDATE audit SET detail = '{}' WHERE seq = 7`,
		"time":       `UPDATE audit SET at = at + interval '1 us' WHERE seq = 5`,
		"hash":       `UPDATE audit SET hash = sha256('x') WHERE seq = 5`,
		"previous":   `UPDATE audit SET prev_hash = sha256('x') WHERE seq = 5`,
		"deleted":    `DELETE FROM audit WHERE seq = 5`,
		"first gone": `DELETE FROM audit WHERE seq = 1`,
		"cut tail":   `DELETE FROM audit WHERE seq > 8`,
		"swapped":    `UPDATE audit SET seq = CASE seq WHEN 5 THEN 1000006 ELSE 1000005 END WHERE seq IN (5, 6); UPDATE audit SET seq = seq - 1000000 WHERE seq > 1000000`,
		"inserted": `INSERT INTO audit SELECT (SELECT max(seq) + 1 FROM audit), at, actor, action, object, detail, hash, sha256('y')
                       FROM audit WHERE seq = (SELECT max(seq) FROM audit)`,
		"moved field": `UPDATE audit SET actor = actor || 'x', object = substr(object, 2) WHERE seq = 6`,
	} {
		t.Run(name, func(t *testing.T) {
			tampered(t, d, sql, func() {
				_, err := d.VerifyAudit(t.Context(), head)
				wantFault(t, err, models.Permanent, "audit_broken")
			})
		})
	}
	// A chain written anew from the start is whole, but not the one seen before.
	tampered(t, d, `TRUNCATE audit`, func() {
		d.record(20)
		if _, err := d.VerifyAudit(t.Context(), storage.AuditHead{}); err != nil {
			t.Error(err)
		}
		_, err := d.VerifyAudit(t.Context(), head)
		wantFault(t, err, models.Permanent, "audit_broken")
	})
}

// tampered runs sql with the guards off, then check, and restores the audit.
func tampered(t *testing.T, d *desk, sql string, check func()) {
	t.Helper()
	_, err := d.DB.Exec(t.Context(), `CREATE TABLE audit_copy AS TABLE audit; ALTER TABLE audit DISABLE TRIGGER USER; `+sql)
	must(t, err)
	check()
	_, err = d.DB.Exec(t.Context(), `TRUNCATE audit; INSERT INTO audit SELECT * FROM audit_copy; ALTER TABLE audit ENABLE TRIGGER USER; DROP TABLE audit_copy`)
	must(t, err)
}
