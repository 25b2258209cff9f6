package readerproc

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Config says how many children there are and what each may use. The limits are
// promise 12 of docs/architecture.md unless noted.
type Config struct {
	Readers int      // warm children; one a core
	Command []string // of a child; the running binary with "reader" by default
	Deps    string   // folder of the recogniser and ONNX Runtime, absolute; becomes HEYIN_DEPS
	Bank    string   // our bank's name as its forms print it; becomes HEYIN_BANK; "": not known
	Layout  string   // layout file or folder of them, absolute; becomes HEYIN_LAYOUT; "": none
	TempDir string   // where children get their empty folders; the system's by default

	WallPerPage time.Duration // without the time the worker takes to answer identified
	CPUPerPage  time.Duration // the child and its finished helpers
	StartWithin time.Duration // until a child is ready; loading the models takes about a second

	DataBytes    uint64 // RLIMIT_DATA: memory a child may claim; beyond it allocations fail
	FileBytes    uint64 // RLIMIT_FSIZE: the largest file it may write
	OpenFiles    uint64 // RLIMIT_NOFILE
	RecyclePages int    // pages after which a child is replaced, against leaks in C libraries
	RecycleBytes uint64 // resident memory after a page above which it is replaced

	// RequireIsolation refuses to start where the kernel grants no network
	// namespace. Otherwise the pool warns and goes on with what it gets.
	RequireIsolation bool

	Log *slog.Logger
}

// DefaultConfig gives one reader a core and the promised limits.
func DefaultConfig() Config {
	return Config{
		Readers:     runtime.NumCPU(),
		Command:     []string{"/proc/self/exe", "reader"}, // keeps working after an upgrade replaced the file
		TempDir:     os.TempDir(),
		WallPerPage: 60 * time.Second,
		CPUPerPage:  30 * time.Second,
		StartWithin: 60 * time.Second,
		DataBytes:   1536 << 20,
		FileBytes:   512 << 20, // a 60-megapixel page in colour, uncompressed, has 180 MB
		OpenFiles:   128,
		// A leak of 1 MB a page would then add 300 MB, well below DataBytes.
		RecyclePages: 300,
		RecycleBytes: 800 << 20,
		Log:          slog.Default(),
	}
}

// Validate names the field, its value and what is expected.
func (c Config) Validate() error {
	switch {
	case c.Readers < 1:
		return fmt.Errorf("readers is %d, want at least 1", c.Readers)
	case len(c.Command) == 0:
		return fmt.Errorf("reader command is empty, want the path of heyin and \"reader\"")
	case c.Deps != "" && !filepath.IsAbs(c.Deps):
		return fmt.Errorf("reader deps is %q, want an absolute folder: children work elsewhere", c.Deps)
	case c.Layout != "" && !filepath.IsAbs(c.Layout):
		return fmt.Errorf("reader layout is %q, want an absolute path: children work elsewhere", c.Layout)
	case c.WallPerPage <= 0 || c.CPUPerPage <= 0 || c.StartWithin <= 0:
		return fmt.Errorf("reader times are %v wall, %v CPU, %v to start, want each above 0", c.WallPerPage, c.CPUPerPage, c.StartWithin)
	case c.DataBytes < 256<<20:
		return fmt.Errorf("reader data limit is %d bytes, want at least 256 MB: the models alone need that", c.DataBytes)
	case c.FileBytes == 0 || c.OpenFiles < 32:
		return fmt.Errorf("reader file limits are %d bytes and %d files, want above 0 and at least 32", c.FileBytes, c.OpenFiles)
	case c.RecyclePages < 1 || c.RecycleBytes == 0:
		return fmt.Errorf("reader recycling is after %d pages or %d bytes, want both above 0", c.RecyclePages, c.RecycleBytes)
	case c.Log == nil:
		return fmt.Errorf("reader log is nil")
	}
	return nil
}
