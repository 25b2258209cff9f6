package main

import (
	"runtime/debug"

	"heyin/ocr"
	"heyin/pipeline"
)

// readerHeap is how large the Go heap of a reader may grow before garbage is
// collected, in bytes. A page of A4 at 300 dpi leaves at most 50 MB alive;
// collecting at every doubling instead cost 6 % of a page's time.
const readerHeap = 90 << 20

// openReader opens the pipeline of a process that does nothing but read.
func openReader() (*pipeline.Pipeline, error) {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(readerHeap)
	p, err := pipeline.New(ocr.Config{})
	debug.FreeOSMemory() // loading the networks leaves their files behind
	return p, err
}
