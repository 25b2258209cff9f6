package storage

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// SaveObject names a stored object in tx, so that rows of other rooms may refer
// to it. Saving it again changes nothing.
func SaveObject(ctx context.Context, tx pgx.Tx, o Object) error {
	return insertObject(ctx, tx, o)
}
