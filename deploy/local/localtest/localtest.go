// Package localtest gives tests the real stores. One stack serves a test binary;
// each test gets a database of its own (a copy of a migrated template), a bucket
// and a numbered Redis database, so tests may run in parallel.
//
//	func TestMain(m *testing.M) { os.Exit(localtest.Main(m)) }
//
//	func TestSomething(t *testing.T) {
//		store := localtest.New(t).Open(t)
//		…
//	}
//
// Where tests need rows more than isolation, they share a World.
package localtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"heyin/deploy/local"
	"heyin/storage"
)

const (
	template   = "heyin_template" // the migrated database that tests get a copy of
	startLimit = 2 * time.Minute  // on a busy machine
	sqlLimit   = 30 * time.Second
)

// Env is what one test may use.
type Env struct {
	Stack   *local.Stack
	Config  storage.Config // this test's database and bucket
	RedisDB int            // this test's numbered database at Stack.RedisAddr
}

var (
	shared struct {
		once  sync.Once
		stack *local.Stack
		err   error
	}
	count atomic.Int64 // databases made so far; numbers them
)

// Main opens the worlds, runs the tests and stops the stack if one was started.
// TestMain must do nothing before it; it gives the exit status.
func Main(m *testing.M, worlds ...*World) int {
	local.MaybeRunChild()
	status, err := run(m, worlds)
	if err != nil {
		fmt.Fprintln(os.Stderr, "localtest:", err)
		return 1
	}
	return status
}

func run(m *testing.M, worlds []*World) (status int, err error) {
	defer func() {
		if s := shared.stack; s != nil {
			err = errors.Join(err, s.Stop(context.Background()))
		}
	}()
	for _, w := range worlds {
		ctx, cancel := context.WithTimeout(context.Background(), startLimit)
		err := w.open(ctx)
		cancel()
		if err != nil {
			return 0, err
		}
		defer w.Store.Close()
	}
	return m.Run(), nil
}

// Stack gives the binary's stack, starting it when it is the first to ask.
func Stack(t testing.TB) *local.Stack {
	t.Helper()
	s, err := stack(t.Context())
	fatal(t, err)
	return s
}

func stack(ctx context.Context) (*local.Stack, error) {
	shared.once.Do(func() { shared.stack, shared.err = start(ctx) })
	return shared.stack, shared.err
}

func start(ctx context.Context) (*local.Stack, error) {
	dir, err := os.MkdirTemp("", "heyin-test-*")
	if err != nil {
		return nil, err
	}
	s, err := local.Start(ctx, local.Options{Dir: dir, Throwaway: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	return s, createTemplate(ctx, s) // a stack without a template is for Main to stop
}

func createTemplate(ctx context.Context, s *local.Stack) error {
	if err := exec(ctx, s.DSN, "CREATE DATABASE "+template); err != nil {
		return err
	}
	dsn, err := withDatabase(s.DSN, template)
	if err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	return storage.Migrate(ctx, pool)
}

// New makes a test's own stores and removes the database at its end.
func New(t testing.TB) *Env {
	t.Helper()
	s := Stack(t)
	cfg, n, err := newConfig(t.Context(), s)
	fatal(t, err)
	cfg.SpoolDir = t.TempDir()
	t.Cleanup(func() {
		// Only disk is saved by this; a test that has killed the server is not failed for it.
		if err := exec(context.WithoutCancel(t.Context()), s.DSN, "DROP DATABASE "+databaseName(n)+" WITH (FORCE)"); err != nil {
			t.Log("localtest: ", err)
		}
	})
	// A Redis database is used again after a thousand tests; none runs as long.
	return &Env{Stack: s, Config: cfg, RedisDB: int(n % local.RedisDatabases)}
}

func databaseName(n int64) string { return fmt.Sprintf("heyin_test_%d", n) }

// newConfig makes the n-th database and names a bucket nobody uses.
func newConfig(ctx context.Context, s *local.Stack) (storage.Config, int64, error) {
	n := count.Add(1)
	if err := exec(ctx, s.DSN, "CREATE DATABASE "+databaseName(n)+" TEMPLATE "+template); err != nil {
		return storage.Config{}, 0, err
	}
	cfg := storage.DefaultConfig()
	var err error
	cfg.DSN, err = withDatabase(s.DSN, databaseName(n))
	cfg.S3Endpoint, cfg.S3AccessKey, cfg.S3SecretKey = s.S3Endpoint, s.S3AccessKey, s.S3SecretKey
	cfg.Bucket = fmt.Sprintf("test-%d", n)
	return cfg, n, err
}

// Open opens a store on the test's stores and closes it at the test's end.
func (e *Env) Open(t testing.TB) *storage.Store {
	t.Helper()
	s, err := storage.Open(t.Context(), e.Config)
	fatal(t, err)
	t.Cleanup(s.Close)
	return s
}

func withDatabase(dsn, name string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

func exec(ctx context.Context, dsn, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, sqlLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }() // used once; nothing is lost with it
	_, err = conn.Exec(ctx, sql)
	return err
}
