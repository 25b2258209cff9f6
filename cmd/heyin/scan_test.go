package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// far is the other end of the line. It refuses one file, once another has come.
type far struct {
	mu     sync.Mutex
	refuse string        // a file name
	first  chan struct{} // closed when the first file has come
	got    []string      // file names
	opened int64         // batches
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	refuse, first := f.refuse, f.first
	f.mu.Unlock()
	if r.Header.Get("X-File-Name") == refuse {
		<-first
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var answer any
	switch name := r.Header.Get("X-File-Name"); {
	case name == "" && strings.HasSuffix(r.URL.Path, "/close"):
		answer = batchStatus{ID: f.opened, PaperCount: 2, MachineCount: 2}
	case name == "":
		f.opened++
		answer = batchStatus{ID: f.opened}
	default:
		if f.got = append(f.got, name); f.first != nil {
			close(f.first)
		}
		answer = uploaded{ReceiptID: 1, SHA256: r.Header.Get("Idempotency-Key")}
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
	f := &far{refuse: "b.png", first: make(chan struct{})}
	server := httptest.NewServer(f)
	defer server.Close()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "a.png"), "page a")
	put(t, filepath.Join(dir, "b.png"), "page b")
	put(t, filepath.Join(dir, "notes.txt"), "no scan")
	out := &output{stdout: io.Discard, stderr: io.Discard}
	scan := func() (scanned, error) {
		return scanFolder(t.Context(), out, newStation(stationAccess{Server: server.URL, Token: "t"}), dir, "", -1)
	}
	if _, err := scan(); err == nil || !strings.Contains(err.Error(), "again") {
		t.Fatalf("refused upload: %v; want an error that says to run it again", err)
	}
	f.mu.Lock()
	f.refuse, f.first, f.got = "no file", nil, nil
	f.mu.Unlock()
	put(t, filepath.Join(dir, "a.png"), "another page a") // the scanner used the name again
	result, err := scan()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(f.got)
	if !slices.Equal(f.got, []string{"a.png", "b.png"}) || f.opened != 1 || result.Batch != 1 || result.Files != 2 || result.Replayed != 0 {
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
