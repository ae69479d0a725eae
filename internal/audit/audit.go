package audit

import (
	"fmt"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Stored is an event with its stream sequence.
type Stored struct {
	Event    messages.Event
	Sequence uint64
}

// Report is the outcome. Only Changes to GapTime are plain counts; all that
// follows must be empty.
type Report struct {
	Changes       int           // what users did
	Notifications int           // events that Exchange wrote to connections
	Events        int           // item and folder events stored
	Gaps          int           // announced
	GapTime       time.Duration // summed over mailboxes

	Missing    []string // raised, not stored, in no announced gap
	Invented   []string // stored, never raised
	Repeated   []string // one id stored twice, or an event stored more often than Exchange wrote it
	Holes      []string // a sequence that is not contiguous in its epoch
	OutOfOrder []string // stored in another order than raised, within an epoch
}

// Sound reports whether nothing is wrong.
func (r Report) Sound() bool {
	return len(r.Missing)+len(r.Invented)+len(r.Repeated)+len(r.Holes)+len(r.OutOfOrder) == 0
}

// Slack is how far a gap's bounds may be off beside a simulator, whose clock is
// ours: its dates have whole seconds.
const Slack = 2 * time.Second

// Check compares. stored is in stream order. Events that a mailbox raised before
// its first subscription, or while no one wanted it, are not asked for. Subscriptions are to all folders.
func Check(truth exchangesim.Truth, stored []Stored) Report {
	report := Report{Changes: len(truth.Changes)}
	mailboxes := map[string]*mailbox{}
	of := func(address string) *mailbox {
		m, ok := mailboxes[address]
		if !ok {
			m = newMailbox(address)
			mailboxes[address] = m
		}
		return m
	}
	for _, s := range truth.Subscriptions {
		of(s.Mailbox).subscribed(s.Created)
	}
	raised := map[uint64]exchangesim.Event{}
	for _, e := range truth.Events {
		raised[e.Seq] = e
		if !e.FoldersOnly {
			of(e.Mailbox).raised(e)
		}
	}
	for _, w := range truth.Writes {
		if !w.Failed {
			report.Notifications++
		}
		of(w.Mailbox).written[truthKey(raised[w.Event])]++ // a write that failed may have arrived
	}
	for _, s := range stored {
		of(string(s.Event.Meta().Mailbox)).store(s, &report)
	}
	for _, m := range mailboxes {
		m.conclude(&report)
	}
	return report
}

// String is the report in a few lines.
func (r Report) String() string {
	s := fmt.Sprintf("changes made %d, notifications written %d, events stored %d, gaps %d (%.1f s), missing %d",
		r.Changes, r.Notifications, r.Events, r.Gaps, r.GapTime.Seconds(), len(r.Missing))
	return s + cases([]wrong{
		{"missing", r.Missing}, {"invented", r.Invented}, {"repeated", r.Repeated},
		{"hole in the sequence", r.Holes}, {"out of order", r.OutOfOrder},
	})
}

// wrong is one kind of what is wrong.
type wrong struct {
	what  string
	cases []string
}

// cases names the first few of each kind, a line each.
func cases(kinds []wrong) string {
	s := ""
	for _, kind := range kinds {
		for i, c := range kind.cases {
			if i == 5 {
				s += fmt.Sprintf("\n  … and %d more", len(kind.cases)-i)
				break
			}
			s += "\n  " + kind.what + ": " + c
		}
	}
	return s
}
