package membus

import (
	"context"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Record stores mailbox facts in order.
func (b *Bus) Record(ctx context.Context, facts ...messages.Fact) error {
	encoded, err := b.encode(facts)
	if err != nil {
		return err
	}
	return b.write(ctx, func() error {
		for _, m := range encoded {
			b.mailboxes.append(m)
		}
		return nil
	})
}

func (b *Bus) encode(facts []messages.Fact) ([]messages.Message, error) {
	encoded := make([]messages.Message, len(facts))
	for i, fact := range facts {
		m, err := messages.EncodeFact(b.subjects, fact)
		if err != nil {
			return nil, err
		}
		encoded[i] = m
	}
	return encoded, nil
}

// Decide stores what a group is, provided that expected is the sequence of the
// newest decision on it (0: there is none). It returns the decision's sequence, or
// [outcome.ConflictError]. Repeating one's own decision, known by its id, returns
// its sequence again.
func (b *Bus) Decide(ctx context.Context, g messages.GroupSubscribed, expected uint64) (uint64, error) {
	m, err := messages.EncodeFact(b.subjects, g)
	if err != nil {
		return 0, err
	}
	var sequence uint64
	err = b.write(ctx, func() error {
		newest, _ := b.groups.newest(onSubject(m.Subject))
		own, repeat := b.groups.ids[g.ID]
		if !repeat && newest.sequence != expected {
			return &outcome.ConflictError{Group: g.Group, Expected: expected, Actual: newest.sequence}
		}
		if sequence = own; !repeat {
			sequence = b.groups.append(m)
		}
		if len(g.Subscriptions) == 0 {
			b.groups.forget(m.Subject, sequence)
		}
		return nil
	})
	return sequence, err
}

// Folders returns the newest folders fact of a mailbox, and whether there is one.
func (b *Bus) Folders(ctx context.Context, mailbox messages.Address) (messages.MailboxFolders, bool, error) {
	var found entry
	var ok bool
	if err := b.read(ctx, func() { found, ok = b.mailboxes.newest(onSubject(b.subjects.Folders(mailbox))) }); err != nil {
		return messages.MailboxFolders{}, false, err
	}
	if !ok {
		return messages.MailboxFolders{}, false, nil
	}
	fact, err := messages.DecodeFact(found.message)
	if err != nil {
		return messages.MailboxFolders{}, false, err
	}
	folders, ok := fact.(messages.MailboxFolders)
	return folders, ok, nil
}
