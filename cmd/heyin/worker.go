package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"heyin/ocr"
	"heyin/workers"
)

type workerCmd struct {
	storesFlags
	readerFlags
	Readers int    `default:"0" help:"Reader processes; 0: one a core."`
	Metrics string `placeholder:"HOST:PORT" help:"Serve Prometheus metrics here, under /metrics."`
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
	if _, err := ocr.LoadLayouts(c.Layout); err != nil { // a reader that cannot start says it less well
		return err
	}
	deps, err := ocr.FindDeps("")
	if err != nil {
		return err
	}
	cfg := workers.DefaultConfig()
	cfg.RedisAddr, cfg.RedisPassword, cfg.RedisTLS = e.RedisAddr, e.RedisPassword, c.RedisTLS
	cfg.Log, cfg.Readers.Log, cfg.Readers.Deps = out.log, out.log, deps
	cfg.Readers.Readers, cfg.Readers.Bank, cfg.Readers.Layout = c.Readers, c.Bank, c.Layout
	if c.Readers <= 0 {
		cfg.Readers.Readers = runtime.NumCPU()
	}
	cfg.Concurrency = cfg.Readers.Readers + 1 // one more loads and stores while the readers read
	if c.Metrics != "" {
		stop, err := serveMetrics(ctx, c.Metrics)
		if err != nil {
			return err
		}
		defer stop()
	}
	return workers.Run(ctx, cfg, store)
}

// serveMetrics answers /metrics until stop is called; scrapers need no drain.
func serveMetrics(ctx context.Context, addr string) (stop func(), err error) {
	l, err := listen(ctx, addr)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.Handler())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			panic(err) // the listener broke: nothing watches this worker any more, start anew
		}
	}()
	return func() { _ = server.Close() }, nil
}

type readerCmd struct{ readerFlags }

func (c *readerCmd) Run(ctx context.Context) error {
	return workers.ServeReader(ctx, func() (workers.Processor, error) { return openReader(c.config()) })
}
