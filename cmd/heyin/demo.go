package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"heyin/deploy/local"
	"heyin/eval/sim"
	"heyin/models"
	"heyin/reconcile"
	"heyin/storage"
	"heyin/web"
)

type demoCmd struct {
	readerFlags
	Dir      string `type:"path" default:"var/demo" help:"Folder of the demo; an earlier demo in it is removed."`
	Listen   string `default:"127.0.0.1:8420" placeholder:"HOST:PORT" help:"Address of the desk; a free port if the default is taken."`
	Receipts int    `default:"40" help:"Scan files of the sample period; from 14 on every scenario occurs."`
	Seed     uint64 `default:"20260930" help:"The same seed makes the same sample."`
	Exit     bool   `help:"Stop after the table; exit status 0 only if every receipt is accounted for and none passed that should not have."`
}

func (demoCmd) Help() string {
	return `Invents a sample period, imports its books, lets "customers" answer and stamp, drops the
scans into a folder, uploads them as a station would, and shows what became of each.

Examples:
  heyin demo
  heyin demo --exit --receipts 14`
}

// demoMark stands in a folder made by heyin demo: no other is ever removed.
const demoMark = ".heyin-demo"

func (c *demoCmd) Run(ctx context.Context, out *output) (err error) {
	if err := c.prepareFolder(); err != nil {
		return err
	}
	ctx, h, err := startHouse(ctx, filepath.Join(c.Dir, "heyin"), c.Listen, c.readerFlags, out.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.stop()) }()
	truth, err := c.makeSample(ctx, out, h)
	if err != nil {
		return err
	}
	access, err := h.station(ctx, truth.branch, "样例扫描站")
	if err != nil {
		return err
	}
	uploaded, err := scanFolder(ctx, out, newStation(access), truth.scans, truth.cutOff.Format(time.DateOnly), -1)
	if err != nil {
		return err
	}
	outcomes, err := c.await(ctx, out, h.store, uploaded.Batch)
	if err != nil {
		return err
	}
	verdict := judgeDemo(truth.pages, outcomes)
	if err := out.print(verdict); err != nil {
		return err
	}
	if err := checkDemo(ctx, h.store, verdict); err != nil || c.Exit {
		return err
	}
	return c.showDesk(ctx, out, h, truth.branch)
}

// prepareFolder removes an earlier demo, which must not be running, and nothing
// else.
func (c *demoCmd) prepareFolder() error {
	mark := filepath.Join(c.Dir, demoMark)
	if _, err := os.Stat(mark); err == nil {
		if _, err := local.Running(filepath.Join(c.Dir, "heyin")); err == nil {
			return fmt.Errorf("a demo is running in %s: stop it first, or give another --dir", c.Dir)
		}
		if err := os.RemoveAll(c.Dir); err != nil {
			return err
		}
	} else if entries, err := os.ReadDir(c.Dir); err == nil && len(entries) > 0 {
		return usageError{fmt.Errorf("%s is not empty and no demo made it: give another --dir", c.Dir)}
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(mark, nil, 0o644)
}

// sample is the period the demo works on.
type sample struct {
	branch string
	cutOff time.Time
	scans  string
	pages  []sim.Truth
}

func (c *demoCmd) makeSample(ctx context.Context, out *output, h *house) (sample, error) {
	studio, err := sim.NewStudio("")
	if err != nil {
		return sample{}, err
	}
	period := sim.NewPeriod(c.Seed, c.Receipts)
	dir := filepath.Join(c.Dir, "sample")
	bar := progress(out, len(period.Files), "stamping and scanning")
	pages, err := studio.Write(ctx, dir, period, func(done, _ int) { _ = bar.Set(done) }) // a bar that cannot draw stops nothing
	if err != nil {
		return sample{}, err
	}
	specimens := filepath.Join(dir, sim.SpecimensFile)
	for _, books := range []struct {
		path string
		load importer
	}{
		{filepath.Join(dir, sim.AccountsFile), reconcile.ImportAccounts},
		{specimens, specimensBeside(specimens, "", "")},
		{filepath.Join(dir, sim.StatementsFile), reconcile.ImportStatements},
	} {
		if _, err := importFile(ctx, h.store, books.path, false, books.load); err != nil {
			return sample{}, fmt.Errorf("%s: %w", books.path, err)
		}
	}
	return sample{period.BranchCode, period.CutOff, filepath.Join(dir, sim.ScansDir), pages}, nil
}

// pollEvery is how often the demo looks for progress.
const pollEvery = 300 * time.Millisecond

// await shows the workers' progress until no receipt of the batch is in progress.
func (c *demoCmd) await(ctx context.Context, out *output, store *storage.Store, batch int64) ([]storage.Outcome, error) {
	bar := progress(out, -1, "reading and verifying")
	defer bar.Close()
	for {
		outcomes, err := store.Outcomes(ctx, models.Actor{Kind: "system"}, batch)
		if err != nil {
			return nil, err
		}
		done := 0
		for _, o := range outcomes {
			if o.State != models.InProgress {
				done++
			}
		}
		bar.ChangeMax(len(outcomes)) // further pages of a scan become receipts on the way
		if err := bar.Set(done); err != nil {
			return nil, err
		}
		if done == len(outcomes) {
			return outcomes, nil
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// checkDemo fails when a receipt is lost or one passed that should not have.
func checkDemo(ctx context.Context, store *storage.Store, v demoVerdict) error {
	eq, err := store.Accounting(ctx)
	if err != nil {
		return err
	}
	switch {
	case !eq.Holds():
		return fmt.Errorf("the accounting equation does not hold: %+v", eq)
	case v.Lost > 0:
		return fmt.Errorf("%d receipts are unaccounted for", v.Lost)
	case v.FalsePassed > 0:
		return fmt.Errorf("%d receipts passed that should not have", v.FalsePassed)
	}
	return nil
}

// demoPeople are one of each kind, and a second reviewer: a manual pass needs two.
func demoPeople(branch string) []web.NewUser {
	person := func(login, branch string, roles ...models.Role) web.NewUser {
		return web.NewUser{Login: login, BranchCode: branch, Roles: roles}
	}
	return []web.NewUser{
		person("demo", "", models.RoleReviewer, models.RoleArchivist, models.RoleOperator), person("second", "", models.RoleReviewer),
		person("chief", "", models.RoleSupervisor), person("branch", branch, models.RoleBranch),
		person("sysadmin", "", models.RoleAdmin), person("security", "", models.RoleSecurity), person("auditor", "", models.RoleAuditor),
	}
}

// showDesk makes accounts, says how to sign in, and leaves the desk open until
// Ctrl-C.
func (c *demoCmd) showDesk(ctx context.Context, out *output, h *house, branch string) error {
	password := rand.Text()
	var logins []string
	for _, u := range demoPeople(branch) {
		u.Password = password
		if err := web.CreateUser(ctx, h.store, models.Actor{Kind: "system"}, u); err != nil {
			return err
		}
		logins = append(logins, u.Login)
	}
	fmt.Fprintf(out.stdout, "\nReview desk: %s   sign in as demo with the password %s\nWith the same password: %s.\nCtrl-C ends the demo.\n",
		h.url, password, strings.Join(logins[1:], ", "))
	return h.wait()
}
