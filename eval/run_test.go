package eval

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"heyin/models"
	"heyin/ocr"
	"heyin/pipeline"
)

func identified(candidates ...string) pipeline.Identified {
	return pipeline.Identified{Candidates: candidates}
}

// TestRunOnASmallSet measures the real pipeline on a set too small to mean
// anything: the report must be complete, repeat exactly and tell no lies.
func TestRunOnASmallSet(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Pairs, cfg.Pages, cfg.WorkDir = 6, 2, t.TempDir()
	cfg.Open = func() (PageReader, error) { return pipeline.New(ocr.Config{}) }
	var log, first, again bytes.Buffer
	cfg.Log = &log
	if err := Run(t.Context(), cfg, &first); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"own generated set", "Seals: 6 pairs, 0 without", "Pages: 2, 0 without", "worst seals"} {
		if !strings.Contains(first.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, first.String())
		}
	}
	if !strings.Contains(log.String(), "median") {
		t.Errorf("the log has no times: %s", log.String())
	}
	// The set just made also serves as an independent one.
	cfg.BenchDir = cfg.WorkDir
	if err := Run(t.Context(), cfg, &again); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(again.String(), first.String()) || !strings.Contains(again.String(), "independent development set") {
		t.Error("the second report does not begin with the first and add the independent set")
	}
}

type failing struct{ class models.FaultClass }

func (f failing) Process(context.Context, []byte, int, pipeline.Books) (models.Result, error) {
	return models.Result{}, models.NewFault(f.class, "test", "this page cannot be read", nil)
}

func (failing) Close() error { return nil }

func TestRefusedPagesGoToReviewAndBrokenRunsEnd(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Pairs, cfg.Pages = 1, 1
	for class, fails := range map[models.FaultClass]bool{models.Permanent: false, models.NeedsReview: false, models.Retryable: true} {
		cfg.Open = func() (PageReader, error) { return failing{class}, nil }
		if err := Run(t.Context(), cfg, io.Discard); (err != nil) != fails {
			t.Errorf("%s: error %v", class, err)
		}
	}
}

func TestConfigNamesWhatIsWrong(t *testing.T) {
	err := Config{}.Validate()
	for _, want := range []string{"Open", "Pairs", "Log"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want it to name %s", err, want)
		}
	}
}
