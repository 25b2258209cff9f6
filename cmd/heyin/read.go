package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"heyin/eval"
	"heyin/models"
	"heyin/ocr"
	"heyin/pipeline"
)

type readCmd struct {
	readerFlags
	Files   []string `arg:"" name:"file" type:"existingfile" help:"JPEG, PNG, TIFF or PDF files."`
	Profile bool     `help:"Tell on standard error where the CPU time went, by stage."`
}

func (readCmd) Help() string {
	return `Reads pages without the bank's books: statement number, accounts, balances, mark, seals.
A multi-page file gives one result a page. A balance the two readers do not agree on is left out.

Examples:
  heyin read scan.jpg
  heyin read --json scans/*.tif > pages.jsonl
  heyin read --profile --quiet scans/*.jpg > /dev/null`
}

func (c *readCmd) Run(ctx context.Context, out *output) error {
	if !c.Profile {
		return readFiles(ctx, out, c.config(), c.Files, nil)
	}
	var stages models.Stages
	from := models.CPUTime()
	err := readFiles(models.WithStages(ctx, &stages), out, c.config(), c.Files, nil)
	stages.CPU = models.CPUTime() - from
	return errors.Join(err, printStages(out.stderr, &stages, len(c.Files)))
}

// printStages tells what each stage took of a file's time; what is not listed,
// such as loading the networks once and collecting garbage, is in the total.
func printStages(w io.Writer, s *models.Stages, files int) error {
	var show func(t *models.StageTime, depth int) error
	show = func(t *models.StageTime, depth int) error {
		ms := float64(t.CPU.Microseconds()) / 1000 / float64(files)
		share := 100 * t.CPU.Seconds() / max(s.CPU.Seconds(), 1e-9)
		if _, err := fmt.Fprintf(w, "%-32s %8.1f ms %6.1f %%\n", strings.Repeat("  ", depth)+t.Name, ms, share); err != nil {
			return err
		}
		for _, inner := range t.Inner {
			if err := show(inner, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	s.Name = fmt.Sprintf("a file, of %d (CPU time)", files)
	return show(&s.StageTime, 0)
}

// pageResult is one line of heyin read --json.
type pageResult struct {
	eval.PageResult
	Page    int            `json:"page"`
	Layout  string         `json:"layout,omitempty"`
	Quality models.Quality `json:"quality"`
	Error   string         `json:"error,omitempty"`
}

// readFiles runs the pipeline over files in order and prints a result a page. A
// file that cannot be read gets its error in its place and fails the command at
// the end; the others are read all the same.
func readFiles(ctx context.Context, out *output, cfg ocr.Config, files []string, books pipeline.Books) (err error) {
	p, err := openReader(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	failed := 0
	for _, file := range files {
		for page, pages := 1, 1; page <= pages; page++ {
			r, readErr := readPage(ctx, p, file, page, books)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			result := pageResult{eval.NewPageResult(file, r, books != nil), page, r.Reading.Form.Layout, r.Reading.Quality, ""}
			if readErr != nil {
				failed++
				result.Error = readErr.Error()
			} else {
				pages = r.PageCount
			}
			if err := out.print(result); err != nil {
				return err
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d pages could not be read; each says why", failed)
	}
	return nil
}

func readPage(ctx context.Context, p *pipeline.Pipeline, file string, page int, books pipeline.Books) (models.Result, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return models.Result{}, err
	}
	return p.Process(ctx, data, page, books)
}

func (p pageResult) text(w io.Writer) error {
	if p.Error != "" {
		_, err := fmt.Fprintf(w, "%s page %d: %s\n", p.File, p.Page, p.Error)
		return err
	}
	_, err := fmt.Fprintf(w, "%s page %d: statement %s, mark %s, %d seals, turned %d°, scan %s %s\n",
		p.File, p.Page, orDash(p.StatementNo), p.Mark, len(p.Seals), p.Rotation, p.Quality.Grade, p.Disposition)
	for _, a := range p.Accounts {
		_, e := fmt.Fprintf(w, "  %s %s %s\n", orDash(a.AccountNo), orDash(a.Currency), orDash(a.Balance))
		err = errors.Join(err, e)
	}
	for _, s := range p.Seals {
		_, e := fmt.Fprintf(w, "  seal %s %s at %v\n", s.Role, s.Shape, s.Box)
		err = errors.Join(err, e)
	}
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// print writes one result: a JSON line for programs, text for a person.
func (o *output) print(v any) error {
	enc := json.NewEncoder(o.stdout)
	if o.json {
		return enc.Encode(v)
	}
	if p, ok := v.(interface{ text(io.Writer) error }); ok {
		return p.text(o.stdout)
	}
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
