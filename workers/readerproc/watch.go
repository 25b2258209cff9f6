package readerproc

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// watchEvery is how often a busy child's clock and CPU are looked at; it is the
// precision of both limits.
const watchEvery = 100 * time.Millisecond

// watcher kills a child that exceeds the limits of a page, or whose page nobody
// wants any more.
type watcher struct {
	done chan struct{}
	wg   sync.WaitGroup

	mu      sync.Mutex
	running time.Time     // since when the clock runs; zero: paused
	spent   time.Duration // before that
}

// watch starts the clock of a page. It fails when the child is gone.
func watch(ctx context.Context, c *child, cfg Config) (*watcher, error) {
	before, err := usageOf(c.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	w := &watcher{done: make(chan struct{}), running: time.Now()}
	w.wg.Go(func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-w.done:
				return
			case <-ctx.Done():
				c.kill(context.Cause(ctx))
				return
			case <-tick.C:
			}
			if err := w.check(c, cfg, before); err != nil {
				c.kill(err)
				return
			}
		}
	})
	return w, nil
}

func (w *watcher) check(c *child, cfg Config, before usage) error {
	if wall := w.elapsed(); wall > cfg.WallPerPage {
		return lost(CodeTimeout, fmt.Sprintf("the page took more than %v", cfg.WallPerPage), nil)
	}
	now, err := usageOf(c.cmd.Process.Pid)
	if err != nil {
		return nil //nolint:nilerr // it is gone; whoever reads its pipe will notice and say why
	}
	if cpu := now.cpu - before.cpu; cpu > cfg.CPUPerPage {
		return lost(CodeCPU, fmt.Sprintf("the page took more than %v of CPU time", cfg.CPUPerPage), nil)
	}
	return nil
}

func (w *watcher) elapsed() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running.IsZero() {
		return w.spent
	}
	return w.spent + time.Since(w.running)
}

// pause stops the clock while the child waits for the worker.
func (w *watcher) pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.spent += time.Since(w.running)
	w.running = time.Time{}
}

func (w *watcher) resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = time.Now()
}

// stop ends the watch; afterwards the child is not killed by it.
func (w *watcher) stop() {
	close(w.done)
	w.wg.Wait()
}
