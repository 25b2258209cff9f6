package pipeline_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heyin/eval/sim"
	"heyin/models"
)

// benchPages is over how many pages the time of a page is taken.
const benchPages = 12

// BenchmarkProcess reads generated pages to their verdict, books and evidence
// included: the CPU of one receipt.
func BenchmarkProcess(b *testing.B) {
	files := pages(b)
	var data [][]byte
	for _, f := range files {
		data = append(data, read(b, f))
	}
	for i := 0; b.Loop(); i++ {
		if _, err := world.p.Process(b.Context(), data[i%len(data)], 1, world.ledger); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPageToTesseract reads pages without books, each right after
// Tesseract has read the whole of it in one thread, and gives the CPU time of
// both: of-tesseract is the ratio, decoding included in both; text-only leaves
// the search for seals out of ours. The pages are spread over the set in
// $HEYIN_BENCH, or generated where there is none.
func BenchmarkPageToTesseract(b *testing.B) {
	files := benchFiles(b)
	var stages models.Stages
	ctx := models.WithStages(b.Context(), &stages)
	var ours, theirs time.Duration
	n := 0
	for b.Loop() {
		for _, f := range files {
			theirs += tesseract(b, f)
			data, from := read(b, f), models.CPUTime()
			if _, err := world.p.Process(ctx, data, 1, nil); err != nil {
				b.Fatal(err)
			}
			ours += models.CPUTime() - from
			n++
		}
	}
	seals := time.Duration(0)
	for _, s := range stages.Inner {
		if strings.Contains(s.Name, "seals") {
			seals += s.CPU
		}
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(n) }
	b.ReportMetric(ms(ours), "page-ms")
	b.ReportMetric(ms(theirs), "tesseract-ms")
	b.ReportMetric(ours.Seconds()/theirs.Seconds(), "of-tesseract")
	b.ReportMetric((ours-seals).Seconds()/theirs.Seconds(), "text-only-of-tesseract")
}

// benchMany is how many pages BenchmarkMemory reads; -bench.pages 5000 takes an hour.
var benchMany = flag.Int("bench.pages", 240, "pages of BenchmarkMemory")

// BenchmarkMemory reads pages over and over and gives the resident memory of the
// process: after the first round, by how much it has grown after the last, and
// its peak between.
func BenchmarkMemory(b *testing.B) {
	files := benchFiles(b)
	round := func() {
		for _, f := range files {
			if _, err := world.p.Process(b.Context(), read(b, f), 1, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		round()
		first := memoryMB(b, "VmRSS")
		// Linux: the peak counts from here.
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
			b.Fatal(err)
		}
		for n := len(files); n < *benchMany; n += len(files) {
			round()
		}
		b.ReportMetric(first, "first-MB")
		b.ReportMetric(memoryMB(b, "VmRSS")-first, "growth-MB")
		b.ReportMetric(memoryMB(b, "VmHWM"), "peak-MB")
	}
}

// memoryMB reads a line of the process's status.
func memoryMB(b *testing.B, line string) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	var kB float64
	_, after, _ := strings.Cut(string(status), line+":")
	if _, err := fmt.Sscan(after, &kB); err != nil {
		b.Fatal(err)
	}
	return kB * 1024 / 1e6
}

// benchFiles takes every so-many-th page of a set; some of the generated are no JPEG.
func benchFiles(b *testing.B) []string {
	b.Helper()
	dir := os.Getenv("HEYIN_BENCH")
	if dir == "" {
		dir = b.TempDir()
		studio, err := sim.NewStudio("")
		if err != nil {
			b.Fatal(err)
		}
		if err := studio.Pages(b.Context(), filepath.Join(dir, "pages"), goldenSeed, benchPages+4); err != nil {
			b.Fatal(err)
		}
	}
	all, err := filepath.Glob(filepath.Join(dir, "pages", "pages", "*.jpg"))
	if err != nil || len(all) < benchPages {
		b.Fatalf("%d pages in %s, %v; want %d", len(all), dir, err, benchPages)
	}
	var files []string
	for i := range benchPages {
		files = append(files, all[i*len(all)/benchPages])
	}
	return files
}

// tesseract gives the CPU time of Tesseract over a whole page, its start and the
// decoding of the page included.
func tesseract(b *testing.B, file string) time.Duration {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), "tesseract", file, "-", "-l", "chi_sim", "--psm", "6")
	cmd.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s\nmake bench installs what this needs", err, out)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
