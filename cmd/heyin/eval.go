package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"heyin/eval"
	"heyin/eval/sim"
	"heyin/ocr"
	"heyin/pipeline"
)

type evalCmd struct {
	Tables   evalTablesCmd   `cmd:"" default:"withargs" help:"Accuracy tables over the own generated set and, if given, an independent one."`
	Receipts evalReceiptsCmd `cmd:"" help:"Judge whole receipts against the bank's books in files."`
	Reuse    evalReuseCmd    `cmd:"" help:"How surely a copied imprint is told from a second stamping."`
	Lessons  evalLessonsCmd  `cmd:"" help:"Pairs of seals for the training of the comparer of imprints."`
	Causes   evalCausesCmd   `cmd:"" help:"How well it is told what spoilt an imprint."`
	Scans    evalScansCmd    `cmd:"" help:"How well it is told what is wrong with a scan."`
	Folds    evalFoldsCmd    `cmd:"" help:"How well pages are read that were folded as letters."`
	Forms    evalFormsCmd    `cmd:"" help:"How well answers are read on forms of other printers, and whether answers struck out are told."`
	Strays   evalStraysCmd   `cmd:"" help:"How well pages that are no receipts of ours, and altered print, are told."`
}

type evalTablesCmd struct {
	Bench  string `type:"existingdir" placeholder:"DIR" help:"Independent set in the benchmark's format."`
	Report string `type:"path" placeholder:"FILE" help:"Write the report here too."`
}

func (evalTablesCmd) Help() string {
	return `Examples:
  heyin eval
  heyin eval --bench ../shared/bench --report eval/testdata/report.txt`
}

