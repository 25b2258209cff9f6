package readerproc

import (
	"bytes"
	"context"
	"testing"

	"heyin/models"
	"heyin/pipeline"
)

// echo is the quickest processor there is.
type echo struct{}

func (echo) Process(ctx context.Context, data []byte, page int, books pipeline.Books) (models.Result, error) {
	if books != nil {
		return pass(ctx, page, books)
	}
	return found(page, string(data)), nil
}

func wireOf(t testing.TB, messages ...message) []byte {
	t.Helper()
	var wire bytes.Buffer
	for _, m := range messages {
		if err := send(&wire, m); err != nil {
			t.Fatal(err)
		}
	}
	return wire.Bytes()
}

func received(t *testing.T, wire *bytes.Buffer) (all []message) {
	t.Helper()
	for wire.Len() > 0 {
		m, err := receive(wire)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

func TestServeAnswersPages(t *testing.T) {
	in := wireOf(t,
		message{Kind: kindRead, Seq: 1, Page: 1, blobs: [][]byte{[]byte("first")}},
		message{Kind: kindRead, Seq: 2, Page: 2, Books: true, blobs: [][]byte{[]byte("second")}},
		booksMessage(2, sampleStatement()))
	var out bytes.Buffer
	if err := Serve(t.Context(), echo{}, true, bytes.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	got := received(t, &out)
	if len(got) != 4 || got[0].Kind != kindReady || !got[0].Ready.Confined ||
		got[1].Kind != kindResult || got[1].Seq != 1 || got[1].Result.Reading.Customer != "first" ||
		got[2].Kind != kindIdentified || got[2].Seq != 2 ||
		got[3].Kind != kindResult || got[3].Result.StatementID != 7 || got[3].Names[1] != "seal-G1" || string(got[3].blobs[1]) != "PNG one" {
		t.Errorf("got %s", toJSON(t, got))
	}
}

func TestServeEndsOnNonsense(t *testing.T) {
	read := message{Kind: kindRead, Seq: 1, Page: 1, Books: true, blobs: [][]byte{[]byte("x")}}
	for name, in := range map[string][]byte{
		"text":               []byte("GET / HTTP/1.1\r\n\r\n"),
		"wrong kind":         wireOf(t, message{Kind: kindResult}),
		"no page":            wireOf(t, message{Kind: kindRead}),
		"books of another":   wireOf(t, read, booksMessage(9, nil)),
		"page for books":     wireOf(t, read, read),
		"images are missing": wireOf(t, read, message{Kind: kindBooks, Seq: 1, Known: sampleStatement()}),
		"worker gone":        wireOf(t, read),
	} {
		var out bytes.Buffer
		if err := Serve(t.Context(), echo{}, true, bytes.NewReader(in), &out); err == nil {
			t.Errorf("%s: served on", name)
		}
		for _, m := range received(t, &out) {
			if m.Kind == kindResult {
				t.Errorf("%s: gave a verdict", name)
			}
		}
	}
}

// FuzzServe: whatever comes down the pipe, a child ends without a panic.
func FuzzServe(f *testing.F) {
	f.Add(wireOf(f, message{Kind: kindRead, Seq: 1, Page: 1, blobs: [][]byte{[]byte("x")}}))
	f.Add(wireOf(f, message{Kind: kindRead, Seq: 1, Page: 1, Books: true, blobs: [][]byte{[]byte("x")}}, booksMessage(1, sampleStatement())))
	f.Add(wireOf(f, message{Kind: kindRead, Seq: 1, Page: 1, Books: true, blobs: [][]byte{[]byte("x")}},
		message{Kind: kindBooks, Seq: 1, Fault: &wireFault{Class: models.Retryable, Code: "down"}}))
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		if err := Serve(t.Context(), echo{}, true, bytes.NewReader(in), &out); err == nil && out.Len() == 0 {
			t.Fatal("said nothing")
		}
	})
}
