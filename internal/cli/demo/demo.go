// Package demo shows the pipeline at work: an embedded NATS server, the simulated
// Exchange and the three stages in one process, with a failover under way, and at
// the end the judgement whether everything that happened is in the stream.
package demo

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/ewsnats/ewsnats/internal/app"
)

// options are the flags of the demonstration.
type options struct {
	length        time.Duration
	failoverAfter time.Duration
	mailboxes     int
	rate          float64
	plain         bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("ewsnats demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.DurationVar(&o.length, "for", 0, "end by itself after this `time`; 0: run until interrupted")
	flags.DurationVar(&o.failoverAfter, "failover-after", 15*time.Second, "a mailbox server fails over after this `time`; 0: none does")
	flags.IntVar(&o.mailboxes, "mailboxes", 60, "`number` of mailboxes")
	flags.Float64Var(&o.rate, "rate", 4, "changes per second that users make")
	flags.BoolVar(&o.plain, "plain", false, "print lines instead of the view; so without a terminal")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, err
		}
		return o, app.WithExitCode(app.ExitUsage, err)
	}
	switch {
	case o.mailboxes < 3 || o.mailboxes > 5000:
		return o, app.WithExitCode(app.ExitUsage, fmt.Errorf("--mailboxes %d: give 3 to 5000", o.mailboxes))
	case o.rate <= 0 || o.rate > 1000:
		return o, app.WithExitCode(app.ExitUsage, fmt.Errorf("--rate %g: give more than 0 and at most 1000", o.rate))
	case o.length < 0 || o.failoverAfter < 0:
		return o, app.WithExitCode(app.ExitUsage, errors.New("--for and --failover-after cannot be negative"))
	}
	return o, nil
}

// Command runs the demonstration. Its error is that something is missing in the
// stream, or that the demonstration could not be set up.
func Command(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	file, isFile := stdout.(*os.File)

	state := newState()
	w, err := build(o, state)
	if err != nil {
		return err
	}
	defer w.close()
	if err := w.start(ctx); err != nil {
		return err
	}
	var shown display = &lines{w: w, out: stdout}
	if isFile && term.IsTerminal(int(file.Fd())) && !o.plain {
		shown = view{w, file}
	}
	if err := w.show(ctx, shown); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "users stop; waiting until all is stored …")
	return w.judge(ctx, stdout)
}

// How often the state is drawn, and summed where it is not drawn whole.
const (
	drawEvery = 250 * time.Millisecond
	sumEvery  = 2 * time.Second
)

// show shows the state until the time is over, the user interrupts, or a stage fails.
func (w *world) show(ctx context.Context, d display) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	over := w.o.over()
	draw, sum := time.NewTicker(drawEvery), time.NewTicker(sumEvery)
	defer draw.Stop()
	defer sum.Stop()
	d.begin()
	defer d.end()
	for {
		select {
		case <-draw.C:
			d.draw()
		case <-sum.C:
			d.sum()
		case err := <-w.stages:
			return stageFailure(err)
		case <-over:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// over is when a demonstration of limited length ends; nil: never by itself.
func (o options) over() <-chan time.Time {
	if o.length == 0 {
		return nil
	}
	return time.After(o.length)
}
