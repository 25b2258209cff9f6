package eval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"heyin/eval/sim"
	"heyin/models"
	"heyin/pipeline"
)

// PageReader reads and judges pages; *pipeline.Pipeline is one. It need not be
// safe for concurrent use: every worker opens its own.
type PageReader interface {
	Process(ctx context.Context, data []byte, page int, books pipeline.Books) (models.Result, error)
	Close() error
}

// Config says what to measure. DefaultConfig fills all but Open and BenchDir.
type Config struct {
	Open     func(bank string) (PageReader, error) // called once a worker; bank is our bank's name, "" when not known
	BenchDir string                                // an independent set in the benchmark's format; "": none
	WorkDir  string                                // where the own set is made; "": a folder that is removed again
	FontDir  string                                // "": Debian's place
	Pairs    int                                   // of the own set
	Pages    int
	Scans    int // of the own set, with each flaw; 0: none
	Strays   int // of the own set, of each kind; 0: none
	Forms    int // of other printers; 0: none
	Struck   int // agreements struck out, in each way; 0: none
	Seed     uint64
	Workers  int
	Log      io.Writer // progress, times and worst cases of the independent set; never nil
}

// Sizes of the own set: with an independent set of 1500 pairs and 60 pages the
// whole stays within ten minutes on two cores.
const (
	ownPairs = 200
	ownPages = 24
	ownScans = 8
	ownStray = 4
	ownForms = 40
	ownTaken = 6
	ownSeed  = 20260101
)

// DefaultConfig measures the own set on two workers.
func DefaultConfig() Config {
	return Config{Pairs: ownPairs, Pages: ownPages, Scans: ownScans, Strays: ownStray, Forms: ownForms, Struck: ownTaken, Seed: ownSeed, Workers: 2, Log: io.Discard}
}

// Validate names the setting that is wrong.
func (c Config) Validate() error {
	var errs []error
	if c.Open == nil {
		errs = append(errs, errors.New("eval: Open is nil; want a function that opens a pipeline"))
	}
	if c.Pairs < 1 || c.Pages < 1 || c.Workers < 1 {
		errs = append(errs, fmt.Errorf("eval: Pairs %d, Pages %d, Workers %d; want each to be 1 or more", c.Pairs, c.Pages, c.Workers))
	}
	if c.Log == nil {
		errs = append(errs, errors.New("eval: Log is nil; want a writer, io.Discard for none"))
	}
	return errors.Join(errs...)
}

// Run measures the own set, then the independent one, and writes the report to
// w. The report depends on the code under test, seeds, fonts and poppler only;
// times and the names of files of the independent set go to Log.
func Run(ctx context.Context, cfg Config, w io.Writer) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	own, remove, err := makeOwnSet(ctx, cfg)
	if err != nil {
		return err
	}
	defer remove()
	r := newReport(w)
	r.title("heyin accuracy")
	if err := cfg.section(ctx, r, own, "own generated set", true); err != nil {
		return err
	}
	if cfg.Scans > 0 {
		if err := cfg.scans(ctx, r); err != nil {
			return err
		}
	}
	if cfg.Strays > 0 {
		if err := cfg.strays(ctx, r); err != nil {
			return err
		}
	}
	forms, err := MeasureForms(ctx, cfg)
	if err != nil {
		return err
	}
	r.forms(forms)
	if cfg.BenchDir != "" {
		if err := cfg.section(ctx, r, cfg.BenchDir, "independent development set", false); err != nil {
			return err
		}
	}
	return r.err
}

// makeOwnSet writes the generated set in the benchmark's format.
func makeOwnSet(ctx context.Context, cfg Config) (dir string, remove func(), err error) {
	remove = func() {}
	if dir = cfg.WorkDir; dir == "" {
		if dir, err = os.MkdirTemp("", "heyin-eval-*"); err != nil {
			return "", nil, fmt.Errorf("eval: %w", err)
		}
		remove = func() { _ = os.RemoveAll(dir) } // a leftover in the temp folder hurts nobody
	}
	started := time.Now()
	studio, err := sim.NewStudio(cfg.FontDir)
	if err == nil {
		_, err = studio.SealPairs(filepath.Join(dir, "seals"), cfg.Seed, cfg.Pairs)
	}
	if err == nil {
		err = studio.Pages(ctx, filepath.Join(dir, "pages"), cfg.Seed, cfg.Pages)
	}
	if err != nil {
		remove()
		return "", nil, err
	}
	fmt.Fprintf(cfg.Log, "made %d pairs and %d pages in %.1f s\n", cfg.Pairs, cfg.Pages, time.Since(started).Seconds())
	return dir, remove, nil
}

