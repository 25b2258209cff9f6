package main_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// badFile is a line of the corpus's table.
type badFile struct {
	name, code string
	pages      int // results printed
}

var badFiles = filepath.Join("..", "..", "testdata", "bad")

func readTable(t *testing.T) []badFile {
	t.Helper()
	f, err := os.Open(filepath.Join(badFiles, "expected.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var table []badFile
	for _, r := range rows[1:] {
		pages, err := strconv.Atoi(r[2])
		if err != nil {
			t.Fatal(err)
		}
		table = append(table, badFile{r[0], r[1], pages})
	}
	return table
}

// TestReadBadFiles reads the whole corpus in one command: each file gets its
// results or its error in its place, and none harms those behind it.
func TestReadBadFiles(t *testing.T) {
	table := readTable(t)
	args := []string{"read", "--json"}
	for _, f := range table {
		args = append(args, filepath.Join(badFiles, f.name))
	}
	out, errOut, code := run(t, args...)
	if code != 1 || strings.Contains(errOut, "panic") {
		t.Errorf("exit status %d, want 1\n%s", code, errOut)
	}
	type result struct {
		File        string
		Page        int
		StatementNo *string `json:"statement_no"`
		Error       string
	}
	results := map[string][]result{}
	for dec := json.NewDecoder(strings.NewReader(out)); dec.More(); {
		var r result
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		results[r.File] = append(results[r.File], r)
	}
	for _, f := range table {
		t.Run(f.name, func(t *testing.T) {
			got := results[f.name]
			if len(got) != f.pages {
				t.Fatalf("%d results, want %d: %+v", len(got), f.pages, got)
			}
			for i, r := range got {
				last := i == len(got)-1
				switch fails := f.code != "" && last; {
				case r.Page != i+1 || r.StatementNo != nil:
					t.Errorf("%+v", r)
				case fails && !strings.HasPrefix(r.Error, f.code+": "):
					t.Errorf("error %q, want %s", r.Error, f.code)
				case !fails && r.Error != "":
					t.Errorf("error %q, want a reading", r.Error)
				}
			}
		})
	}
}

// TestBadFilesListed keeps the folder, its table and its README together.
func TestBadFilesListed(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(badFiles, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{"README.md": true, "expected.csv": true}
	for _, f := range readTable(t) {
		listed[f.name] = true
		if !bytes.Contains(readme, []byte("| "+f.name+" |")) {
			t.Errorf("%s is not in the README", f.name)
		}
	}
	files, err := os.ReadDir(badFiles)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !listed[f.Name()] {
			t.Errorf("%s is not in expected.csv", f.Name())
		}
	}
	if len(files) != len(listed) {
		t.Errorf("%d files, %d listed", len(files), len(listed))
	}
}

// TestReadManyFiles names so many files that ONNX Runtime, which looks through the command line,
// would overflow its stack; also where the environment is a reader's already.
func TestReadManyFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), strings.Repeat("n", 200))
	if err := os.WriteFile(file, []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	const files = 500
	for _, frugal := range []bool{false, true} {
		if frugal {
			t.Setenv("MALLOC_ARENA_MAX", "1")
		}
		out, errOut, code := run(t, append([]string{"--quiet", "read", "--json"}, slices.Repeat([]string{file}, files)...)...)
		if got := strings.Count(out, "\n"); got != files || code != 1 {
			t.Errorf("%d results of %d files, exit status %d, frugal %v\n%.500s", got, files, code, frugal, errOut)
		}
	}
}
