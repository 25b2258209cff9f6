package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

const (
	// childStopTime is how long a child may finish what it has begun; a worker's
	// page takes up to 60 s, and what it cannot finish is given back.
	childStopTime = 15 * time.Second
	// childRestartPause keeps a child that cannot start from eating the machine.
	childRestartPause = time.Second
	// A child that ends within childStartTime this many times in a row cannot work
	// here, and starting it again would hide why.
	childStartTime  = 5 * time.Second
	maxFailedStarts = 5
)

// keepRunning runs this program again with args until ctx ends, and starts it
// anew whenever it dies: a worker that the kernel killed must not stop the day's
// work. l, if given, becomes the child's file descriptor 3.
func keepRunning(ctx context.Context, log *slog.Logger, l *net.TCPListener, env []string, args ...string) error {
	for failed := 0; ; {
		started := time.Now()
		err := runChild(ctx, l, env, args...)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // we ended the child ourselves
		}
		if failed++; time.Since(started) > childStartTime {
			failed = 0
		}
		if failed == maxFailedStarts {
			return fmt.Errorf("heyin %s does not stay up: %w\nIts own messages stand above", args[0], err)
		}
		log.Warn("a child ended and is started again", "child", args[0], "err", err)
		select {
		case <-time.After(childRestartPause):
		case <-ctx.Done():
			return nil
		}
	}
}

func runChild(ctx context.Context, l *net.TCPListener, env []string, args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr // standard output is this program's own
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = childStopTime
	// The kernel ends the child should we be killed. It watches the thread that
	// started it, so that thread must stay. A group of its own keeps Ctrl-C for us.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if l != nil {
		f, err := l.File()
		if err != nil {
			return err
		}
		defer f.Close()
		cmd.ExtraFiles = []*os.File{f}
	}
	return cmd.Run()
}

// inherited is the --listen value that means: the parent holds the port and gave
// us its socket, so that it stays ours while we are started anew.
const inherited = "inherited"

// listen opens addr. The default address gives way to a free port when another
// process has it; one that was asked for does not.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	if addr == inherited {
		f := os.NewFile(3, "listener")
		defer f.Close()
		return net.FileListener(f)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil && addr == defaultListen {
		l, err = lc.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w\nGive another --listen HOST:PORT", addr, err)
	}
	return l, nil
}
