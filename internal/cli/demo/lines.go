package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// lineEvery is how often a summing line is printed without a terminal.
const lineEvery = 2 * time.Second

// lines prints news as they come and a summing line now and then.
func (w *world) lines(ctx context.Context, out io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	fmt.Fprintf(out, "ewsnats demo: %d mailboxes, NATS %s, Exchange %s\n", w.o.mailboxes, w.state.natsURL, w.state.exchangeURL)
	over := w.o.over()
	redraw, sum := time.NewTicker(redrawEvery), time.NewTicker(lineEvery)
	defer redraw.Stop()
	defer sum.Stop()
	told := 0
	for {
		select {
		case <-redraw.C:
			told = w.tell(out, told)
		case <-sum.C:
			told = w.tell(out, told)
			w.sum(out)
		case err := <-w.stages:
			return stageFailure(err)
		case <-over:
			w.tell(out, told)
			return nil
		case <-ctx.Done():
			w.tell(out, told)
			return nil
		}
	}
}

// tell prints the news that were not told yet.
func (w *world) tell(out io.Writer, told int) int {
	s := w.state
	s.mu.Lock()
	fresh := min(s.told-told, len(s.news))
	news, total := append([]string(nil), s.news[len(s.news)-fresh:]...), s.told
	s.mu.Unlock()
	for _, line := range news {
		fmt.Fprintln(out, line)
	}
	return total
}

func (w *world) sum(out io.Writer) {
	s := w.state
	connections := w.sim.Counts().Connections
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	fmt.Fprintf(out, "%6.1f s  mailboxes: %s   connections %d   events/s %.1f   gaps %d\n",
		now.Sub(s.began).Seconds(), s.mailboxStates(), connections, s.rate.perSecond(now), s.gaps)
	if n := len(s.events); n > 0 {
		fmt.Fprintln(out, "          newest: "+s.events[n-1])
	}
}

// stageFailure is a stage that ended although nobody asked it to.
func stageFailure(err error) error {
	if err == nil {
		return errors.New("a stage ended unexpectedly")
	}
	return fmt.Errorf("a stage ended unexpectedly: %w", err)
}
