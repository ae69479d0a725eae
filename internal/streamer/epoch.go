package streamer

import (
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// openEpochs opens an epoch for every member of a connection that has none yet,
// then announces the gaps: of those members, and of those whose former
// connection broke. Only then may the connection be read.
func (w *worker) openEpochs(c *connection) error {
	var fresh []*member
	var openings []messages.MailboxStreaming
	for _, m := range c.members.inOrder() {
		if m.gone || m.dead || m.streams() {
			continue
		}
		fresh = append(fresh, m)
		openings = append(openings, w.streamingEvent(m, c))
	}
	if len(openings) > 0 {
		epochs, err := w.store.OpenEpochs(w.storing, openings)
		for i, m := range fresh {
			if epochs != nil && epochs[i] != 0 {
				m.start = ticksOf(w.coveredUntil(m))
				m.epoch, m.sequence = epochs[i], 0
				openings[i].Epoch = epochs[i]
				w.cfg.Observer.Stored(openings[i])
			}
		}
		if err != nil {
			return err
		}
	}
	return w.announce(c, fresh)
}

func (w *worker) streamingEvent(m *member, c *connection) messages.MailboxStreaming {
	former := m.former()
	return messages.MailboxStreaming{
		EventMeta: messages.EventMeta{Mailbox: m.mailbox(), Group: w.group.Group, Generation: w.group.Generation,
			Time: c.opened.UTC(), Recorded: time.Now()},
		Opening:     w.cfg.NewID(),
		FormerEpoch: former.epoch, LastSequence: former.sequence, Reason: former.reason,
	}
}

// announce stores the gaps that a connection's opening closes.
func (w *worker) announce(c *connection, fresh []*member) error {
	var gaps []messages.Event
	for _, m := range fresh {
		if gap, ok := w.gapBefore(m, c); ok {
			gaps = append(gaps, gap)
		}
	}
	var thawed []*member
	for _, m := range c.members.inOrder() {
		if m.streams() && !m.gone && !m.dead && m.frozen != nil {
			gaps = append(gaps, w.gap(m, w.byClockOf(c, m.frozen.at), c.opened, m.frozen.cause, messages.BasisStream))
			thawed = append(thawed, m)
		}
	}
	if err := w.storeEvents(gaps); err != nil {
		return err
	}
	for _, m := range thawed {
		m.thaw(c.opened)
		m.opened = ticksOf(c.opened)
	}
	w.clock = c
	for _, m := range fresh {
		from := w.gapEnd(m, c)
		if m.former().inOrder {
			from = later(from, m.former().from)
		}
		m.start = ticksOf(from)
		m.opened = m.start
	}
	return nil
}

// gapEnd is where the coverage of a member's new epoch begins: at its
// subscription, or at the connection when a predecessor may have read some of it.
func (w *worker) gapEnd(m *member, c *connection) time.Time {
	if m.former().toOpening {
		return c.opened
	}
	return m.since()
}

// gapBefore is the gap between a member's former epoch and the new one.
func (w *worker) gapBefore(m *member, c *connection) (messages.Event, bool) {
	b := m.former()
	if b.from.IsZero() {
		return nil, false
	}
	to := w.gapEnd(m, c)
	if b.inOrder && !b.from.Before(to) {
		return nil, false
	}
	return w.gap(m, b.from, to, b.cause, b.basis), true
}

func (w *worker) gap(m *member, from, to time.Time, cause string, basis messages.GapBasis) messages.Event {
	if to.Before(from) {
		to = from // dates of whole seconds may cross
	}
	return messages.MailboxGap{
		EventMeta: w.meta(m, to), From: from.UTC(), To: to.UTC(),
		Uncertainty: messages.GapUncertainty, Cause: cause, Basis: basis,
	}
}

// announceNow stores a gap for members whose subscriptions live but lost events.
// Those whose epochs are about to open announce it then.
func (w *worker) announceNow(concerned served, cause string) {
	if !w.decides() {
		return // the next opening announces it
	}
	now := w.current.exchangeTime(time.Now())
	var streaming []*member
	var gaps []messages.Event
	for _, m := range concerned.inOrder() {
		if !m.streams() {
			m.doubt(cause)
			continue
		}
		streaming = append(streaming, m)
		gaps = append(gaps, w.gap(m, w.coveredUntil(m), now, m.cause(), messages.BasisStream))
	}
	if err := w.storeEvents(gaps); err != nil {
		return
	}
	for _, m := range streaming {
		m.thaw(now)
	}
}
