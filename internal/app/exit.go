package app

import (
	"errors"
	"flag"
	"io/fs"
	"net"
	"syscall"

	"github.com/oklog/run"
)

// Exit codes, as BSD's sysexits.h numbers them. A service manager need not
// restart after ExitUsage, ExitRefused and the configuration's 78.
const (
	ExitUsage       = 64 // the command line
	ExitData        = 65 // what was given to work on
	ExitUnavailable = 69 // a peer could not be reached at start
	ExitBug         = 70 // anything that has no code of its own
	ExitIO          = 74 // a file could not be read or written
	ExitTemporary   = 75 // may go well the next time
	ExitRefused     = 77 // credentials were refused
	ExitConfig      = 78 // the configuration, also that of config.Error
)

// ExitCode is the exit code for the error that ended a command: the one that the
// error itself has (an ExitCode method), 128 and the number of a signal, or the
// code of the error's kind.
func ExitCode(err error) int {
	var coded interface{ ExitCode() int }
	var signal *run.SignalError
	var path *fs.PathError
	var network net.Error
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &coded):
		return coded.ExitCode()
	case errors.As(err, &signal):
		if number, ok := signal.Signal.(syscall.Signal); ok {
			return 128 + int(number)
		}
	case errors.As(err, &path):
		return ExitIO
	case errors.As(err, &network):
		return ExitUnavailable
	}
	return ExitBug
}

// WithExitCode gives an error the code that its command is to exit with.
func WithExitCode(code int, err error) error { return &codedError{code, err} }

type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }
func (e *codedError) ExitCode() int { return e.code }
