package membus

import (
	"context"
	"strings"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Publish stores events in order and returns the stream sequence of each. It is
// what a lane of jetbus does: a repeat returns the sequence it has already, and an
// event that was made unstorable by [Bus.Refuse] goes to the dead letters and ends
// the call with [outcome.UnstorableError].
func (b *Bus) Publish(ctx context.Context, events []messages.Event) ([]uint64, error) {
	sequences := make([]uint64, 0, len(events))
	err := b.write(ctx, func() error {
		for i, event := range events {
			m, err := messages.EncodeEvent(b.subjects, event)
			reason := b.faults.reasonAgainst(event)
			if err != nil {
				reason = err.Error()
			}
			if reason != "" {
				b.dead = append(b.dead, DeadLetter{Message: m, Reason: reason})
				return &outcome.UnstorableError{Index: i, Reason: reason}
			}
			sequences = append(sequences, b.events.append(m))
		}
		return nil
	})
	return sequences, err
}

// Last returns the newest stored event of a mailbox, and whether there is one.
func (b *Bus) Last(ctx context.Context, mailbox messages.Address) (messages.Event, bool, error) {
	var found entry
	var ok bool
	suffix := "." + mailbox.Token()
	err := b.read(ctx, func() {
		found, ok = b.events.newest(func(m messages.Message) bool { return strings.HasSuffix(m.Subject, suffix) })
	})
	if err != nil || !ok {
		return nil, false, err
	}
	event, err := messages.DecodeEvent(found.message, found.sequence)
	return event, err == nil, err
}

// coverage is a stored record.
type coverage struct {
	messages.Coverage
	sequence uint64
}

// SaveCoverage replaces the coverage record of a group, provided that expected is
// the sequence of the stored one (0: there is none); else it returns
// [outcome.ConflictError].
func (b *Bus) SaveCoverage(ctx context.Context, c messages.Coverage, expected uint64) (uint64, error) {
	var sequence uint64
	err := b.write(ctx, func() error {
		if actual := b.coverage[c.Group].sequence; actual != expected {
			return &outcome.ConflictError{Group: c.Group, Expected: expected, Actual: actual}
		}
		b.coordinated++
		sequence = b.coordinated
		b.coverage[c.Group] = coverage{c, sequence}
		return nil
	})
	return sequence, err
}

// Coverage returns the coverage record of a group and its sequence; 0: there is none.
func (b *Bus) Coverage(ctx context.Context, group messages.GroupID) (messages.Coverage, uint64, error) {
	var record coverage
	err := b.read(ctx, func() { record = b.coverage[group] })
	return record.Coverage, record.sequence, err
}
