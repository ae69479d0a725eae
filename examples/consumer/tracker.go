package main

import "github.com/ewsnats/ewsnats/pkg/messages"

// tracker remembers which events were taken. An event is known by its mailbox and
// its ce-id, which is EPOCH-SEQUENCE. Keep it with your results if they outlive the process.
type tracker map[place]*epoch

type place struct {
	mailbox messages.Address
	epoch   messages.Epoch
}

type epoch struct {
	former      messages.Epoch             // the one before; what lies before that is forgotten
	first, next messages.Sequence          // taken were those from first to before next,
	missing     map[messages.Sequence]bool // but for these
}

// take reports whether an event is a new one, and how many before it are missing.
func (t tracker) take(event messages.Event) (fresh bool, missing int) {
	if s, ok := event.(messages.MailboxStreaming); ok {
		return t.open(s)
	}
	m := event.Meta()
	e := t[place{m.Mailbox, m.Epoch}]
	if e == nil { // it was opened before this program began to read
		e = t.add(m, 0, m.Sequence)
	}
	switch {
	case m.Sequence < e.first: // of the time before
		return true, 0
	case m.Sequence < e.next: // a repeat, or late
		fresh = e.missing[m.Sequence]
		delete(e.missing, m.Sequence)
		return fresh, 0
	}
	missing = e.skipTo(m.Sequence)
	e.next++
	return true, missing
}

// open begins an epoch. It tells whether the end of the former one is missing.
func (t tracker) open(s messages.MailboxStreaming) (fresh bool, missing int) {
	if t[place{s.Mailbox, s.Epoch}] != nil {
		return false, 0
	}
	if former := t[place{s.Mailbox, s.FormerEpoch}]; former != nil {
		missing = former.skipTo(s.LastSequence + 1)
		delete(t, place{s.Mailbox, former.former})
	}
	t.add(s.Meta(), s.FormerEpoch, 1)
	return true, missing
}

func (t tracker) add(m messages.EventMeta, former messages.Epoch, first messages.Sequence) *epoch {
	e := &epoch{former: former, first: first, next: first, missing: map[messages.Sequence]bool{}}
	t[place{m.Mailbox, m.Epoch}] = e
	return e
}

// skipTo notes as missing what lies before n and was not taken.
func (e *epoch) skipTo(n messages.Sequence) (missing int) {
	for ; e.next < n; e.next++ {
		e.missing[e.next] = true
		missing++
	}
	return missing
}
