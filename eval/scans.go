package eval

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"

	"heyin/eval/sim"
	"heyin/imaging"
	"heyin/models"
)

// ScanRow is how scans with one flaw were judged.
type ScanRow struct {
	Flaw           sim.Flaw
	Told           Rate // the flaw was named; of sound scans: something was found
	Rescan, Usable int  // of them, graded so
}

// flawCodes are the findings that name a flaw, where it is not its own name: a
// page of faint print may as well be called blank, and so may its back.
var flawCodes = map[sim.Flaw][]string{
	sim.TooFaint:  {imaging.FindingFaint, imaging.FindingBlank},
	sim.Empty:     {imaging.FindingBlank, imaging.FindingFaint},
	sim.WrongSide: {imaging.FindingBlank, imaging.FindingFaint},
}

// MeasureScans makes scans with each flaw and counts what is found on them. What
// was missed, or found on sound scans, goes to log.
func MeasureScans(ctx context.Context, studio *sim.Studio, seed uint64, each, workers int, log io.Writer) ([]ScanRow, error) {
	dir, err := os.MkdirTemp("", "heyin-scans-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a leftover in the temp folder hurts nobody
	scans, err := studio.Flawed(ctx, dir, seed, each)
	if err != nil {
		return nil, err
	}
	found := make([]models.Quality, len(scans))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for i, s := range scans {
		g.Go(func() (err error) {
			data, err := os.ReadFile(filepath.Join(dir, s.File))
			if err != nil {
				return err
			}
			found[i], err = imaging.Grade(ctx, data, 1)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	var rows []ScanRow
	for _, flaw := range sim.Flaws() {
		row := ScanRow{Flaw: flaw}
		codes := append([]string{string(flaw)}, flawCodes[flaw]...)
		for i, s := range scans {
			if s.Flaw != flaw {
				continue
			}
			q := found[i]
			told := slices.ContainsFunc(q.Findings, func(f models.Finding) bool { return slices.Contains(codes, f.Code) || flaw == sim.Sound })
			row.Told.add(told)
			switch q.Grade {
			case models.QualityRescan:
				row.Rescan++
			case models.QualityUsable:
				row.Usable++
			}
			if told == (flaw == sim.Sound) {
				fmt.Fprintf(log, "%s: %s, found %v\n", s.File, q.Grade, q.Findings)
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// scans prints what was found of each flaw.
func (r *report) scans(rows []ScanRow) {
	r.line("\nScans with a flaw    told                                     rescan  usable")
	for _, row := range rows {
		note := ""
		if row.Flaw == sim.Sound {
			note = "   lower is better"
		}
		r.line("  %-16s %-42s %5d %7d%s", row.Flaw, row.Told.text(row.Told.Wilson), row.Rescan, row.Usable, note)
	}
}

// WriteScans prints the table alone.
func WriteScans(w io.Writer, rows []ScanRow) error {
	r := newReport(w)
	r.scans(rows)
	return r.err
}
