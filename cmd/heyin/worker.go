package main

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"heyin/ocr"
	"heyin/pipeline"
	"heyin/workers"
)

type workerCmd struct {
	storesFlags
	Readers int `default:"0" help:"Reader processes; 0: one a core."`
}

func (workerCmd) Help() string {
	return `Takes jobs from the queue and judges receipts in reader processes. Several may run
against the same stores, on one machine or many.

Examples:
  heyin worker --dsn postgres://… --redis-addr redis:6379 --s3-endpoint store:9000 --s3-access-key … --s3-secret-key …
  heyin worker --readers 8`
}

func (c *workerCmd) Run(ctx context.Context, out *output) error {
	store, e, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	deps, err := ocr.FindDeps("")
	if err != nil {
		return err
	}
	cfg := workers.DefaultConfig()
	cfg.Name = fmt.Sprintf("%s-%d", host, os.Getpid())
	cfg.RedisAddr, cfg.RedisPassword = e.RedisAddr, e.RedisPassword
	cfg.Log, cfg.Readers.Log, cfg.Readers.Deps = out.log, out.log, deps
	cfg.Readers.Readers = c.Readers
	if c.Readers <= 0 {
		cfg.Readers.Readers = runtime.NumCPU()
	}
	cfg.Concurrency = cfg.Readers.Readers + 1 // one more loads and stores while the readers read
	return workers.Run(ctx, cfg, store)
}

type readerCmd struct{}

func (readerCmd) Run(ctx context.Context) error {
	return workers.ServeReader(ctx, func() (workers.Processor, error) { return pipeline.New(ocr.Config{}) })
}
