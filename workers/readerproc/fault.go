package readerproc

import (
	"slices"

	"heyin/models"
)

// Codes of the faults this package makes.
const (
	CodeDied        = "reader_died"        // the child exited or was killed by somebody else
	CodeTimeout     = "reader_timeout"     // the wall clock limit of a page
	CodeCPU         = "reader_cpu"         // the CPU limit of a page
	CodeGarbled     = "reader_garbled"     // the child broke the protocol or gave an impossible result
	CodeUnencodable = "reader_unencodable" // a result with a number JSON cannot hold, or too large
	CodeSize        = "reader_size"        // a file of no or too many bytes
	CodeBooks       = "books_unanswered"   // the worker could not say what the books hold
	CodeBusy        = "reader_busy"        // the caller's time ran out before a child was free
	CodeClosed      = "reader_closed"      // the pool is closing: nothing to do with the page
)

// Lost reports whether a fault code means that a child was lost over the page.
// Two of them on one receipt make it a case for a person.
func Lost(code string) bool {
	return slices.Contains([]string{CodeDied, CodeTimeout, CodeCPU, CodeGarbled}, code)
}

func lost(code, reason string, err error) error {
	return models.NewFault(models.Retryable, code, reason, err)
}
