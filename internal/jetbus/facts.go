package jetbus

import (
	"context"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Mailboxes folds the mailbox facts: it delivers them from the beginning and goes
// on. Once what was stored at the call has been delivered, one Recorded without
// Fact says so. Facts that cannot be read are skipped and copied to the dead
// letters. The channel is closed when ctx or the bus ends, or when
// the stream has gone backwards: [Bus.FeedError] then says so, and what was
// delivered is void.
func (b *Bus) Mailboxes(ctx context.Context) (<-chan messages.Recorded, error) {
	return b.fold(ctx, streamMailbox, b.subjects.Mailboxes())
}

// Groups folds the GroupSubscribed of every group likewise.
func (b *Bus) Groups(ctx context.Context) (<-chan messages.Recorded, error) {
	return b.fold(ctx, streamGroup, b.subjects.Groups())
}

// Record stores mailbox facts in order and returns when all are stored. It goes on
// trying, with the same ids, until ctx ends.
func (b *Bus) Record(ctx context.Context, facts ...messages.Fact) error {
	encoded := make([]messages.Message, len(facts))
	for i, fact := range facts {
		m, err := messages.EncodeFact(b.subjects, fact)
		if err != nil {
			return err
		}
		encoded[i] = m
	}
	_, err := b.facts.publish(ctx, encoded)
	return err
}

// Folders returns the newest folders fact of a mailbox, and whether there is one.
func (b *Bus) Folders(ctx context.Context, mailbox messages.Address) (messages.MailboxFolders, bool, error) {
	stored, err := b.newest(ctx, streamMailbox, b.subjects.Folders(mailbox))
	if err != nil || stored == nil {
		return messages.MailboxFolders{}, false, err
	}
	fact, err := messages.DecodeFact(fromStored(stored))
	if err != nil {
		return messages.MailboxFolders{}, false, err
	}
	folders, ok := fact.(messages.MailboxFolders)
	return folders, ok, nil
}
