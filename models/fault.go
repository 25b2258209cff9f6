package models

import (
	"errors"
	"fmt"
)

// FaultClass says what happens after an error.
type FaultClass string

// The three answers to "what now?".
const (
	Retryable   FaultClass = "retryable"    // try again later: a store is down, a child was killed
	Permanent   FaultClass = "permanent"    // trying again gives the same error: the request itself is wrong
	NeedsReview FaultClass = "needs_review" // a person must look: the receipt is what is wrong
)

// Fault is an error classed where it was found. Only workers translates it to
// the queue and only web to HTTP.
type Fault struct {
	Class  FaultClass
	Code   string // stable, snake_case, for programs
	Reason string // one sentence for a person: what happened, what to do
	Err    error  // the cause, may be nil
}

func (f *Fault) Error() string {
	if f.Err == nil {
		return f.Code + ": " + f.Reason
	}
	return fmt.Sprintf("%s: %s: %v", f.Code, f.Reason, f.Err)
}

func (f *Fault) Unwrap() error { return f.Err }

// NewFault classes err; err may be nil when the fault is the first to notice.
func NewFault(class FaultClass, code, reason string, err error) *Fault {
	return &Fault{Class: class, Code: code, Reason: reason, Err: err}
}

// ClassOf gives the class of err. An error nobody classed is Retryable: a
// retry is harmless, and attempts are counted, so it ends in review.
func ClassOf(err error) FaultClass {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Class
	}
	return Retryable
}
