package local

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is one run of a child.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read after done
}

// spawn starts cmd in a process group of its own, to be sent onDeath by the
// kernel when we die. The kernel ties that to the thread that forked, and Go
// ends idle threads: so one goroutine forks, keeps its thread and waits.
func spawn(cmd *exec.Cmd, onDeath syscall.Signal) (*process, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true // a Ctrl-C is for us; we stop the children in order
	cmd.SysProcAttr.Pdeathsig = onDeath
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// signal sends sig to the process; one that has ended is no error.
func (p *process) signal(sig syscall.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// kill ends the whole process group at once and waits.
func (p *process) kill() {
	// ESRCH is all that can go wrong with our own child, and means it is gone.
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// A pid file names a process beyond doubt by its id and the time it started, in
// clock ticks since boot: ids are used again.
func writePidFile(path string, pid int) error {
	start, err := startTicks(pid)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		start, err = "gone", nil // its end is noticed elsewhere
	}
	if err != nil {
		return fmt.Errorf("local: %w", err)
	}
	return os.WriteFile(path, fmt.Appendf(nil, "%d %s\n", pid, start), 0o600)
}

// startTicks is field 22 of /proc/PID/stat; the second field may hold spaces.
func startTicks(pid int) (string, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(string(b[strings.LastIndexByte(string(b), ')'):]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return "", fmt.Errorf("unexpected form of /proc/%d/stat", pid)
	}
	return fields[19], nil
}

// reap ends what an earlier Stack left running when it died: its children are
// on their way out by then, so this mostly waits.
func reap(pidFile string, stop syscall.Signal) error {
	b, err := os.ReadFile(pidFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("local: %w", err)
	}
	var pid int
	var start string
	if _, err := fmt.Sscan(string(b), &pid, &start); err == nil {
		alive := func() bool {
			now, err := startTicks(pid)
			return err == nil && now == start && !zombie(pid)
		}
		for _, sig := range []syscall.Signal{stop, syscall.SIGKILL} {
			if alive() {
				_ = syscall.Kill(pid, sig) // gone meanwhile is as good
			}
			for end := time.Now().Add(stopLimit); alive() && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond)
			}
		}
		if alive() {
			return fmt.Errorf("local: process %d of an earlier run does not end: kill it and start again", pid)
		}
	}
	if err := os.Remove(pidFile); err != nil {
		return fmt.Errorf("local: %w", err)
	}
	return nil
}

// zombie reports a process that has ended but whose parent has not noticed.
func zombie(pid int) bool {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && strings.HasPrefix(string(b[strings.LastIndexByte(string(b), ')'):]), ") Z")
}
