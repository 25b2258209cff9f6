package readerproc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"heyin/models"
	"heyin/pipeline"
)

// exchange is the conversation over one page, from the worker's side. The child
// may be in the hands of whoever made the image, so nothing it says is taken on
// trust that can be checked here.
type exchange struct {
	child *child
	watch *watcher
	page  int
	books pipeline.Books

	asked    bool
	known    *models.Statement // what the child was told
	booksErr error             // why it was told nothing
}

// run returns the verdict, or as *models.Fault what the child or the books
// answered; any other error means that the child is lost.
func (e *exchange) run(ctx context.Context, data []byte) (models.Result, error) {
	err := e.send(message{Kind: kindRead, Page: e.page, Books: e.books != nil, blobs: [][]byte{data}})
	for err == nil {
		var m message
		if m, err = receive(e.child.out); err != nil {
			break
		}
		switch {
		case m.Seq != e.child.seq:
			err = fmt.Errorf("%w: %s of page %d, want page %d", errGarbled, m.Kind, m.Seq, e.child.seq)
		case m.Kind == kindIdentified:
			err = e.answer(ctx, m)
		case m.Kind == kindResult:
			return e.accept(m)
		case m.Kind == kindFault:
			return models.Result{}, e.fault(m)
		default:
			err = fmt.Errorf("%w: unexpected %s", errGarbled, m.Kind)
		}
	}
	return models.Result{}, err
}

func (e *exchange) send(m message) error {
	m.Seq = e.child.seq
	return send(e.child.in, m)
}

// answer tells the child what the books say. The time this takes is not the
// child's.
func (e *exchange) answer(ctx context.Context, m message) error {
	if e.books == nil || e.asked || m.Seen == nil || len(m.blobs) > 0 {
		return fmt.Errorf("%w: identified out of turn", errGarbled)
	}
	e.asked = true
	e.watch.pause()
	e.known, e.booksErr = e.books.Expect(ctx, *m.Seen)
	e.watch.resume()
	if e.booksErr == nil {
		err := e.send(booksMessage(e.child.seq, e.known))
		if !errors.Is(err, errUnsendable) {
			return err
		}
		e.booksErr = models.NewFault(models.NeedsReview, CodeBooks, "the specimens on file are too large for the reader", err)
	}
	return e.send(message{Kind: kindBooks, Fault: toWire(e.booksErr)})
}

func (e *exchange) fault(m message) error {
	if err := m.Fault.check(); err != nil {
		return err
	}
	if e.booksErr != nil { // the child only repeats it
		if _, ok := errors.AsType[*models.Fault](e.booksErr); ok {
			return e.booksErr // as it came: the caller may have marked it
		}
		return models.NewFault(models.Retryable, CodeBooks, "the books could not be asked", e.booksErr)
	}
	return m.Fault.fault()
}

// accept takes a verdict that is possible at all.
func (e *exchange) accept(m message) (models.Result, error) {
	if m.Result == nil || len(m.Names) != len(m.blobs) || e.booksErr != nil {
		return models.Result{}, fmt.Errorf("%w: result without content or without books", errGarbled)
	}
	r := *m.Result
	if err := e.possible(r); err != nil {
		return models.Result{}, fmt.Errorf("%w: %w", errGarbled, err)
	}
	r.Evidence = make(map[string][]byte, len(m.Names))
	for i, name := range m.Names {
		if !properName(name) || r.Evidence[name] != nil || len(m.blobs[i]) == 0 {
			return models.Result{}, fmt.Errorf("%w: evidence named %q", errGarbled, name)
		}
		r.Evidence[name] = m.blobs[i]
	}
	return r, nil
}

// possible checks a verdict against what the child was asked and told.
func (e *exchange) possible(r models.Result) error {
	switch {
	case r.Page != e.page || r.PageCount < r.Page:
		return fmt.Errorf("result for page %d of %d, asked for %d", r.Page, r.PageCount, e.page)
	case !models.InProgress.CanMove(r.State):
		return fmt.Errorf("state %q", r.State)
	case r.State == models.InReview && e.books != nil && len(r.Reasons) == 0:
		return fmt.Errorf("in review without a reason")
	case r.StatementID != 0 && (e.known == nil || r.StatementID != e.known.ID):
		return fmt.Errorf("statement %d, which it was not told of", r.StatementID)
	case r.Software != models.Version:
		return fmt.Errorf("judged by heyin %q", r.Software)
	case r.State == models.Passed && (e.known == nil || r.StatementID != e.known.ID || len(r.Reasons) > 0 || len(r.Verifications) == 0):
		return fmt.Errorf("passed without a statement or verification, or against reasons")
	}
	for _, v := range r.Verifications {
		named := e.known != nil && slices.ContainsFunc(e.known.Specimens, func(s models.Specimen) bool { return s.Ref == v.SpecimenRef })
		if !named || v.Imprint < 0 || v.Imprint >= len(r.Reading.Imprints) || v.Print != nil && !v.Print.Whole() {
			return fmt.Errorf("verification of imprint %d against specimen %q", v.Imprint, v.SpecimenRef)
		}
	}
	return nil
}

// maxNameBytes bounds the name of an evidence image; it holds a specimen's ref.
const maxNameBytes = 200

func properName(name string) bool {
	return name != "" && len(name) <= maxNameBytes && utf8.ValidString(name) &&
		!slices.ContainsFunc([]rune(name), func(r rune) bool { return !unicode.IsPrint(r) })
}
