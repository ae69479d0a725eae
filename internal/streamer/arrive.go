package streamer

import (
	"cmp"
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
	events := make([]messages.Event, 0, countEvents(batch...))
	for _, a := range batch {
		for _, n := range a.envelope.Notifications {
			m := c.members.of(n.Subscription)
			for _, notice := range n.Events {
				w.cfg.Observer.Received(notice.Kind)
				if m != nil && !m.gone && m.streams() {
					events = append(events, w.eventOf(c, m, notice, a.read))
				}
			}
			if m == nil || m.gone || !m.streams() {
				w.cfg.Observer.Dropped("not a member", m != nil, len(n.Events))
			}
		}
	}
	if err := w.storeEvents(events); err != nil {
		w.cfg.Observer.Dropped("not stored in time", false, len(events))
		return err
	}
	for _, a := range batch {
		if a.fault == nil && !w.endsByAnother(a.envelope) {
			c.cover(a)
			w.reports.progress = a.read
		}
	}
	return nil
}

func countEvents(batch ...arrival) int {
	events := 0
	for _, a := range batch {
		for _, n := range a.envelope.Notifications {
			events += len(n.Events)
		}
	}
	return events
}

// endsByAnother reports whether an envelope tells that another stream took the
// subscriptions, or may tell it: what happened since it did went there.
func (w *worker) endsByAnother(e Envelope) bool {
	return e.Closed && w.offered || slices.ContainsFunc(e.Faults, func(f *ewsaffinity.Fault) bool { return f.Code == codeTaken })
}

// storeEvents publishes events, also while the worker ends. One that can never be
// stored becomes a gap of one with its sequence number, so that the sequence has
// no hole.
func (w *worker) storeEvents(events []messages.Event) error {
	inPlace := false // the first of them is a gap in an event's place
	for len(events) > 0 {
		asked := time.Now()
		_, err := w.lane.Publish(w.storing, events)
		var refused *outcome.UnstorableError
		if !errors.As(err, &refused) {
			if err == nil {
				w.stored(events, time.Since(asked))
			}
			return err
		}
		index, reason := refused.Index, refused.Reason
		if refused.Index == 0 && inPlace { // the gap itself
			w.log.Error("gap not storable either; its place in the sequence stays empty", "err", reason,
				"mailbox", events[0].Meta().Mailbox.Redacted())
			events, inPlace = events[1:], false
			continue
		}
		w.stored(events[:index], time.Since(asked))
		if _, ok := events[index].(messages.MailboxEvent); ok {
			w.cfg.Observer.Dropped("unstorable", false, 1)
		}
		w.log.Error("event not storable; a gap stands in its place", "err", reason,
			"mailbox", events[index].Meta().Mailbox.Redacted(), "hint", "see ews.dlq.streamer for the event")
		events = slices.Clone(events[index:])
		events[0], inPlace = gapOfOne(events[0].Meta(), reason), true
	}
	return nil
}

// stored tells what is stored.
func (w *worker) stored(events []messages.Event, took time.Duration) {
	w.cfg.Observer.Published(took)
	for _, e := range events {
		w.cfg.Observer.Stored(e)
	}
}

func gapOfOne(meta messages.EventMeta, reason string) messages.MailboxGap {
	return messages.MailboxGap{EventMeta: meta, From: meta.Time, To: meta.Time, Uncertainty: messages.GapUncertainty,
		Cause: reason, Basis: messages.BasisStream}
}

// renew goes on after an in-band end: nothing was lost, the same subscriptions
// are opened again, by us or by a successor. A successor that opened and then was
// none any more took events with it.
func (w *worker) renew(ctx context.Context) {
	shortLived := w.shortLived(w.current, time.Now())
	w.play()
	if w.next != nil || w.offers() {
		w.succeeded(ctx)
		return
	}
	if w.offered {
		w.lose("hand-over failed")
	}
	w.leave()
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
	w.reports.ended = cmp.Or(w.reports.ended, "renewed")
	for _, m := range w.current.members {
		m.start = ticksOf(w.coveredUntil(m))
	}
	w.close(w.current)
	w.current = nil
	w.goodbye.Stop()
	w.parting = false
}

// broke sees to a connection that ended without an in-band end: what Exchange
// wrote and we did not read is lost.
func (w *worker) broke(ctx context.Context, fault *ewsaffinity.Fault) {
	if ctx.Err() != nil {
		return
	}
	w.lose(string(fault.Code))
	if w.play(); w.next != nil || w.offers() {
		w.succeeded(ctx)
		return
	}
	w.leave()
	w.faulted(ctx, fault, w.alive())
}

// lose marks that what the current connection still carried is lost.
func (w *worker) lose(cause string) {
	w.reports.ended = cause
	for _, m := range w.current.members {
		if m.streams() && !m.gone {
			m.freeze(w.coveredUntil(m), cause)
		}
	}
}
