package readerproc

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// limit sets the hard limits of process pid from outside, before it sees the
// first page. A child cannot raise them: that takes a privilege of the machine's
// own user namespace.
func limit(pid int, cfg Config) error {
	limits := []struct {
		name  string
		which int
		max   uint64
	}{
		{"core", unix.RLIMIT_CORE, 0},
		{"files", unix.RLIMIT_NOFILE, cfg.OpenFiles},
		{"file size", unix.RLIMIT_FSIZE, cfg.FileBytes},
		// RLIMIT_DATA, not RLIMIT_AS: the Go runtime and ONNX Runtime reserve
		// address space they never use, which only the latter counts.
		{"data", unix.RLIMIT_DATA, cfg.DataBytes},
	}
	for _, l := range limits {
		if l.which == unix.RLIMIT_DATA && !limitsData {
			continue
		}
		if err := unix.Prlimit(pid, l.which, &unix.Rlimit{Cur: l.max, Max: l.max}, nil); err != nil {
			return fmt.Errorf("limiting %s of reader %d: %w", l.name, pid, err)
		}
	}
	// When the machine runs out of memory the kernel should take a reader, which
	// costs one retry, not the worker or the database. Where /proc may not be
	// written, the kernel's own choice stands.
	_ = os.WriteFile("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", []byte("500"), 0)
	return nil
}
