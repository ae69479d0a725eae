// Exchangesim runs the simulated Exchange as a process: mailboxes user0001@DOMAIN and so on, spread over servers and
// GroupingInformation values, whose users work at a given rate. It prints its URLs in one line and ends with SIGTERM or
// an interrupt.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "exchangesim:", err)
		os.Exit(1)
	}
}

// run does what the command line asks for. That ctx ends is no error.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.probe != "" {
		return probe(ctx, o.probe)
	}
	return o.serve(ctx, stdout)
}
