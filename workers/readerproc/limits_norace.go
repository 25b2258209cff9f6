//go:build !race

package readerproc

// limitsData says whether RLIMIT_DATA is set.
const limitsData = true
