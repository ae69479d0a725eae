package streamer

import (
	"context"
	"time"

	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// connection reads one stream in a goroutine of its own. Little waits between it and
// the worker: when that does not take more, reading stops, and TCP tells Exchange.
type connection struct {
	stream   Stream
	opened   time.Time // Exchange's time of the answer
	openedAt time.Time // ours, with the monotonic clock
	members  served
	arrivals chan []arrival // of one slot: what was read since the worker last took it
	first    arrival        // the envelope it opened with

	// A new connection first brings what Exchange queued before it opened. It is
	// settled when an envelope arrived that was waited for: the queues are empty.
	settled bool
	covered time.Time // once settled: Exchange's time of the last envelope that is stored
	proof   time.Time // of the last one that showed every subscription to live

	condemned bool // another is to take its place: trouble that passes was told of once
}

// arrival is an envelope, or the fault that ended the stream.
type arrival struct {
	envelope Envelope
	fault    *ewsaffinity.Fault
	read     time.Time // ours
	fresh    bool      // it was waited for: it had not lain in a buffer, nor the events in a queue
	first    bool      // the envelope that Exchange opens with: it says nothing of the queues
}

// readAhead is how many events wait between a connection and its worker before reading
// stops. An envelope without any counts as one.
const readAhead = 512

// freshAfter is how long a read must have waited for its envelope to be fresh.
const freshAfter = 50 * time.Millisecond

// fullNotification is the most events Exchange puts in one notification: one as
// full may be followed by more from the queue.
const fullNotification = 50

// opening is what came of trying to open a connection.
type opening struct {
	connection *connection
	fault      *ewsaffinity.Fault
	members    served        // whom the fault concerns
	wait       time.Duration // the endpoint's breaker is open
}

// open opens a connection and waits for its first envelope, which Exchange sends
// at once. It waits for its turn by the endpoint's pace, as long as pacing lasts, and
// reports on the endpoint's breaker. The members are the loop's: what is asked for is spots, theirs at the start.
func (w *worker) open(ctx, pacing context.Context, place messages.Place, members served, spots []spot, oldest time.Time) opening {
	w.endpoint.pace.SetMembers(w.ownership.Members())
	if err := w.endpoint.pace.Wait(pacing, oldest); err != nil {
		return opening{wait: time.Second}
	}
	done, wait, ok := w.endpoint.Allow()
	if !ok {
		return opening{wait: wait}
	}
	if role := w.ownership.Role(w.id); role.Part == lease.Nobody || role.Suspended {
		done(openingOutcome(ctx, cancelled))
		return opening{wait: time.Second} // taking the subscriptions would rob their new owner
	}
	asked := time.Now()
	stream, err := w.exchange.Open(ctx, place, idsOf(spots))
	if err != nil {
		fault := asFault(err)
		done(openingOutcome(ctx, fault))
		return opening{members: members, fault: fault}
	}
	c := &connection{
		stream: stream, opened: stream.Opened(), openedAt: time.Now(),
		members: members, arrivals: make(chan []arrival, 1),
	}
	if c.opened.IsZero() {
		c.opened = asked // a server without Date: our own clock, before the answer
	}
	first := c.read()
	first.first = true
	done(openingOutcome(ctx, first.fault))
	if first.fault != nil {
		stream.Close()
		return opening{members: members, fault: first.fault}
	}
	c.first = first
	w.reading.Go(c.readOn)
	return opening{connection: c}
}

// readOn hands over envelopes until the stream ends or is closed. Whoever closes
// it takes what is still handed over. What the worker has not taken yet it takes with
// the next envelope, unless that is enough: then handing over waits.
func (c *connection) readOn() {
	defer close(c.arrivals)
	var batch []arrival
	for waiting := 0; ; {
		a := c.read()
		if batch = nil; waiting < readAhead {
			batch = c.untaken()
		}
		if batch == nil {
			waiting = 0
		}
		waiting += max(1, countEvents(a))
		c.arrivals <- append(batch, a)
		if a.fault != nil || a.envelope.Closed {
			return
		}
	}
}

// untaken takes back what the worker has not taken yet.
func (c *connection) untaken() []arrival {
	select {
	case batch := <-c.arrivals:
		return batch
	default:
		return nil
	}
}

func (c *connection) read() arrival {
	asked := time.Now()
	envelope, err := c.stream.Next()
	now := time.Now()
	fresh := now.Sub(asked) >= freshAfter
	for _, n := range envelope.Notifications {
		fresh = fresh && !n.More && len(n.Events) < fullNotification
	}
	return arrival{envelope: envelope, fault: asFault(err), read: now, fresh: fresh}
}

// exchangeTime is Exchange's time at one of our moments.
func (c *connection) exchangeTime(at time.Time) time.Time { return c.opened.Add(at.Sub(c.openedAt)) }

// cover moves what is covered past an arrival that is stored. One that was
// waited for was written just now. One that lay in a buffer may be old: then
// only the events it carries tell how far the stream has come.
func (c *connection) cover(a arrival) {
	now := c.exchangeTime(a.read)
	at := c.covered
	switch {
	case a.first:
	case a.fresh:
		at, c.settled = now, true
	default:
		at = newestEvent(a.envelope, at, now)
	}
	c.covered = at
	if len(a.envelope.Faults) == 0 && len(a.envelope.Notifications) == 0 {
		c.proof = at
	}
	for _, n := range a.envelope.Notifications {
		if m := c.members.of(n.Subscription); m != nil {
			m.seen = ticksOf(newestEvent(Envelope{Notifications: []Notification{n}}, later(m.seen.time(), at), now))
		}
	}
}

// newestEvent is the time of the newest event of an envelope, within two times.
func newestEvent(envelope Envelope, after, before time.Time) time.Time {
	newest := after
	for _, n := range envelope.Notifications {
		for _, e := range n.Events {
			if e.Time.After(newest) && e.Time.Before(before) {
				newest = e.Time
			}
		}
	}
	return newest
}

// cancelled is what an opening that was given up says of the endpoint: nothing.
var cancelled = &ewsaffinity.Fault{Op: ewsaffinity.OpStream, Code: ewsaffinity.CodeCancelled}

// openingOutcome is what an opening says of its endpoint.
func openingOutcome(ctx context.Context, fault *ewsaffinity.Fault) *ewsaffinity.Fault {
	if ctx.Err() != nil {
		return cancelled
	}
	return fault
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
