package storage_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"heyin/models"
	"heyin/storage"
)

// The same file fifty times at once is one receipt, and fifty equal answers.
func TestSameUploadFiftyTimesAtOnce(t *testing.T) {
	d := newDesk(t)
	batch := d.batch()
	var group sync.WaitGroup
	var first atomic.Int64
	answers := make([]storage.Accepted, 50)
	for i := range answers {
		group.Go(func() {
			a, err := d.upload(batch, hashOf([]byte("same")), "same")
			if err != nil {
				t.Error(err)
			}
			if !a.Replayed {
				first.Add(1)
			}
			answers[i] = a
		})
	}
	group.Wait()
	for _, a := range answers {
		a.Replayed = answers[0].Replayed
		if a != answers[0] {
			t.Errorf("answers differ: %+v and %+v", a, answers[0])
		}
	}
	if first.Load() != 1 {
		t.Errorf("%d uploads were answered as new; want 1", first.Load())
	}
	if e := d.balanced(); e.Accepted != 1 {
		t.Errorf("%d receipts were accepted; want 1", e.Accepted)
	}
}

// The same file in many batches at once: each a receipt, all but one linked to
// the first.
func TestSameBytesInManyBatchesAtOnce(t *testing.T) {
	d := newDesk(t)
	// The bytes are known, but not as a receipt: making their row orders nobody.
	object, err := d.Objects.Put(t.Context(), strings.NewReader("same"), "image/png")
	must(t, err)
	must(t, d.InTx(t.Context(), func(tx pgx.Tx) error { return storage.SaveObject(t.Context(), tx, object) }))
	const n = 16
	var batches [n]int64
	for i := range batches {
		batches[i] = d.batch()
	}
	var group sync.WaitGroup
	var firsts atomic.Int64
	d.warm(n)
	gate := make(chan struct{})
	for _, batch := range batches {
		group.Go(func() {
			<-gate
			a, err := d.Accept(t.Context(), d.station, storage.Upload{BatchID: batch, IdempotencyKey: "k"}, object)
			if err != nil {
				t.Error(err)
			}
			if a.DuplicateOf == 0 {
				firsts.Add(1)
			}
		})
	}
	close(gate)
	group.Wait()
	if firsts.Load() != 1 {
		t.Errorf("%d receipts were the first with their bytes; want 1", firsts.Load())
	}
	if e := d.balanced(); e.Accepted != n {
		t.Errorf("%d receipts were accepted; want %d", e.Accepted, n)
	}
}

func TestIdempotency(t *testing.T) {
	d := newDesk(t)
	batch := d.batch()
	a, err := d.upload(batch, "k", "bytes")
	must(t, err)
	replay, err := d.upload(batch, "k", "bytes")
	must(t, err)
	if !replay.Replayed || replay.ReceiptID != a.ReceiptID {
		t.Errorf("replay answered %+v; the first was %+v", replay, a)
	}
	_, err = d.upload(batch, "k", "other bytes")
	wantFault(t, err, models.Permanent, "idempotency_conflict")
	_, err = d.upload(batch, hashOf([]byte("announced")), "sent")
	wantFault(t, err, models.Permanent, "hash_mismatch")
	_, err = d.upload(batch, hashOf([]byte("bytes")), "bytes")
	must(t, err)

	other := d.batch()
	again, err := d.upload(other, "k", "bytes")
	must(t, err)
	if again.ReceiptID == a.ReceiptID || again.DuplicateOf != a.ReceiptID {
		t.Errorf("same bytes in another batch: %+v; want a new receipt, duplicate of %d", again, a.ReceiptID)
	}

	must(t, d.CloseBatch(t.Context(), d.station, batch, 2))
	if replay, err = d.upload(batch, "k", "bytes"); err != nil || !replay.Replayed {
		t.Errorf("replay into a closed batch: %+v, %v; want the first answer", replay, err)
	}
	_, err = d.upload(batch, "k2", "late")
	wantFault(t, err, models.Permanent, "batch_closed")
	d.balanced()
}