func (c *evalTablesCmd) Run(ctx context.Context, out *output) error {
	cfg := eval.DefaultConfig()
	cfg.Open = openPages
	cfg.BenchDir, cfg.Workers, cfg.Log = c.Bench, runtime.NumCPU(), out.stderr
	var report bytes.Buffer
	if err := eval.Run(ctx, cfg, &report); err != nil {
		return err
	}
	if c.Report != "" {
		if err := os.MkdirAll(filepath.Dir(c.Report), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(c.Report, report.Bytes(), 0o644); err != nil {
			return err
		}
	}
	_, err := report.WriteTo(out.stdout)
	return err
}

func openPages(bank string) (eval.PageReader, error) { return pipeline.New(ocr.Config{Bank: bank}) }

type evalReceiptsCmd struct {
	readerFlags
	Ledger    string   `required:"" type:"existingfile" placeholder:"JSONL" help:"What the books say of each statement."`
	Specimens string   `required:"" type:"existingfile" placeholder:"CSV" help:"identity,specimen,dpi,shape; images are relative to it."`
	Files     []string `arg:"" name:"file" type:"existingfile"`
}

func (evalReceiptsCmd) Help() string {
	return `Adds disposition (pass or review) and reasons to what heyin read prints.

Examples:
  heyin eval receipts --ledger ledger.jsonl --specimens specimens.csv --json pages/*.jpg`
}

func (c *evalReceiptsCmd) Run(ctx context.Context, out *output) error {
	books, err := eval.LoadLedger(c.Ledger, c.Specimens)
	if err != nil {
		return err
	}
	return readFiles(ctx, out, c.config(), c.Files, books)
}

// sampleFolder gives a studio and a folder for what it makes, which remove takes away.
func sampleFolder() (studio *sim.Studio, dir string, remove func(), err error) {
	if studio, err = sim.NewStudio(""); err != nil {
		return nil, "", nil, err
	}
	if dir, err = os.MkdirTemp("", "heyin-eval-*"); err != nil {
		return nil, "", nil, err
	}
	return studio, dir, func() { _ = os.RemoveAll(dir) }, nil // a leftover in the temp folder hurts nobody
}

type evalReuseCmd struct {
	Pairs    string `type:"existingfile" placeholder:"CSV" help:"An independent set in the benchmark's format; without it a set is generated."`
	Seals    int    `default:"24" help:"Seals of the generated set."`
	Stamping int    `name:"stampings" default:"20" help:"Imprints of each."`
	Seed     uint64 `default:"7" help:"Another seed, other imprints."`
}

func (evalReuseCmd) Help() string {
	return `Compares the prints of separate stampings of one seal, and of copies made of each imprint with their
originals, and prints how many are taken for copies.

Examples:
  heyin eval reuse
  heyin eval reuse --pairs ../shared/bench/seals/pairs.csv`
}

func (c *evalReuseCmd) Run(ctx context.Context, out *output) error {
	pairs := c.Pairs
	if pairs == "" {
		studio, dir, remove, err := sampleFolder()
		if err != nil {
			return err
		}
		defer remove()
		if _, err := studio.Stampings(dir, c.Seed, c.Seals, c.Stamping); err != nil {
			return err
		}
		pairs = filepath.Join(dir, "pairs.csv")
	}
	rows, err := eval.MeasureReuse(ctx, pairs, runtime.NumCPU())
	if err != nil {
		return err
	}
	return eval.WriteReuse(out.stdout, rows)
}

type evalCausesCmd struct {
	Each int    `default:"40" help:"Generated imprints of each kind."`
	Seed uint64 `default:"7" help:"Another seed, other imprints."`
}

func (evalCausesCmd) Help() string {
	return `Stamps seals well, too faintly, smeared, cut off and under other things, and counts which cause is told.

Examples:
  heyin eval causes`
}

func (c *evalCausesCmd) Run(ctx context.Context, out *output) error {
	studio, dir, remove, err := sampleFolder()
	if err != nil {
		return err
	}
	defer remove()
	if _, err := studio.Spoilt(dir, c.Seed, c.Each); err != nil {
		return err
	}
	rows, err := eval.MeasureCauses(ctx, filepath.Join(dir, "pairs.csv"), runtime.NumCPU(), out.stderr)
	if err != nil {
		return err
	}
	return eval.WriteCauses(out.stdout, rows)
}

type evalScansCmd struct {
	Each int    `default:"50" help:"Generated scans with each flaw."`
	Seed uint64 `default:"7" help:"Another seed, other pages."`
}

func (evalScansCmd) Help() string {
	return `Scans receipts well, blurred, too faint, clipped, stained, with a corner lost, two at a time …, and counts
what is found on them.

Examples:
  heyin eval scans
  heyin eval scans --each 200 --seed 8`
}

// Validate implements kong.Validatable.
func (c *evalScansCmd) Validate() error { return atLeastOne(c.Each) }

func (c *evalScansCmd) Run(ctx context.Context, out *output) error {
	studio, err := sim.NewStudio("")
	if err != nil {
		return err
	}
	rows, err := eval.MeasureScans(ctx, studio, c.Seed, c.Each, runtime.NumCPU(), out.stderr)
	if err != nil {
		return err
	}
	return eval.WriteScans(out.stdout, rows)
}

type evalFoldsCmd struct {
	Each int    `default:"24" help:"Generated receipts, each scanned flat and folded."`
	Seed uint64 `default:"7" help:"Another seed, other pages."`
}

func (evalFoldsCmd) Help() string {
	return `Scans the same receipts flat and as letters that were folded in halves or thirds, and prints the tables of both.

Examples:
  heyin eval folds --each 100 --seed 8`
}

// Validate implements kong.Validatable.
func (c *evalFoldsCmd) Validate() error { return atLeastOne(c.Each) }

func (c *evalFoldsCmd) Run(ctx context.Context, out *output) error {
	cfg := eval.DefaultConfig()
	cfg.Open, cfg.Pages, cfg.Seed, cfg.Workers, cfg.Log = openPages, c.Each, c.Seed, runtime.NumCPU(), out.stderr
	return eval.WriteFolds(ctx, cfg, out.stdout)
}

type evalFormsCmd struct {
	Forms  int    `default:"60" help:"Generated receipts on forms of other printers; 0: none."`
	Struck int    `default:"12" help:"Generated agreements struck out in each of thirteen ways; 0: none."`
	Seed   uint64 `default:"7" help:"Another seed, other pages."`
	Out    string `type:"path" placeholder:"DIR" help:"Folder that keeps the pages and their truth."`
}

func (evalFormsCmd) Help() string {
	return `Makes receipts as other banks' printers would lay them out, and receipts whose written or stamped agreement was
taken back by a pen, reads all and prints the tables.

Examples:
  heyin eval forms
  heyin eval forms --forms 0 --struck 40 --seed 8 --out /tmp/struck`
}

// Validate implements kong.Validatable.
func (c *evalFormsCmd) Validate() error {
	if c.Forms < 0 || c.Struck < 0 || c.Forms+c.Struck == 0 {
		return fmt.Errorf("--forms is %d and --struck %d; measure at least one page", c.Forms, c.Struck)
	}
	return nil
}

func (c *evalFormsCmd) Run(ctx context.Context, out *output) error {
	cfg := eval.DefaultConfig()
	cfg.Open, cfg.Forms, cfg.Struck, cfg.Seed, cfg.WorkDir = openPages, c.Forms, c.Struck, c.Seed, c.Out
	cfg.Workers, cfg.Log = runtime.NumCPU(), out.stderr
	scores, err := eval.MeasureForms(ctx, cfg)
	if err != nil {
		return err
	}
	return eval.WriteForms(out.stdout, scores)
}

type evalStraysCmd struct {
	Each int    `default:"30" help:"Generated pages of each kind."`
	Seed uint64 `default:"7" help:"Another seed, other pages."`
}

func (evalStraysCmd) Help() string {
	return `Makes the customer's copies, forms of another bank, period or kind, and receipts with a digit altered, and counts
which reason is given and whether any passes.

Examples:
  heyin eval strays
  heyin eval strays --each 100 --seed 8`
}

// Validate implements kong.Validatable.
func (c *evalStraysCmd) Validate() error { return atLeastOne(c.Each) }

func (c *evalStraysCmd) Run(ctx context.Context, out *output) error {
	studio, err := sim.NewStudio("")
	if err != nil {
		return err
	}
	rows, err := eval.MeasureStrays(ctx, studio, openPages, c.Seed, c.Each, runtime.NumCPU(), out.stderr)
	if err != nil {
		return err
	}
	return eval.WriteStrays(out.stdout, rows)
}

type evalLessonsCmd struct {
	Out     string `required:"" type:"path" placeholder:"DIR" help:"Folder to write to; lessons there already are left."`
	Lessons int    `default:"6000" help:"How many."`
	Seed    uint64 `default:"11" help:"Another seed, other lessons."`
	Fonts   string `default:"/usr/share/fonts/truetype" type:"existingdir" help:"Where Debian's fonts are."`
}

func (evalLessonsCmd) Help() string {
	return `Stamps generated seals and altered copies of them, lays them on their specimens and writes where they differ.
make train goes on from there.

Examples:
  heyin eval lessons --out var/lessons`
}

func (c *evalLessonsCmd) Run(ctx context.Context, _ *output) error {
	studio, err := sim.NewStudio(c.Fonts)
	if err != nil {
		return err
	}
	if err := studio.MoreFaces(c.Fonts); err != nil {
		return err
	}
	return eval.WriteLessons(ctx, studio, c.Out, c.Seed, c.Lessons, runtime.NumCPU())
}

// atLeastOne refuses to measure nothing.
func atLeastOne(each int) error {
	if each < 1 {
		return fmt.Errorf("--each is %d; measure at least one page of each kind", each)
	}
	return nil
}
