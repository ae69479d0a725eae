package streamer

import (
	"context"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
)

// connect opens a connection when the group needs one: it has none, or the one
// it has lacks a member or carries a dead id. The connection that lives goes on
// meanwhile: Exchange ends it in-band when the new one takes its subscriptions.
// One that is open already is made the current one.
func (w *worker) connect(ctx context.Context) {
	waits := w.next != nil && w.current == nil
	switch {
	case w.done || w.opening || w.next != nil && !waits || ctx.Err() != nil:
		return
	case len(w.members) == 0:
		w.abandon(ctx)
		return
	case !waits && (w.offers() || !w.needsConnection()), w.rests():
		return
	}
	ready, err := w.prepare(ctx)
	if err != nil {
		w.delay(ctx, "facts not readable", err)
		return
	}
	if !ready {
		w.wake.Reset(stoppedPoll)
		return
	}
	if waits {
		if w.promote(ctx); w.current != nil {
			w.connect(ctx) // it may lack a member
		}
		return
	}
	alive := w.alive()
	if len(alive) == 0 {
		w.abandon(ctx)
		return
	}
	if err := w.intend(ctx); err != nil {
		w.delay(ctx, "coverage not recorded", err)
		return
	}
	w.reopen = false
	w.startOpening(ctx, alive, w.coverage.Until)
}

// rests reports whether Exchange is left alone, and sees to it that the worker
// looks again.
func (w *worker) rests() bool {
	wait := time.Until(w.notUntil)
	if wait <= 0 {
		return false
	}
	w.wake.Reset(wait)
	return true
}

// startOpening opens a connection beside the loop. The oldest coverage goes first.
func (w *worker) startOpening(ctx context.Context, members served, oldest time.Time) {
	w.opening = true
	place, spots := w.group.Place(), members.spots()
	pacing, cancel := context.WithCancel(ctx)
	w.unpace = cancel
	w.reading.Go(func() {
		defer cancel()
		w.openings <- w.open(ctx, pacing, place, members, spots, oldest)
	})
}

// abandon closes a connection that serves no one any more. A group without members
// is at its end.
func (w *worker) abandon(ctx context.Context) {
	if w.current != nil {
		w.leave()
		w.saveCoverage(ctx)
	}
	if len(w.members) == 0 {
		w.ownership.Release(w.id)
		w.done = true
	}
}

// needsConnection reports whether the members that live are not all served.
func (w *worker) needsConnection() bool {
	if w.current == nil || w.reopen {
		return true
	}
	if w.serves == w.current {
		return false
	}
	for _, m := range w.members {
		if !m.dead && w.current.members.of(m.id()) == nil {
			return true
		}
	}
	w.serves = w.current
	return false
}

// alive are the members by their subscriptions, without the dead ones.
func (w *worker) alive() served {
	return servedOf(w.members, func(m *member) bool { return !m.dead })
}

// delay tries again later what the store did not answer.
func (w *worker) delay(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	w.failures++
	wait := w.backOff()
	w.rest(wait)
	w.wake.Reset(wait)
	w.log.Warn(what, "err", err, "again_in", wait.Round(time.Millisecond))
}

// rest leaves Exchange alone for so long. A longer rest that it asked for stands.
func (w *worker) rest(wait time.Duration) {
	w.notUntil = later(w.notUntil, time.Now().Add(wait))
}

// backOff is the wait after failures in a row.
func (w *worker) backOff() time.Duration {
	return ewsaffinity.RetryDelay(0, w.failures, w.cfg.Random())
}

// opened takes a connection that opened, or the fault that kept it from opening.
func (w *worker) opened(ctx context.Context, o opening) {
	w.opening = false
	switch {
	case o.wait > 0:
		w.rest(o.wait)
		w.reopen = w.current != nil
	case o.fault != nil:
		w.failures++
		w.doubt(o)
		w.faulted(ctx, o.fault, w.alive())
	case w.outdated(o.connection):
		w.close(o.connection)
	default:
		w.next = o.connection
		if w.current == nil {
			return // connect makes it the current one
		}
		if w.orphaned() {
			w.lose("replaced")
			w.promote(ctx)
		} else {
			w.goodbye.Reset(w.cfg.GoodbyeWithin)
		}
	}
}

// doubt marks what Exchange may have written to a connection that broke off while
// it opened: the request may have arrived although its answer did not.
func (w *worker) doubt(o opening) {
	if !mayHaveArrived(o.fault) {
		return
	}
	w.heir = false
	for _, m := range o.members {
		if m.streams() {
			m.freeze(w.coveredUntil(m), string(o.fault.Code))
		} else {
			m.doubt(string(o.fault.Code))
		}
	}
}

// mayHaveArrived reports whether a request that failed may have opened a stream.
func mayHaveArrived(fault *ewsaffinity.Fault) bool {
	return ewsaffinity.Recover(fault.Op, fault.Code).Steps[0].Do == ewsaffinity.ReopenSameIDs
}

// outdated reports whether a connection that just opened serves no one any more:
// the group changed meanwhile.
func (w *worker) outdated(c *connection) bool {
	for _, m := range c.members {
		if !m.gone && !m.dead {
			return false
		}
	}
	return true
}

// orphaned reports whether no subscription of the current connection is on the
// next one: then Exchange tells the current one nothing.
func (w *worker) orphaned() bool {
	for _, m := range w.current.members {
		if w.next.members.of(m.id()) != nil {
			return false
		}
	}
	return true
}

// promote makes the next connection the current one. Subscriptions that it says
// are dead are left out; the epochs of its new members open, gaps are announced,
// and then what it brought is read.
func (w *worker) promote(ctx context.Context) {
	if w.current != nil {
		w.leave()
	}
	w.current, w.next = w.next, nil
	w.offered = false
	c := w.current
	w.reconcile(c)
	for _, fault := range c.first.envelope.Faults {
		if w.told(ctx, c, fault); w.current != c {
			return
		}
	}
	c.first.envelope.Faults = nil
	if !w.decides() {
		w.current, w.next = nil, c // step looks why
		return
	}
	if err := w.openEpochs(c); err != nil {
		w.notOpened(ctx, c, err)
		return
	}
	w.saveCoverage(ctx)
	w.reports.reconnected(w.begun())
	w.forgetPast()
	w.arrive(ctx, []arrival{c.first})
}

// begun is why the first connection of a worker is opened.
func (w *worker) begun() string {
	for _, m := range w.members {
		if m.streams() {
			return m.former().reason
		}
	}
	return "subscribed"
}

// forgetPast drops what was known of the time before epochs that are open.
func (w *worker) forgetPast() {
	for _, m := range w.members {
		if m.streams() {
			m.past = nil
		}
	}
}

// notOpened gives up a connection whose epochs could not be opened: another process
// opened one, or everything ends. What is known of its members is asked for anew.
func (w *worker) notOpened(ctx context.Context, c *connection, err error) {
	w.heir, w.recorded = false, false
	for _, m := range c.members {
		m.again = !m.streams()
	}
	w.lose("epochs not opened")
	w.leave()
	w.delay(ctx, "epochs not opened", err)
}

// close cuts a connection and lets its reader end.
func (w *worker) close(c *connection) {
	c.stream.Close()
	w.reading.Go(func() {
		for range c.arrivals {
		}
	})
}
