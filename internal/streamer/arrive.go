package streamer

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// codeTaken is told in-band to the older of two streams with the same ids.
const codeTaken ewsaffinity.Code = "ErrorNewEventStreamConnectionOpened"

// arrive stores what a batch of arrivals brought, then sees to what it says
// about the connection and its subscriptions.
func (w *worker) arrive(ctx context.Context, batch []arrival) {
	c := w.current
	if err := w.publish(c, batch); err != nil {
		return // only the end of Drain ends a publish; what was not stored lies after the coverage record
	}
	for _, a := range batch {
		if a.fault == nil && len(a.envelope.Faults) == 0 && !w.shortLived(c, a.read) {
			w.breaker.Record(nil)
			w.failures = 0
		}
		for _, fault := range a.envelope.Faults {
			if w.told(ctx, c, fault); w.current != c {
				return
			}
		}
		switch {
		case a.envelope.Closed:
			w.renew(ctx)
			return
		case a.fault != nil:
			w.broke(ctx, a.fault)
			return
		}
	}
}

// publish stores the events of a batch in order, then moves what is covered.
func (w *worker) publish(c *connection, batch []arrival) error {
	var events []messages.Event
	for _, a := range batch {
		for _, n := range a.envelope.Notifications {
			m := c.members[n.Subscription]
			if m == nil || m.gone || !m.streams() {
				continue
			}
			for _, notice := range n.Events {
				events = append(events, w.eventOf(m, notice, a.read))
			}
		}
	}
	if err := w.storeEvents(events); err != nil {
		return err
	}
	for _, a := range batch {
		if a.fault == nil {
			c.cover(a)
		}
	}
	return nil
}

// storeEvents publishes events, also while the worker ends. One that can never be
// stored becomes a gap of one with its sequence number, so that the sequence has
// no hole.
func (w *worker) storeEvents(events []messages.Event) error {
	for len(events) > 0 {
		_, err := w.lane.Publish(w.storing, events)
		var refused *outcome.UnstorableError
		if !errors.As(err, &refused) {
			return err
		}
		index, reason := refused.Index, refused.Reason
		w.log.Error("event not storable; a gap stands in its place", "err", reason,
			"mailbox", events[index].Meta().Mailbox.Redacted(), "hint", "see ews.dlq.streamer for the event")
		events = slices.Clone(events[index:])
		events[0] = gapOfOne(events[0].Meta(), reason)
	}
	return nil
}

func gapOfOne(meta messages.EventMeta, reason string) messages.MailboxGap {
	return messages.MailboxGap{EventMeta: meta, From: meta.Time, To: meta.Time, Uncertainty: messages.GapUncertainty,
		Cause: reason, Basis: messages.BasisStream}
}

// renew goes on after an in-band end: nothing was lost, the same subscriptions
// are opened again.
func (w *worker) renew(ctx context.Context) {
	shortLived := w.shortLived(w.current, time.Now())
	w.leave()
	if w.next != nil {
		w.promote(ctx)
		return
	}
	if shortLived && !w.opening {
		w.failures++
		w.rest(w.backOff())
	}
}

// shortLived reports whether a connection has not lasted yet. One that opens and
// ends at once shows as little as one that does not open.
func (w *worker) shortLived(c *connection, at time.Time) bool {
	return at.Sub(c.openedAt) < w.cfg.ShortLived
}

// leave closes the current connection and remembers how far it came.
func (w *worker) leave() {
	for _, m := range w.current.members {
		m.start = w.coveredUntil(m)
	}
	w.close(w.current)
	w.current = nil
}

// broke sees to a connection that ended without an in-band end: what Exchange
// wrote and we did not read is lost.
func (w *worker) broke(ctx context.Context, fault *ewsaffinity.Fault) {
	if ctx.Err() != nil {
		return
	}
	w.lose(string(fault.Code))
	w.leave()
	if w.next != nil {
		w.promote(ctx)
		return
	}
	w.faulted(ctx, fault, w.alive())
}

// lose marks that what the current connection still carried is lost.
func (w *worker) lose(cause string) {
	for _, m := range w.current.members {
		if m.streams() && !m.gone {
			m.freeze(w.coveredUntil(m), cause)
		}
	}
}
