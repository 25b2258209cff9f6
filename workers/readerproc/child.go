package readerproc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"heyin/models"
	"heyin/pipeline"
)

// waitForOutput is how long a dead child's output is awaited: a grandchild that
// left the process group could hold it open.
const waitForOutput = time.Second

// child is one reader process as the worker sees it. It serves one page at a
// time; only kill may be called from another goroutine.
type child struct {
	cmd    *exec.Cmd
	in     *os.File      // the worker writes
	out    *bufio.Reader // the worker reads, from outEnd
	outEnd *os.File
	dir    string // its working and temporary folder
	output *tail
	seq    uint64
	pages  int

	exited  chan struct{} // closed once the process is gone and exitErr set
	exitErr error

	mu    sync.Mutex
	cause error // why we killed it; nil: we did not
}

// spawn starts a child, with a folder of its own in den, and waits until it is
// ready.
func spawn(ctx context.Context, cfg Config, den string, iso isolation, sp spawner) (*child, ready, error) {
	dir, err := os.MkdirTemp(den, "reader-")
	if err != nil {
		return nil, ready{}, fmt.Errorf("reader's folder: %w", err)
	}
	c := &child{dir: dir, output: &tail{}, exited: make(chan struct{})}
	if err := c.start(cfg, iso, sp); err != nil {
		return nil, ready{}, errors.Join(err, os.RemoveAll(dir))
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.StartWithin)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { c.kill(context.Cause(ctx)) })
	defer stop()
	hello, err := c.greet(cfg)
	if err != nil {
		return nil, ready{}, errors.Join(fmt.Errorf("reader did not start: %w", err), c.close())
	}
	return c, hello, nil
}

func (c *child) start(cfg Config, iso isolation, sp spawner) error {
	childIn, in, err := os.Pipe()
	if err != nil {
		return err
	}
	defer childIn.Close()
	outEnd, childOut, err := os.Pipe()
	if err != nil {
		return errors.Join(err, in.Close())
	}
	defer childOut.Close()
	c.in, c.outEnd, c.out = in, outEnd, bufio.NewReader(outEnd)

	c.cmd = exec.Command(cfg.Command[0], cfg.Command[1:]...) //nolint:noctx // outlives whoever starts it; kill ends it
	c.cmd.Env = environment(cfg, c.dir)
	c.cmd.Dir = c.dir
	c.cmd.Stdout, c.cmd.Stderr = c.output, c.output
	c.cmd.ExtraFiles = []*os.File{childIn, childOut} // descriptors 3 and 4
	c.cmd.SysProcAttr = iso.attributes()
	c.cmd.WaitDelay = waitForOutput
	if err := sp.start(c.cmd); err != nil {
		return errors.Join(fmt.Errorf("starting reader %s: %w", cfg.Command[0], err), in.Close(), outEnd.Close())
	}
	go func() {
		c.exitErr = c.cmd.Wait()
		close(c.exited)
	}()
	return nil
}

// Frugal is the environment in which a process reads pages at least cost. The
// libraries look at it before main, so it must stand before the process starts.
func Frugal() []string {
	return []string{
		"OMP_THREAD_LIMIT=1", // Tesseract: one thread a reader, one reader a core
		"GOMAXPROCS=1",
		envArenas + "=1",                    // glibc otherwise keeps what one thread freed from the others
		"MALLOC_MMAP_THRESHOLD_=1073741824", // and gives every large block back to the kernel, which clears
		"MALLOC_TRIM_THRESHOLD_=1073741824", // it anew for the next page: 6 % of a page's time
	}
}

// envArenas bounds the heaps of glibc's malloc.
const envArenas = "MALLOC_ARENA_MAX"

// Of a command line longer than this many bytes the arguments are handed on in a file: ONNX
// Runtime matches a regular expression against the process's, which between 27 and 45 kB
// overflowed the stack of 8 MB.
const longArguments = 8 << 10

// envArguments is the descriptor of that file.
const envArguments = "HEYIN_ARGUMENTS_FD"

// MakeFrugal starts the program anew, with the same arguments and input, in the
// environment of Frugal, and there gives the arguments; command is the one among them. It also returns
// where the program cannot be started anew: pages are then read all the same, at a quarter more CPU.
func MakeFrugal(command string, args []string) ([]string, error) {
	if number, ok := os.LookupEnv(envArguments); ok {
		return handedOn(number)
	}
	list := strings.Join(args, "\x00")
	_, frugal := os.LookupEnv(envArenas)
	self, err := os.Executable()
	if err != nil || frugal && len(list) <= longArguments {
		return args, nil //nolint:nilerr // see above
	}
	line, env := os.Args, append(Frugal(), os.Environ()...) // of two settings the first counts
	if len(list) > longArguments {
		fd, err := handOn(list)
		if err != nil {
			return nil, fmt.Errorf("handing on %d arguments: %w", len(args), err)
		}
		line, env = []string{os.Args[0], command}, append(env, fmt.Sprintf("%s=%d", envArguments, fd))
	}
	_ = syscall.Exec(self, line, env)
	return args, nil
}

// handOn writes text to a file without a name and gives a descriptor of it, at its start, that
// stays open in the next program.
func handOn(text string) (fd int, err error) {
	f, err := os.CreateTemp("", "heyin-arguments-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if _, err := f.WriteString(text); err != nil {
		return 0, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	return syscall.Dup(int(f.Fd()))
}

// handedOn gives the arguments that came in a file of the given descriptor.
func handedOn(number string) ([]string, error) {
	fd, err := strconv.Atoi(number)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", envArguments, err)
	}
	f := os.NewFile(uintptr(fd), envArguments)
	list, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close(), os.Unsetenv(envArguments)); err != nil {
		return nil, fmt.Errorf("%s: %w", envArguments, err)
	}
	return strings.Split(string(list), "\x00"), nil
}

