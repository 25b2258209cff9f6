package readerproc

import (
	"os/exec"
	"runtime"
)

// spawner starts children from one operating system thread that lives as long
// as it does. The kernel kills a child with Pdeathsig when the thread that
// started it ends, not the process; a thread of Go's own pool may end any time.
type spawner chan spawnRequest

type spawnRequest struct {
	cmd  *exec.Cmd
	done chan error
}

func newSpawner() spawner {
	s := make(spawner)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine, in close
		for r := range s {
			r.done <- r.cmd.Start()
		}
	}()
	return s
}

// start starts cmd; not after close.
func (s spawner) start(cmd *exec.Cmd) error {
	r := spawnRequest{cmd, make(chan error)}
	s <- r
	return <-r.done
}

// close ends the thread, and with it every child that still lives.
func (s spawner) close() { close(s) }
