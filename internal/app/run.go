package app

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/oklog/run"
)

// Actor works until ctx ends or its work does, and returns when nothing of it
// runs any more.
type Actor func(ctx context.Context) error

// Run runs actors together. The first to return ends the others; Run returns its
// error when all have returned, or a [DrainError] when that takes longer than drain.
func Run(ctx context.Context, drain time.Duration, actors ...Actor) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group run.Group
	for _, actor := range actors {
		group.Add(func() error { return actor(ctx) }, func(error) { cancel() })
	}
	ended := make(chan error, 1)
	go func() { ended <- group.Run() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	timer := time.NewTimer(drain)
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C:
		return &DrainError{After: drain}
	}
}

// Signals is an actor that returns when the process is asked to end by SIGINT or
// SIGTERM. A second signal then ends the process at once.
func Signals(ctx context.Context) error {
	wait, _ := run.SignalHandler(ctx, syscall.SIGINT, syscall.SIGTERM)
	return wait()
}

// DrainError is a shutdown that took too long and was given up. What was in hand
// is announced as a gap by whoever takes over.
type DrainError struct{ After time.Duration }

func (e *DrainError) Error() string {
	return fmt.Sprintf("shutdown was not complete after %s: raise drain if this is usual", e.After)
}

// ExitCode is ExitTemporary: the successor goes on.
func (e *DrainError) ExitCode() int { return ExitTemporary }
