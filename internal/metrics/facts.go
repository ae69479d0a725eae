package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Fact takes a fact that a stage folds, in the order of the stream.
func (m *Metrics) Fact(r messages.Recorded) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if g, ok := r.Fact.(messages.GroupSubscribed); ok {
		if len(g.Subscriptions) == 0 {
			delete(m.subscribed, g.Group)
		} else {
			m.subscribed[g.Group] = true
		}
		return
	}
	m.mailboxes.apply(r.Fact)
}

// mailboxFold is what the facts say of each mailbox.
type mailboxFold map[messages.Address]*mailboxState

type mailboxState struct {
	sources                        []string // that want it
	discovered, subscribed, parked bool
}

func (f mailboxFold) of(a messages.Address) *mailboxState {
	if f[a] == nil {
		f[a] = &mailboxState{}
	}
	return f[a]
}

func (f mailboxFold) apply(fact messages.Fact) {
	switch e := fact.(type) {
	case messages.MailboxEnrolled:
		if s := f.of(e.Mailbox); !slices.Contains(s.sources, e.EnrolledBy) {
			s.sources = append(s.sources, e.EnrolledBy)
		}
	case messages.MailboxWithdrawn:
		s := f.of(e.Mailbox)
		s.sources = slices.DeleteFunc(s.sources, func(source string) bool { return source == e.EnrolledBy })
	case messages.MailboxDiscovered:
		f.of(e.Mailbox).discovered = true
	case messages.MailboxParked:
		f.of(e.Mailbox).parked = true
	case messages.MailboxGrouped:
		s := f.of(e.Mailbox)
		if s.subscribed = e.Subscription != ""; s.subscribed {
			s.parked = false
		}
	}
}

// The states of mailboxes that the facts know, each without those that follow.
const (
	mailboxEnrolled   = "enrolled"
	mailboxDiscovered = "discovered"
	mailboxSubscribed = "subscribed"
	mailboxParked     = "parked"
)

// state of a mailbox; empty: no one wants it.
func (s *mailboxState) state() string {
	switch {
	case len(s.sources) == 0:
		return ""
	case s.parked:
		return mailboxParked
	case s.subscribed:
		return mailboxSubscribed
	case s.discovered:
		return mailboxDiscovered
	}
	return mailboxEnrolled
}

// factCollector shows what the facts say; it describes nothing, because a
// streamer in the same process has metrics of the same names.
type factCollector struct{ m *Metrics }

func (factCollector) Describe(chan<- *prometheus.Desc) {}

func (c factCollector) Collect(out chan<- prometheus.Metric) {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	states := map[string]int{mailboxEnrolled: 0, mailboxDiscovered: 0, mailboxSubscribed: 0, mailboxParked: 0}
	for _, s := range c.m.mailboxes {
		if state := s.state(); state != "" {
			states[state]++
		}
	}
	for state, n := range states {
		out <- gauge(mailboxesDesc, float64(n), state)
	}
	out <- gauge(groupsDesc, float64(len(c.m.subscribed)), "subscribed")
}
