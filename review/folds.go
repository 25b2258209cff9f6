package review

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// maxFolds is how many seals a judgement may tell of: a receipt bears a handful.
const maxFolds = 16

func validateFolds(folds []models.FoldUse) error {
	if len(folds) > maxFolds {
		return models.NewFault(models.Permanent, "fold_bad", fmt.Sprintf("folds: want at most %d", maxFolds), nil)
	}
	for _, f := range folds {
		if err := f.Validate(); err != nil {
			return models.NewFault(models.Permanent, "fold_bad", "folds: "+err.Error(), nil)
		}
	}
	return nil
}

// saveFolds keeps how the person looked at the seals, in the judgement's transaction.
// Fault fold_bad when he laid one against a specimen that is not the customer's of the statement.
func saveFolds(ctx context.Context, tx pgx.Tx, itemID, statementID int64, who models.Actor, folds []models.FoldUse) error {
	if len(folds) == 0 {
		return nil
	}
	var laid []int64
	for _, f := range folds {
		if f.SpecimenID > 0 {
			laid = append(laid, f.SpecimenID)
		}
	}
	var foreign bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM unnest($2::bigint[]) laid WHERE laid NOT IN (
  SELECT p.id FROM statements s JOIN specimens p ON p.customer_id = s.customer_id WHERE s.id = $1))`, statementID, laid).Scan(&foreign)
	if err != nil {
		return fmt.Errorf("folds: %w", err)
	}
	if foreign {
		return models.NewFault(models.Permanent, "fold_bad", "folds: a specimen is not the customer's", nil)
	}
	data, err := json.Marshal(folds)
	if err != nil {
		return fmt.Errorf("folds: %w", err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO folds (review_item_id, by_user, folds) VALUES ($1, $2, $3)`, itemID, who.ID, data)
	return err
}
