//go:build race

package readerproc

// limitsData is off under the race detector, whose shadow memory is many times
// the limit.
const limitsData = false
