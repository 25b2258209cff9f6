package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"heyin/models"
	"heyin/reconcile"
	"heyin/storage"
)

type importCmd struct {
	Accounts   importAccountsCmd   `cmd:"" help:"Customers and their accounts (CSV)."`
	Specimens  importSpecimensCmd  `cmd:"" help:"Seal specimens (CSV naming images beside it)."`
	Statements importStatementsCmd `cmd:"" help:"Issued statements with balances and seal rules (JSON lines)."`
}

func (importCmd) Help() string {
	return `Each import takes a whole file or nothing, and says for every wrong row what is wrong.
Importing a file again changes nothing. The order is accounts, specimens, statements.

Examples:
  heyin import accounts accounts.csv --dry-run
  heyin import specimens specimens.csv
  heyin import statements statements.jsonl`
}

type importFlags struct {
	storesFlags
	File   string `arg:"" type:"existingfile"`
	DryRun bool   `help:"Check everything, change nothing."`
}

type (
	importAccountsCmd   struct{ importFlags }
	importSpecimensCmd  struct{ importFlags }
	importStatementsCmd struct{ importFlags }
)

func (c *importAccountsCmd) Run(ctx context.Context, out *output) error {
	return c.run(ctx, out, reconcile.ImportAccounts)
}

func (c *importSpecimensCmd) Run(ctx context.Context, out *output) error {
	return c.run(ctx, out, specimensBeside(c.File))
}

// specimensBeside imports specimens whose images lie beside the file at path.
func specimensBeside(path string) importer {
	return func(ctx context.Context, store *storage.Store, r io.Reader, opts reconcile.Options) (reconcile.Report, error) {
		return reconcile.ImportSpecimens(ctx, store, r, os.DirFS(filepath.Dir(path)), opts)
	}
}

func (c *importStatementsCmd) Run(ctx context.Context, out *output) error {
	return c.run(ctx, out, reconcile.ImportStatements)
}

type importer func(ctx context.Context, store *storage.Store, r io.Reader, opts reconcile.Options) (reconcile.Report, error)

func (f importFlags) run(ctx context.Context, out *output, load importer) error {
	store, _, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	report, err := importFile(ctx, store, f.File, f.DryRun, load)
	if report.Kind != "" {
		if printErr := out.print(importReport{report}); printErr != nil {
			return errors.Join(err, printErr)
		}
	}
	return err
}

func importFile(ctx context.Context, store *storage.Store, path string, dryRun bool, load importer) (reconcile.Report, error) {
	file, err := os.Open(path)
	if err != nil {
		return reconcile.Report{}, err
	}
	defer file.Close()
	return load(ctx, store, file, reconcile.Options{DryRun: dryRun, Actor: models.Actor{Kind: "system"}})
}

type importReport struct{ reconcile.Report }

func (r importReport) text(w io.Writer) error {
	for _, e := range r.Errors {
		if _, err := fmt.Fprintln(w, e); err != nil {
			return err
		}
	}
	would := ""
	if r.DryRun {
		would = " (dry run: nothing changed)"
	}
	_, err := fmt.Fprintf(w, "%s: %d rows, %d added, %d unchanged, %d errors%s\n", r.Kind, r.Rows, r.Added, r.Unchanged, len(r.Errors), would)
	return err
}
