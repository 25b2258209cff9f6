package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"heyin/models"
)

// errNotFound is the one answer for what does not exist and what the actor may
// not see.
func errNotFound(what string) error {
	return models.NewFault(models.Permanent, "not_found", "there is no such "+what, nil)
}

// OpenBatch starts a batch of a station. cutOff names the period; zero is mixed
// post. operator is the login of who scans, who must not judge these receipts;
// empty when the station does not say. Faults period_unknown when neither the
// branch nor the centre has it, operator_unknown.
func (s *Store) OpenBatch(ctx context.Context, station models.Actor, cutOff time.Time, paperCount int, operator string) (int64, error) {
	if station.Kind != "station" {
		return 0, models.NewFault(models.Permanent, "not_a_station", "only a station opens batches", nil)
	}
	if paperCount < 0 {
		return 0, models.NewFault(models.Permanent, "paper_count_negative", "paper_count: want 0 or more", nil)
	}
	var id int64
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		var period *int64
		if !cutOff.IsZero() {
			// The branch's own period goes before the centre's.
			err := tx.QueryRow(ctx, `SELECT id FROM periods WHERE cut_off = $1 AND (branch_id IS NULL OR branch_id = $2)
ORDER BY branch_id NULLS LAST LIMIT 1`, day(cutOff), station.BranchID).Scan(&period)
			if errors.Is(err, pgx.ErrNoRows) {
				return models.NewFault(models.Permanent, "period_unknown", "no period has the cut-off date "+day(cutOff), nil)
			}
			if err != nil {
				return err
			}
		}
		var person *int64
		if operator != "" {
			err := tx.QueryRow(ctx, `SELECT id FROM users WHERE login = lower($1) AND (branch_id IS NULL OR branch_id = $2) AND disabled_at IS NULL`,
				operator, station.BranchID).Scan(&person)
			if errors.Is(err, pgx.ErrNoRows) {
				return models.NewFault(models.Permanent, "operator_unknown", "operator: the station's branch has no such user", nil)
			}
			if err != nil {
				return err
			}
		}
		err := tx.QueryRow(ctx, `INSERT INTO batches (station_id, branch_id, period_id, paper_count, operator) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
			station.ID, station.BranchID, period, paperCount, person).Scan(&id)
		if err != nil {
			return err
		}
		return Record(ctx, tx, Event{Actor: station.String(), Action: "batch.opened", Object: objectName("batch", id),
			Detail: map[string]any{"paper_count": paperCount, "period_id": period, "operator": operator}})
	})
	if err != nil {
		return 0, fmt.Errorf("open batch: %w", err)
	}
	return id, nil
}

// CloseBatch ends a batch with the final paper count; closing it again with the
// same count changes nothing. Faults: not_found, batch_closed.
func (s *Store) CloseBatch(ctx context.Context, who models.Actor, id int64, paperCount int) error {
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		state, count, err := lockBatch(ctx, tx, who, id)
		switch {
		case err != nil:
			return err
		case state == "closed" && count == paperCount:
			return nil
		case state == "closed":
			return models.NewFault(models.Permanent, "batch_closed", fmt.Sprintf("the batch was closed with %d sheets", count), nil)
		}
		if _, err := tx.Exec(ctx, `UPDATE batches SET state = 'closed', closed_at = now(), paper_count = $2 WHERE id = $1`, id, paperCount); err != nil {
			if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code == "23514" {
				return models.NewFault(models.Permanent, "paper_count_negative", "paper_count: want 0 or more", err)
			}
			return err
		}
		return Record(ctx, tx, Event{Actor: who.String(), Action: "batch.closed", Object: objectName("batch", id),
			Detail: map[string]any{"paper_count": paperCount}})
	})
	if err != nil {
		return fmt.Errorf("close batch %d: %w", id, err)
	}
	return nil
}

// lockBatch keeps a batch from being closed, or closed twice, until tx ends.
func lockBatch(ctx context.Context, tx pgx.Tx, who models.Actor, id int64) (state string, paperCount int, err error) {
	err = tx.QueryRow(ctx, `SELECT state, paper_count FROM batches b WHERE id = $1 AND `+batchScope+` FOR NO KEY UPDATE`, id, who.BranchID, stationID(who)).
		Scan(&state, &paperCount)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", 0, errNotFound("batch")
	}
	return state, paperCount, err
}

// batchScope bounds what an actor sees: $2 is the branch, $3 the station; 0 is all.
const batchScope = `($2::bigint = 0 OR b.branch_id = $2) AND ($3::bigint = 0 OR b.station_id = $3)`

func stationID(who models.Actor) int64 {
	if who.Kind == "station" {
		return who.ID
	}
	return 0
}

// day is a date as Postgres takes it, in the zone t carries.
func day(t time.Time) string { return t.Format(time.DateOnly) }

// objectName names a row in the audit.
func objectName(kind string, id int64) string { return fmt.Sprintf("%s:%d", kind, id) }
