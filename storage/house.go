package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"heyin/models"
)

// BranchStations is a branch with its scanning stations.
type BranchStations struct {
	Code     string    `json:"code"`
	Name     string    `json:"name"`
	Stations []Station `json:"stations"`
}

// Station is a scanning station; its token is stored hashed and never shown again.
type Station struct {
	ID       int64      `json:"id"`
	Name     string     `json:"name"`
	Disabled bool       `json:"disabled"`
	SeenAt   *time.Time `json:"last_seen_at,omitempty"` // opened its last batch; nil: never
}

// Branches lists all branches by code.
func (s *Store) Branches(ctx context.Context) ([]BranchStations, error) {
	rows, err := s.DB.Query(ctx, `SELECT b.code, b.name, st.id, st.name, st.disabled_at IS NOT NULL, (SELECT max(x.opened_at) FROM batches x WHERE x.station_id = st.id)
  FROM branches b LEFT JOIN stations st ON st.branch_id = b.id ORDER BY b.code, st.name`)
	if err != nil {
		return nil, fmt.Errorf("branches: %w", classed(err))
	}
	var list []BranchStations
	var code, name string
	var id *int64
	var station *string
	var disabled bool
	var seen *time.Time
	_, err = pgx.ForEachRow(rows, []any{&code, &name, &id, &station, &disabled, &seen}, func() error {
		if len(list) == 0 || list[len(list)-1].Code != code {
			list = append(list, BranchStations{Code: code, Name: name})
		}
		if id != nil {
			last := &list[len(list)-1]
			last.Stations = append(last.Stations, Station{*id, *station, disabled, seen})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("branches: %w", classed(err))
	}
	return list, nil
}

// SwitchStation shuts a station out, or lets it in again. Fault not_found.
func (s *Store) SwitchStation(ctx context.Context, who models.Actor, id int64, disabled bool) error {
	action := "station.enabled"
	if disabled {
		action = "station.disabled"
	}
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE stations SET disabled_at = CASE WHEN $2 THEN now() END WHERE id = $1`, id, disabled)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errNotFound("station")
		}
		return Record(ctx, tx, Event{Actor: who.String(), Action: action, Object: objectName("station", id)})
	})
	if err != nil {
		return fmt.Errorf("station %d: %w", id, err)
	}
	return nil
}

// CalendarDay is a day that is not what its weekday says.
type CalendarDay struct {
	Day     time.Time `json:"day"`
	Working bool      `json:"working"`
	Name    string    `json:"name"`
}

// maxHoliday bounds one entry: no holiday is longer.
const maxHoliday = 31

// Calendar lists the days from a date on, at most two years of them.
func (s *Store) Calendar(ctx context.Context, from time.Time) ([]CalendarDay, error) {
	rows, err := s.DB.Query(ctx, `SELECT day, working, name FROM calendar WHERE day >= $1 ORDER BY day LIMIT 731`, day(from))
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", classed(err))
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[CalendarDay])
	if err != nil {
		return nil, fmt.Errorf("calendar: %w", classed(err))
	}
	return list, nil
}

// PutCalendar names the days from first to last. It does not move deadlines that
// are set already. Fault calendar_invalid.
func (s *Store) PutCalendar(ctx context.Context, who models.Actor, first, last time.Time, working bool, name string) error {
	name = strings.TrimSpace(name)
	if span := int(last.Sub(first).Hours() / 24); span < 0 || span >= maxHoliday || name == "" || len([]rune(name)) > 64 {
		return models.NewFault(models.Permanent, "calendar_invalid", "calendar: want a first and a last day at most a month apart, and a name of up to 64 characters", nil)
	}
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO calendar (day, working, name) SELECT d::date, $3, $4 FROM generate_series($1::date, $2::date, interval '1 day') d
ON CONFLICT (day) DO UPDATE SET working = EXCLUDED.working, name = EXCLUDED.name`, day(first), day(last), working, name)
		if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && pgErr.Code == "23514" {
			return models.NewFault(models.Permanent, "calendar_invalid", "calendar: want days of this century or the next", err)
		}
		if err != nil {
			return err
		}
		return Record(ctx, tx, Event{Actor: who.String(), Action: "calendar.put", Object: "calendar:" + day(first),
			Detail: map[string]any{"last": day(last), "working": working, "name": name}})
	})
	if err != nil {
		return fmt.Errorf("calendar: %w", err)
	}
	return nil
}

// DropCalendar makes a day again what its weekday says.
func (s *Store) DropCalendar(ctx context.Context, who models.Actor, when time.Time) error {
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM calendar WHERE day = $1`, day(when))
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return Record(ctx, tx, Event{Actor: who.String(), Action: "calendar.dropped", Object: "calendar:" + day(when)})
	})
	if err != nil {
		return fmt.Errorf("calendar: %w", err)
	}
	return nil
}
