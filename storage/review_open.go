package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// Urgency of reasons: what may be fraud goes before what may be a poor scan.
// 1 is first; a receipt has the urgency of its most urgent reason.
const (
	urgencyAlarm    = 2
	urgencyAnswer   = 3 // the customer disagrees: the bank must find the cause in three days
	urgencyNormal   = 5
	urgencyClerical = 6
)

var urgencies = map[models.ReasonCode]int{
	models.ReasonSealMismatch:   urgencyAlarm,
	models.ReasonImprintReused:  urgencyAlarm,
	models.ReasonSealSuperseded: urgencyAlarm,
	models.ReasonCodeConflict:   urgencyAlarm,
	models.ReasonBalanceDiffers: urgencyAlarm, // the printed page was altered, or is not ours
	models.ReasonAccountDiffers: urgencyAlarm,
	models.ReasonMarkDiffer:     urgencyAnswer,
	models.ReasonNoSpecimen:     urgencyClerical,
	models.ReasonPeriodClosed:   urgencyClerical,
	models.ReasonAnswered:       urgencyClerical,
	models.ReasonSampled:        urgencyClerical,
	models.ReasonScoreLow:       urgencyNormal,
}

func urgency(reasons []models.Reason) int {
	first := urgencyClerical
	for _, r := range reasons {
		u, ok := urgencies[r.Code]
		if !ok {
			u = urgencyNormal
		}
		first = min(first, u)
	}
	return first
}

// openReview puts the receipt version the job has read before a person.
func (s *Store) openReview(ctx context.Context, tx pgx.Tx, job Job, reasons []models.Reason) error {
	list, err := json.Marshal(reasons)
	if err != nil {
		return fmt.Errorf("review of receipt %d: %w", job.ReceiptID, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO review_items (receipt_id, receipt_version, reasons, priority, deadline) VALUES ($1, $2, $3, $4, working_days_after(now(), $5))`,
		job.ReceiptID, job.ReceiptVersion, cleanJSON(list), urgency(reasons), s.cfg.ReviewDays)
	if err != nil {
		return fmt.Errorf("review of receipt %d: %w", job.ReceiptID, err)
	}
	return nil
}
