package discoverer

import (
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// mailbox is what the facts say about a mailbox, and what is being done about it.
type mailbox struct {
	address  messages.Address
	sources  map[string]bool // who wants it
	doubt    messages.Cause  // the enrolment or stale fact that no answer has named yet; without ID: none
	answered messages.Cause  // the last discovery, as the cause of its refresh; without ID: never discovered
	attempts int             // failed in a row
	next     time.Time       // when to ask; zero: at once
	progress progress
	alarm    time.Time // of its entry in the agenda
}

// progress tells where a mailbox is between two answers.
type progress int

const (
	idle progress = iota
	waiting
	asking
)

func (m *mailbox) wanted() bool { return len(m.sources) > 0 }

// cause is what the next request is made for.
func (m *mailbox) cause() messages.Cause {
	if m.doubt.ID != "" {
		return m.doubt
	}
	return m.answered
}

// fold is the state that facts make.
type fold struct {
	refresh   func(discovered time.Time) time.Time // when an answer is asked for again
	mailboxes map[messages.Address]*mailbox
	enrolled  map[string]map[messages.Address]bool // by source
}

func newFold(refresh func(time.Time) time.Time) *fold {
	return &fold{refresh: refresh, mailboxes: map[messages.Address]*mailbox{}, enrolled: map[string]map[messages.Address]bool{}}
}

// apply takes a fact in. It returns the mailbox whose next request it may have
// changed; nil: none.
func (f *fold) apply(fact messages.Fact) *mailbox {
	switch fact := fact.(type) {
	case messages.MailboxEnrolled:
		return f.enrol(fact)
	case messages.MailboxWithdrawn:
		return f.withdraw(fact)
	case messages.MailboxStale:
		m := f.mailbox(fact.Mailbox)
		m.doubt, m.next = messages.Cause{ID: fact.ID, Reason: "stale: " + fact.Code}, time.Time{}
		return m
	case messages.MailboxDiscovered:
		return f.discovered(fact)
	case messages.MailboxUndiscoverable:
		m := f.mailbox(fact.Mailbox)
		m.attempts = fact.Attempts
		if m.answers(fact.Meta) {
			m.next = fact.NextAttempt
		}
		return m
	}
	return nil
}

func (f *fold) mailbox(address messages.Address) *mailbox {
	m := f.mailboxes[address]
	if m == nil {
		m = &mailbox{address: address, sources: map[string]bool{}}
		f.mailboxes[address] = m
	}
	return m
}

// enrol makes a mailbox that no one wanted due at once, unless its place is known.
func (f *fold) enrol(fact messages.MailboxEnrolled) *mailbox {
	m := f.mailbox(fact.Mailbox)
	if !m.wanted() && m.answered.ID == "" {
		m.doubt, m.next = messages.Cause{ID: fact.ID, Reason: "enrolled"}, time.Time{}
	}
	m.sources[fact.EnrolledBy] = true
	if f.enrolled[fact.EnrolledBy] == nil {
		f.enrolled[fact.EnrolledBy] = map[messages.Address]bool{}
	}
	f.enrolled[fact.EnrolledBy][fact.Mailbox] = true
	return m
}

func (f *fold) withdraw(fact messages.MailboxWithdrawn) *mailbox {
	m := f.mailbox(fact.Mailbox)
	delete(m.sources, fact.EnrolledBy)
	delete(f.enrolled[fact.EnrolledBy], fact.Mailbox)
	return m
}

func (f *fold) discovered(fact messages.MailboxDiscovered) *mailbox {
	m := f.mailbox(fact.Mailbox)
	m.attempts = 0
	if m.answers(fact.Meta) {
		m.doubt, m.next = messages.Cause{}, f.refresh(fact.Time)
	}
	m.answered = messages.Cause{ID: fact.ID, Reason: "refresh"}
	return m
}

// answers reports whether an answer is one to what the mailbox is in doubt for. A
// request that was under way when the doubt arose may have been answered before
// the mailbox moved: it settles nothing.
func (m *mailbox) answers(answer messages.Meta) bool {
	return m.doubt.ID == "" || m.doubt.ID == answer.Cause.ID
}
