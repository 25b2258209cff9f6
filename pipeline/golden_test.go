package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"heyin/eval"
	"heyin/eval/sim"
	"heyin/models"
	"heyin/ocr"
	"heyin/pipeline"
)

var update = flag.Bool("update", false, "write testdata/golden.jsonl anew")

const goldenFile = "testdata/golden.jsonl"

// Seed and size of the golden set: a few forms, with seals, marks and
// defects; a page takes seconds under the race detector.
const (
	goldenSeed  = 11
	goldenPages = 2
)

// boxTolerance in pixels: fonts and poppler of another Debian point release move
// edges by a pixel or two.
const boxTolerance = 4

// goldenPage is what must not change unseen: everything a verdict rests on.
type goldenPage struct {
	eval.PageResult
	Verdicts map[string]models.Verdict `json:"verdicts"`
}

// TestGolden reads whole generated pages against their books. A change of
// quality shows here as a diff; rewrite the golden with -update when it is meant.
func TestGolden(t *testing.T) {
	var got []goldenPage
	for _, file := range pages(t) {
		r, err := world.p.Process(t.Context(), read(t, file), 1, world.ledger)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		g := goldenPage{eval.NewPageResult(file, r, true), map[string]models.Verdict{}}
		g.ElapsedMS = 0
		for _, v := range r.Verifications {
			g.Verdicts[v.SpecimenRef] = v.Verdict
		}
		got = append(got, g)
		// What is boxed on the page's picture is laid in true millimetres.
		cfg, err := jpeg.DecodeConfig(bytes.NewReader(r.Evidence["page"]))
		if mm := float64(cfg.Width) / r.PagePxMM; err != nil || math.Abs(mm-210) > 12 { // an A4 sheet, and what the scanner saw beside it
			t.Errorf("%s: the page's picture is %.0f mm wide, %v", file, mm, err)
		}
	}
	if *update {
		writeGolden(t, got)
	}
	compare(t, got, readGolden(t))
}

// TestNoBooks: without books nothing passes, whatever the page says.
func TestNoBooks(t *testing.T) {
	r, err := world.p.Process(t.Context(), read(t, pages(t)[0]), 1, nil)
	if err != nil || r.State != models.InReview {
		t.Errorf("state %q, %v; want in_review", r.State, err)
	}
}

// TestBadBytes: what is no image is a permanent fault, never a verdict.
func TestBadBytes(t *testing.T) {
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("not an image"), "cut": {0xff, 0xd8, 0xff, 0xe0, 0, 16}} {
		if r, err := world.p.Process(t.Context(), data, 1, nil); models.ClassOf(err) != models.Permanent {
			t.Errorf("%s: %+v, %v; want a permanent fault", name, r.State, err)
		}
	}
}

// world is the generated set and one pipeline, made once for all tests of the
// package; TestMain removes them.
var world struct {
	dir    string
	p      *pipeline.Pipeline
	ledger *eval.Ledger
}

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := runWith(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runWith(m *testing.M) (code int, err error) {
	if world.dir, err = os.MkdirTemp("", "heyin-pipeline-*"); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(world.dir)) }()
	studio, err := sim.NewStudio("")
	if err != nil {
		return 0, err
	}
	if err := studio.Pages(context.Background(), world.dir, goldenSeed, goldenPages); err != nil {
		return 0, err
	}
	if world.ledger, err = eval.LoadLedger(filepath.Join(world.dir, "ledger.jsonl"), filepath.Join(world.dir, "specimens.csv")); err != nil {
		return 0, err
	}
	if world.p, err = pipeline.New(ocr.Config{}); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, world.p.Close()) }()
	return m.Run(), nil
}

func pages(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(world.dir, "pages", "*"))
	if err != nil || len(files) != goldenPages {
		t.Fatalf("%d pages, %v; want %d", len(files), err, goldenPages)
	}
	return files
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func compare(t *testing.T, got, want []goldenPage) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d pages, the golden has %d; -update writes it anew", len(got), len(want))
	}
	for i := range want {
		g, w := got[i], want[i]
		for j := range min(len(g.Seals), len(w.Seals)) {
			for k := range 4 {
				if d := g.Seals[j].Box[k] - w.Seals[j].Box[k]; d >= -boxTolerance && d <= boxTolerance {
					g.Seals[j].Box[k] = w.Seals[j].Box[k]
				}
			}
		}
		if a, b := line(t, g), line(t, w); a != b {
			t.Errorf("page %d\n got %s\nwant %s\n-update writes the golden anew", i, a, b)
		}
	}
}

func line(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func writeGolden(t *testing.T, all []goldenPage) {
	t.Helper()
	var b strings.Builder
	for _, g := range all {
		b.WriteString(line(t, g) + "\n")
	}
	if err := os.MkdirAll(filepath.Dir(goldenFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(goldenFile, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readGolden(t *testing.T) (all []goldenPage) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(read(t, goldenFile)))
	for dec.More() {
		var g goldenPage
		if err := dec.Decode(&g); err != nil {
			t.Fatal(err)
		}
		all = append(all, g)
	}
	return all
}
