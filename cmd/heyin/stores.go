package main

import (
	"context"
	"fmt"

	"heyin/deploy/local"
	"heyin/storage"
)

// storesFlags say where the stores are: addresses of a cluster, or the folder of
// a running `heyin up`, which knows its own.
type storesFlags struct {
	Dir           string `type:"path" default:"var" help:"Folder of a running heyin up; used when no --dsn is given."`
	DSN           string `name:"dsn" placeholder:"URL" help:"PostgreSQL: postgres://user:password@host:port/database."`
	RedisAddr     string `placeholder:"HOST:PORT" help:"Redis."`
	RedisPassword string `help:"Password of Redis."`
	RedisTLS      bool   `name:"redis-tls" env:"HEYIN_REDIS_TLS" help:"Reach Redis by TLS."`
	S3Endpoint    string `name:"s3-endpoint" env:"HEYIN_S3_ENDPOINT" placeholder:"HOST:PORT" help:"S3-compatible store."`
	S3AccessKey   string `name:"s3-access-key" env:"HEYIN_S3_ACCESS_KEY" help:"Access key of the store."`
	S3SecretKey   string `name:"s3-secret-key" env:"HEYIN_S3_SECRET_KEY" help:"Secret key of the store."`
	S3TLS         bool   `name:"s3-tls" env:"HEYIN_S3_TLS" help:"Reach the store by https."`
	Bucket        string `default:"heyin" help:"Bucket for images; made if missing."`
}

// endpoints gives the addresses; without --dsn those of the stack on --dir.
func (f storesFlags) endpoints() (local.Endpoints, error) {
	if f.DSN != "" {
		return local.Endpoints{
			DSN: f.DSN, RedisAddr: f.RedisAddr, RedisPassword: f.RedisPassword,
			S3Endpoint: f.S3Endpoint, S3AccessKey: f.S3AccessKey, S3SecretKey: f.S3SecretKey,
		}, nil
	}
	e, err := local.Running(f.Dir)
	if err != nil {
		return local.Endpoints{}, fmt.Errorf("no stores: %w\nStart heyin up first, name its folder with --dir, or give --dsn, --redis-addr and --s3-endpoint", err)
	}
	return e, nil
}

func (f storesFlags) open(ctx context.Context) (*storage.Store, local.Endpoints, error) {
	e, err := f.endpoints()
	if err != nil {
		return nil, e, err
	}
	cfg := storageConfig(e)
	cfg.S3TLS, cfg.Bucket = f.S3TLS, f.Bucket
	store, err := storage.Open(ctx, cfg)
	return store, e, err
}

func storageConfig(e local.Endpoints) storage.Config {
	cfg := storage.DefaultConfig()
	cfg.DSN, cfg.S3Endpoint, cfg.S3AccessKey, cfg.S3SecretKey = e.DSN, e.S3Endpoint, e.S3AccessKey, e.S3SecretKey
	return cfg
}

// environment hands the addresses to a child: arguments would show them, secrets
// included, to every user of the machine.
func environment(e local.Endpoints) []string {
	return []string{
		"HEYIN_DSN=" + e.DSN, "HEYIN_REDIS_ADDR=" + e.RedisAddr, "HEYIN_REDIS_PASSWORD=" + e.RedisPassword,
		"HEYIN_SECRET_KEYS=" + e.SecretKeys, "HEYIN_S3_ENDPOINT=" + e.S3Endpoint, "HEYIN_S3_ACCESS_KEY=" + e.S3AccessKey, "HEYIN_S3_SECRET_KEY=" + e.S3SecretKey,
	}
}
