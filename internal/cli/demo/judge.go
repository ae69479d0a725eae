package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/internal/audit"
)

// How long the rest may take to arrive after the users stopped, and how often
// it is looked for.
const (
	settleWithin = 30 * time.Second
	settlePoll   = 250 * time.Millisecond
)

// judge stops the users, lets what is under way arrive, and holds the stream
// against what the simulator knows to have happened.
func (w *world) judge(ctx context.Context, out io.Writer) error {
	w.users()
	w.working.Wait()
	report := w.settled(ctx)
	fmt.Fprintln(out, report)
	w.state.mu.Lock()
	first := w.state.firstAt
	w.state.mu.Unlock()
	if first > 0 {
		fmt.Fprintf(out, "first event stored %.1f s after the start\n", first.Seconds())
	}
	if !report.Sound() {
		return errors.New("the stream does not hold what happened")
	}
	if report.Events == 0 {
		return errors.New("no event was stored")
	}
	return nil
}

// settled audits until the report is sound and stays so for a moment, or time is up.
func (w *world) settled(ctx context.Context) audit.Report {
	deadline := time.Now().Add(settleWithin)
	sound := 0
	for {
		report := w.audit()
		if report.Sound() && w.allStream() {
			sound++
		} else {
			sound = 0
		}
		if sound == 4 || time.Now().After(deadline) || ctx.Err() != nil {
			return report
		}
		time.Sleep(settlePoll)
	}
}

func (w *world) audit() audit.Report {
	w.state.mu.Lock()
	stored := slices.Clone(w.state.stored)
	w.state.mu.Unlock()
	return audit.Check(w.truth(), stored)
}

// allStream reports whether no mailbox is under way between groups.
func (w *world) allStream() bool {
	w.state.mu.Lock()
	defer w.state.mu.Unlock()
	for _, state := range w.state.mailboxes {
		if state != "streaming" {
			return false
		}
	}
	return len(w.state.mailboxes) == w.o.mailboxes
}
