package discoverer

import (
	"context"
	"slices"

	"github.com/ewsnats/ewsnats/internal/maillist"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// A list may withdraw so much without being confirmed: this many mailboxes, or
// one in fewWithdrawals of those that its source enrolled.
const (
	fewMailboxes   = 5
	fewWithdrawals = 5
)

// tooMany reports whether a list withdraws so many that it may be a mistake.
func tooMany(withdrawn, enrolled int) bool {
	return withdrawn > fewMailboxes && withdrawn*fewWithdrawals > enrolled
}

// difference is what a list asks for: whom to enrol and whom to withdraw, in order.
func difference(list []messages.Address, enrolled map[messages.Address]bool) (enrol, withdraw []messages.Address) {
	listed := make(map[messages.Address]bool, len(list))
	for _, mailbox := range list {
		if !enrolled[mailbox] && !listed[mailbox] {
			enrol = append(enrol, mailbox)
		}
		listed[mailbox] = true
	}
	for mailbox := range enrolled {
		if !listed[mailbox] {
			withdraw = append(withdraw, mailbox)
		}
	}
	slices.Sort(enrol)
	slices.Sort(withdraw)
	return enrol, withdraw
}

// list takes in a new list of a source, unless it looks like a mistake.
func (s *Stage) list(ctx context.Context, list maillist.Snapshot) error {
	if list.Err != nil {
		s.log.Error("mailbox list cannot be read; the last one stays in force", "source", list.Source, "err", list.Err,
			"hint", "mend the file: it is read again when it changes")
		return nil
	}
	enrolled := s.fold.enrolled[list.Source]
	_, withdrawn := difference(list.Mailboxes, enrolled)
	confirmed := s.cfg.ConfirmWithdrawals && !s.settled[list.Source]
	if tooMany(len(withdrawn), len(enrolled)) && !confirmed {
		s.log.Error("mailbox list refused; the last one stays in force", "source", list.Source,
			"withdrawn", len(withdrawn), "enrolled", len(enrolled),
			"hint", "it would withdraw more than 20 % at once: mend it, or start with mailboxes.confirmWithdrawals=true")
		return nil
	}
	s.settled[list.Source] = true
	s.lists[list.Source] = list
	return s.follow(ctx, list)
}

// atOnce is the number of facts that are stored together.
const atOnce = 200

// follow enrols and withdraws what this process owns of a list.
func (s *Stage) follow(ctx context.Context, list maillist.Snapshot) error {
	enrol, withdraw := difference(list.Mailboxes, s.fold.enrolled[list.Source])
	enrol, withdraw = s.owned(enrol), s.owned(withdraw)
	if len(enrol)+len(withdraw) == 0 {
		return nil
	}
	facts := make([]messages.Fact, 0, len(enrol)+len(withdraw))
	for _, mailbox := range enrol {
		facts = append(facts, messages.MailboxEnrolled{Meta: s.meta(messages.Cause{Reason: "listed"}), Mailbox: mailbox, EnrolledBy: list.Source})
	}
	for _, mailbox := range withdraw {
		facts = append(facts, messages.MailboxWithdrawn{Meta: s.meta(messages.Cause{Reason: "no longer listed"}), Mailbox: mailbox, EnrolledBy: list.Source})
	}
	s.log.Info("mailbox list followed", "source", list.Source, "enrolled", len(enrol), "withdrawn", len(withdraw))
	for chunk := range slices.Chunk(facts, atOnce) {
		if err := s.record(ctx, chunk...); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stage) owned(mailboxes []messages.Address) []messages.Address {
	return slices.DeleteFunc(mailboxes, func(mailbox messages.Address) bool { return !s.owns(mailbox) })
}
