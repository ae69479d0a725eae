package membus

import (
	"context"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Mailboxes delivers the mailbox facts from the beginning and goes on. Once what
// was stored at the call has been delivered, one Recorded without Fact says so.
// The channel is closed when ctx ends.
func (b *Bus) Mailboxes(ctx context.Context) (<-chan messages.Recorded, error) {
	return b.feed(ctx, b.mailboxes)
}

// Groups delivers the GroupSubscribed of every group likewise.
func (b *Bus) Groups(ctx context.Context) (<-chan messages.Recorded, error) {
	return b.feed(ctx, b.groups)
}

func (b *Bus) feed(ctx context.Context, s *stream) (<-chan messages.Recorded, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make(chan messages.Recorded)
	go b.follow(ctx, s, s.last, out)
	return out, nil
}

// follow delivers s into out. target is the last sequence when reading began.
func (b *Bus) follow(ctx context.Context, s *stream, target uint64, out chan<- messages.Recorded) {
	defer close(out)
	caughtUp := false
	for next := uint64(1); ; {
		batch, changed := b.news(s, next)
		for _, e := range batch {
			if !caughtUp && e.sequence > target {
				caughtUp = true
				if !send(ctx, out, messages.Recorded{}) {
					return
				}
			}
			next = e.sequence + 1
			fact, err := messages.DecodeFact(e.message)
			if err != nil {
				continue
			}
			if !send(ctx, out, messages.Recorded{Fact: fact, Sequence: e.sequence}) {
				return
			}
		}
		if !caughtUp && !b.away() {
			caughtUp = true
			if !send(ctx, out, messages.Recorded{}) {
				return
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// news returns what is stored from next on, and a channel that closes at the next change.
func (b *Bus) news(s *stream, next uint64) ([]entry, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.faults.outage {
		return nil, b.changed
	}
	return s.from(next), b.changed
}

func (b *Bus) away() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.faults.outage
}

func send(ctx context.Context, out chan<- messages.Recorded, r messages.Recorded) bool {
	select {
	case out <- r:
		return true
	case <-ctx.Done():
		return false
	}
}
