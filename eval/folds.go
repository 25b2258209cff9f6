package eval

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"heyin/eval/sim"
)

// WriteFolds makes cfg.Pages receipts, scans them flat and folded as letters are, reads
// both and prints the tables of each.
func WriteFolds(ctx context.Context, cfg Config, w io.Writer) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	studio, err := sim.NewStudio(cfg.FontDir)
	if err != nil {
		return err
	}
	r := newReport(w)
	for _, set := range []struct {
		name  string
		write func(ctx context.Context, dir string, seed uint64, n int) error
	}{{"scanned flat", studio.Pages}, {"folded as letters", studio.FoldedPages}} {
		score, err := cfg.scorePages(ctx, set.name, cfg.Pages, set.write)
		if err != nil {
			return fmt.Errorf("eval: %s: %w", set.name, err)
		}
		r.section(set.name)
		r.pages(score)
		r.list("pages", score.Worst)
	}
	return r.err
}

// scorePages scores the n pages, or n of each kind, that write makes; they stay
// below WorkDir, if there is one, in a folder of that name.
func (c Config) scorePages(ctx context.Context, name string, n int, write func(ctx context.Context, dir string, seed uint64, n int) error) (PageScore, error) {
	dir := filepath.Join(c.WorkDir, name)
	if c.WorkDir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "heyin-pages-*"); err != nil {
			return PageScore{}, err
		}
		defer func() { _ = os.RemoveAll(dir) }() // a leftover in the temp folder hurts nobody
	}
	if err := write(ctx, dir, c.Seed, n); err != nil {
		return PageScore{}, err
	}
	results, truth, err := c.readPages(ctx, dir)
	return ScorePages(truth, results), err
}
