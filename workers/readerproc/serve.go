package readerproc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"heyin/models"
	"heyin/pipeline"
)

// Processor reads one page (1-based) of a scan and judges it against the books:
// *pipeline.Pipeline in a child, a Pool in a worker. A poor page is a result; an
// error is a models.Fault or counts as Retryable.
type Processor interface {
	Process(ctx context.Context, data []byte, page int, books pipeline.Books) (models.Result, error)
}

// The child's ends of the two pipes.
const (
	fdIn  = 3
	fdOut = 4
)

// Run is the life of a child: it shuts itself in, opens the processor, then
// serves pages until the worker closes the pipe or ctx ends (nil). open runs
// confined, perhaps in a second start of the program (see confine): nothing
// should have been done before Run.
func Run(ctx context.Context, open func() (Processor, error)) error {
	if err := startedByWorker(); err != nil {
		return err
	}
	confined, err := confine()
	if err != nil {
		return err
	}
	in, out, err := inherited()
	if err != nil {
		return err
	}
	p, err := open()
	if err != nil {
		return err
	}
	// The end of ctx must wake the read Serve sleeps in.
	stop := context.AfterFunc(ctx, func() { _ = in.Close() })
	defer stop()
	if err := Serve(ctx, p, confined, in, out); ctx.Err() == nil {
		return err
	}
	return nil
}

func startedByWorker() error {
	for _, fd := range []int{fdIn, fdOut} {
		var st syscall.Stat_t
		if err := syscall.Fstat(fd, &st); err != nil || st.Mode&syscall.S_IFMT != syscall.S_IFIFO {
			return errors.New("heyin reader is started by a worker, with its pipes open; it is not run by hand")
		}
	}
	return nil
}

// inherited returns the pipes the worker handed over. They must not leak on to
// grandchildren (pdftoppm), which could otherwise speak in our name.
func inherited() (in, out *os.File, err error) {
	for _, fd := range []int{fdIn, fdOut} {
		syscall.CloseOnExec(fd)
		if err := syscall.SetNonblock(fd, true); err != nil {
			return nil, nil, fmt.Errorf("reader pipe %d: %w", fd, err)
		}
	}
	return os.NewFile(fdIn, "worker→reader"), os.NewFile(fdOut, "reader→worker"), nil
}

// Serve answers read and card messages from in on out, one at a time, until in ends
// (nil) or the worker breaks the protocol. It does not recover a panic: a
// process that panicked must not see the next page.
func Serve(ctx context.Context, p Processor, confined bool, in io.Reader, out io.Writer) error {
	s := session{in: bufio.NewReader(in), out: out}
	if err := send(s.out, message{Kind: kindReady, Ready: &ready{Software: models.Version, Confined: confined}}); err != nil {
		return err
	}
	for {
		m, err := receive(s.in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case len(m.blobs) != 1:
			err = fmt.Errorf("%w: %s with %d blobs, want one", errGarbled, m.Kind, len(m.blobs))
		case m.Kind == kindRead:
			err = s.read(ctx, p, m)
		case m.Kind == kindCard:
			err = s.card(ctx, p, m)
		default:
			err = fmt.Errorf("%w: %s, want read or card", errGarbled, m.Kind)
		}
		if err != nil {
			return err
		}
	}
}

type session struct {
	in  io.Reader
	out io.Writer
}

// read processes one page and answers with a result or a fault. The worker, not
// this process, keeps the time.
func (s session) read(ctx context.Context, p Processor, m message) error {
	var books pipeline.Books
	asked := remoteBooks{session: s, seq: m.Seq}
	if m.Books {
		books = &asked
	}
	result, err := p.Process(ctx, m.blobs[0], m.Page, books)
	if asked.broken != nil {
		return asked.broken
	}
	if err == nil {
		err = send(s.out, resultMessage(m.Seq, result))
		if !errors.Is(err, errUnsendable) {
			return err
		}
		err = models.NewFault(models.NeedsReview, CodeUnencodable, "the verdict could not be written down", err)
	}
	return send(s.out, message{Kind: kindFault, Seq: m.Seq, Fault: toWire(err)})
}

// remoteBooks asks the worker. broken is set when the worker is gone or talks
// nonsense; the session then ends.
type remoteBooks struct {
	session
	seq    uint64
	broken error
}

// Expect implements pipeline.Books.
func (b *remoteBooks) Expect(_ context.Context, seen pipeline.Identified) (*models.Statement, error) {
	if b.broken = send(b.out, message{Kind: kindIdentified, Seq: b.seq, Seen: &seen}); b.broken != nil {
		return nil, b.broken
	}
	m, err := receive(b.in)
	if err != nil {
		b.broken = err
		return nil, err
	}
	if m.Kind != kindBooks || m.Seq != b.seq {
		b.broken = fmt.Errorf("%w: %s of page %d, want books of page %d", errGarbled, m.Kind, m.Seq, b.seq)
		return nil, b.broken
	}
	if m.Fault != nil {
		return nil, m.Fault.fault()
	}
	st, err := m.statement()
	b.broken = err
	return st, err
}
