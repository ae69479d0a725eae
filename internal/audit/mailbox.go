package audit

import (
	"fmt"
	"strconv"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// mailbox is the comparison of one mailbox.
type mailbox struct {
	address string
	since   time.Time // first subscription
	truth   []exchangesim.Event
	byKey   map[string][]int // indexes into truth, ascending
	found   []bool
	ids     map[string]bool
	epoch   messages.Epoch
	next    messages.Sequence
	last    int // index into truth of the epoch's last event found
	gaps    []span
	absent  []span // no one wanted it
}

type span struct{ from, to time.Time }

func (s span) holds(at time.Time, slack time.Duration) bool {
	return !at.Before(s.from.Add(-slack)) && (s.to.IsZero() || !at.After(s.to.Add(slack)))
}

func newMailbox(address string) *mailbox {
	return &mailbox{address: address, byKey: map[string][]int{}, ids: map[string]bool{}, last: -1}
}

func (m *mailbox) subscribed(at time.Time) {
	if m.since.IsZero() || at.Before(m.since) {
		m.since = at
	}
}

func (m *mailbox) raised(e exchangesim.Event) {
	key := truthKey(e)
	m.byKey[key] = append(m.byKey[key], len(m.truth))
	m.truth = append(m.truth, e)
	m.found = append(m.found, false)
}

// store takes one stored event.
func (m *mailbox) store(s Stored, report *Report) {
	meta := s.Event.Meta()
	if id := s.Event.ID(); m.ids[id] {
		report.Repeated = append(report.Repeated, m.address+" "+id)
	} else {
		m.ids[id] = true
	}
	switch e := s.Event.(type) {
	case messages.MailboxStreaming:
		m.epoch, m.next, m.last = e.Epoch, 1, -1
		m.wantedAgain(e.Time)
		return
	case messages.MailboxGap:
		report.Gaps++
		report.GapTime += e.To.Sub(e.From)
		m.gaps = append(m.gaps, span{e.From, e.To})
	case messages.MailboxStopped:
		if e.Reason == messages.StopWithdrawn {
			m.absent = append(m.absent, span{from: e.CoveredUntil})
		}
	case messages.MailboxEvent:
		report.Events++
		m.find(e, report)
	}
	if meta.Epoch != m.epoch || meta.Sequence != m.next {
		report.Holes = append(report.Holes, fmt.Sprintf("%s: %s where %d-%d was due", m.address, s.Event.ID(), m.epoch, m.next))
	}
	m.epoch, m.next = meta.Epoch, meta.Sequence+1
}

func (m *mailbox) wantedAgain(at time.Time) {
	if n := len(m.absent); n > 0 && m.absent[n-1].to.IsZero() {
		m.absent[n-1].to = at
	}
}

// find matches a stored event with one that was raised. Equal ones are matched
// in order; within an epoch the order of raising must be kept.
func (m *mailbox) find(e messages.MailboxEvent, report *Report) {
	candidates := m.byKey[storedKey(e)]
	if len(candidates) == 0 {
		report.Invented = append(report.Invented, fmt.Sprintf("%s %s %s", m.address, e.ID(), storedKey(e)))
		return
	}
	match := -1
	for _, i := range candidates {
		if i > m.last && (match < 0 || m.found[match] && !m.found[i]) {
			match = i
		}
	}
	if match < 0 {
		report.OutOfOrder = append(report.OutOfOrder, fmt.Sprintf("%s %s %s", m.address, e.ID(), storedKey(e)))
		return
	}
	m.found[match], m.last = true, match
}

func (m *mailbox) conclude(report *Report) {
	for i, e := range m.truth {
		if m.found[i] || m.since.IsZero() || e.At.Before(m.since) || m.excused(e.At) {
			continue
		}
		report.Missing = append(report.Missing, fmt.Sprintf("%s event %d at %s: %s", m.address, e.Seq, e.At.Format("15:04:05.000"), truthKey(e)))
	}
}

func (m *mailbox) excused(at time.Time) bool {
	for _, gap := range m.gaps {
		if gap.holds(at, Slack) {
			return true
		}
	}
	for _, absent := range m.absent {
		if absent.holds(at, Slack) {
			return true
		}
	}
	return false
}

// truthKey and storedKey say the same of an event that was raised and of one
// that is stored: all that the wire carries.
func truthKey(e exchangesim.Event) string {
	return key(e.Type, e.At, e.ItemID, e.FolderID, e.ParentFolderID, e.OldItemID, e.OldFolderID, e.OldParentFolderID, e.UnreadCount)
}

func storedKey(e messages.MailboxEvent) string {
	return key(e.Event, e.Time, id(e.Item), id(e.FolderRef), id(e.Parent), id(e.OldItem), id(e.OldFolderRef), id(e.OldParent), e.UnreadCount)
}

func id(ref *messages.Ref) string {
	if ref == nil {
		return ""
	}
	return ref.ID
}

func key(eventType string, at time.Time, item, folder, parent, oldItem, oldFolder, oldParent string, unread *int) string {
	count := "-"
	if unread != nil {
		count = strconv.Itoa(*unread)
	}
	return fmt.Sprintf("%s %d %s %s %s %s %s %s %s", eventType, at.Unix(), item, folder, parent, oldItem, oldFolder, oldParent, count)
}
