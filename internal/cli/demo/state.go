package demo

import (
	"fmt"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/audit"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// state is what the view shows: a fold of the facts and events, and what the
// stages log. Its methods may be called from many goroutines.
type state struct {
	natsURL, exchangeURL string
	began                time.Time

	mu        sync.Mutex
	mailboxes map[messages.Address]string
	groups    map[messages.GroupID]messages.GroupSubscribed
	stored    []audit.Stored
	news      []string // newest last
	told      int      // lines of news that were ever added
	events    []string // newest last
	rate      rateMeter
	gaps      int
	lastGap   string
	regroup   string
	firstAt   time.Duration // from the start to the first event of an item
}

// What is kept for showing.
const (
	newsKept   = 12
	eventsKept = 10
)

func newState() *state {
	return &state{began: time.Now(), mailboxes: map[messages.Address]string{}, groups: map[messages.GroupID]messages.GroupSubscribed{}}
}

// fact folds a fact of a mailbox or a group.
func (s *state) fact(recorded messages.Recorded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch f := recorded.Fact.(type) {
	case messages.MailboxEnrolled:
		s.mailboxes[f.Mailbox] = "wanted"
	case messages.MailboxWithdrawn:
		delete(s.mailboxes, f.Mailbox)
	case messages.MailboxDiscovered:
		if s.mailboxes[f.Mailbox] != "streaming" {
			s.mailboxes[f.Mailbox] = "discovered"
		}
	case messages.MailboxStale:
		s.mailboxes[f.Mailbox] = "stale"
	case messages.MailboxParked:
		s.mailboxes[f.Mailbox] = "parked"
	case messages.MailboxGrouped:
		if f.Lost != "" {
			s.regroup = fmt.Sprintf("%s of group %s generation %d: %s", f.Mailbox, f.Group, f.Generation, f.Lost)
		}
	case messages.GroupSubscribed:
		s.groups[f.Group] = f
		for a := range f.Subscriptions {
			if s.mailboxes[a] != "streaming" {
				s.mailboxes[a] = "subscribed"
			}
		}
	}
}

// event folds a stored event.
func (s *state) event(stored jetbus.StoredEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stored = append(s.stored, audit.Stored{Event: stored.Event, Sequence: stored.Sequence})
	switch e := stored.Event.(type) {
	case messages.MailboxStreaming:
		s.mailboxes[e.Mailbox] = "streaming"
	case messages.MailboxStopped:
		s.mailboxes[e.Mailbox] = "stopped"
	case messages.MailboxGap:
		s.gaps++
		s.lastGap = fmt.Sprintf("%s from %s to %s ±%d s: %s", e.Mailbox, clock(e.From), clock(e.To), e.Uncertainty, e.Cause)
		if s.gaps == 1 {
			s.add("gap announced: " + s.lastGap)
		}
	case messages.MailboxEvent:
		if s.firstAt == 0 {
			s.firstAt = time.Since(s.began)
			s.add(fmt.Sprintf("first event stored after %.1f s", s.firstAt.Seconds()))
		}
		s.rate.count(time.Now())
		s.events = append(s.events, eventLine(e))
		s.events = s.events[max(0, len(s.events)-eventsKept):]
	}
}

func eventLine(e messages.MailboxEvent) string {
	return fmt.Sprintf("%s  %-22s %-16s %-13s %s", clock(e.Time), e.Mailbox, string(e.What.Object)+"."+string(e.What.Verb), e.Folder, e.ID())
}

func clock(at time.Time) string { return at.Local().Format("15:04:05") }

// say adds a line of news.
func (s *state) say(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(line)
}

func (s *state) add(line string) {
	s.told++
	s.news = append(s.news, fmt.Sprintf("%6.1f s  %s", time.Since(s.began).Seconds(), line))
	s.news = s.news[max(0, len(s.news)-newsKept):]
}

// rateMeter counts events of the last seconds.
type rateMeter struct{ times []time.Time }

const rateWindow = 5 * time.Second

func (r *rateMeter) count(at time.Time) { r.times = append(r.times, at) }

func (r *rateMeter) perSecond(now time.Time) float64 {
	for len(r.times) > 0 && now.Sub(r.times[0]) > rateWindow {
		r.times = r.times[1:]
	}
	return float64(len(r.times)) / rateWindow.Seconds()
}
