package demo

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// lines prints news as they come and a summing line now and then: for where
// there is no terminal.
type lines struct {
	w    *world
	out  io.Writer
	told int
}

func (l *lines) begin() {
	fmt.Fprintf(l.out, "ewsnats demo: %d mailboxes, NATS %s, Exchange %s\n", l.w.o.mailboxes, l.w.state.natsURL, l.w.state.exchangeURL)
}

func (l *lines) end() { l.draw() }

// draw prints the news that were not told yet.
func (l *lines) draw() {
	s := l.w.state
	s.mu.Lock()
	fresh := min(s.told-l.told, len(s.news))
	news := append([]string(nil), s.news[len(s.news)-fresh:]...)
	l.told = s.told
	s.mu.Unlock()
	for _, line := range news {
		fmt.Fprintln(l.out, line)
	}
}

func (l *lines) sum() {
	l.draw()
	s := l.w.state
	connections := l.w.sim.Counts().Connections
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	fmt.Fprintf(l.out, "%6.1f s  mailboxes: %s   connections %d   events/s %.1f   gaps %d\n",
		now.Sub(s.began).Seconds(), s.mailboxStates(), connections, s.rate.perSecond(now), s.gaps)
	if n := len(s.events); n > 0 {
		fmt.Fprintln(l.out, "          newest: "+s.events[n-1])
	}
}

// stageFailure is a stage that ended although nobody asked it to.
func stageFailure(err error) error {
	if err == nil {
		return errors.New("a stage ended unexpectedly")
	}
	return fmt.Errorf("a stage ended unexpectedly: %w", err)
}
