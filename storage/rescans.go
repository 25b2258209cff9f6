package storage

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// Rescan is a page a station must scan again.
type Rescan struct {
	ReceiptID   int64               `json:"receipt_id"`
	BatchID     int64               `json:"batch_id"`
	Branch      string              `json:"branch"`
	Station     string              `json:"station"`
	FileName    string              `json:"file_name"`
	Page        int                 `json:"page"`
	StatementNo string              `json:"statement_no"` // may be empty
	State       models.ReceiptState `json:"state"`        // quarantined, or decided: a person asked for it
	Why         string              `json:"why"`          // reason code of the person, or what the machine found
	At          time.Time           `json:"at"`
}

// rescanDays and rescanRows bound the list: a page nobody scanned again in a month
// is a matter of the post, not of the scanner.
const (
	rescanDays = 31
	rescanRows = 500
)

// Rescans lists what is to be scanned again, oldest first. A page leaves the list
// when a later receipt of the same statement has come in; one that could not be read
// at all leaves it with its age.
func (s *Store) Rescans(ctx context.Context, who models.Actor) ([]Rescan, error) {
	list, err := Rows(ctx, s, who, pgx.RowToStructByPos[Rescan], `
SELECT r.id, r.batch_id, br.code, st.name, r.file_name, r.page, coalesce(t.no, rd.statement_no, ''), r.state,
       coalesce(d.reason_code, j.last_error, (SELECT string_agg(x ->> 'code', ', ') FROM jsonb_array_elements(g.findings) x), ''), r.updated_at
  FROM receipts r JOIN batches b ON b.id = r.batch_id JOIN stations st ON st.id = b.station_id JOIN branches br ON br.id = r.branch_id
  LEFT JOIN decisions d ON d.receipt_id = r.id AND d.receipt_version = r.version AND d.decision = 'rescan' AND d.undone_at IS NULL
  LEFT JOIN jobs j ON j.receipt_id = r.id AND j.receipt_version = r.version
  LEFT JOIN pages g ON g.receipt_id = r.id
  LEFT JOIN statements t ON t.id = r.statement_id
  LEFT JOIN LATERAL (SELECT x.statement_no FROM readings x WHERE x.receipt_id = r.id ORDER BY x.receipt_version DESC LIMIT 1) rd ON true
 WHERE ($1::bigint = 0 OR b.branch_id = $1) AND (r.state = 'quarantined' OR r.state = 'decided' AND d.id IS NOT NULL)
   AND r.updated_at > now() - make_interval(days => $2)
   AND NOT EXISTS (SELECT FROM receipts x WHERE x.statement_id = r.statement_id AND x.id > r.id)
 ORDER BY r.updated_at, r.id LIMIT $3`, who.BranchID, rescanDays, rescanRows)
	if err != nil {
		return nil, fmt.Errorf("rescans: %w", err)
	}
	return list, nil
}
