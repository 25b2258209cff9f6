package main

import (
	"context"
	"fmt"
	"log/slog"

	"heyin/models"
	"heyin/ocr"
	"heyin/reconcile"
	"heyin/web"
	"heyin/workers"
)

// defaultListen is a port without an IANA assignment.
const defaultListen = "127.0.0.1:8420"

type apiCmd struct {
	storesFlags
	signInFlags
	Listen       string `default:"127.0.0.1:8420" placeholder:"HOST:PORT" help:"Address to serve on (${default})."`
	TLS          bool   `name:"tls" help:"Browsers reach heyin by https, here or at a proxy in front."`
	MetricsToken string `placeholder:"TOKEN" help:"Bearer token that opens /metrics; without it they are for this machine only."`
}

func (apiCmd) Help() string {
	return `Examples:
  heyin api --dsn postgres://heyin:…@db/heyin --redis-addr redis:6379 --s3-endpoint store:9000 --s3-access-key … --s3-secret-key …
  HEYIN_DSN=… HEYIN_S3_ENDPOINT=… heyin api --listen :8080 --tls

The database user owns the database and may create roles; or somebody else creates
the role heyin_branch and makes him a member.`
}

func (c *apiCmd) Run(ctx context.Context, out *output) error {
	store, e, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	queue := workers.NewRedis(e.RedisAddr, e.RedisPassword, 0, c.RedisTLS)
	defer queue.Close()
	l, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	cfg := web.DefaultConfig()
	cfg.TLS, cfg.MetricsToken, cfg.Version = c.TLS, c.MetricsToken, models.Version
	cfg.SecretKeys = e.SecretKeys
	c.apply(&cfg)
	if err := web.SealSecrets(ctx, store, cfg.SecretKeys); err != nil {
		return err
	}
	cards, closeCards := cardReader(out.log)
	defer closeCards()
	handler, err := web.New(cfg, web.Deps{Store: store, Cards: cards, Ready: map[string]func(context.Context) error{
		"redis": func(ctx context.Context) error { return queue.Ping(ctx).Err() },
	}})
	if err != nil {
		return err
	}
	login, password, created, err := web.Bootstrap(ctx, store)
	if err != nil {
		return err
	}
	if created {
		fmt.Fprintf(out.stderr, "\nFirst start: sign in as %s with the password %s\nIt is shown this once and stored nowhere.\n\n", login, password)
	}
	out.log.Info("serving", "address", "http://"+l.Addr().String())
	return web.Serve(ctx, l, handler, cfg)
}

// cardReader cuts uploaded cards in a reader process, which starts with the first.
// Where the reader's parts are not installed, cards are refused and all else works.
func cardReader(log *slog.Logger) (cut reconcile.Cutter, stop func()) {
	deps, err := ocr.FindDeps("")
	if err != nil {
		log.Warn("cards cannot be taken in here", "error", err)
		return nil, func() {}
	}
	cfg := workers.DefaultConfig().Readers
	cfg.Log, cfg.Deps = log, deps
	cards := workers.NewCards(cfg)
	return cards.CutCard, cards.Close
}
