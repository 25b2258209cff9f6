package sim

import (
	"runtime"

	"golang.org/x/sync/errgroup"
)

// inParallel runs work for 0..n-1 on all cores. Every piece has its own dice,
// so that the order does not matter.
func inParallel(n int, work func(i int) error) error {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		g.Go(func() error { return work(i) })
	}
	return g.Wait()
}
