package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"heyin/models"
)

// Customer is a customer as core banking exports it.
type Customer struct {
	No         string // core banking's number, unique
	Name       string
	BranchCode string
}

// Statement is a statement as it was issued.
type Statement struct {
	No         string
	CustomerNo string
	CutOff     time.Time // names the centre's period
	Lines      []models.StatementLine
}

// PutBranch makes a branch, or renames it, and gives its id.
func (s *Store) PutBranch(ctx context.Context, who models.Actor, code, name string) (int64, error) {
	return s.putBook(ctx, who, "branch", map[string]any{"code": code, "name": name},
		`INSERT INTO branches (code, name) VALUES ($1, $2) ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name RETURNING id`, code, name)
}

// PutCustomer makes a customer, or changes its name and branch. Fault
// branch_unknown.
func (s *Store) PutCustomer(ctx context.Context, who models.Actor, c Customer) (int64, error) {
	id, err := s.putBook(ctx, who, "customer", c, `INSERT INTO customers (branch_id, no, name) SELECT id, $2, $3 FROM branches WHERE code = $1
ON CONFLICT (no) DO UPDATE SET name = EXCLUDED.name, branch_id = EXCLUDED.branch_id RETURNING id`, c.BranchCode, c.No, c.Name)
	return id, missing(err, "branch_unknown", "no branch has the code "+c.BranchCode)
}

// PutPeriod makes the centre's period with this cut-off date, open, unless it is
// there.
func (s *Store) PutPeriod(ctx context.Context, who models.Actor, cutOff time.Time) (int64, error) {
	return s.putBook(ctx, who, "period", map[string]any{"cut_off": day(cutOff)},
		`INSERT INTO periods (cut_off) VALUES ($1) ON CONFLICT (branch_id, cut_off) DO UPDATE SET cut_off = EXCLUDED.cut_off RETURNING id`, day(cutOff))
}

// ClosePeriod ends a period: receipts for its statements no longer pass.
func (s *Store) ClosePeriod(ctx context.Context, who models.Actor, id int64) error {
	_, err := s.putBook(ctx, who, "period", map[string]any{"state": "closed"},
		`UPDATE periods SET state = 'closed', closed_at = now() WHERE id = $1 AND state = 'open' RETURNING id`, id)
	return missing(err, "not_found", "there is no such open period")
}

