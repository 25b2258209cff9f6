package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// Issued gives the statements of the period with this cut-off date, with their
// lines, in the order of their numbers: what is printed. Specimens and rules are
// left out. Fault period_unknown when nothing was issued for that date.
func Issued(ctx context.Context, store *storage.Store, cutOff time.Time) ([]models.Statement, error) {
	rows, err := store.DB.Query(ctx, `SELECT s.no, c.name, p.cut_off, l.account_no, l.currency, l.balance::text
  FROM periods p JOIN statements s ON s.period_id = p.id JOIN customers c ON c.id = s.customer_id
  JOIN statement_lines l ON l.statement_id = s.id
 WHERE p.cut_off = $1 ORDER BY s.no, l.line_no`, cutOff.Format(time.DateOnly))
	if err != nil {
		return nil, fmt.Errorf("issued statements: %w", err)
	}
	var list []models.Statement
	var st models.Statement
	var line models.StatementLine
	var balance string
	_, err = pgx.ForEachRow(rows, []any{&st.No, &st.Customer, &st.CutOff, &line.AccountNo, &line.Currency, &balance}, func() error {
		amount, err := models.ParseAmount(balance)
		if err != nil {
			return fmt.Errorf("balance of account %s: %w", line.AccountNo, err)
		}
		line.Balance = amount
		if n := len(list); n == 0 || list[n-1].No != st.No {
			list = append(list, st)
		}
		last := &list[len(list)-1]
		last.Lines = append(last.Lines, line)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("issued statements: %w", err)
	}
	if len(list) == 0 {
		return nil, models.NewFault(models.Permanent, "period_unknown", "no statement was issued for the cut-off date "+cutOff.Format(time.DateOnly), nil)
	}
	return list, nil
}
