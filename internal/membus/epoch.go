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
