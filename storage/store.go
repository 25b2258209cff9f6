package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"heyin/models"
)

// commitLimit bounds a COMMIT or ROLLBACK, which runs without the caller's cancel.
const commitLimit = 10 * time.Second

// Store is the two stores together. Safe for concurrent use.
type Store struct {
	DB      *pgxpool.Pool
	Objects *Objects

	cfg Config
}

// Open connects, makes the bucket if it is missing and migrates the database.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	poolConfig, err := pgxpool.ParseConfig(cfg.DSN)
	if err != nil {
		return nil, errors.New("storage: DSN is malformed; want postgres://user:password@host:port/database")
	}
	poolConfig.MaxConns = cfg.MaxConns
	poolConfig.ConnConfig.RuntimeParams["application_name"] = "heyin"
	poolConfig.ConnConfig.RuntimeParams["timezone"] = "UTC"
	pool, err := pgxpool.NewWithConfig(ctx, poolConfig)
	if err != nil {
		return nil, fmt.Errorf("storage: %w", classed(err))
	}
	s := &Store{DB: pool, cfg: cfg}
	if s.Objects, err = openObjects(ctx, cfg); err == nil {
		err = Migrate(ctx, pool)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close waits for borrowed connections and closes them.
func (s *Store) Close() { s.DB.Close() }

// Ping asks both stores for a sign of life, for readiness probes.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.DB.Ping(ctx); err != nil {
		return classed(err)
	}
	return s.Objects.Ping(ctx)
}

// InTx runs f in one READ COMMITTED transaction and commits it when f returns
// nil. The COMMIT itself does not hear ctx: once sent it may succeed, and an
// answer nobody waited for would be a receipt nobody knows of.
func (s *Store) InTx(ctx context.Context, f func(pgx.Tx) error) error {
	tx, err := s.DB.Begin(ctx)
	if err != nil {
		return classed(err)
	}
	defer rollback(ctx, tx)
	if err := f(tx); err != nil {
		return classed(err)
	}
	// Counted from here: f may have taken longer than a COMMIT ever may.
	done, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitLimit)
	defer cancel()
	if err := tx.Commit(done); err != nil {
		return classed(fmt.Errorf("commit: %w", err))
	}
	return nil
}

// rollback ends tx unless it was committed, also when its function panicked: an
// open transaction would keep its connection and its locks. An error says only
// that the connection is gone; Postgres then rolls back by itself.
func rollback(ctx context.Context, tx pgx.Tx) {
	done, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitLimit)
	defer cancel()
	_ = tx.Rollback(done)
}

// classed marks an error of Postgres that only says it cannot answer now.
// Everything else passes through: a broken constraint is for the caller to name.
func classed(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*models.Fault](err); ok {
		return err
	}
	if !unavailable(err) {
		return err
	}
	return models.NewFault(models.Retryable, "database_down", "the database does not answer; nothing was recorded, try again", err)
}

func unavailable(err error) bool {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pgErr.Code[:2] {
		case "08", "53", "57": // connection exception, insufficient resources, operator intervention
			return true
		}
		return pgErr.Code == "40001" || pgErr.Code == "40P01" // serialization failure, deadlock
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	return pgconn.Timeout(err) || pgconn.SafeToRetry(err) || isNetError(err)
}
