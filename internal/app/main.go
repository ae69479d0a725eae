package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/oklog/run"
)

// Command is a whole command: args without the command's own name.
type Command func(ctx context.Context, args []string, stdout, stderr io.Writer) error

// Main runs a command and exits with its code. What ended it is told on standard
// error, unless that was a signal or a request for help.
func Main(command Command) {
	err := command(context.Background(), os.Args[1:], os.Stdout, os.Stderr)
	report(os.Stderr, filepath.Base(os.Args[0]), err)
	os.Exit(ExitCode(err))
}

func report(w io.Writer, name string, err error) {
	if err != nil && !errors.Is(err, flag.ErrHelp) && !errors.Is(err, run.ErrSignal) {
		fmt.Fprintf(w, "%s: %v\n", name, err)
	}
}
