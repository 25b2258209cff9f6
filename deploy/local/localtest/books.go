package localtest

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// The books come in by imports (reconcile). Tests that are about something else
// file what they need straight into the tables, with these.

// Statement is a statement as issued; CutOff names the centre's period.
type Statement struct {
	No         string
	CustomerNo string
	CutOff     time.Time
	Lines      []models.StatementLine
}

// Customer files a customer of a branch.
func Customer(t testing.TB, s *storage.Store, branchCode, no, name string) {
	t.Helper()
	execute(t, s, `INSERT INTO customers (branch_id, no, name) SELECT id, $2, $3 FROM branches WHERE code = $1`, branchCode, no, name)
}

// Period opens the centre's period with this cut-off date, unless it is there.
func Period(t testing.TB, s *storage.Store, cutOff time.Time) {
	t.Helper()
	execute(t, s, `INSERT INTO periods (cut_off) VALUES ($1) ON CONFLICT (branch_id, cut_off) DO NOTHING`, cutOff)
}

// SealRule sets a customer's rule from a day on; the one before ends there.
func SealRule(t testing.TB, s *storage.Store, customerNo string, rule models.SealRule, from time.Time) {
	t.Helper()
	execute(t, s, `UPDATE seal_rules SET valid_to = $2 WHERE customer_id = (SELECT id FROM customers WHERE no = $1) AND valid_to IS NULL`, customerNo, from)
	execute(t, s, `INSERT INTO seal_rules (customer_id, rule, valid_from) SELECT id, $2, $3 FROM customers WHERE no = $1`, customerNo, rule, from)
}

// Specimen puts a seal's image on file from a day on; the one of this ref before
// ends there. customerNo is empty for the bank's own seal.
func Specimen(t testing.TB, s *storage.Store, customerNo string, sp models.Specimen, from time.Time) {
	t.Helper()
	object, err := s.Objects.Put(t.Context(), bytes.NewReader(sp.Image), http.DetectContentType(sp.Image))
	fatal(t, err)
	fatal(t, s.InTx(t.Context(), func(tx pgx.Tx) error { return storage.SaveObject(t.Context(), tx, object) }))
	const owner = `(SELECT id FROM customers WHERE no = $1)` // no customer: null, the bank's own
	execute(t, s, `UPDATE specimens SET valid_to = $3 WHERE customer_id IS NOT DISTINCT FROM `+owner+` AND ref = $2 AND valid_to IS NULL`,
		customerNo, sp.Ref, from)
	execute(t, s, `INSERT INTO specimens (customer_id, ref, kind, shape, role, dpi, object_sha256, valid_from)
VALUES (`+owner+`, $2, $3, $4, $5, $6, $7, $8)`, customerNo, sp.Ref, string(sp.Kind), string(sp.Shape), string(sp.Role), sp.DPI, object.SHA256, from)
}

// Issue files an issued statement with its lines and gives its id.
func Issue(t testing.TB, s *storage.Store, st Statement) (id int64) {
	t.Helper()
	fatal(t, s.DB.QueryRow(t.Context(), `INSERT INTO statements (no, customer_id, period_id)
SELECT $1, c.id, p.id FROM customers c, periods p WHERE c.no = $2 AND p.cut_off = $3 AND p.branch_id IS NULL RETURNING id`,
		st.No, st.CustomerNo, st.CutOff).Scan(&id))
	for i, l := range st.Lines {
		execute(t, s, `INSERT INTO statement_lines (statement_id, line_no, account_no, currency, balance) VALUES ($1, $2, $3, $4, $5::numeric)`,
			id, i+1, l.AccountNo, l.Currency, l.Balance.String())
	}
	return id
}

// Rules puts a rule set in force today, after all others.
func Rules(t testing.TB, s *storage.Store, r models.RuleSet) {
	t.Helper()
	fatal(t, putRules(context.WithoutCancel(t.Context()), s, r)) // also in a clean-up
}

func putRules(ctx context.Context, s *storage.Store, r models.RuleSet) error {
	_, err := s.DB.Exec(ctx, `WITH two AS (
  INSERT INTO users (login, name, password_hash, roles)
  SELECT 'rules-' || gen_random_uuid(), 'rules', '$argon2id$none', '{admin}' FROM generate_series(1, 2) RETURNING id)
INSERT INTO rule_sets (valid_from, all_valid, amount_over, classes, sample, blind, undo_s, hidden, passed_sample, least_score, note, maker, state, checker, checked_at)
SELECT bank_date(now()), $1, $2::numeric, $3, $4, $5, $6, $7, $8, $9, 'test', min(id), 'approved', max(id), clock_timestamp() FROM two`,
		r.AllValid, amountText(r.AmountOver), append([]string{}, r.Classes...), r.Sample, r.Blind, r.UndoS, r.Hidden, r.PassedSample, r.LeastScore)
	return err
}

func amountText(a *models.Amount) *string {
	if a == nil {
		return nil
	}
	text := a.String()
	return &text
}

func execute(t testing.TB, s *storage.Store, sql string, args ...any) {
	t.Helper()
	_, err := s.DB.Exec(t.Context(), sql, args...)
	fatal(t, err)
}
