package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"

	"heyin/eval"
	"heyin/ocr"
	"heyin/pipeline"
)

type evalCmd struct {
	Tables   evalTablesCmd   `cmd:"" default:"withargs" help:"Accuracy tables over the own generated set and, if given, an independent one."`
	Receipts evalReceiptsCmd `cmd:"" help:"Judge whole receipts against the bank's books in files."`
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
	cfg.Open = func() (eval.PageReader, error) { return pipeline.New(ocr.Config{}) }
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

type evalReceiptsCmd struct {
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
	return readFiles(ctx, out, c.Files, books)
}