func TestBatchCounts(t *testing.T) {
	d := newDesk(t)
	id := d.batch()
	for i, body := range []string{"one", "two", "two"} {
		_, err := d.upload(id, fmt.Sprint(i), body)
		must(t, err)
	}
	must(t, d.CloseBatch(t.Context(), d.station, id, 2))
	must(t, d.CloseBatch(t.Context(), d.station, id, 2))
	wantFault(t, d.CloseBatch(t.Context(), d.station, id, 3), models.Permanent, "batch_closed")
	b, err := d.Batch(t.Context(), d.station, id)
	must(t, err)
	if b.ClosedAt == nil || b.PaperCount != 2 || b.MachineCount != 2 || b.Duplicates != 1 || b.InProgress != 3 || b.Period != cutOff.Format(time.DateOnly) {
		t.Errorf("batch is %+v", b)
	}
}

// What belongs to another branch or station does not exist.
func TestForeignBatchIsNotFound(t *testing.T) {
	d := newDesk(t)
	id := d.batch()
	for name, who := range map[string]models.Actor{
		"station of another branch": {Kind: "station", ID: d.station.ID, BranchID: d.station.BranchID + 1},
		"other station":             {Kind: "station", ID: d.station.ID + 1, BranchID: d.station.BranchID},
		"user of another branch":    {Kind: "user", ID: 1, BranchID: d.station.BranchID + 1},
	} {
		_, err := d.Batch(t.Context(), who, id)
		wantFault(t, err, models.Permanent, "not_found")
		wantFault(t, d.CloseBatch(t.Context(), who, id, 1), models.Permanent, "not_found")
		if _, err = d.Receive(t.Context(), who, storage.Upload{BatchID: id, IdempotencyKey: "k", ContentType: "image/png"}, strings.NewReader("x")); err == nil {
			t.Errorf("%s may upload into the batch", name)
		}
	}
}

// Names of files are data: whatever they hold is stored or dropped, never fatal.
func TestHostileFileNames(t *testing.T) {
	d := newDesk(t)
	batch := d.batch()
	for i, name := range []string{"'; DROP TABLE receipts; --", "a\x00b", "\xff\xfe", strings.Repeat("页", 400), "../../x", "\r\nSet-Cookie: a=b", "\u202egpj.exe"} {
		_, err := d.Receive(t.Context(), d.station, storage.Upload{BatchID: batch, IdempotencyKey: fmt.Sprint(i), FileName: name, ContentType: "image/png"},
			strings.NewReader(fmt.Sprint("body ", i)))
		must(t, err)
	}
	outcomes, err := d.Outcomes(t.Context(), system, batch)
	must(t, err)
	for _, o := range outcomes {
		if strings.ContainsFunc(o.FileName, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
			t.Errorf("stored as %q", o.FileName)
		}
	}
	_, err = d.upload(batch, "bad\x00key", "x")
	wantFault(t, err, models.Permanent, "key_malformed")
	d.balanced()
}

// An upload whose caller has gone is either accepted whole or not at all.
func TestCancelledUploadLeavesNothingHalf(t *testing.T) {
	d := newDesk(t)
	batch := d.batch()
	var group sync.WaitGroup
	for i := range 30 {
		group.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			body := cancelAfter{strings.NewReader(fmt.Sprint("body ", i)), func() {
				if i%3 == 0 {
					cancel()
				} else {
					go cancel()
				}
			}}
			defer cancel()
			// Either answer is right; the equation below is the test.
			_, _ = d.Receive(ctx, d.station, storage.Upload{BatchID: batch, IdempotencyKey: fmt.Sprint(i), ContentType: "image/png"}, body)
		})
	}
	group.Wait()
	d.balanced()
}

// cancelAfter calls done at the end of r.
type cancelAfter struct {
	r    *strings.Reader
	done func()
}

func (c cancelAfter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil {
		c.done()
	}
	return n, err
}
