package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"heyin/deploy/local"
	"heyin/models"
	"heyin/storage"
	"heyin/web"
)

type upCmd struct {
	readerFlags
	Dir    string `type:"path" default:"var" help:"Folder for all data."`
	Listen string `default:"127.0.0.1:8420" placeholder:"HOST:PORT" help:"Address of the desk; a free port if the default is taken."`
}

func (upCmd) Help() string {
	return `Starts PostgreSQL, Redis, an object store, the API and a worker as children of this
process. Ctrl-C stops them; the data stay.

Examples:
  heyin up
  heyin up --dir /srv/heyin --listen 0.0.0.0:8420`
}

func (c *upCmd) Run(ctx context.Context, out *output) (err error) {
	ctx, h, err := startHouse(ctx, c.Dir, c.Listen, c.readerFlags, out.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.stop()) }()
	login, password, created, err := web.Bootstrap(ctx, h.store)
	if err != nil {
		return err
	}
	if created {
		fmt.Fprintf(out.stdout, "First start: sign in as %s with the password %s\nIt is shown this once and stored nowhere.\n", login, password)
	}
	if _, err := h.store.PutBranch(ctx, models.Actor{Kind: "system"}, localBranch, "本机网点"); err != nil {
		return err
	}
	if _, err := h.station(ctx, localBranch, "本机扫描站"); err != nil {
		return err
	}
	fmt.Fprintf(out.stdout, "Desk: %s\nUpload with: heyin scan FOLDER --dir %s\nCtrl-C stops everything; the data stay in %s.\n", h.url, c.Dir, c.Dir)
	return h.wait()
}

// localBranch owns what the station of this machine uploads.
const localBranch = "local"

// stopTime bounds the stop of the stores after the children have ended.
const stopTime = 30 * time.Second

// house is everything running on this machine: the stack, and the API and worker
// as children of this process.
type house struct {
	dir   string
	url   string
	stack *local.Stack
	store *storage.Store

	children *errgroup.Group
	cancel   context.CancelFunc
}

// startHouse starts everything. The context it gives ends with ctx, or when a
// child cannot be kept running; the caller stops the house in either case.
func startHouse(ctx context.Context, dir, addr string, readers readerFlags, log *slog.Logger) (_ context.Context, _ *house, err error) {
	h := &house{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.stop())
		}
	}()
	if h.stack, err = local.Start(ctx, local.Options{Dir: dir, Logger: log}); err != nil {
		return nil, nil, err
	}
	if h.store, err = storage.Open(ctx, storageConfig(h.stack.Endpoints)); err != nil {
		return nil, nil, err
	}
	l, err := listen(ctx, addr)
	if err != nil {
		return nil, nil, err
	}
	h.url = "http://" + l.Addr().String()
	run, cancel := context.WithCancel(ctx)
	h.cancel = cancel
	h.children, run = errgroup.WithContext(run)
	env := environment(h.stack.Endpoints)
	h.children.Go(func() error {
		defer l.Close()
		return keepRunning(run, log, l.(*net.TCPListener), env, "api", "--quiet", "--listen", inherited)
	})
	h.children.Go(func() error { return keepRunning(run, log, nil, append(env, readers.env()...), "worker", "--quiet") })
	return run, h, nil
}

// wait returns when the children have ended, that is when the context of
// startHouse is over.
func (h *house) wait() error { return h.children.Wait() }

// stop ends the children, then the stores.
func (h *house) stop() error {
	var err error
	if h.children != nil {
		h.cancel()
		err = h.children.Wait()
	}
	if h.store != nil {
		h.store.Close()
	}
	if h.stack == nil {
		return err
	}
	// The caller's context is over; the stores still need their clean stop.
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	return errors.Join(err, h.stack.Stop(ctx))
}

// stationFile lies in the folder of heyin up and lets heyin scan find the API.
const stationFile = "station.json"

// stationAccess is what a station needs to upload.
type stationAccess struct {
	Server string `json:"server"`
	Token  string `json:"token"`
}

// station makes this machine's own scanning station and leaves its token for
// heyin scan, readable by this user only.
func (h *house) station(ctx context.Context, branch, name string) (stationAccess, error) {
	token, err := web.CreateStation(ctx, h.store, models.Actor{Kind: "system"}, branch, name)
	if err != nil {
		return stationAccess{}, err
	}
	access := stationAccess{Server: h.url, Token: token}
	data, err := json.Marshal(access)
	if err != nil {
		return access, err
	}
	return access, os.WriteFile(filepath.Join(h.dir, stationFile), data, 0o600)
}