// scans measures what is found on scans with a flaw.
func (c Config) scans(ctx context.Context, r *report) error {
	studio, err := sim.NewStudio(c.FontDir)
	if err != nil {
		return err
	}
	rows, err := MeasureScans(ctx, studio, c.Seed, c.Scans, c.Workers, c.Log)
	if err != nil {
		return err
	}
	r.scans(rows)
	return r.err
}

// strays measures pages that are no sound receipts.
func (c Config) strays(ctx context.Context, r *report) error {
	studio, err := sim.NewStudio(c.FontDir)
	if err != nil {
		return err
	}
	rows, err := MeasureStrays(ctx, studio, c.Open, c.Seed, c.Strays, c.Workers, c.Log)
	if err != nil {
		return err
	}
	r.strays(rows)
	return r.err
}

// section measures one set. name is its heading; list also prints the worst
// cases, else they go to Log.
func (c Config) section(ctx context.Context, r *report, dir, name string, list bool) error {
	started := time.Now()
	seals := filepath.Join(dir, "seals")
	pairs, err := loadPairs(filepath.Join(seals, "pairs.csv"))
	if err != nil {
		return err
	}
	truth, err := loadTruth(seals, pairs)
	if err != nil {
		return err
	}
	results, err := verifyPairs(ctx, pairs, c.Workers)
	if err != nil {
		return err
	}
	score := ScoreSeals(truth, results)
	fmt.Fprintf(c.Log, "%s: %d pairs in %.1f s, %s\n", name, len(pairs), time.Since(started).Seconds(), times(results, func(s SealResult) float64 { return s.ElapsedMS }))

	started = time.Now()
	pages, pageTruth, err := c.readPages(ctx, filepath.Join(dir, "pages"))
	if err != nil {
		return err
	}
	pageScore := ScorePages(pageTruth, pages)
	fmt.Fprintf(c.Log, "%s: %d pages in %.1f s, %s\n", name, len(pages), time.Since(started).Seconds(), times(pages, func(p PageResult) float64 { return p.ElapsedMS }))

	r.section(name)
	r.seals(score)
	r.pages(pageScore)
	worst := r
	if !list {
		worst = newReport(c.Log)
	}
	worst.worst(score, pageScore)
	return nil
}

// readPages judges every page of a set against its books.
func (c Config) readPages(ctx context.Context, dir string) ([]PageResult, []PageTruth, error) {
	truth, err := readJSONL[PageTruth](filepath.Join(dir, "truth.jsonl"))
	if err != nil {
		return nil, nil, err
	}
	ledger, err := LoadLedger(filepath.Join(dir, "ledger.jsonl"), filepath.Join(dir, "specimens.csv"))
	if err != nil {
		return nil, nil, err
	}
	results := make([]PageResult, len(truth))
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range c.Workers {
		g.Go(func() (err error) {
			reader, err := c.Open("")
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, reader.Close()) }()
			for i := int(next.Add(1)) - 1; i < len(truth); i = int(next.Add(1)) - 1 {
				if results[i], err = readPage(ctx, reader, dir, truth[i].File, ledger); err != nil {
					return fmt.Errorf("eval: %s: %w", truth[i].File, err)
				}
			}
			return nil
		})
	}
	return results, truth, g.Wait()
}

// readPage turns a page the pipeline refuses into one for review, as a worker
// does; only an error that another try may heal ends the run.
func readPage(ctx context.Context, reader PageReader, dir, file string, books pipeline.Books) (PageResult, error) {
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return PageResult{}, err
	}
	r, err := reader.Process(ctx, data, 1, books)
	if err != nil {
		if ctx.Err() != nil || models.ClassOf(err) == models.Retryable {
			return PageResult{}, err
		}
		return PageResult{File: filepath.Base(file), Mark: models.Unclear, Disposition: DispositionReview}, nil
	}
	return NewPageResult(file, r, true), nil
}