// PutSealRule sets a customer's rule from a day on; the one before ends there.
// Faults customer_unknown, and rule_overlap when a rule begins later.
func (s *Store) PutSealRule(ctx context.Context, who models.Actor, customerNo string, rule models.SealRule, from time.Time) error {
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		// A rule set twice for one day replaces itself.
		_, err := tx.Exec(ctx, `DELETE FROM seal_rules u USING customers c WHERE c.id = u.customer_id AND c.no = $1 AND u.valid_from = $2`, customerNo, day(from))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE seal_rules u SET valid_to = $2 FROM customers c
 WHERE c.id = u.customer_id AND c.no = $1 AND u.valid_from < $2 AND coalesce(u.valid_to > $2, true)`, customerNo, day(from))
		if err != nil {
			return err
		}
		var id int64
		err = tx.QueryRow(ctx, `INSERT INTO seal_rules (customer_id, rule, valid_from) SELECT id, $2, $3 FROM customers WHERE no = $1 RETURNING id`,
			customerNo, rule, day(from)).Scan(&id)
		if err != nil {
			return err
		}
		return Record(ctx, tx, Event{Actor: who.String(), Action: "seal_rule.put", Object: objectName("seal_rule", id),
			Detail: map[string]any{"customer": customerNo, "rule": rule, "from": day(from)}})
	})
	return missing(overlap(err, "rule_overlap"), "customer_unknown", "no customer has the number "+customerNo)
}

// PutSpecimen puts a seal's image on file from a day on; an image filed under the
// same ref before ends there. customerNo is empty for the bank's own seal.
// Faults customer_unknown, specimen_overlap.
func (s *Store) PutSpecimen(ctx context.Context, who models.Actor, customerNo string, sp models.Specimen, from time.Time) (int64, error) {
	object, err := s.Objects.Put(ctx, bytes.NewReader(sp.Image), http.DetectContentType(sp.Image))
	if err != nil {
		return 0, fmt.Errorf("specimen %s: %w", sp.Ref, err)
	}
	var id int64
	err = s.InTx(ctx, func(tx pgx.Tx) error {
		if err := SaveObject(ctx, tx, object); err != nil {
			return err
		}
		var customer *int64
		if customerNo != "" {
			if err := tx.QueryRow(ctx, `SELECT id FROM customers WHERE no = $1`, customerNo).Scan(&customer); err != nil {
				return err
			}
		}
		err := tx.QueryRow(ctx, `SELECT id FROM specimens WHERE customer_id IS NOT DISTINCT FROM $1 AND ref = $2 AND valid_from = $3 AND object_sha256 = $4`,
			customer, sp.Ref, day(from), object.SHA256).Scan(&id)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err // filed before, or an error
		}
		_, err = tx.Exec(ctx, `UPDATE specimens SET valid_to = $3 WHERE customer_id IS NOT DISTINCT FROM $1 AND ref = $2 AND valid_from < $3
   AND coalesce(valid_to > $3, true)`, customer, sp.Ref, day(from))
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `INSERT INTO specimens (customer_id, ref, kind, shape, role, dpi, object_sha256, valid_from)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`, customer, sp.Ref, string(sp.Kind), string(sp.Shape), string(sp.Role), sp.DPI,
			object.SHA256, day(from)).Scan(&id)
		if err != nil {
			return err
		}
		return Record(ctx, tx, Event{Actor: who.String(), Action: "specimen.put", Object: objectName("specimen", id),
			Detail: map[string]any{"customer": customerNo, "ref": sp.Ref, "sha256": object.SHA256, "from": day(from)}})
	})
	return id, missing(overlap(err, "specimen_overlap"), "customer_unknown", "no customer has the number "+customerNo)
}

// PutStatement files an issued statement with its lines and the accounts they
// name. Faults statement_exists (a number is issued once), customer_unknown,
// period_unknown.
func (s *Store) PutStatement(ctx context.Context, who models.Actor, st Statement) (int64, error) {
	var id int64
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		var customer, period int64
		err := tx.QueryRow(ctx, `SELECT id FROM customers WHERE no = $1`, st.CustomerNo).Scan(&customer)
		if err != nil {
			return missing(err, "customer_unknown", "no customer has the number "+st.CustomerNo)
		}
		err = tx.QueryRow(ctx, `SELECT id FROM periods WHERE cut_off = $1 AND branch_id IS NULL`, day(st.CutOff)).Scan(&period)
		if err != nil {
			return missing(err, "period_unknown", "no period has the cut-off date "+day(st.CutOff))
		}
		err = tx.QueryRow(ctx, `INSERT INTO statements (no, customer_id, period_id) VALUES ($1, $2, $3) RETURNING id`, st.No, customer, period).Scan(&id)
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code == "23505" {
			return models.NewFault(models.Permanent, "statement_exists", "statement "+st.No+" has been issued already", err)
		}
		if err != nil {
			return err
		}
		for i, l := range st.Lines {
			_, err := tx.Exec(ctx, `WITH account AS (INSERT INTO accounts (customer_id, account_no, currency) VALUES ($6, $3, $4) ON CONFLICT DO NOTHING)
INSERT INTO statement_lines (statement_id, line_no, account_no, currency, balance) VALUES ($1, $2, $3, $4, $5::numeric)`,
				id, i+1, l.AccountNo, l.Currency, l.Balance.String(), customer)
			if err != nil {
				return fmt.Errorf("line %d: %w", i+1, err)
			}
		}
		return Record(ctx, tx, Event{Actor: who.String(), Action: "statement.put", Object: objectName("statement", id), Detail: st})
	})
	if err != nil {
		return 0, fmt.Errorf("statement %s: %w", st.No, err)
	}
	return id, nil
}

// putBook runs one statement that gives an id, with its audit entry.
func (s *Store) putBook(ctx context.Context, who models.Actor, kind string, detail any, sql string, args ...any) (int64, error) {
	var id int64
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, sql, args...).Scan(&id); err != nil {
			return err
		}
		return Record(ctx, tx, Event{Actor: who.String(), Action: kind + ".put", Object: objectName(kind, id), Detail: detail})
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", kind, err)
	}
	return id, nil
}

// missing turns "no rows" into a fault.
func missing(err error, code, reason string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return models.NewFault(models.Permanent, code, reason, err)
	}
	return err
}

// overlap turns a broken exclusion constraint into a fault.
func overlap(err error, code string) error {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code == "23P01" {
		return models.NewFault(models.Permanent, code, "another one is in force in these days", err)
	}
	return err
}
