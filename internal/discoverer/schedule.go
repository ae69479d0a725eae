package discoverer

import (
	"context"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// concerns reports whether this process is to ask about a mailbox.
func (s *Stage) concerns(m *mailbox) bool { return m.wanted() && s.owns(m.address) }

func (s *Stage) owns(mailbox messages.Address) bool {
	return s.ports.Ownership.Owns(mailbox.Partition())
}

func (s *Stage) scheduleAll() {
	for _, m := range s.fold.mailboxes {
		s.schedule(m)
	}
}

// schedule sees to it that a mailbox is asked about when it is due.
func (s *Stage) schedule(m *mailbox) {
	if m == nil || !s.caughtUp || m.progress != idle || !s.concerns(m) {
		return
	}
	if m.next.After(time.Now()) {
		if !m.alarm.Equal(m.next) {
			m.alarm = m.next
			s.agenda.add(m.next, m)
		}
		return
	}
	s.put(m)
}

// put lets a mailbox wait with the others of its domain.
func (s *Stage) put(m *mailbox) {
	name := m.address.Domain()
	d := s.domains[name]
	if d == nil {
		d = &domain{name: name, size: s.cfg.Batch, growAfter: growAfter}
		s.domains[name] = d
	}
	if len(d.waiting) == 0 {
		s.turn = append(s.turn, d)
		d.begins = time.Now().Add(gathering)
		s.agenda.add(d.begins, nil)
	}
	d.put(m)
}

// dispatch looks at what has come due and sends as many requests as may be sent.
func (s *Stage) dispatch(ctx context.Context) {
	now := time.Now()
	for due, ok := s.agenda.due(now); ok; due, ok = s.agenda.due(now) {
		if m := due.of; m != nil && m.alarm.Equal(due.at) {
			m.alarm = time.Time{}
			s.schedule(m)
		}
	}
	for range len(s.turn) {
		if !s.mayAsk(now) {
			return
		}
		d := s.turn[0]
		s.turn = s.turn[1:]
		s.askDomain(ctx, d, now)
		if len(d.waiting) > 0 {
			s.turn = append(s.turn, d)
		}
	}
}

// mayAsk reports whether another request may be sent at all. As long as the
// account is not proven one goes at a time: a handful of refused logins locks it.
func (s *Stage) mayAsk(now time.Time) bool {
	parallel := s.cfg.Parallel
	if !s.proven {
		parallel = 1
	}
	return s.running < parallel && s.account.over(now)
}

// askDomain sends the requests that a domain may have now.
func (s *Stage) askDomain(ctx context.Context, d *domain, now time.Time) {
	for s.mayAsk(now) && d.ready(now) {
		if batch := d.take(s.concerns); len(batch) > 0 {
			s.ask(ctx, d, batch, now)
		}
	}
}

// arm sets the timer to the next appointment.
func (s *Stage) arm(timer *time.Timer) {
	if wait, ok := s.agenda.wait(time.Now()); ok {
		timer.Reset(wait)
		return
	}
	timer.Stop()
}
