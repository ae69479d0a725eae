package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// serve serves until ctx ends, which is no error.
func (o options) serve(ctx context.Context, stdout io.Writer) error {
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
