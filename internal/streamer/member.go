package streamer

import (
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// member is a mailbox of the group as the worker knows it.
type member struct {
	mailbox      messages.Address
	subscription messages.Subscription
	folders      folderNames

	epoch    messages.Epoch // zero: not opened yet
	sequence messages.Sequence

	prepared  bool      // what came before is known
	again     bool      // and is to be asked for anew
	waitUntil time.Time // another group may still write this mailbox's stopped
	before    before

	start  time.Time // covered until, while no connection or an unsettled one serves it
	opened time.Time // since when the subscription streams without a break: Exchange may have restarted in one
	seen   time.Time // Exchange's time of the last notification that named the mailbox
	frozen time.Time // coverage stands still here: a gap is to be announced; zero: it moves with the connection
	cause  string    // of the gap
	dead   bool      // the subscription died and a new one was asked for
	gone   bool      // no longer a member: what still arrives is dropped
}

// before is what is known of a mailbox when its epoch is about to open.
type before struct {
	epoch     messages.Epoch
	sequence  messages.Sequence
	reason    string
	from      time.Time // covered until; zero: the first subscription, nothing came before
	basis     messages.GapBasis
	cause     string
	inOrder   bool // the former owner stopped in order after this subscription was made: no gap unless from is before since
	toOpening bool // a predecessor may have streamed this subscription: lost is what it did not store until the new connection opened
}

// next takes the next sequence number.
func (m *member) next() messages.Sequence {
	m.sequence++
	return m.sequence
}

// streams reports whether the mailbox's epoch is open.
func (m *member) streams() bool { return m.epoch != 0 }

// freeze marks that from here on events may be lost. The earliest point holds.
func (m *member) freeze(at time.Time, cause string) {
	if m.frozen.IsZero() {
		m.frozen, m.cause = at, cause
	}
}

// doubt marks that Exchange may have written events of a member whose epoch has
// not opened yet to a connection that nobody read.
func (m *member) doubt(cause string) {
	m.before.toOpening, m.before.inOrder = true, false
	if m.before.from.IsZero() {
		m.before.from, m.before.basis, m.before.cause = m.subscription.Since, messages.BasisStream, cause
	}
}

// thaw lets coverage move again from the end of the gap that was announced.
func (m *member) thaw(to time.Time) { m.frozen, m.cause, m.start = time.Time{}, "", to }
