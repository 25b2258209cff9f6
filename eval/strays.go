package eval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"heyin/eval/sim"
	"heyin/models"
)

// StrayRow is how pages of one kind were judged.
type StrayRow struct {
	Stray  sim.Stray
	Told   Rate // the kind's own reason was given; of genuine pages: any kind's was
	Passed int
}

// MeasureStrays makes pages of each kind and counts how they are judged by the
// readers that open gives, told the bank's name. What was missed, or told of a
// genuine page, goes to log.
func MeasureStrays(ctx context.Context, studio *sim.Studio, open func(bank string) (PageReader, error), seed uint64, each, workers int, log io.Writer) ([]StrayRow, error) {
	dir, err := os.MkdirTemp("", "heyin-strays-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a leftover in the temp folder hurts nobody
	set, err := studio.StrayPages(ctx, dir, seed, each)
	if err != nil {
		return nil, err
	}
	ledger, err := LoadLedger(filepath.Join(dir, "ledger.jsonl"), filepath.Join(dir, "specimens.csv"))
	if err != nil {
		return nil, err
	}
	results := make([]PageResult, len(set.Pages))
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range workers {
		g.Go(func() (err error) {
			reader, err := open(set.Bank)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, reader.Close()) }()
			for i := int(next.Add(1)) - 1; i < len(set.Pages); i = int(next.Add(1)) - 1 {
				if results[i], err = readPage(ctx, reader, dir, set.Pages[i].File, ledger); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("eval: strays: %w", err)
	}
	return strayRows(set, results, log), nil
}

func strayRows(set sim.StraySet, results []PageResult, log io.Writer) []StrayRow {
	kinds, reasons := sim.Strays()
	var rows []StrayRow
	for _, kind := range kinds {
		row := StrayRow{Stray: kind}
		for i, page := range set.Pages {
			if page.Stray != kind {
				continue
			}
			told := slices.ContainsFunc(results[i].Reasons, func(c models.ReasonCode) bool {
				if kind != sim.Genuine {
					return c == reasons[kind]
				}
				for _, of := range reasons {
					if c == of {
						return true
					}
				}
				return false
			})
			row.Told.add(told)
			if results[i].Disposition == DispositionPass {
				row.Passed++
			}
			if told == (kind == sim.Genuine) {
				fmt.Fprintf(log, "%s: %s, %s for %v\n", page.File, kind, results[i].Disposition, results[i].Reasons)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// strays prints how pages that are no sound receipts were judged.
func (r *report) strays(rows []StrayRow) {
	r.line("\nStrays and altered print  told                                     passed")
	for _, row := range rows {
		note := ""
		if row.Stray == sim.Genuine {
			note = "   told: lower is better"
		}
		r.line("  %-20s %-42s %7d%s", row.Stray, row.Told.text(row.Told.Wilson), row.Passed, note)
	}
}

// WriteStrays prints the table alone.
func WriteStrays(w io.Writer, rows []StrayRow) error {
	r := newReport(w)
	r.strays(rows)
	return r.err
}
