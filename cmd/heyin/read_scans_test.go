package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// sampleScan is what heyin read --json says of a page, as far as it is certain.
type sampleScan struct {
	File        string
	StatementNo string `json:"statement_no"`
	Accounts    []struct {
		AccountNo string `json:"account_no"`
		Currency  string
		Balance   string
	}
	Mark   string
	Layout string
	Seals  []struct {
		BBox  [4]int
		Shape string
		Role  string
	}
	Rotation int
}

// sampleFile is the path of a sample scan.
func sampleFile(name string) string { return filepath.Join("..", "..", "testdata", "scans", name) }

// TestLayout reads a page by the layout learnt from another: the same, and known.
func TestLayout(t *testing.T) {
	layout := filepath.Join(t.TempDir(), "letter.yaml")
	must(t, "layout", "learn", sampleFile("letter-agreed.jpg"), "--name", "核对函", "-o", layout)
	page := sampleFile("letter-upside-down.jpg")
	without := sampleScans(t, must(t, "read", "--json", page))[0]
	with := sampleScans(t, must(t, "read", "--json", "--layout", layout, page))[0]
	if with.Layout != "核对函" {
		t.Errorf("known as %q", with.Layout)
	}
	if with.Layout = ""; !reflect.DeepEqual(with, without) {
		t.Errorf("read as %+v, without the layout as %+v", with, without)
	}
}

// TestReadScans reads the sample scans of the README.
func TestReadScans(t *testing.T) {
	table, err := os.ReadFile(sampleFile("expected.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	want := sampleScans(t, string(table))
	args := []string{"read", "--json"}
	for _, w := range want {
		args = append(args, sampleFile(w.File))
	}
	got := sampleScans(t, must(t, args...))
	if len(got) != len(want) {
		t.Fatalf("%d results, want %d", len(got), len(want))
	}
	for i, w := range want {
		t.Run(w.File, func(t *testing.T) {
			g := got[i]
			if g.File != w.File || g.StatementNo != w.StatementNo || !reflect.DeepEqual(g.Accounts, w.Accounts) || g.Mark != w.Mark || g.Rotation != w.Rotation {
				t.Errorf("got %+v\nwant %+v", g, w)
			}
			if len(g.Seals) != len(w.Seals) {
				t.Errorf("%d seals, want %d", len(g.Seals), len(w.Seals))
			}
			for _, seal := range w.Seals {
				best := 0.0
				for _, s := range g.Seals {
					if s.Shape == seal.Shape && s.Role == seal.Role {
						best = max(best, overlap(s.BBox, seal.BBox))
					}
				}
				if best < leastOverlap {
					t.Errorf("%s %s seal at %v: best overlap %.2f", seal.Role, seal.Shape, seal.BBox, best)
				}
			}
		})
	}
}

// leastOverlap allows a box to be off by about a millimetre on each side.
const leastOverlap = 0.85

func sampleScans(t *testing.T, lines string) (scans []sampleScan) {
	t.Helper()
	for dec := json.NewDecoder(strings.NewReader(lines)); dec.More(); {
		var s sampleScan
		if err := dec.Decode(&s); err != nil {
			t.Fatal(err)
		}
		scans = append(scans, s)
	}
	return scans
}

// overlap of two boxes (x, y, width, height): the common part of their union.
func overlap(a, b [4]int) float64 {
	w := min(a[0]+a[2], b[0]+b[2]) - max(a[0], b[0])
	h := min(a[1]+a[3], b[1]+b[3]) - max(a[1], b[1])
	if w <= 0 || h <= 0 {
		return 0
	}
	common := w * h
	return float64(common) / float64(a[2]*a[3]+b[2]*b[3]-common)
}
