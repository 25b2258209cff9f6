package storage

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// Fenced runs do inside tx so that Postgres itself shows an actor of a branch no
// row of another (promise 9, migrations 0044 and 0046): a query that forgets its filter
// finds nothing more. Inside, he may read, and claim what he sees. Who works for all
// branches is not fenced.
func Fenced(ctx context.Context, tx pgx.Tx, who models.Actor, do func() error) error {
	if who.BranchID == 0 {
		return do()
	}
	_, err := tx.Exec(ctx, `SELECT set_config('heyin.branch', $1, true), set_config('role', 'heyin_branch', true)`, strconv.FormatInt(who.BranchID, 10))
	if err != nil {
		return fmt.Errorf("fence: %w", err)
	}
	found := do()
	if found != nil && !errors.Is(found, pgx.ErrNoRows) {
		return found // the transaction ends with it
	}
	if _, err := tx.Exec(ctx, `SELECT set_config('role', 'none', true)`); err != nil {
		return fmt.Errorf("fence: %w", err)
	}
	return found
}

// Rows reads all rows of a query, fenced to the actor's branch.
func Rows[T any](ctx context.Context, s *Store, who models.Actor, row pgx.RowToFunc[T], sql string, args ...any) (list []T, err error) {
	err = s.InTx(ctx, func(tx pgx.Tx) error {
		return Fenced(ctx, tx, who, func() error {
			rows, err := tx.Query(ctx, sql, args...)
			if err != nil {
				return err
			}
			list, err = pgx.CollectRows(rows, row)
			return err
		})
	})
	return list, err
}

// Row reads the one row of a query, fenced to the actor's branch; pgx.ErrNoRows when
// there is none.
func Row[T any](ctx context.Context, s *Store, who models.Actor, row pgx.RowToFunc[T], sql string, args ...any) (one T, err error) {
	list, err := Rows(ctx, s, who, row, sql, args...)
	if err == nil && len(list) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return one, err
	}
	return list[0], nil
}
