package lease

import "time"

const (
	firstRetry = 250 * time.Millisecond
	lastRetry  = 2 * time.Second
)

// attempt keeps the writes of one key apart: one at a time, and after one whose
// outcome is not known the next one only when the feed has told more, or a while
// later. Either way it expects the newest sequence known, so that of two writes that
// expect the same at most one is ever stored.
type attempt struct {
	flying bool
	after  time.Duration // monotonic: not before
	delay  time.Duration
}

func (a *attempt) ready(now instant) bool { return !a.flying && now.mono >= a.after }

// fail lets the next attempt wait, twice as long as the last.
func (a *attempt) fail(now instant, most time.Duration) {
	a.delay = min(max(firstRetry, 2*a.delay), most)
	a.after = now.mono + a.delay
}

// await gives the feed time to show what was stored.
func (a *attempt) await(now instant) { a.after = now.mono + lastRetry }

// clear lets the next attempt begin at once.
func (a *attempt) clear() { a.after, a.delay = 0, 0 }

// write is a record that is to be stored. One of unit and slot says what for: a
// claim, or to find a member dead; neither: it is this member's own record.
type write struct {
	key      Key
	value    []byte
	expected uint64
	ttl      time.Duration
	sent     instant
	unit     *unit
	slot     *slot
	own      Member
}
