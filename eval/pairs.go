package eval

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"heyin/imaging"
	"heyin/models"
	"heyin/sealcheck"
)

// sealPair is a line of pairs.csv with its files resolved.
type sealPair struct {
	id, specimen, imprint   string
	specimenDPI, imprintDPI float64
}

// VerifyPairs compares the pairs of a file with the columns id, specimen,
// imprint, specimen_dpi and imprint_dpi, and gives the results in its order.
// Image files are relative to it.
func VerifyPairs(ctx context.Context, path string, workers int) ([]SealResult, error) {
	pairs, err := loadPairs(path)
	if err != nil {
		return nil, err
	}
	return verifyPairs(ctx, pairs, workers)
}

func loadPairs(path string) ([]sealPair, error) {
	rows, err := readCSV(path, "id", "specimen", "imprint", "specimen_dpi", "imprint_dpi")
	if err != nil {
		return nil, err
	}
	pairs := make([]sealPair, len(rows))
	for i, row := range rows {
		p := sealPair{id: row["id"], specimen: beside(path, row["specimen"]), imprint: beside(path, row["imprint"])}
		for column, into := range map[string]*float64{"specimen_dpi": &p.specimenDPI, "imprint_dpi": &p.imprintDPI} {
			if *into, err = strconv.ParseFloat(row[column], 64); err != nil || *into <= 0 {
				return nil, fmt.Errorf("%s:%d: %s %q: want a resolution in dots per inch", path, i+2, column, row[column])
			}
		}
		pairs[i] = p
	}
	return pairs, nil
}

// beside resolves a path that a file names, relative to that file.
func beside(file, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// loadTruth reads truth.csv beside pairs.
func loadTruth(dir string, pairs []sealPair) ([]SealTruth, error) {
	rows, err := readCSV(filepath.Join(dir, "truth.csv"), "id", "label", "kind", "level", "notes")
	if err != nil {
		return nil, err
	}
	dpi := map[string]string{}
	for _, p := range pairs {
		dpi[p.id] = strconv.FormatFloat(p.imprintDPI, 'f', -1, 64)
	}
	truth := make([]SealTruth, len(rows))
	for i, row := range rows {
		truth[i] = SealTruth{ID: row["id"], Label: row["label"], Kind: row["kind"], Level: row["level"], Notes: row["notes"], DPI: dpi[row["id"]]}
	}
	return truth, nil
}

// verifyPairs compares every pair. Pairs of one specimen stay on one worker, so
// that it is prepared once.
func verifyPairs(ctx context.Context, pairs []sealPair, workers int) ([]SealResult, error) {
	groups := map[string][]int{}
	var order []string
	for i, p := range pairs {
		key := fmt.Sprintf("%s@%g", p.specimen, p.specimenDPI)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], i)
	}
	results := make([]SealResult, len(pairs))
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range workers {
		g.Go(func() error {
			for k := int(next.Add(1)) - 1; k < len(order); k = int(next.Add(1)) - 1 {
				group := groups[order[k]]
				if err := verifyGroup(ctx, pairs, group, results); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return results, g.Wait()
}

// verifyGroup compares imprints with the one specimen they share.
func verifyGroup(ctx context.Context, pairs []sealPair, group []int, results []SealResult) error {
	first := pairs[group[0]]
	card, err := os.ReadFile(first.specimen)
	if err != nil {
		return err
	}
	ref, refErr := sealcheck.NewReference(models.Specimen{Ref: first.specimen, DPI: first.specimenDPI, Image: card}) //nolint:contextcheck // it prepares a specimen whole, in milliseconds
	for _, i := range group {
		p := pairs[i]
		if refErr != nil { // a specimen that cannot be used is a person's business, not the run's end
			results[i] = SealResult{ID: p.id, Verdict: models.Inconclusive, Reason: refErr.Error()}
			continue
		}
		r, err := verifyPair(ctx, ref, p)
		if err != nil {
			return fmt.Errorf("eval: pair %s: %w", p.id, err)
		}
		results[i] = r
	}
	return nil
}

func verifyPair(ctx context.Context, ref *sealcheck.Reference, p sealPair) (SealResult, error) {
	started := time.Now()
	data, err := os.ReadFile(p.imprint)
	if err != nil {
		return SealResult{}, err
	}
	scan, err := imaging.DecodeCrop(ctx, data)
	if err != nil { // an imprint that is no image, likewise
		return SealResult{ID: p.id, Verdict: models.Inconclusive, Reason: err.Error()}, ctx.Err()
	}
	defer scan.Close()
	v, err := ref.Verify(ctx, scan.Image, p.imprintDPI, nil)
	if err != nil {
		return SealResult{}, err
	}
	return SealResult{
		ID: p.id, Verdict: v.Verdict, Score: &v.Score, RotationDeg: v.RotationDeg, Reason: v.ReasonEN,
		ElapsedMS: float64(time.Since(started).Microseconds()) / 1000,
	}, nil
}

// readJSONL reads one value a line.
func readJSONL[T any](path string) ([]T, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []T
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		out = append(out, v)
	}
	return out, lines.Err()
}

// times sums up how long each took.
func times[T any](results []T, ms func(T) float64) string {
	if len(results) == 0 {
		return "nothing timed"
	}
	v := make([]float64, len(results))
	for i, r := range results {
		v[i] = ms(r)
	}
	slices.Sort(v)
	return fmt.Sprintf("each: median %.0f ms, p95 %.0f ms, max %.0f ms", v[len(v)/2], v[min(len(v)-1, len(v)*95/100)], v[len(v)-1])
}
