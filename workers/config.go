package workers

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"heyin/workers/readerproc"
)

// Config of a worker process.
type Config struct {
	Name string // of this worker, in leases and audit; must differ from every other's

	RedisAddr     string // host:port; several with commas between: a Redis Cluster
	RedisPassword string
	RedisDB       int // 0 for a cluster
	RedisTLS      bool

	Readers     readerproc.Config
	Concurrency int // receipts in hand at once, loading and storing included

	Lease     time.Duration // a job taken and not extended is anybody's after this
	JobWithin time.Duration // one attempt, waiting for a reader included
	Grace     time.Duration // what is in hand when the worker is told to stop may take this long

	SweepEvery   time.Duration // between two looks for jobs nobody was told of
	AccountEvery time.Duration // between two checks of the accounting equation

	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// DefaultConfig fills all but the address of Redis. Lease, SweepEvery and
// storage.Config.RingAgain together keep promise 3: work of a killed worker is
// rung again after Lease + SweepEvery, a lost ring after RingAgain + SweepEvery,
// each below 60 s.
func DefaultConfig() Config {
	readers := readerproc.DefaultConfig()
	host, err := os.Hostname()
	if err != nil {
		host = "worker"
	}
	return Config{
		Name:         fmt.Sprintf("%s-%d-%x", host, os.Getpid(), time.Now().UnixMilli()&0xffffff),
		Readers:      readers,
		Concurrency:  2 * readers.Readers, // while one page is read, another is loaded or stored
		Lease:        30 * time.Second,
		JobWithin:    5 * time.Minute,
		Grace:        10 * time.Second,
		SweepEvery:   5 * time.Second,
		AccountEvery: 5 * time.Minute,
		Log:          slog.Default(),
		Metrics:      prometheus.DefaultRegisterer,
	}
}

// Validate names every setting that is wrong, its value and the form expected.
func (c Config) Validate() error {
	var errs []error
	bad := func(name string, value any, want string) {
		errs = append(errs, fmt.Errorf("workers: %s is %v; want %s", name, value, want))
	}
	if c.Name == "" {
		bad("Name", `""`, "a name no other worker has")
	}
	if c.RedisAddr == "" {
		bad("RedisAddr", `""`, "host:port")
	}
	if c.RedisDB < 0 {
		bad("RedisDB", c.RedisDB, "0 or more")
	}
	if c.Concurrency < 1 {
		bad("Concurrency", c.Concurrency, "1 or more")
	}
	if c.Lease < time.Second {
		bad("Lease", c.Lease, "1s or more: it is extended three times before it ends")
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"JobWithin", c.JobWithin}, {"Grace", c.Grace}, {"SweepEvery", c.SweepEvery}, {"AccountEvery", c.AccountEvery}} {
		if d.value <= 0 {
			bad(d.name, d.value, "more than 0")
		}
	}
	if c.Log == nil || c.Metrics == nil {
		bad("Log or Metrics", nil, "both set")
	}
	if err := c.Readers.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("workers: %w", err))
	}
	return errors.Join(errs...)
}
