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

// SaveCoverage replaces the coverage record of a group.
func (b *Bus) SaveCoverage(ctx context.Context, c messages.Coverage) error {
	return b.write(ctx, func() error {
		b.coverage[c.Group] = c
		return nil
	})
}

// Coverage returns the coverage record of a group, and whether there is one.
func (b *Bus) Coverage(ctx context.Context, group messages.GroupID) (messages.Coverage, bool, error) {
	var record messages.Coverage
	var ok bool
	err := b.read(ctx, func() { record, ok = b.coverage[group] })
	return record, ok, err
}
