package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"heyin/models"
	"heyin/pipeline"
	"heyin/reconcile"
	"heyin/sealcheck"
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
  heyin import specimens cards.csv --maker li
  heyin import statements statements.jsonl`
}

type importFlags struct {
	storesFlags
	File   string `arg:"" type:"existingfile"`
	DryRun bool   `help:"Check everything, change nothing."`
}

type (
	importAccountsCmd   struct{ importFlags }
	importStatementsCmd struct{ importFlags }
	importSpecimensCmd  struct {
		importFlags
		Maker   string `placeholder:"LOGIN" help:"Operator who takes these specimens in: they wait on the desk until a supervisor approves them."`
		Checker string `placeholder:"LOGIN" help:"Supervisor who has checked them already: they come into force at once, under both names."`
	}
)

func (importSpecimensCmd) Help() string {
	return `Columns: customer_no, ref, kind, shape, role, dpi, valid_from, file; images lie beside the CSV.
Without --maker the file is the bank's books: pictures of one seal each, checked in core banking,
in force as they come. A seal cut out of a card here, or averaged, has been checked by nobody: it
needs --maker, and a second person.

  place        which seal of a card with several, from 1, top to bottom, then left to right
  box          or where: x,y,w,h in pixels of the file
  accept_poor  why a seal not fit for a specimen is wanted all the same

Several files or places, separated by ";", are imprints of one seal; their average is taken.
heyin seal card shows what is found on a card; --dry-run grades every row.

Examples:
  heyin import specimens specimens.csv --dry-run
  heyin import specimens cards.csv --maker li
  heyin import specimens cards.csv --maker li --checker wang`
}

func (c *importAccountsCmd) Run(ctx context.Context, out *output) error {
	return c.run(ctx, out, reconcile.ImportAccounts)
}

func (c *importSpecimensCmd) Run(ctx context.Context, out *output) error {
	return c.run(ctx, out, specimensBeside(c.File, c.Maker, c.Checker))
}

// specimensBeside imports specimens whose images lie beside the file at path. They
// are an operator's own files, so this process decodes them, within the limits of
// imaging.
func specimensBeside(path, maker, checker string) importer {
	return func(ctx context.Context, store *storage.Store, r io.Reader, opts reconcile.Options) (reconcile.Report, error) {
		return reconcile.ImportSpecimens(ctx, store, r, os.DirFS(filepath.Dir(path)), reconcile.SpecimenOptions{
			Options: opts, Cut: pipeline.CutCard, Average: sealcheck.Average, Maker: maker, Checker: checker, Jobs: runtime.NumCPU(),
		})
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
	for _, p := range r.Specimens {
		if p.Quality.Grade == models.QualityGood && !r.DryRun {
			continue
		}
		if _, err := fmt.Fprintf(w, "line %d: %s %s: %s\n", p.Line, p.CustomerNo, p.Ref, graded(p.Quality)); err != nil {
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
