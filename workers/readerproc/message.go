package readerproc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"heyin/models"
	"heyin/pipeline"
)

// kind names a message; the package comment tells who sends what when.
type kind string

const (
	kindReady      kind = "ready"
	kindRead       kind = "read"
	kindIdentified kind = "identified"
	kindBooks      kind = "books"
	kindResult     kind = "result"
	kindFault      kind = "fault"
	kindCard       kind = "card"
	kindSeals      kind = "seals"
)

// message is the JSON header of a frame. Images travel beside it as blobs, in
// the order in which the header speaks of them.
type message struct {
	Kind kind `json:"kind"`
	// Seq ties answers to the page they belong to; the worker counts it up.
	Seq uint64 `json:"seq,omitempty"`

	Ready  *ready               `json:"ready,omitempty"`
	Page   int                  `json:"page,omitempty"`  // read: 1-based; the page's file is the only blob
	Books  bool                 `json:"books,omitempty"` // read: the worker can answer identified
	Seen   *pipeline.Identified `json:"seen,omitempty"`
	Known  *models.Statement    `json:"known,omitempty"` // books: nil when not in the books; blobs are the images of its specimens, then of the former ones
	Result *models.Result       `json:"result,omitempty"`
	Names  []string             `json:"names,omitempty"` // result: of the evidence images, one a blob
	Fault  *wireFault           `json:"fault,omitempty"` // fault, or books that could not be asked
	Order  *cardOrder           `json:"order,omitempty"` // card: the scan is the only blob
	Card   *models.Card         `json:"card,omitempty"`  // seals: blobs are their pictures

	blobs [][]byte
}

// ready is the first message of a child.
type ready struct {
	Software string `json:"software"` // models.Version; must be the worker's own
	Confined bool   `json:"confined"` // the kernel holds it to its own files (Landlock)
}

// wireFault is a models.Fault as text.
type wireFault struct {
	Class  models.FaultClass `json:"class"`
	Code   string            `json:"code"`
	Reason string            `json:"reason"`
	Detail string            `json:"detail,omitempty"`
}

func toWire(err error) *wireFault {
	if f, ok := errors.AsType[*models.Fault](err); ok {
		w := &wireFault{Class: f.Class, Code: f.Code, Reason: f.Reason}
		if f.Err != nil {
			w.Detail = f.Err.Error()
		}
		return w
	}
	return &wireFault{Class: models.ClassOf(err), Code: "reader_error", Reason: "the page could not be processed", Detail: err.Error()}
}

func (w *wireFault) fault() *models.Fault {
	f := &models.Fault{Class: w.Class, Code: w.Code, Reason: w.Reason}
	if w.Detail != "" {
		f.Err = errors.New(w.Detail)
	}
	return f
}

func (w *wireFault) check() error {
	switch {
	case w == nil:
		return fmt.Errorf("%w: fault without content", errGarbled)
	case !slices.Contains([]models.FaultClass{models.Retryable, models.Permanent, models.NeedsReview}, w.Class) || w.Code == "":
		return fmt.Errorf("%w: fault %q of class %q", errGarbled, w.Code, w.Class)
	}
	return nil
}

// booksMessage packs what the books say; specimen images become blobs.
func booksMessage(seq uint64, st *models.Statement) message {
	m := message{Kind: kindBooks, Seq: seq}
	if st == nil {
		return m
	}
	bare := *st
	bare.Specimens, bare.Former = slices.Clone(st.Specimens), slices.Clone(st.Former)
	for _, list := range [][]models.Specimen{bare.Specimens, bare.Former} {
		for i := range list {
			m.blobs = append(m.blobs, list[i].Image)
			list[i].Image = nil
		}
	}
	m.Known = &bare
	return m
}

// statement unpacks a books message; nil when the number is not in the books.
func (m message) statement() (*models.Statement, error) {
	if m.Known == nil {
		return nil, nil //nolint:nilnil // not in the books is an ordinary answer
	}
	inForce := len(m.Known.Specimens)
	if len(m.blobs) != inForce+len(m.Known.Former) {
		return nil, fmt.Errorf("%w: %d images for %d and %d specimens", errGarbled, len(m.blobs), inForce, len(m.Known.Former))
	}
	for i := range m.Known.Specimens {
		m.Known.Specimens[i].Image = m.blobs[i]
	}
	for i := range m.Known.Former {
		m.Known.Former[i].Image = m.blobs[inForce+i]
	}
	return m.Known, nil
}

// resultMessage packs a verdict; evidence images become blobs, by name.
func resultMessage(seq uint64, r models.Result) message {
	m := message{Kind: kindResult, Seq: seq, Result: &r}
	for name := range r.Evidence {
		m.Names = append(m.Names, name)
	}
	slices.Sort(m.Names)
	for _, name := range m.Names {
		m.blobs = append(m.blobs, r.Evidence[name])
	}
	return m
}

// send writes one message.
func send(w io.Writer, m message) error {
	header, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errUnsendable, m.Kind, err)
	}
	return writeFrame(w, frame{header: header, blobs: m.blobs})
}

// receive reads one message; errors as readFrame's.
func receive(r io.Reader) (message, error) {
	f, err := readFrame(r)
	if err != nil {
		return message{}, err
	}
	var m message
	dec := json.NewDecoder(bytes.NewReader(f.header))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return message{}, fmt.Errorf("%w: %w", errGarbled, err)
	}
	m.blobs = f.blobs
	return m, nil
}
