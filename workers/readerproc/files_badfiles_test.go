package readerproc

import (
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"heyin/imaging"
	"heyin/models"
	"heyin/pipeline"
)

// ordersFiles is the second argument of a child that takes what it is sent as
// files, not as orders.
const ordersFiles = "files"

// viewer does with a file what touches hostile bytes: decoding, and everything
// done to pixels before a word is read.
type viewer struct{}

func (viewer) Process(ctx context.Context, data []byte, page int, _ pipeline.Books) (models.Result, error) {
	scan, err := imaging.Decode(ctx, data, page)
	if err != nil {
		return models.Result{}, err
	}
	defer scan.Close()
	sheet, err := imaging.Straighten(scan)
	if err != nil {
		return models.Result{}, err
	}
	defer sheet.Close()
	r := found(page, string(scan.Format))
	r.PageCount = scan.Pages
	r.Reading.Quality = imaging.Inspect(scan, sheet)
	if r.Reading.Codes, err = imaging.FindCodes(sheet.Image); err != nil {
		return models.Result{}, err
	}
	return r, nil
}

func filesConfig() Config {
	cfg := testConfig()
	cfg.Command = append(slices.Clone(cfg.Command), ordersFiles)
	return cfg
}

var badFiles = filepath.Join("..", "..", "testdata", "bad")

func badFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(badFiles, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// inhabitants are the processes that work in a folder below dir: children, and
// whatever these started.
func inhabitants(t *testing.T, dir string) (commands []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		cwd, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(cwd, dir) { // ended meanwhile, or not ours
			continue
		}
		if command, err := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline")); err == nil {
			commands = append(commands, strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return commands
}

// TestBadFilesInConfinedReader sends the corpus through one real child. Every
// file gets its answer from that child within the limits of a page: it need not
// even be replaced, and at the end nothing of it is left.
func TestBadFilesInConfinedReader(t *testing.T) {
	f, err := os.Open(filepath.Join(badFiles, "expected.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cfg := filesConfig()
	cfg.TempDir = t.TempDir()
	p, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := <-p.idle
	pid := s.child.cmd.Process.Pid
	p.idle <- s
	for _, row := range table[1:] {
		name, code, firstPageOnly := row[0], row[1], row[2] == "1"
		started := time.Now()
		_, err := p.Process(t.Context(), badFile(t, name), 1, nil)
		if took := time.Since(started); took > cfg.WallPerPage+time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		var got string
		if fault, ok := errors.AsType[*models.Fault](err); ok {
			got = fault.Code
		} else if err != nil {
			t.Errorf("%s: %v is no fault", name, err)
		}
		if name == "empty.jpg" { // does not reach the child
			code = CodeSize
		}
		if firstPageOnly && got != code || !firstPageOnly && got != "" {
			t.Errorf("%s: %v, want fault %q", name, err, code)
		}
		now, err := usageOf(pid)
		if err != nil {
			t.Fatalf("%s cost the child its life: %v", name, err)
		}
		if limitsData && now.resident > cfg.DataBytes {
			t.Errorf("%s: the child holds %d MB", name, now.resident>>20)
		}
	}
	p.Close()
	if left := inhabitants(t, cfg.TempDir); len(left) > 0 {
		t.Errorf("still running: %q", left)
	}
}

// A helper that is at work when its page is given up must not go on alone.
func TestBadFileTakesItsHelperAlong(t *testing.T) {
	cfg := filesConfig()
	cfg.WallPerPage = 2 * time.Second
	cfg.TempDir = t.TempDir()
	p, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	answer := make(chan error, 1)
	bomb := badFile(t, "pdf-contents-bomb.pdf")
	go func() {
		_, err := p.Process(t.Context(), bomb, 1, nil)
		answer <- err
	}()
	drawing := func(command string) bool { return strings.Contains(command, "pdftoppm") }
	sawHelper := false
	for len(answer) == 0 {
		sawHelper = sawHelper || slices.ContainsFunc(inhabitants(t, cfg.TempDir), drawing)
		time.Sleep(10 * time.Millisecond)
	}
	wantFault(t, <-answer, models.Retryable, CodeTimeout)
	if !sawHelper {
		t.Error("pdftoppm was never seen")
	}
	for end := time.Now().Add(5 * time.Second); slices.ContainsFunc(inhabitants(t, cfg.TempDir), drawing); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("pdftoppm goes on")
		}
	}
}
