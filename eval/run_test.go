package eval

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
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
// anything. The set just made also serves as the independent one: both sections
// must hold the same tables.
func TestRunOnASmallSet(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Scans, cfg.Strays, cfg.Forms, cfg.Struck = 1, 1, 1, 0
	cfg.Pairs, cfg.Pages, cfg.WorkDir = 3, 1, t.TempDir()
	cfg.BenchDir = cfg.WorkDir
	cfg.Open = func(bank string) (PageReader, error) { return pipeline.New(ocr.Config{Bank: bank}) }
	var log, report bytes.Buffer
	cfg.Log = &log
	if err := Run(t.Context(), cfg, &report); err != nil {
		t.Fatal(err)
	}
	_, own, found := strings.Cut(report.String(), "own generated set\n")
	own, bench, both := strings.Cut(own, "independent development set\n")
	if !found || !both {
		t.Fatalf("the report lacks a section:\n%s", report.String())
	}
	tables := func(section string) string {
		_, section, _ = strings.Cut(section, "\nSeals: 3 pairs, 0 without")
		section, _, _ = strings.Cut(section, "\n  worst seals")
		return strings.TrimSpace(section)
	}
	if tables(own) != tables(bench) || !strings.Contains(tables(own), "Pages: 1, 0 without") {
		t.Errorf("one set gave two tables, or none:\n%s", report.String())
	}
	if !strings.Contains(own, "Scans with a flaw") || strings.Contains(bench, "Scans with a flaw") {
		t.Errorf("scans with a flaw are made, so they belong to the own set:\n%s", report.String())
	}
	for _, kind := range []string{"first_copy", "wrong_period", "unknown_form", "digit: ink", "digit: off line", "digit: pasted"} {
		if !regexp.MustCompile(`\n  ` + kind + ` +100\.00 % \(1/1, .* 0\n`).MatchString(own) {
			t.Errorf("the page of kind %s was not told, or passed:\n%s", kind, own)
		}
	}
	// The name of a bank that the recogniser cannot read is not told; the number is unknown all the same.
	if !regexp.MustCompile(`\n  other_bank .* 0\n`).MatchString(own) {
		t.Errorf("another bank's form passed:\n%s", own)
	}
	if !regexp.MustCompile(`\n  genuine +0\.00 % \(0/1, `).MatchString(own) {
		t.Errorf("a sound receipt was told to be something else:\n%s", own)
	}
	if _, forms, _ := strings.Cut(own, "forms of other printers\n"); !strings.Contains(forms, "Pages: 1, 0 without") {
		t.Errorf("forms of other printers are made, so they belong to the own set:\n%s", report.String())
	}
	if strings.Contains(bench, "worst") || !strings.Contains(log.String(), "worst") || !strings.Contains(log.String(), "median") {
		t.Error("worst cases of the independent set and times belong to the log")
	}
}

type failing struct{ class models.FaultClass }

func (f failing) Process(context.Context, []byte, int, pipeline.Books) (models.Result, error) {
	return models.Result{}, models.NewFault(f.class, "test", "this page cannot be read", nil)
}

func (failing) Close() error { return nil }

func TestRefusedPagesGoToReviewAndBrokenRunsEnd(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x.jpg"), []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	for class, fails := range map[models.FaultClass]bool{models.Permanent: false, models.NeedsReview: false, models.Retryable: true} {
		r, err := readPage(t.Context(), failing{class}, dir, "x.jpg", nil)
		if (err != nil) != fails {
			t.Errorf("%s: error %v", class, err)
		}
		if !fails && (r.Disposition != DispositionReview || r.Mark != models.Unclear || r.File != "x.jpg") {
			t.Errorf("%s: result %+v", class, r)
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

// TestStruckRows: of answers that were taken back, those read as agree are counted, by strike and together.
func TestStruckRows(t *testing.T) {
	var truth []PageTruth
	for i, strike := range []string{"struck: level", "struck: level", "struck: wave"} {
		truth = append(truth, PageTruth{File: string(rune('a'+i)) + ".jpg", Mark: models.Unclear, MarkForm: strike})
		truth[i].Expected.Disposition = DispositionReview
	}
	score := ScorePages(truth, []PageResult{{File: "a.jpg", Mark: models.Agree, Disposition: DispositionPass}, {File: "b.jpg", Mark: models.Unclear, Disposition: DispositionReview}, {File: "c.jpg", Mark: models.Blank}})
	var out bytes.Buffer
	if err := WriteForms(&out, FormScores{Struck: score}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`\n  level +50\.00 % \(1/2, .* 1\n`, `\n  wave +0\.00 % \(0/1, .* 0\n`, `\n  all +33\.33 % \(1/3, .* 1\n`, `a\.jpg  mark unclear read as agree`} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("no row %s in\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "forms of other printers") {
		t.Error("a table of forms that were not made")
	}
}
