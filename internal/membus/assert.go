package membus

import (
	"slices"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Stored is an event with its stream sequence.
type Stored struct {
	Event    messages.Event
	Sequence uint64
}

// DeadLetter is a message no one could handle, with the reason.
type DeadLetter struct {
	Message messages.Message
	Reason  string
}

// Events returns every stored event in the order of the stream.
func (b *Bus) Events() []Stored {
	b.mu.Lock()
	defer b.mu.Unlock()
	var events []Stored
	for _, e := range b.events.stored {
		if event, err := messages.DecodeEvent(e.message, e.sequence); err == nil {
			events = append(events, Stored{event, e.sequence})
		}
	}
	return events
}

// Facts returns the stored facts: those of mailboxes, then those of groups, then
// the regroup requests that wait, each in the order of its stream.
func (b *Bus) Facts() []messages.Recorded {
	b.mu.Lock()
	defer b.mu.Unlock()
	var facts []messages.Recorded
	for _, e := range slices.Concat(b.mailboxes.stored, b.groups.stored, b.regroups.stored) {
		if fact, err := messages.DecodeFact(e.message); err == nil {
			facts = append(facts, messages.Recorded{Fact: fact, Sequence: e.sequence})
		}
	}
	return facts
}

// DeadLetters returns what was put into the dead letters, oldest first.
func (b *Bus) DeadLetters() []DeadLetter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.dead)
}
