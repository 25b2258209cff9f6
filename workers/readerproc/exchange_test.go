package readerproc

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"heyin/models"
)

// hear plays a child that answers with wire, whatever it is asked.
func hear(t testing.TB, wire []byte) (models.Result, error) {
	t.Helper()
	sink, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	c := &child{in: sink, out: bufio.NewReader(bytes.NewReader(wire)), seq: 1}
	e := exchange{child: c, watch: &watcher{running: time.Now()}, page: 1, books: ledger{statement: sampleStatement()}}
	return e.run(context.Background(), []byte("page"))
}

func identified() message {
	m := message{Kind: kindIdentified, Seq: 1}
	m.Seen = &seenS1
	return m
}

func TestExchangeAcceptsOnlyWhatCanBe(t *testing.T) {
	good := func(change func(*models.Result)) []byte {
		r, err := pass(t.Context(), 1, ledger{statement: sampleStatement()})
		if err != nil {
			t.Fatal(err)
		}
		change(&r)
		return wireOf(t, identified(), resultMessage(1, r))
	}
	if r, err := hear(t, good(func(*models.Result) {})); err != nil || r.State != models.Passed || string(r.Evidence["seal-P1"]) != "PNG two" {
		t.Fatalf("a good verdict: %s, %v", toJSON(t, r), err)
	}
	long := strings.Repeat("x", maxNameBytes+1)
	for name, wire := range map[string][]byte{
		"another page":        good(func(r *models.Result) { r.Page, r.PageCount = 2, 2 }),
		"another statement":   good(func(r *models.Result) { r.StatementID = 8 }),
		"no statement":        good(func(r *models.Result) { r.StatementID = 0 }),
		"passed with reasons": good(func(r *models.Result) { r.Reasons = []models.Reason{{Code: models.ReasonSampled}} }),
		"passed unverified":   good(func(r *models.Result) { r.Verifications = nil }),
		"review, no reason":   good(func(r *models.Result) { r.State = models.InReview }),
		"decided":             good(func(r *models.Result) { r.State = models.Decided }),
		"in progress":         good(func(r *models.Result) { r.State = models.InProgress }),
		"other software":      good(func(r *models.Result) { r.Software = "v0" }),
		"foreign specimen":    good(func(r *models.Result) { r.Verifications[0].SpecimenRef = "G9" }),
		"imprint of nothing":  good(func(r *models.Result) { r.Verifications[0].Imprint = 9 }),
		"negative imprint":    good(func(r *models.Result) { r.Verifications[0].Imprint = -1 }),
		"unprintable name":    good(func(r *models.Result) { r.Evidence["a\x00b"] = []byte("x") }),
		"long name":           good(func(r *models.Result) { r.Evidence[long] = []byte("x") }),
		"empty image":         good(func(r *models.Result) { r.Evidence["page"] = nil }),
		"passed unasked":      wireOf(t, message{Kind: kindResult, Seq: 1, Result: &models.Result{Page: 1, PageCount: 1, State: models.Passed, Software: models.Version}}),
		"asked twice":         wireOf(t, identified(), identified()),
		"old page's answer":   wireOf(t, message{Kind: kindResult, Seq: 0, Result: &models.Result{}}),
		"no content":          wireOf(t, message{Kind: kindResult, Seq: 1}),
		"no fault":            wireOf(t, message{Kind: kindFault, Seq: 1}),
		"unknown class":       wireOf(t, message{Kind: kindFault, Seq: 1, Fault: &wireFault{Class: "passed", Code: "x"}}),
		"ready again":         wireOf(t, message{Kind: kindReady, Seq: 1}),
		"text":                []byte("Warning: Invalid resolution 0 dpi. Using 70 instead."),
		"nothing":             nil,
	} {
		r, err := hear(t, wire)
		if err == nil || r.State != "" {
			t.Errorf("%s: accepted as %q", name, r.State)
		}
		if models.ClassOf(err) == models.Permanent || models.ClassOf(err) == models.NeedsReview {
			t.Errorf("%s: %v, which would end the receipt", name, err)
		}
	}
}

func TestExchangeTellsWhyTheBooksFailed(t *testing.T) {
	down := models.NewFault(models.Retryable, "database_down", "the database does not answer", io.ErrUnexpectedEOF)
	c := &child{in: devNull(t), seq: 1, out: bufio.NewReader(bytes.NewReader(wireOf(t, identified(),
		message{Kind: kindFault, Seq: 1, Fault: toWire(down)})))}
	e := exchange{child: c, watch: &watcher{running: time.Now()}, page: 1, books: ledger{err: down}}
	if _, err := e.run(t.Context(), []byte("page")); !errors.Is(err, down) {
		t.Errorf("got %v, want the books' own fault", err)
	}
}

func devNull(t testing.TB) *os.File {
	t.Helper()
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// FuzzExchange: whatever a child says, it cannot make the worker panic, nor pass
// a page without a statement.
func FuzzExchange(f *testing.F) {
	r, err := pass(context.Background(), 1, ledger{statement: sampleStatement()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wireOf(f, identified(), resultMessage(1, r)))
	f.Add(wireOf(f, identified(), message{Kind: kindFault, Seq: 1, Fault: &wireFault{Class: models.NeedsReview, Code: "x"}}))
	f.Fuzz(func(t *testing.T, wire []byte) {
		if r, err := hear(t, wire); err == nil && r.State == models.Passed && r.StatementID != 7 {
			t.Fatalf("passed: %s", toJSON(t, r))
		}
	})
}
