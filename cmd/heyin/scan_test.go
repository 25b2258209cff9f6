package main

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// far is the other end of the line; it refuses one file.
type far struct {
	refuse string   // a file name
	got    []string // file names, in order
	opened int64    // batches
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.Header.Get("X-File-Name")
	var answer any
	switch {
	case name == f.refuse && name != "":
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	case name != "":
		f.got = append(f.got, name)
		answer = uploaded{ReceiptID: 1, SHA256: r.Header.Get("Idempotency-Key")}
	case strings.HasSuffix(r.URL.Path, "/close"):
		answer = batchStatus{ID: f.opened, PaperCount: 2, MachineCount: 2}
	default:
		f.opened++
		answer = batchStatus{ID: f.opened}
	}
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(answer)
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestInterruptedScanGoesOn(t *testing.T) {
	f := &far{refuse: "b.png"}
	server := httptest.NewServer(f)
	defer server.Close()
	dir := t.TempDir()
	for _, name := range []string{"a.png", "b.png", "c.png"} {
		put(t, filepath.Join(dir, name), "page "+name)
	}
	put(t, filepath.Join(dir, "notes.txt"), "no scan")
	out := &output{stdout: io.Discard, stderr: io.Discard}
	scan := func() (scanned, error) {
		return scanFolder(t.Context(), out, newStation(stationAccess{Server: server.URL, Token: "t"}), dir, "", -1)
	}
	if _, err := scan(); err == nil || !strings.Contains(err.Error(), "b.png") || !strings.Contains(err.Error(), "again") {
		t.Fatalf("refused upload: %v; want an error that names the file and says to run it again", err)
	}
	if !slices.Equal(f.got, []string{"a.png", "c.png"}) {
		t.Errorf("first run sent %v: a refused file must not hold up the others", f.got)
	}
	f.refuse, f.got = "", nil
	put(t, filepath.Join(dir, "a.png"), "another page a") // the scanner used the name again
	result, err := scan()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(f.got, []string{"a.png", "b.png"}) || f.opened != 1 || result.Batch != 1 || result.Files != 3 || result.Replayed != 1 {
		t.Errorf("second run sent %v in %d batches: %+v", f.got, f.opened, result)
	}
	if _, err := os.Stat(filepath.Join(dir, journalFile)); !os.IsNotExist(err) {
		t.Errorf("the journal of a finished upload remains: %v", err)
	}
}

func TestJournal(t *testing.T) {
	dir := t.TempDir()
	page := scanFile{name: "a.png", sha256: "aa"}
	j, err := openJournal(dir, "http://one")
	if err != nil {
		t.Fatal(err)
	}
	j.Batch = 7
	if err := j.add(page, uploaded{ReceiptID: 1, SHA256: "aa"}); err != nil {
		t.Fatal(err)
	}
	again, err := openJournal(dir, "http://one")
	if err != nil || again.Batch != 7 || !again.has(page) {
		t.Errorf("read again: batch %d, has the page %t, %v", again.Batch, again.has(page), err)
	}
	if again.has(scanFile{name: "a.png", sha256: "bb"}) || again.has(scanFile{name: "b.png", sha256: "aa"}) {
		t.Error("another file counts as uploaded")
	}
	other, err := openJournal(dir, "http://two")
	if err != nil || other.Batch != 0 || other.has(page) {
		t.Errorf("a batch of another heyin is gone on with: %+v, %v", other.Done, err)
	}
	put(t, filepath.Join(dir, journalFile), "{torn")
	if _, err := openJournal(dir, "http://one"); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("damaged journal: %v", err)
	}
}

func TestCheckTellsWhatToScanAgain(t *testing.T) {
	dir := t.TempDir()
	page := image.NewGray(image.Rect(0, 0, 1654, 2339)) // A4 at 200 dpi, white
	for i := range page.Pix {
		page.Pix[i] = 250
	}
	var empty bytes.Buffer
	if err := png.Encode(&empty, page); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "a.png"), empty.String())
	put(t, filepath.Join(dir, "b.png"), "no picture")
	var told bytes.Buffer
	err := (&scanCmd{Folder: dir, Check: true}).Run(t.Context(), &output{stdout: &told, stderr: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "2 pages") {
		t.Errorf("check of an empty and a damaged page: %v", err)
	}
	for _, want := range []string{"a.png page 1: rescan: the page is blank", "b.png page 1: rescan: "} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("want %q in what was told:\n%s", want, told.String())
		}
	}
}
