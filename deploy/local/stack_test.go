package local

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/redis/go-redis/v9"
)

// warmLimit is how long a second start may take on a busy two-core machine;
// the goal on an idle one is 2 s.
const warmLimit = 10 * time.Second

func start(t *testing.T, opt Options) *Stack {
	t.Helper()
	t.Cleanup(func() { // the database lies there if its user may not enter opt.Dir
		if secrets, err := loadSecrets(opt.Dir); err == nil {
			os.RemoveAll(filepath.Join(systemDir, secrets.ID))
		}
	})
	opt.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	s, err := Start(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func stop(t *testing.T, s *Stack) {
	t.Helper()
	if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func (s *Stack) testObjects(t *testing.T) *minio.Client {
	t.Helper()
	c, err := minio.New(s.S3Endpoint, &minio.Options{Creds: credentials.NewStaticV4(s.S3AccessKey, s.S3SecretKey, "")})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *Stack) testQueue(t *testing.T) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.RedisAddr, Password: s.RedisPassword})
	t.Cleanup(func() { c.Close() })
	return c
}

func (s *Stack) testSQL(t *testing.T, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.DSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// A second Stack on the same folder finds everything the first one left.
func TestDataOutliveTheStack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "var")
	began := time.Now()
	s := start(t, Options{Dir: dir})
	t.Logf("cold start: %v", time.Since(began))

	if _, err := Start(t.Context(), Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "already runs") {
		t.Fatalf("second stack on one folder: got %v, want a refusal", err)
	}
	if e, err := Running(dir); err != nil || e != s.Endpoints {
		t.Fatalf("Running = %+v, %v; want %+v", e, err, s.Endpoints)
	}
	s.testSQL(t, "CREATE TABLE kept (n int)")
	if err := s.testQueue(t).Set(t.Context(), "kept", "yes", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := s.testObjects(t).MakeBucket(t.Context(), "kept", minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.testObjects(t).PutObject(t.Context(), "kept", "a/b", bytes.NewReader([]byte("bytes")), 5, minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	if _, err := Running(dir); err == nil {
		t.Fatal("Running still answers after Stop")
	}

	began = time.Now()
	s = start(t, Options{Dir: dir})
	warm := time.Since(began)
	t.Logf("warm start: %v", warm)
	if warm > warmLimit {
		t.Errorf("warm start took %v, want below %v", warm, warmLimit)
	}
	defer stop(t, s)
	s.testSQL(t, "INSERT INTO kept VALUES (1)")
	if got, err := s.testQueue(t).Get(t.Context(), "kept").Result(); err != nil || got != "yes" {
		t.Errorf("redis: %q, %v", got, err)
	}
	info, err := s.testObjects(t).StatObject(t.Context(), "kept", "a/b", minio.StatObjectOptions{})
	if err != nil || info.Size != 5 {
		t.Errorf("s3: %+v, %v", info, err)
	}
}

// A child that dies is started again at the same address, with its data.
func TestDeadChildrenComeBack(t *testing.T) {
	s := start(t, Options{Dir: t.TempDir(), Throwaway: true})
	defer stop(t, s)
	before := s.Endpoints
	s.testSQL(t, "CREATE TABLE kept (n int)")
	for name, kill := range map[string]func() error{"postgres": s.KillPostgres, "redis": s.KillRedis, "s3": s.KillS3} {
		if err := kill(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	// The killed processes may still answer the first question; the dead do not
	// answer twice.
	time.Sleep(restartFirst)
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Endpoints != before {
		t.Errorf("endpoints changed: %+v, were %+v", s.Endpoints, before)
	}
	s.testSQL(t, "INSERT INTO kept VALUES (1)")
}

// What a crash leaves behind, a later start clears up: here the lock of a
// database server whose number now belongs to another process (ourselves).
func TestStaleLocksAreCleared(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Options{Dir: dir})
	if err := s.KillPostgres(); err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	secrets, err := loadSecrets(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := postgres{dir: dir, id: secrets.ID}
	if err := p.prepare(t.Context(), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	lock := filepath.Join(p.data(), "postmaster.pid")
	if err := os.WriteFile(lock, []byte("1\n"+p.data()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = start(t, Options{Dir: dir})
	stop(t, s)
}

// Throwaway data are gone after Stop, wherever they lay. The folder is one the
// database's user cannot enter when the test runs as root.
func TestThrowawayBelowAForbiddenFolder(t *testing.T) {
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(closed, "var")
	s := start(t, Options{Dir: dir, Throwaway: true})
	secrets, err := loadSecrets(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.testSQL(t, "SELECT 1")
	stop(t, s)
	for _, gone := range []string{dir, filepath.Join(systemDir, secrets.ID)} {
		if _, err := os.Stat(gone); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there after Stop (%v)", gone, err)
		}
	}
}
