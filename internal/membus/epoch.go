package membus

import (
	"context"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Epoch returns the newest epoch of a mailbox; zero: none has opened.
func (b *Bus) Epoch(ctx context.Context, mailbox messages.Address) (messages.Epoch, error) {
	var found entry
	err := b.read(ctx, func() { found, _ = b.events.newest(onSubject(b.subjects.Streaming(mailbox))) })
	return messages.Epoch(found.sequence), err
}

// End returns the sequence of the newest event.
func (b *Bus) End(ctx context.Context) (uint64, error) {
	var last uint64
	err := b.read(ctx, func() { last = b.events.last })
	return last, err
}

// Stored is the sequence of the newest event, as a lane of jetbus knows it.
func (b *Bus) Stored() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.events.last
}

// Regressions receives after [Bus.Restore].
func (b *Bus) Regressions() <-chan outcome.Regression { return b.regressions }

// Restore takes the stream of events back to what it held up to a sequence, as
// when NATS is restored from an old copy.
func (b *Bus) Restore(sequence uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	regression := outcome.Regression{Acknowledged: b.events.last, Sequence: sequence + 1}
	b.events.truncate(sequence)
	select {
	case b.regressions <- regression:
	default:
	}
}

// OpenEpochs stores the openings of epochs and returns their numbers. Each is
// stored only if the newest epoch of its mailbox is the former one that it names,
// or is the same opening; else [outcome.EpochError] tells whose was not.
func (b *Bus) OpenEpochs(ctx context.Context, openings []messages.MailboxStreaming) ([]messages.Epoch, error) {
	epochs := make([]messages.Epoch, len(openings))
	err := b.write(ctx, func() (refused error) {
		for i, o := range openings {
			m, err := messages.EncodeEvent(b.subjects, o)
			if err != nil {
				return err
			}
			newest, _ := b.events.newest(onSubject(m.Subject))
			if _, repeat := b.events.ids[msgID(m)]; !repeat && newest.sequence != uint64(o.FormerEpoch) {
				refused = &outcome.EpochError{Mailbox: o.Mailbox, Former: o.FormerEpoch, Newest: messages.Epoch(newest.sequence)}
				continue
			}
			epochs[i] = messages.Epoch(b.events.append(m))
		}
		return refused
	})
	return epochs, err
}