// environment is everything a child learns of the machine.
func environment(cfg Config, dir string) []string {
	env := []string{
		"PATH=/usr/bin:/bin", // pdftoppm
		"LANG=C.UTF-8",
		envTemp + "=" + dir,
		"OPENCV_IO_MAX_IMAGE_PIXELS=60000000", // promise 12
		"OPENCV_IO_MAX_IMAGE_WIDTH=60000",     // a page is no strip of 1000 : 1
		"OPENCV_IO_MAX_IMAGE_HEIGHT=60000",    //
		"OPENCV_LOG_LEVEL=ERROR",              // what it prints is kept for the log of a crash
	}
	env = append(env, Frugal()...)
	if cfg.Deps != "" {
		env = append(env, envDeps+"="+cfg.Deps)
	}
	if cfg.Bank != "" {
		env = append(env, envBank+"="+cfg.Bank)
	}
	if cfg.Layout != "" {
		env = append(env, envLayout+"="+cfg.Layout)
	}
	if dir := os.Getenv(envTessdata); dir != "" {
		env = append(env, envTessdata+"="+dir)
	}
	return env
}

// greet limits the new process and awaits its first message.
func (c *child) greet(cfg Config) (ready, error) {
	if err := limit(c.cmd.Process.Pid, cfg); err != nil {
		return ready{}, err
	}
	m, err := receive(c.out)
	switch {
	case err != nil:
		return ready{}, c.whyGone(err)
	case m.Kind != kindReady || m.Ready == nil:
		return ready{}, fmt.Errorf("%w: %s, want ready", errGarbled, m.Kind)
	case m.Ready.Software != models.Version:
		return ready{}, fmt.Errorf("reader is heyin %s, this worker %s: restart the worker", m.Ready.Software, models.Version)
	}
	return *m.Ready, nil
}

// whyGone explains a failed read or write by the death of the process, when it
// died or was killed by us.
func (c *child) whyGone(err error) error {
	c.mu.Lock()
	cause := c.cause
	c.mu.Unlock()
	if cause != nil {
		return cause
	}
	select {
	case <-c.exited:
		return fmt.Errorf("%w; it printed: %q", exitError(c.exitErr), c.output)
	case <-time.After(waitForOutput): // alive, but its pipe is closed or holds nonsense
		return err
	}
}

func exitError(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// kill ends the child and all it started. The first cause stays.
func (c *child) kill(cause error) {
	c.mu.Lock()
	if c.cause == nil {
		c.cause = cause
	}
	c.mu.Unlock()
	select {
	case <-c.exited: // its number may be somebody else's by now
	default:
		// An error means that it has just died.
		_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	}
}

// errDismissed is the cause of an orderly end.
var errDismissed = errors.New("reader dismissed")

// resident is the memory it holds now, in bytes; 0 when it is gone.
func (c *child) resident() uint64 {
	u, err := usageOf(c.cmd.Process.Pid)
	if err != nil {
		return 0
	}
	return u.resident
}

// close kills the child, waits for its end and removes its folder.
func (c *child) close() error {
	c.kill(errDismissed)
	<-c.exited
	return errors.Join(c.in.Close(), c.outEnd.Close(), os.RemoveAll(c.dir))
}

// gone reports whether the process cannot serve another page.
func (c *child) gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.exited:
		return true
	default:
		return c.cause != nil
	}
}

// process has the child read one page. After an error for which gone is true the
// child must be closed.
func (c *child) process(ctx context.Context, cfg Config, data []byte, page int, books pipeline.Books) (models.Result, error) {
	return converse(ctx, c, cfg, data, func(w *watcher) (models.Result, error) {
		e := exchange{child: c, watch: w, page: page, books: books}
		return e.run(ctx, data)
	})
}

// converse watches over one conversation about data and classes its end. talk
// returns what the child answered, *models.Fault included; any other error means
// that the child is lost.
func converse[T any](ctx context.Context, c *child, cfg Config, data []byte, talk func(*watcher) (T, error)) (T, error) {
	var none T
	if len(data) == 0 || len(data) > maxBlobBytes {
		return none, models.NewFault(models.Permanent, CodeSize,
			fmt.Sprintf("the file has %d bytes, want 1 to %d", len(data), maxBlobBytes), nil)
	}
	c.pages++
	c.seq++
	w, err := watch(ctx, c, cfg)
	if err != nil {
		return none, c.lose(CodeDied, "the reader died before the page", err)
	}
	defer w.stop()
	result, err := talk(w)
	if _, answered := errors.AsType[*models.Fault](err); err == nil || answered {
		return result, err
	}
	if errors.Is(err, errGarbled) || errors.Is(err, errUnsendable) {
		return none, c.lose(CodeGarbled, "the reader gave an answer that cannot be", err)
	}
	err = c.whyGone(err)
	if ctx.Err() != nil {
		c.kill(ctx.Err())
		return none, err
	}
	if f, ok := errors.AsType[*models.Fault](err); ok { // the watch killed it
		return none, f
	}
	return none, c.lose(CodeDied, "the reader died over the page", err)
}

func (c *child) lose(code, reason string, err error) error {
	f := lost(code, reason, err)
	c.kill(f)
	return f
}
