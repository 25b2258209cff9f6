package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// Judged is the machine's latest judgement of a receipt with what it was given.
type Judged struct {
	SHA256     string // of the scan
	Page       int
	AcceptedAt time.Time
	Result     models.Result
}

// Judged gives what a replay needs. Fault not_found when there is no such
// receipt, not_judged when no reading of it is on record.
func (s *Store) Judged(ctx context.Context, receiptID int64) (Judged, error) {
	var j Judged
	var result []byte
	err := s.DB.QueryRow(ctx, `SELECT r.object_sha256, r.page, r.accepted_at,
       (SELECT x.result FROM readings x WHERE x.receipt_id = r.id ORDER BY x.receipt_version DESC LIMIT 1)
  FROM receipts r WHERE r.id = $1`, receiptID).Scan(&j.SHA256, &j.Page, &j.AcceptedAt, &result)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Judged{}, errNotFound("receipt")
	case err != nil:
		return Judged{}, fmt.Errorf("receipt %d: %w", receiptID, classed(err))
	case result == nil:
		return Judged{}, models.NewFault(models.Permanent, "not_judged", fmt.Sprintf("receipt %d was never read to an end", receiptID), nil)
	}
	if err := json.Unmarshal(result, &j.Result); err != nil {
		return Judged{}, fmt.Errorf("receipt %d: stored result: %w", receiptID, err)
	}
	return j, nil
}
