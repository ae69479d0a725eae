package ewsaffinity

import (
	"math"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Roster is what is wanted and what is: the fold of the mailbox and group facts.
// Build it with [NewRoster].
type Roster struct {
	mailboxes map[messages.Address]*mailbox
	groups    map[messages.GroupID]*group
	home      map[messages.Address]messages.GroupID // the group a mailbox belongs to: the later message that names it
}

type mailbox struct {
	sources        map[string]bool // who enrolled it
	known          bool            // discovered at least once
	key            Key
	discoveredSeq  uint64
	staleID        string
	staleSeq       uint64
	parkedUntil    time.Time
	parkedAttempts int
	losses         []loss // forced resubscriptions, oldest first
	folders        bool
}

type loss struct {
	id    string
	cause string // the request it came of
	at    time.Time
}

type group struct {
	messages.GroupSubscribed
	sequence uint64
}

// lossMemory is how many losses of a mailbox are kept: more than the ladder counts.
const lossMemory = 8

// unsettled is the sequence of a stale fact that was written but not read back
// yet: newer than every discovery.
const unsettled = math.MaxUint64

// NewRoster returns an empty roster.
func NewRoster() *Roster {
	return &Roster{
		mailboxes: map[messages.Address]*mailbox{},
		groups:    map[messages.GroupID]*group{},
		home:      map[messages.Address]messages.GroupID{},
	}
}

// Apply folds one fact. It never fails and tolerates repeats. A writer may apply
// its own fact before reading it back: without a sequence (0) for a mailbox
// fact, with the sequence of its decision for a group's.
func (r *Roster) Apply(recorded messages.Recorded) {
	switch f := recorded.Fact.(type) {
	case messages.MailboxEnrolled:
		m := r.mailbox(f.Mailbox)
		if len(m.sources) == 0 {
			m.parkedUntil, m.parkedAttempts = time.Time{}, 0
		}
		m.sources[f.EnrolledBy] = true
	case messages.MailboxWithdrawn:
		delete(r.mailbox(f.Mailbox).sources, f.EnrolledBy)
	case messages.MailboxDiscovered:
		m := r.mailbox(f.Mailbox)
		m.known, m.key, m.discoveredSeq = true, Key{f.URL, f.Grouping}, recorded.Sequence
	case messages.MailboxStale:
		r.mailbox(f.Mailbox).applyStale(f.ID, recorded.Sequence)
	case messages.MailboxFolders:
		r.mailbox(f.Mailbox).folders = true
	case messages.MailboxParked:
		m := r.mailbox(f.Mailbox)
		m.parkedUntil, m.parkedAttempts = f.NextAttempt, f.Attempts
	case messages.MailboxGrouped:
		r.mailbox(f.Mailbox).applyGrouped(f)
	case messages.GroupSubscribed:
		r.applyGroup(f, recorded.Sequence)
	}
}

func (r *Roster) mailbox(a messages.Address) *mailbox {
	m, ok := r.mailboxes[a]
	if !ok {
		m = &mailbox{sources: map[string]bool{}}
		r.mailboxes[a] = m
	}
	return m
}

func (m *mailbox) applyStale(id string, sequence uint64) {
	switch {
	case sequence == 0 && id == m.staleID: // a repeat: the feed will bring it no second time
	case sequence == 0:
		m.staleID, m.staleSeq = id, unsettled
	case id == m.staleID || m.staleSeq != unsettled:
		m.staleID, m.staleSeq = id, sequence
	}
}

func (m *mailbox) applyGrouped(f messages.MailboxGrouped) {
	switch {
	case f.Subscription != "":
		m.parkedUntil, m.parkedAttempts = time.Time{}, 0
	case f.Lost != "":
		for _, known := range m.losses {
			if known.id == f.ID {
				return
			}
		}
		m.losses = append(m.losses, loss{f.ID, f.Cause.ID, f.Time})
		if len(m.losses) > lossMemory {
			m.losses = m.losses[1:]
		}
	}
}

// applyGroup replaces what is known of a group, unless something later is known.
func (r *Roster) applyGroup(f messages.GroupSubscribed, sequence uint64) {
	former, ok := r.groups[f.Group]
	if ok && former.sequence >= sequence {
		return
	}
	r.groups[f.Group] = &group{f, sequence}
	if ok {
		for member := range former.Subscriptions {
			if _, stays := f.Subscriptions[member]; !stays {
				r.settleHome(member)
			}
		}
	}
	for member := range f.Subscriptions {
		if home, ok := r.groups[r.home[member]]; !ok || home.sequence < sequence {
			r.home[member] = f.Group
		}
	}
}

// settleHome finds the group a mailbox belongs to: the later of those that name it.
func (r *Roster) settleHome(a messages.Address) {
	var latest uint64
	delete(r.home, a)
	for id, g := range r.groups {
		if _, named := g.Subscriptions[a]; named && g.sequence > latest {
			r.home[a], latest = id, g.sequence
		}
	}
}

func (m *mailbox) wanted() bool { return len(m.sources) > 0 }

// placed reports whether the mailbox's place is known and not doubted.
func (m *mailbox) placed() bool { return m.known && m.staleSeq < m.discoveredSeq }

// lossesWithinHour counts the forced resubscriptions within the last hour,
// without those that came of the request except; empty: all.
func (m *mailbox) lossesWithinHour(now time.Time, except string) int {
	n := 0
	for _, l := range m.losses {
		if now.Sub(l.at) < time.Hour && (except == "" || l.cause != except) {
			n++
		}
	}
	return n
}

// notBefore is when the mailbox may be subscribed: after parking, and after the
// delay that the ladder of forced resubscriptions asks for.
func (m *mailbox) notBefore(now time.Time) time.Time {
	at := m.parkedUntil
	if n := m.lossesWithinHour(now, ""); n > 0 {
		delay, _ := ResubscribeDelay(n)
		if due := m.losses[len(m.losses)-1].at.Add(delay); due.After(at) {
			at = due
		}
	}
	return at
}
