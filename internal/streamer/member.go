package streamer

import (
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// member is a mailbox of the group as the worker knows it. There are as many of them
// as mailboxes: what is seldom known lies outside.
type member struct {
	spot // of the mailbox

	named    bool // the folders are known
	prepared bool // what came before is known
	again    bool // and is to be asked for anew
	dead     bool // the subscription died and a new one was asked for
	gone     bool // no longer a member: what still arrives is dropped
	folders  folderNames

	epoch    messages.Epoch // zero: not opened yet
	sequence messages.Sequence

	past   *before // nil: nothing is known yet, or the epoch is open and told of
	start  ticks   // covered until, while no connection or an unsettled one serves it
	opened ticks   // since when the subscription streams without a break: Exchange may have restarted in one
	seen   ticks   // Exchange's time of the last notification that named the mailbox
	frozen *freeze // a gap is to be announced; nil: coverage moves with the connection
}

// freeze is where coverage stands still.
type freeze struct {
	at    time.Time
	cause string // of the gap
}

// before is what is known of a mailbox when its epoch is about to open.
type before struct {
	epoch     messages.Epoch
	sequence  messages.Sequence
	reason    string
	from      time.Time // covered until; zero: the first subscription, nothing came before
	basis     messages.GapBasis
	cause     string
	inOrder   bool      // the former owner stopped in order after this subscription was made: no gap unless from is before since
	toOpening bool      // a predecessor may have streamed this subscription: lost is what it did not store until the new connection opened
	waitUntil time.Time // another group may still write this mailbox's stopped
}

// next takes the next sequence number.
func (m *member) next() messages.Sequence {
	m.sequence++
	return m.sequence
}

// streams reports whether the mailbox's epoch is open.
func (m *member) streams() bool { return m.epoch != 0 }

// former is what is known of the time before the member's epoch.
func (m *member) former() before {
	if m.past == nil {
		return before{}
	}
	return *m.past
}

// freeze marks that from here on events may be lost. The earliest point holds; one
// that was never covered has none.
func (m *member) freeze(at time.Time, cause string) {
	if m.frozen == nil && !at.IsZero() {
		m.frozen = &freeze{at, cause}
	}
}

// cause is why coverage stands still; empty: it moves.
func (m *member) cause() string {
	if m.frozen == nil {
		return ""
	}
	return m.frozen.cause
}

// doubt marks that Exchange may have written events of a member whose epoch has
// not opened yet to a connection that nobody read.
func (m *member) doubt(cause string) {
	b := m.former()
	b.toOpening, b.inOrder = true, false
	if b.from.IsZero() {
		b.from, b.basis, b.cause = m.since(), messages.BasisStream, cause
	}
	m.past = &b
}

// thaw lets coverage move again from the end of the gap that was announced.
func (m *member) thaw(to time.Time) { m.frozen, m.start = nil, ticksOf(to) }
