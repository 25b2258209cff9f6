package storage

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

var branchCode = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// PutBranch makes a branch, or renames it, and gives its id. Fault branch_invalid.
func (s *Store) PutBranch(ctx context.Context, who models.Actor, code, name string) (int64, error) {
	if !branchCode.MatchString(code) || strings.TrimSpace(name) == "" || len(name) > 200 {
		return 0, models.NewFault(models.Permanent, "branch_invalid", "branch: want a code of 1 to 32 letters, digits, - or _ and a name", nil)
	}
	var id int64
	err := s.InTx(ctx, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `INSERT INTO branches (code, name) VALUES ($1, $2)
 ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name RETURNING id`, code, name).Scan(&id)
		if err != nil {
			return err
		}
		return Record(ctx, tx, Event{Actor: who.String(), Action: "branch.put", Object: objectName("branch", id),
			Detail: map[string]any{"code": code, "name": name}})
	})
	if err != nil {
		return 0, fmt.Errorf("branch %s: %w", code, err)
	}
	return id, nil
}
