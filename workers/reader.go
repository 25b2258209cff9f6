package workers

import (
	"context"

	"heyin/workers/readerproc"
)

// Processor reads one page and judges it: *pipeline.Pipeline in a reader process,
// *readerproc.Pool in a worker.
type Processor = readerproc.Processor

// ServeReader is the whole of `heyin reader`, the child a worker starts: see
// readerproc.Run. open makes the pipeline, once the process is confined.
func ServeReader(ctx context.Context, open func() (Processor, error)) error {
	return readerproc.Run(ctx, open)
}
