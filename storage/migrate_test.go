package storage_test

import (
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"heyin/deploy/local/localtest"
	"heyin/storage"
)

// Every migration can be taken back and made again, and processes that start
// together do not hinder each other.
func TestMigrationsGoDownAndUp(t *testing.T) {
	t.Parallel()
	env := localtest.New(t)
	pool, err := pgxpool.New(t.Context(), env.Config.DSN)
	must(t, err)
	t.Cleanup(pool.Close)
	db := stdlib.OpenDBFromPool(pool)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"))
	must(t, err)
	_, err = provider.DownTo(t.Context(), 0)
	must(t, err)
	rows, err := pool.Query(t.Context(), `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'goose_db_version'`)
	must(t, err)
	left, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	if len(left) > 0 {
		t.Errorf("going down left tables %v", left)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := storage.Migrate(t.Context(), pool); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	version, err := provider.GetDBVersion(t.Context())
	must(t, err)
	if sources := provider.ListSources(); version != sources[len(sources)-1].Version {
		t.Errorf("the database is at version %d; want %d", version, sources[len(sources)-1].Version)
	}
}
