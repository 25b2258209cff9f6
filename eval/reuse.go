package eval

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"heyin/eval/sim"
	"heyin/imaging"
	"heyin/models"
	"heyin/sealcheck"
)

// ReuseRow is how near the prints of one kind of pair come.
type ReuseRow struct {
	Name    string
	Alarms  Rate      // pairs held for one stamping
	Unseen  int       // pairs of which one imprint gave no print
	Likened []float64 // models.Likeness, ascending
}

// Kinds of pairs of imprints of one seal.
const (
	ReuseSeparate = "separate stampings"
	ReuseCard     = "stamping and specimen"
	ReusePassing  = "separate, both match"
	ReuseForged   = "genuine and forged"
)

// MeasureReuse compares the prints of a set of pairs in the benchmark's format:
// all genuine imprints of one specimen with each other and with the specimen
// (false alarms), and copies made of them with their originals (alarms).
func MeasureReuse(ctx context.Context, path string, workers int) ([]ReuseRow, error) {
	pairs, err := loadPairs(path)
	if err != nil {
		return nil, err
	}
	truth, err := loadTruth(filepath.Dir(path), pairs)
	if err != nil {
		return nil, err
	}
	groups := map[string][]int{}
	var order []string
	for i, p := range pairs {
		if groups[p.specimen] == nil {
			order = append(order, p.specimen)
		}
		groups[p.specimen] = append(groups[p.specimen], i)
	}
	found := make([]reuse, len(order))
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range workers {
		g.Go(func() error {
			for k := int(next.Add(1)) - 1; k < len(order); k = int(next.Add(1)) - 1 {
				var err error
				if found[k], err = reuseOf(ctx, pairs, truth, groups[order[k]]); err != nil {
					return fmt.Errorf("eval: %s: %w", order[k], err)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return reuseRows(found), nil
}

// reuse is what was found under one specimen: bits apart by kind of pair.
type reuse map[string][]int

func reuseOf(ctx context.Context, pairs []sealPair, truth []SealTruth, group []int) (reuse, error) {
	card, err := os.ReadFile(pairs[group[0]].specimen)
	if err != nil {
		return nil, err
	}
	ref, err := sealcheck.NewReference(models.Specimen{DPI: pairs[group[0]].specimenDPI, Image: card}) //nolint:contextcheck // it prepares a specimen whole, in milliseconds
	if err != nil {
		return nil, err
	}
	out := reuse{}
	var genuine, forged []models.Verification
	for _, i := range group {
		v, err := printed(ctx, ref, pairs[i].imprint, pairs[i].imprintDPI)
		if err != nil {
			return nil, err
		}
		if !truth[i].genuine() {
			forged = append(forged, v)
			continue
		}
		genuine = append(genuine, v)
		out[ReuseCard] = append(out[ReuseCard], ref.Own().Apart(v.Print))
		for _, how := range sim.Copyings() {
			apart, err := copiedApart(ctx, ref, v.Print, pairs[i].imprint, pairs[i].imprintDPI, how)
			if err != nil {
				return nil, err
			}
			out[string(how)] = append(out[string(how)], apart)
		}
	}
	for i, a := range genuine {
		for _, b := range genuine[:i] {
			out[ReuseSeparate] = append(out[ReuseSeparate], a.Print.Apart(b.Print))
			if a.Verdict == models.Match && b.Verdict == models.Match {
				out[ReusePassing] = append(out[ReusePassing], a.Print.Apart(b.Print))
			}
		}
		for _, b := range forged {
			out[ReuseForged] = append(out[ReuseForged], a.Print.Apart(b.Print))
		}
	}
	for _, how := range []sim.Copying{sim.Pasted, sim.Printed} {
		apart, err := copiedApart(ctx, ref, ref.Own(), pairs[group[0]].specimen, pairs[group[0]].specimenDPI, how)
		if err != nil {
			return nil, err
		}
		out["specimen "+string(how)] = append(out["specimen "+string(how)], apart)
	}
	return out, nil
}

// printed verifies an imprint for its print.
func printed(ctx context.Context, ref *sealcheck.Reference, file string, dpi float64) (models.Verification, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return models.Verification{}, err
	}
	return verifyBytes(ctx, ref, data, dpi)
}

func verifyBytes(ctx context.Context, ref *sealcheck.Reference, data []byte, dpi float64) (models.Verification, error) {
	scan, err := imaging.DecodeCrop(ctx, data)
	if err != nil {
		return models.Verification{}, err
	}
	defer scan.Close()
	return ref.Verify(ctx, scan.Image, dpi, nil)
}

// copiedApart copies an imprint and compares the copy's print with the original's.
func copiedApart(ctx context.Context, ref *sealcheck.Reference, original models.Print, file string, dpi float64, how sim.Copying) (int, error) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(filepath.Base(file))) // a hash never fails
	data, err := sim.Copied(file, dpi, how, h.Sum64())
	if err != nil {
		return 0, err
	}
	v, err := verifyBytes(ctx, ref, data, sim.CopiedDPI)
	return original.Apart(v.Print), err
}

func reuseRows(found []reuse) []ReuseRow {
	byName := map[string]*ReuseRow{}
	for _, f := range found {
		for name, aparts := range f {
			row := byName[name]
			if row == nil {
				row = &ReuseRow{Name: name}
				byName[name] = row
			}
			for _, apart := range aparts {
				if apart == models.PrintBits {
					row.Unseen++
				}
				row.Alarms.add(apart <= models.CopyBits)
				row.Likened = append(row.Likened, models.Likeness(apart))
			}
		}
	}
	var rows []ReuseRow
	for _, row := range byName {
		slices.Sort(row.Likened)
		rows = append(rows, *row)
	}
	slices.SortFunc(rows, func(a, b ReuseRow) int {
		return cmp.Or(cmp.Compare(a.Alarms.Share(), b.Alarms.Share()), cmp.Compare(a.Name, b.Name))
	})
	return rows
}

// WriteReuse prints the table; unseen pairs count as no alarm.
func WriteReuse(w io.Writer, rows []ReuseRow) error {
	r := newReport(w)
	r.line("%-24s %6s %7s  %-42s %s", "imprints compared", "pairs", "unseen", "alarm", "likeness: least, 1 %, median, 99 %, most")
	for _, row := range rows {
		at := func(q float64) float64 { return row.Likened[int(q*float64(len(row.Likened)-1)+0.5)] }
		r.line("%-24s %6d %7d  %-42s %.2f %.2f %.2f %.2f %.2f", row.Name, row.Alarms.N, row.Unseen, row.Alarms.text(row.Alarms.ClopperPearson),
			at(0), at(0.01), at(0.5), at(0.99), at(1))
	}
	return r.err
}
