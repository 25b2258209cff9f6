package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	portTries      = 5                      // another program may take a free port before the child does
	healthEvery    = 10 * time.Millisecond  // between two questions while starting
	restartFirst   = 100 * time.Millisecond // wait before starting a dead child again; doubles
	restartLongest = 5 * time.Second
	steadyAfter    = 30 * time.Second // a child that lived this long is trusted again
	logKeep        = 16 << 20         // bytes; a longer log becomes NAME.log.1 at the next start
)

// child is a supervised program: started, watched, started again when it dies.
type child struct {
	name    string
	dir     string // of the stack: logs and pid file
	log     *slog.Logger
	command func(port int) (*exec.Cmd, error)
	healthy func(ctx context.Context, port int) error
	stop    syscall.Signal // asks it to end cleanly

	port int // fixed once start has returned

	mu      sync.Mutex
	current *process
	ending  chan struct{} // closed by end
	kept    chan struct{} // closed when keep has returned; nil before it runs
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// freePort asks the kernel for a port nobody uses now.
func freePort(ctx context.Context) (int, error) {
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", loopback(0))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// start runs the child on a free port and returns when it answers.
func (c *child) start(ctx context.Context) error {
	c.ending = make(chan struct{})
	if err := reap(c.pidFile(), c.stop); err != nil {
		return err
	}
	if err := c.turnLog(); err != nil {
		return err
	}
	var err error
	for range portTries {
		if c.port, err = freePort(ctx); err != nil {
			return fmt.Errorf("local: %s: no free port: %w", c.name, err)
		}
		if err = c.launch(); err != nil {
			return err
		}
		if err = c.awaitHealth(ctx, c.current); err == nil {
			c.kept = make(chan struct{})
			go c.keep()
			return nil
		}
		c.current.kill()
		if !strings.Contains(strings.ToLower(err.Error()), "address already in use") {
			return err
		}
	}
	return err
}

// launch starts one process on c.port.
func (c *child) launch() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.ending:
		return errors.New("the stack is stopping")
	default:
	}
	cmd, err := c.command(c.port)
	if err != nil {
		return fmt.Errorf("local: %s: %w", c.name, err)
	}
	out, err := os.OpenFile(c.logFile(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("local: %s: %w", c.name, err)
	}
	defer out.Close() // the child has its own copy
	cmd.Stdout, cmd.Stderr = out, out
	p, err := spawn(cmd, c.stop)
	if f, ok := cmd.Stdin.(*os.File); ok { // the child has its own copy
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("local: start %s: %w", c.name, err)
	}
	c.current = p
	return writePidFile(c.pidFile(), cmd.Process.Pid)
}

// awaitHealth returns when the child answers, p has ended, or ctx has.
// A nil p means whichever process runs.
func (c *child) awaitHealth(ctx context.Context, p *process) error {
	for {
		ask, cancel := context.WithTimeout(ctx, time.Second)
		err := c.healthy(ask, c.port)
		cancel()
		switch {
		case err == nil:
			return nil
		case p != nil && p.ended():
			return fmt.Errorf("local: %s ended while starting: %s; its log %s ends:\n%s", c.name, p.cmd.ProcessState, c.logFile(), c.logTail())
		case ctx.Err() != nil:
			return fmt.Errorf("local: %s does not answer: %w (see %s)", c.name, errors.Join(ctx.Err(), err), c.logFile())
		}
		time.Sleep(healthEvery)
	}
}

// keep starts the child again whenever it dies, until end.
func (c *child) keep() {
	defer close(c.kept)
	pause := restartFirst
	for {
		began := time.Now()
		p := c.running()
		<-p.done
		select {
		case <-c.ending:
			return
		default:
		}
		c.log.Warn("child died, starting it again", "child", c.name, "how", p.err, "in", pause)
		if time.Since(began) > steadyAfter {
			pause = restartFirst
		}
		select {
		case <-c.ending:
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, restartLongest)
		if err := c.launch(); err != nil {
			c.log.Error("child not started", "child", c.name, "err", err)
		}
	}
}

func (c *child) running() *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current
}

func (c *child) signal(sig syscall.Signal) error {
	if err := c.running().signal(sig); err != nil {
		return fmt.Errorf("local: signal %s: %w", c.name, err)
	}
	return nil
}

// end asks the child to end and waits; then kills it.
func (c *child) end(ctx context.Context) error {
	if c.kept == nil { // never ran, or was killed by start
		return nil
	}
	c.mu.Lock()
	close(c.ending) // from here on launch refuses, so current is the last one
	last := c.current
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, stopLimit)
	defer cancel()
	err := errors.Join(last.signal(c.stop), last.signal(syscall.SIGCONT)) // a frozen child would not hear the first
	select {
	case <-c.kept:
	case <-ctx.Done():
		c.log.Warn("child does not end, killing it", "child", c.name)
		last.kill()
		<-c.kept
	}
	return errors.Join(err, ignoreMissing(os.Remove(c.pidFile())))
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func (c *child) pidFile() string { return filepath.Join(c.dir, c.name+".pid") }
func (c *child) logFile() string { return filepath.Join(c.dir, "logs", c.name+".log") }

// turnLog keeps logs from growing for ever.
func (c *child) turnLog() error {
	fi, err := os.Stat(c.logFile())
	if err != nil || fi.Size() < logKeep {
		return ignoreMissing(err)
	}
	return os.Rename(c.logFile(), c.logFile()+".1")
}

// logTail is the end of the log, for an error message.
func (c *child) logTail() string {
	const tail = 2000 // bytes
	f, err := os.Open(c.logFile())
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if fi, err := f.Stat(); err == nil && fi.Size() > tail {
		if _, err := f.Seek(-tail, io.SeekEnd); err != nil {
			return err.Error()
		}
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(b))
}
