package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// Time a child gets. Postgres may have to replay its log after a crash, so the
// limit for starting is generous; a healthy start takes well under a second.
const (
	startLimit = 60 * time.Second
	stopLimit  = 15 * time.Second // then SIGKILL
)

// Options say where a Stack keeps its data.
type Options struct {
	Dir    string       // made if missing; one Stack at a time
	Logger *slog.Logger // nil: slog.Default()

	// Throwaway trades safety for speed: no fsync, and Stop removes all data.
	// For tests.
	Throwaway bool
}

// Endpoints are how to reach a running Stack. They hold secrets.
type Endpoints struct {
	DSN           string `json:"dsn"` // database "heyin", role "heyin" (a superuser)
	RedisAddr     string `json:"redis_addr"`
	RedisPassword string `json:"redis_password"`
	S3Endpoint    string `json:"s3_endpoint"` // host:port, plain HTTP
	S3AccessKey   string `json:"s3_access_key"`
	S3SecretKey   string `json:"s3_secret_key"`
	SecretKeys    string `json:"secret_keys"` // encrypt secrets in the database (web.Config)
}

// Stack is the three running children. Its Endpoints never change while it runs:
// a child that dies is started again where it was.
type Stack struct {
	Endpoints

	dir      string
	log      *slog.Logger
	lock     *os.File
	postgres *child
	redis    *child
	s3       *child
	cleanup  []string // folders Stop removes
}

// Start starts the children, or continues with the data an earlier Stack left in
// opt.Dir, and returns when all three answer. The ports may differ from run to
// run. ctx bounds the start only; the Stack lives until Stop.
func Start(ctx context.Context, opt Options) (_ *Stack, err error) {
	if os.Getenv(childVar) != "" {
		return nil, errors.New("local: a child process tried to start a stack: call local.MaybeRunChild first in main and TestMain")
	}
	dir, err := filepath.Abs(opt.Dir)
	if err != nil {
		return nil, fmt.Errorf("local: data folder: %w", err)
	}
	if opt.Dir == "" {
		return nil, errors.New("local: no data folder given")
	}
	log := opt.Logger
	if log == nil {
		log = slog.Default()
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()

	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o755); err != nil {
		return nil, fmt.Errorf("local: data folder: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Stack{dir: dir, log: log, lock: lock}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
		}
	}()
	if opt.Throwaway {
		s.cleanup = append(s.cleanup, dir)
	}
	secrets, err := loadSecrets(dir)
	if err != nil {
		return nil, err
	}

	pg := postgres{dir: dir, id: secrets.ID, password: secrets.Postgres, throwaway: opt.Throwaway}
	rd := redisServer{dir: filepath.Join(dir, "redis"), password: secrets.Redis}
	gw := gateway{dir: filepath.Join(dir, "s3"), accessKey: secrets.S3AccessKey, secretKey: secrets.S3SecretKey}

	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := pg.prepare(gctx, log); err != nil {
			return err
		}
		s.postgres = pg.child(dir, log)
		if err := s.postgres.start(gctx); err != nil {
			return err
		}
		return pg.createDatabase(gctx, s.postgres.port)
	})
	group.Go(func() error {
		if err := rd.prepare(); err != nil {
			return err
		}
		s.redis = rd.child(dir, log)
		return s.redis.start(gctx)
	})
	group.Go(func() error {
		if err := gw.prepare(); err != nil {
			return err
		}
		s.s3 = gw.child(dir, log)
		return s.s3.start(gctx)
	})
	err = group.Wait()
	if opt.Throwaway && pg.root != "" {
		s.cleanup = append(s.cleanup, pg.root)
	}
	if err != nil {
		return nil, err
	}
	s.Endpoints = Endpoints{
		DSN:           pg.dsn(s.postgres.port, databaseName),
		RedisAddr:     loopback(s.redis.port),
		RedisPassword: secrets.Redis,
		S3Endpoint:    loopback(s.s3.port),
		S3AccessKey:   secrets.S3AccessKey,
		S3SecretKey:   secrets.S3SecretKey,
		SecretKeys:    secrets.SecretKeys,
	}
	if err := writeJSON(filepath.Join(dir, runningFile), s.Endpoints); err != nil {
		return nil, err
	}
	log.Info("local stack ready", "dir", dir, "postgres", s.postgres.port, "redis", s.redis.port, "s3", s.s3.port)
	return s, nil
}

// Stop ends the children cleanly (Postgres by a fast shutdown) and gives the
// folder back. A child that does not end in time, or when ctx ends, is killed:
// its data are then recovered by the next start.
func (s *Stack) Stop(ctx context.Context) error {
	var group errgroup.Group
	for _, c := range []*child{s.s3, s.redis, s.postgres} {
		if c != nil {
			group.Go(func() error { return c.end(ctx) })
		}
	}
	err := group.Wait()
	if rm := os.Remove(filepath.Join(s.dir, runningFile)); rm != nil && !errors.Is(rm, os.ErrNotExist) {
		err = errors.Join(err, rm)
	}
	for _, dir := range s.cleanup {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return errors.Join(err, s.lock.Close())
}

// Ready waits until all three children answer, for instance after one was killed.
func (s *Stack) Ready(ctx context.Context) error {
	for _, c := range []*child{s.postgres, s.redis, s.s3} {
		if err := c.awaitHealth(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// KillPostgres ends the database server with SIGKILL, as a crash would; the Stack
// starts it again. For tests of recovery, like the methods below.
func (s *Stack) KillPostgres() error { return s.postgres.signal(syscall.SIGKILL) }

// KillRedis does the same to redis-server.
func (s *Stack) KillRedis() error { return s.redis.signal(syscall.SIGKILL) }

// KillS3 does the same to the S3 gateway.
func (s *Stack) KillS3() error { return s.s3.signal(syscall.SIGKILL) }

// FreezeRedis stops the clock of redis-server until thaw is called: connections
// hang instead of failing.
func (s *Stack) FreezeRedis() (thaw func() error, err error) {
	return func() error { return s.redis.signal(syscall.SIGCONT) }, s.redis.signal(syscall.SIGSTOP)
}

// FreezeS3 does the same to the S3 gateway.
func (s *Stack) FreezeS3() (thaw func() error, err error) {
	return func() error { return s.s3.signal(syscall.SIGCONT) }, s.s3.signal(syscall.SIGSTOP)
}

// Running tells how to reach the Stack another process runs on dir.
func Running(dir string) (Endpoints, error) {
	b, err := os.ReadFile(filepath.Join(dir, runningFile))
	if errors.Is(err, os.ErrNotExist) || err == nil && !locked(dir) { // a crash leaves the file
		return Endpoints{}, fmt.Errorf("local: nothing runs on %s; start it with `heyin up`", dir)
	}
	if err != nil {
		return Endpoints{}, fmt.Errorf("local: %w", err)
	}
	var e Endpoints
	if err := json.Unmarshal(b, &e); err != nil {
		return Endpoints{}, fmt.Errorf("local: %s: %w", runningFile, err)
	}
	return e, nil
}
