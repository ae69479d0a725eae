package streamer

import (
	"context"
	"time"

	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// play looks at the worker's role, and sees to it that it has become the owner.
func (w *worker) play() {
	w.role = w.ownership.Role(w.id)
	switch {
	case w.role.Part != lease.Owner:
	case !w.owned:
		w.owned, w.token = true, w.role.Token
		w.heir = w.role.Inherited && !w.spoiled
	case w.role.Token != w.token:
		w.role = lease.Role{} // lost, and ours again: another worker begins anew
	}
	if w.role.Part != lease.Owner || !w.role.Suspended {
		w.suspended = time.Time{}
	}
}

// decides reports whether this process may decide about the group at this moment.
func (w *worker) decides() bool {
	role := w.ownership.Role(w.id)
	return role.Decides() && role.Token == w.token
}

// offers reports whether another process is to take the group over.
func (w *worker) offers() bool { return w.role.Leaving && w.role.To != "" }

// part hands the group over when another process is to have it: that one opens
// first, and the connection we read is read to the goodbye that Exchange then says.
//
// A process that leaves, and is the last one, ends uncleanly.
func (w *worker) part(ctx context.Context) {
	if w.role.Leaving && w.role.To == "" {
		w.cancel()
	}
	if !w.offers() {
		w.parting = false
		return
	}
	w.offered = true
	if w.opening && w.current == nil {
		w.unpace() // the successor has a turn of its own
	}
	switch {
	case w.opening || w.next != nil: // a connection of our own comes first
	case w.current == nil:
		w.finish(ctx)
	case w.role.Taken && !w.parting:
		w.parting = true
		w.goodbye.Reset(w.cfg.GoodbyeWithin)
	}
}

// succeeded sees to the end of the current connection when another one is to
// follow: ours, or a successor's.
func (w *worker) succeeded(ctx context.Context) {
	if w.next != nil {
		w.promote(ctx)
		return
	}
	w.finish(ctx)
}

// finish hands the group over: it ends the epochs in order, says up to when they
// are covered, and gives the claim to the successor.
func (w *worker) finish(ctx context.Context) {
	w.play()
	inOrder := w.offers() && !w.role.Suspended
	if w.current != nil {
		if !inOrder {
			w.lose("hand-over failed")
		}
		w.leave()
	}
	if !inOrder {
		return
	}
	var stopped []messages.Event
	for _, m := range w.members {
		if m.streams() {
			stopped = append(stopped, w.stoppedEvent(m, messages.Left{Reason: messages.StopHandedOver, Code: m.cause()}))
		}
	}
	if err := w.storeEvents(stopped); err == nil {
		w.saveCoverage(ctx)
	}
	w.log.Info("group handed over", "to", w.role.To, "mailboxes", len(stopped))
	w.ownership.Release(w.id)
	w.done = true
}

// awaitTurn is a step of the successor: it opens a connection and waits for the
// owner to end. What the connection brings waits meanwhile.
func (w *worker) awaitTurn(ctx context.Context) {
	w.openAhead(ctx)
	select {
	case u := <-w.updates:
		w.accept(ctx, u)
	case o := <-w.openings:
		w.openedAhead(o)
	case <-w.wake.C:
	case <-w.tick.C:
	case <-w.looks:
	case <-ctx.Done():
	}
}

// openAhead opens the successor's connection, with those subscriptions that the
// owner streams: of others no record would tell that Exchange may have written to it.
func (w *worker) openAhead(ctx context.Context) {
	if w.opening || w.next != nil || len(w.members) == 0 {
		return
	}
	if w.rests() {
		return
	}
	record, _, err := w.store.Coverage(ctx, w.id)
	if err != nil {
		w.delay(ctx, "coverage not readable", err)
		return
	}
	var streamed served
	for _, m := range w.alive() {
		if until, covered := record.Of(m.mailbox()); covered {
			m.start = ticksOf(until)
			streamed = append(streamed, m)
		}
	}
	if len(streamed) == 0 {
		w.wake.Reset(stoppedPoll) // the owner may be about to record them
		return
	}
	w.startOpening(ctx, streamed, record.Until)
}

// openedAhead tells the owner that the successor's connection is open.
func (w *worker) openedAhead(o opening) {
	w.opening = false
	switch {
	case o.wait > 0:
		w.rest(o.wait)
	case o.fault != nil:
		w.failures++
		w.spoiled = w.spoiled || mayHaveArrived(o.fault)
		w.log.Warn("successor's connection not opened", "code", o.fault.Code, "err", o.fault.Text)
		w.rest(max(w.backOff(), o.fault.BackOff))
	default:
		w.failures = 0
		w.next = o.connection
		w.ownership.Opened(w.id)
	}
}

// holdFor is how long connections are held while it is not known whose the group is.
const holdFor = 10 * time.Minute

// hold is a step of an owner that is no longer sure to be it: it reads and decides
// nothing, and keeps what it has for a bounded time.
func (w *worker) hold(ctx context.Context) {
	if w.suspended.IsZero() {
		w.suspended = time.Now()
	}
	left := holdFor - time.Since(w.suspended)
	if left <= 0 && w.current != nil {
		w.lose("suspended")
		w.leave()
	}
	w.wake.Reset(max(left, time.Second))
	select {
	case <-w.looks:
		w.wake.Reset(0)
	case <-w.wake.C:
	case <-ctx.Done():
	}
}
