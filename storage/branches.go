package storage

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"heyin/models"
)

// PutBranch makes a branch, or renames it, and gives its id.
func (s *Store) PutBranch(ctx context.Context, who models.Actor, code, name string) (int64, error) {
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
