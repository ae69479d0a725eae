package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/oklog/run"

	"github.com/ewsnats/ewsnats/internal/app/config"
)

func TestExitCode(t *testing.T) {
	tests := map[string]struct {
		err  error
		want int
	}{
		"well":          {nil, 0},
		"help":          {flag.ErrHelp, 0},
		"usage":         {&config.UsageError{Text: "unknown flag"}, 64},
		"bad data":      {WithExitCode(ExitData, errors.New("no such mailbox")), 65},
		"peer":          {fmt.Errorf("connect: %w", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), 69},
		"bug":           {errors.New("unforeseen"), 70},
		"file":          {fmt.Errorf("export: %w", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}), 74},
		"drain":         {&DrainError{}, 75},
		"refused":       {fmt.Errorf("start: %w", WithExitCode(ExitRefused, errors.New("login"))), 77},
		"configuration": {&config.Error{}, 78},
		"interrupt":     {&run.SignalError{Signal: syscall.SIGINT}, 130},
		"termination":   {&run.SignalError{Signal: syscall.SIGTERM}, 143},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if have := ExitCode(tt.err); have != tt.want {
				t.Errorf("have %d, want %d", have, tt.want)
			}
		})
	}
}

func TestWithExitCodeKeepsTheError(t *testing.T) {
	err := WithExitCode(ExitUnavailable, context.DeadlineExceeded)
	if !errors.Is(err, context.DeadlineExceeded) || err.Error() != context.DeadlineExceeded.Error() {
		t.Errorf("have %v, want what was wrapped", err)
	}
}

func TestReport(t *testing.T) {
	tests := map[string]struct {
		err  error
		want string
	}{
		"well":   {nil, ""},
		"help":   {flag.ErrHelp, ""},
		"signal": {&run.SignalError{Signal: syscall.SIGTERM}, ""},
		"error":  {errors.New("no server answers"), "streamer: no server answers\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var have strings.Builder
			report(&have, "streamer", tt.err)
			if have.String() != tt.want {
				t.Errorf("have %q, want %q", have.String(), tt.want)
			}
		})
	}
}
