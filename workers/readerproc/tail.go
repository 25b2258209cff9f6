package readerproc

import "sync"

// tailBytes is how much of a child's output is kept for the log: a Go stack
// trace of a few goroutines fits.
const tailBytes = 16 << 10

// tail keeps the last bytes a child printed. They are shown only when it dies:
// libraries print at every page.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - tailBytes; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}
