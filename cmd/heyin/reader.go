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

// readerFlags are what a reader is told beside the page.
type readerFlags struct {
	Bank   string `help:"Our bank's name as its forms print it; another bank's forms are told by it."`
	Layout string `type:"path" placeholder:"FILE|DIR" help:"Layout file, or a folder of them (*.yaml): pages of known forms cost less. See heyin layout learn."`
}

func (f readerFlags) config() ocr.Config { return ocr.Config{Bank: f.Bank, Layouts: f.Layout} }

// env is what a worker is told of them when it is started as a child.
func (f readerFlags) env() (env []string) {
	if f.Bank != "" {
		env = append(env, "HEYIN_BANK="+f.Bank)
	}
	if f.Layout != "" {
		env = append(env, "HEYIN_LAYOUT="+f.Layout)
	}
	return env
}

// openReader opens the pipeline of a process that does nothing but read.
func openReader(cfg ocr.Config) (*pipeline.Pipeline, error) {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(readerHeap)
	p, err := pipeline.New(cfg)
	debug.FreeOSMemory() // loading the networks leaves their files behind
	return p, err
}
