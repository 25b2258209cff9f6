package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// maxCandidates bounds how many numbers of one page are looked up.
const maxCandidates = 16

// Bounds of the specimens not in force that go to the reader with every page of
// the customer: seals are changed once in years, and a card scan has some 200 kB.
const (
	maxFormer      = 6
	maxFormerBytes = 8 << 20
)

// ExpectFor gives what the books say of the first of candidates that is a
// statement number: its lines, whether its period is open and whether it has
// been answered, the seal rule in force on the bank's day of at, and the specimens in
// force then with their images, the bank's own included. nil when none of the
// numbers is in the books. A customer without a rule has the empty one, which
// nothing satisfies.
func (s *Store) ExpectFor(ctx context.Context, candidates []string, at time.Time) (*models.Statement, error) {
	if len(candidates) > maxCandidates {
		candidates = candidates[:maxCandidates]
	}
	clean := make([]string, len(candidates))
	for i, c := range candidates {
		clean[i] = cleanText(c)
	}
	st, specimens, former, err := s.expectRows(ctx, clean, at)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("expected statement: %w", classed(err))
	}
	if st.Specimens, err = s.withImages(ctx, specimens); err == nil {
		st.Former, err = s.withImages(ctx, former)
	}
	if err != nil {
		return nil, fmt.Errorf("statement %s: %w", st.No, err)
	}
	return st, nil
}

func (s *Store) withImages(ctx context.Context, stored []storedSpecimen) ([]models.Specimen, error) {
	var all []models.Specimen
	for _, sp := range stored {
		image, err := s.Objects.Get(ctx, sp.sha256)
		if err != nil {
			return nil, fmt.Errorf("specimen %s: %w", sp.Ref, err)
		}
		sp.Image = image
		all = append(all, sp.Specimen)
	}
	return all, nil
}

// storedSpecimen is a specimen and where its image lies.
type storedSpecimen struct {
	models.Specimen
	sha256 string
}

// expectRows reads the books in one snapshot.
func (s *Store) expectRows(ctx context.Context, candidates []string, at time.Time) (st *models.Statement, inForce, former []storedSpecimen, err error) {
	st = new(models.Statement)
	today := day(at.In(models.BankTime))
	err = pgx.BeginTxFunc(ctx, s.DB, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var customerID int64
		var rule *models.SealRule
		err := tx.QueryRow(ctx, `
SELECT s.id, s.no, s.customer_id, c.name, p.cut_off, p.state = 'open', EXISTS (SELECT FROM receipts r WHERE r.statement_id = s.id AND r.answers),
       (SELECT rule FROM seal_rules u WHERE u.customer_id = s.customer_id AND daterange(u.valid_from, u.valid_to) @> $2::date)
  FROM unnest($1::text[]) WITH ORDINALITY AS given (no, place)
  JOIN statements s USING (no) JOIN customers c ON c.id = s.customer_id JOIN periods p ON p.id = s.period_id
 ORDER BY place LIMIT 1`, candidates, today).
			Scan(&st.ID, &st.No, &customerID, &st.Customer, &st.CutOff, &st.PeriodOpen, &st.Answered, &rule)
		if err != nil {
			return err
		}
		if rule != nil {
			st.Rule = *rule
		}
		if st.Lines, err = statementLines(ctx, tx, st.ID); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT id, ref, kind, shape, role, dpi, object_sha256 FROM specimens
 WHERE (customer_id = $1 OR customer_id IS NULL) AND daterange(valid_from, valid_to) @> $2::date
 ORDER BY customer_id NULLS LAST, ref`, customerID, today)
		if err != nil {
			return err
		}
		inForce, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (storedSpecimen, error) {
			var sp storedSpecimen
			return sp, row.Scan(&sp.ID, &sp.Ref, &sp.Kind, &sp.Shape, &sp.Role, &sp.DPI, &sp.sha256)
		})
		if err != nil {
			return err
		}
		former, err = formerSpecimens(ctx, tx, customerID, at)
		return err
	})
	if err != nil {
		return nil, nil, nil, err
	}
	return st, inForce, former, nil
}

// formerSpecimens lists, the latest first, the customer's specimens that are not in
// force on the day of at and whose image is not in force under another entry. What
// was filed after at is left out, so that a replay sees what the judgement saw.
func formerSpecimens(ctx context.Context, tx pgx.Tx, customerID int64, at time.Time) ([]storedSpecimen, error) {
	rows, err := tx.Query(ctx, `
SELECT id, ref, kind, shape, role, dpi, object_sha256, valid_from, valid_to
  FROM (SELECT p.*, sum(o.size_bytes) OVER (ORDER BY p.valid_from DESC, p.id DESC) AS bytes
          FROM specimens p JOIN objects o ON o.sha256 = p.object_sha256
         WHERE p.customer_id = $1 AND p.created_at <= $5 AND NOT daterange(p.valid_from, p.valid_to) @> $2::date
           AND NOT EXISTS (SELECT FROM specimens f WHERE f.customer_id = $1 AND f.object_sha256 = p.object_sha256
                              AND daterange(f.valid_from, f.valid_to) @> $2::date)) p
 WHERE bytes <= $3 ORDER BY valid_from DESC, id DESC LIMIT $4`, customerID, day(at.In(models.BankTime)), maxFormerBytes, maxFormer, at)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (storedSpecimen, error) {
		var sp storedSpecimen
		var to *time.Time
		err := row.Scan(&sp.ID, &sp.Ref, &sp.Kind, &sp.Shape, &sp.Role, &sp.DPI, &sp.sha256, &sp.ValidFrom, &to)
		if to != nil {
			sp.ValidTo = *to
		}
		return sp, err
	})
}

func statementLines(ctx context.Context, tx pgx.Tx, statementID int64) ([]models.StatementLine, error) {
	rows, err := tx.Query(ctx, `SELECT account_no, currency, balance::text FROM statement_lines WHERE statement_id = $1 ORDER BY line_no`, statementID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (models.StatementLine, error) {
		var l models.StatementLine
		var balance string
		if err := row.Scan(&l.AccountNo, &l.Currency, &balance); err != nil {
			return l, err
		}
		var err error
		l.Balance, err = models.ParseAmount(balance)
		return l, err
	})
}
