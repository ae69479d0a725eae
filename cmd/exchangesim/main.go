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
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "exchangesim:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends, which is no error.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	l, certificate, err := o.open()
	if err != nil {
		return err
	}
	if err := o.login.apply(&o.config, certificate); err != nil {
		return errors.Join(err, l.Close())
	}
	sim := exchangesim.New(o.config)
	o.populate(sim)
	beside, err := o.startBeside(sim, os.Stderr)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer beside.stop()
	if err := o.announce(stdout, l.Addr().String(), beside); err != nil {
		return errors.Join(err, l.Close())
	}
	go sim.Produce(ctx, o.rate, o.seed)
	stop := context.AfterFunc(ctx, func() { _ = sim.Close() }) // Serve tells how it ended
	defer stop()
	if err := sim.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return errors.Join(err, sim.Close())
	}
	return sim.Close() // waits until the streams have ended
}
