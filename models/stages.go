package models

import (
	"context"
	"syscall"
	"time"
)

// StageTime is a stage of the work on a page, with the CPU time of the process
// spent in it and in the stages within it, in the order they were first entered.
type StageTime struct {
	Name  string
	CPU   time.Duration
	Inner []*StageTime
}

// Stages adds up the time of stages. Not safe for concurrent use: it belongs to
// one reader that works alone.
type Stages struct {
	StageTime
	path []*StageTime // entered and not left
}

// stagesKey keeps a Stages in a context.
type stagesKey struct{}

// WithStages lets the stages entered under the context add to s.
func WithStages(ctx context.Context, s *Stages) context.Context {
	return context.WithValue(ctx, stagesKey{}, s)
}

// Stage enters a stage, within the one that is entered; the result leaves it.
// Without a Stages in the context both do nothing.
func Stage(ctx context.Context, name string) (leave func()) {
	s, _ := ctx.Value(stagesKey{}).(*Stages)
	if s == nil {
		return func() {}
	}
	outer := &s.StageTime
	if len(s.path) > 0 {
		outer = s.path[len(s.path)-1]
	}
	stage := outer.within(name)
	s.path = append(s.path, stage)
	from := CPUTime()
	return func() {
		stage.CPU += CPUTime() - from
		s.path = s.path[:len(s.path)-1]
	}
}

// within finds or makes the stage of that name.
func (t *StageTime) within(name string) *StageTime {
	for _, s := range t.Inner {
		if s.Name == name {
			return s
		}
	}
	t.Inner = append(t.Inner, &StageTime{Name: name})
	return t.Inner[len(t.Inner)-1]
}

// CPUTime is what the process has used so far, in user and system mode.
func CPUTime() time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0 // the call cannot fail with these arguments
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
