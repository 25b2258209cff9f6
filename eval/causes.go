package eval

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"heyin/models"
	"heyin/sealcheck"
)

// CauseRow is how imprints spoilt in one way were explained.
type CauseRow struct {
	Spoilt string
	Told   map[string]int // by sealcheck.Cause, "" for none
	Passed int            // of them, called a match
	N      int
}

// MeasureCauses verifies a set of spoilt imprints (sim.Spoilt) and counts which
// cause is told of each. The figures of every imprint go to log.
func MeasureCauses(ctx context.Context, path string, workers int, log io.Writer) ([]CauseRow, error) {
	pairs, err := loadPairs(path)
	if err != nil {
		return nil, err
	}
	truth, err := loadTruth(filepath.Dir(path), pairs)
	if err != nil {
		return nil, err
	}
	byKind := map[string]*CauseRow{}
	var mu sync.Mutex
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range workers {
		g.Go(func() error {
			for i := int(next.Add(1)) - 1; i < len(pairs); i = int(next.Add(1)) - 1 {
				v, err := verifyOnce(ctx, pairs[i])
				if err != nil {
					return fmt.Errorf("eval: pair %s: %w", pairs[i].id, err)
				}
				mu.Lock()
				row := byKind[truth[i].Kind]
				if row == nil {
					row = &CauseRow{Spoilt: truth[i].Kind, Told: map[string]int{}}
					byKind[truth[i].Kind] = row
				}
				cause := string(sealcheck.CauseOf(v.SubScores))
				row.N++
				row.Told[cause]++
				if v.Verdict == models.Match {
					row.Passed++
				}
				s := v.SubScores
				fmt.Fprintf(log, "%-11s told %-11s %-12s beyond %.2f overlaid %.2f foreign %.2f bare %.2f density %.2f trail %.2f  %s\n", truth[i].Kind, cause, v.Verdict,
					s["beyond"], s["overlaid"], s["foreign"], s["bare"], s["density"], s["trail"], truth[i].Notes)
				mu.Unlock()
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var rows []CauseRow
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		rows = append(rows, *byKind[kind])
	}
	return rows, nil
}

// verifyOnce prepares the specimen for one imprint.
func verifyOnce(ctx context.Context, p sealPair) (models.Verification, error) {
	card, err := os.ReadFile(p.specimen)
	if err != nil {
		return models.Verification{}, err
	}
	ref, err := sealcheck.NewReference(models.Specimen{DPI: p.specimenDPI, Image: card}) //nolint:contextcheck // it prepares a specimen whole, in milliseconds
	if err != nil {
		return models.Verification{}, err
	}
	return printed(ctx, ref, p.imprint, p.imprintDPI)
}

// WriteCauses prints what was told of each kind of spoiling.
func WriteCauses(w io.Writer, rows []CauseRow) error {
	r := newReport(w)
	told := []sealcheck.Cause{sealcheck.CauseNone, sealcheck.CauseFaint, sealcheck.CauseSmeared, sealcheck.CauseCutOff, sealcheck.CauseOverlapped}
	r.line("%-12s %6s %8s   told: none  faint  smeared  cut_off  overlapped", "spoilt", "N", "match")
	for _, row := range rows {
		var n []any
		for _, c := range told {
			n = append(n, row.Told[string(c)])
		}
		r.line("%-12s %6d %8d   "+"%10d %6d %8d %8d %11d", append([]any{row.Spoilt, row.N, row.Passed}, n...)...)
	}
	return r.err
}
