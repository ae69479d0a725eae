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
	written map[string]int // notifications by key
	stored  map[string]int // events that claim to come of one, by key
	ids     map[string]bool
	epochs  map[messages.Epoch]*epoch
	latest  messages.Epoch
	gaps    []span
	absent  []span // no one wanted it
}

// epoch is one life of the mailbox's events. An event may come after a later
// epoch opened: it is late, and its sequence goes on where its epoch was.
type epoch struct {
	opened time.Time
	next   messages.Sequence
	last   int // index into truth of the last event found
}

type span struct{ from, to time.Time }

func (s span) holds(at time.Time) bool {
	return !at.Before(s.from.Add(-Slack)) && (s.to.IsZero() || !at.After(s.to.Add(Slack)))
}

func newMailbox(address string) *mailbox {
	return &mailbox{address: address, byKey: map[string][]int{}, written: map[string]int{}, stored: map[string]int{},
		ids: map[string]bool{}, epochs: map[messages.Epoch]*epoch{}}
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
	if id := s.Event.ID(); m.ids[id] {
		report.Repeated = append(report.Repeated, m.address+" "+id)
		return
	}
	m.ids[s.Event.ID()] = true
	if e, ok := s.Event.(messages.MailboxStreaming); ok {
		m.open(e)
		return
	}
	in := m.follow(s.Event, report)
	switch e := s.Event.(type) {
	case messages.MailboxGap:
		report.Gaps++
		m.gap(e, report)
	case messages.MailboxStopped:
		m.stop(e)
	case messages.MailboxEvent:
		report.Events++
		m.find(e, in, report)
	}
}

// open begins an epoch, and with it ends the time in which no one wanted the mailbox.
func (m *mailbox) open(e messages.MailboxStreaming) {
	m.epochs[e.Epoch], m.latest = &epoch{opened: e.Time, next: 1, last: -1}, e.Epoch
	if n := len(m.absent); n > 0 && m.absent[n-1].to.IsZero() {
		m.absent[n-1].to = e.Time
	}
}

// follow checks that an event is the next of its epoch, which it returns.
func (m *mailbox) follow(e messages.Event, report *Report) *epoch {
	meta := e.Meta()
	in, ok := m.epochs[meta.Epoch]
	switch {
	case !ok:
		report.Holes = append(report.Holes, fmt.Sprintf("%s: %s of an epoch that never opened", m.address, e.ID()))
		in = &epoch{last: -1}
		m.epochs[meta.Epoch] = in
	case meta.Sequence != in.next:
		report.Holes = append(report.Holes, fmt.Sprintf("%s: %s where %d-%d was due", m.address, e.ID(), meta.Epoch, in.next))
	}
	in.next = meta.Sequence + 1
	return in
}

// gap notes what a gap excuses. One without bounds, or that ends before it
// begins, excuses nothing.
func (m *mailbox) gap(e messages.MailboxGap, report *Report) {
	if e.From.IsZero() || e.To.Before(e.From) {
		return
	}
	report.GapTime += e.To.Sub(e.From)
	m.gaps = append(m.gaps, span{e.From, e.To})
}

// stop notes since when no one wants the mailbox. Where a later epoch opened
// already, someone wanted it again by then.
func (m *mailbox) stop(e messages.MailboxStopped) {
	if e.Reason != messages.StopWithdrawn {
		return
	}
	absent := span{from: e.CoveredUntil}
	if e.Epoch != m.latest {
		absent.to = m.epochs[m.latest].opened
	}
	m.absent = append(m.absent, absent)
}

// find matches a stored event with one that was raised. Equal ones are matched
// in order; within an epoch the order of raising must be kept.
func (m *mailbox) find(e messages.MailboxEvent, in *epoch, report *Report) {
	key := storedKey(e)
	candidates := m.byKey[key]
	if len(candidates) == 0 {
		report.Invented = append(report.Invented, fmt.Sprintf("%s %s %s", m.address, e.ID(), key))
		return
	}
	if e.Origin != messages.OriginRecovered {
		m.stored[key]++
	}
	match := -1
	for _, i := range candidates {
		if i > in.last && (match < 0 || m.found[match] && !m.found[i]) {
			match = i
		}
	}
	if match < 0 {
		report.OutOfOrder = append(report.OutOfOrder, fmt.Sprintf("%s %s %s", m.address, e.ID(), key))
		return
	}
	m.found[match], in.last = true, match
}

func (m *mailbox) conclude(report *Report) {
	for i, e := range m.truth {
		if m.found[i] || m.since.IsZero() || e.At.Before(m.since) || m.excused(e.At) {
			continue
		}
		report.Missing = append(report.Missing, fmt.Sprintf("%s event %d at %s: %s", m.address, e.Seq, e.At.Format("15:04:05.000"), truthKey(e)))
	}
	for key, stored := range m.stored {
		if written := m.written[key]; stored > written {
			report.Repeated = append(report.Repeated, fmt.Sprintf("%s written %d times, stored %d times: %s", m.address, written, stored, key))
		}
	}
}

func (m *mailbox) excused(at time.Time) bool {
	for _, gap := range m.gaps {
		if gap.holds(at) {
			return true
		}
	}
	for _, absent := range m.absent {
		if absent.holds(at) {
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
