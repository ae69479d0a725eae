package main

import (
	"io"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// beside is what runs beside EWS, and the addresses it is bound to; empty: not asked for.
type beside struct {
	control, smtp string
	stops         []func()
}

// startBeside starts what the command line asks for beside EWS. Trouble with single mails is told on stderr.
func (o options) startBeside(sim *exchangesim.Server, stderr io.Writer) (b beside, err error) {
	defer func() {
		if err != nil {
			b.stop()
		}
	}()
	var stop func()
	if b.control, stop, err = serveControl(o.control, sim); err != nil {
		return b, err
	}
	b.stops = append(b.stops, stop)
	if b.smtp, stop, err = serveSMTP(o.smtp, sim); err != nil {
		return b, err
	}
	b.stops = append(b.stops, stop)
	if stop, err = startWatch(o.watch, sim, stderr); err != nil {
		return b, err
	}
	b.stops = append(b.stops, stop)
	return b, nil
}

func (b beside) stop() {
	for _, stop := range b.stops {
		stop()
	}
}
