package streamer

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// stoppedWithin is how long another group's worker may take to write the stopped
// of a mailbox that moved here, and stoppedPoll how often it is looked for.
const (
	stoppedWithin = 10 * time.Second
	stoppedPoll   = 250 * time.Millisecond
)

// prepare finds out what came before for every new member: its last epoch, up to
// when it is covered, its folders. It reports false while a former owner may
// still write.
func (w *worker) prepare(ctx context.Context) (ready bool, err error) {
	if !w.recorded {
		if w.coverage, w.covered, err = w.store.Coverage(ctx, w.id); err != nil {
			return false, fmt.Errorf("read coverage of %s: %w", w.id, err)
		}
		end, err := w.store.End(ctx)
		if err != nil {
			return false, fmt.Errorf("read the end of the stream of events: %w", err)
		}
		w.doubted = w.doubted || end < w.coverage.Stored
	}
	ready = true
	for _, m := range w.members {
		if m.prepared && !m.again || m.dead {
			continue
		}
		if err := w.prepareMember(ctx, m); err != nil {
			return false, err
		}
		ready = ready && m.prepared && !m.again
	}
	w.recorded = true // not before: a record of our own must not forget those we know nothing of yet
	return ready, nil
}

func (w *worker) prepareMember(ctx context.Context, m *member) error {
	if !m.named {
		fact, _, err := w.store.Folders(ctx, m.mailbox())
		if err != nil {
			return fmt.Errorf("read folders of %s: %w", m.mailbox().Redacted(), err)
		}
		m.folders, m.named = namesOf(fact), true
	}
	last, epoch, err := w.lastOf(ctx, m.mailbox())
	if err != nil {
		return fmt.Errorf("read last event of %s: %w", m.mailbox().Redacted(), err)
	}
	from, basis, covered := coveredBefore(w.coverage, m.mailbox(), last)
	if w.doubted {
		from, basis, covered = heldUntil(m, last), messages.BasisLastEvent, true
	}
	var b before
	stopped, handedOver := last.(messages.MailboxStopped)
	switch {
	case w.heir && !w.doubted && handedOver && stopped.Reason == messages.StopHandedOver && stopped.Group == w.id:
		b = inherited(stopped, m.id())
	case covered:
		b = before{reason: "taken over", from: from, basis: basis, cause: w.takeover(), toOpening: true}
	case last == nil:
		b.reason = "subscribed"
	default:
		if w.mayStillStop(m, last) {
			return nil
		}
		if b, err = w.after(ctx, m.mailbox(), last); err != nil {
			return err
		}
	}
	b.setFormer(epoch, last)
	b.waitUntil = m.former().waitUntil
	m.past, m.prepared, m.again = &b, true, false
	return nil
}

// lastOf is the newest event of a mailbox's newest epoch, and that epoch. An event
// of an epoch before it came late, from a process that was taken for dead: it says
// nothing of where the epoch has come to, so that the epoch's opening stands for it.
func (w *worker) lastOf(ctx context.Context, mailbox messages.Address) (messages.Event, messages.Epoch, error) {
	last, ok, err := w.store.Last(ctx, mailbox)
	if err != nil || !ok {
		return nil, 0, err
	}
	epoch, err := w.store.Epoch(ctx, mailbox)
	if err != nil || epoch == 0 || last.Meta().Epoch == epoch {
		return last, epoch, err
	}
	meta := last.Meta()
	meta.Epoch, meta.Sequence = epoch, 0
	return messages.MailboxStreaming{EventMeta: meta}, epoch, nil
}

// takeover is the cause of the gaps that a takeover announces.
func (w *worker) takeover() string {
	if w.doubted {
		return "the event stream went backwards"
	}
	return "takeover"
}

// heldUntil is up to when the stream surely holds a mailbox's events when it has
// lost its end: up to the newest that is left, or not at all.
func heldUntil(m *member, last messages.Event) time.Time {
	if last == nil {
		return m.since()
	}
	return later(m.since(), last.Meta().Time)
}

// inherited is what a former owner left that ended in order. Where it was cut off,
// or the mailbox has another subscription since, events may be lost in between.
func inherited(stopped messages.MailboxStopped, subscription messages.SubscriptionID) before {
	b := before{reason: "handed over", from: stopped.CoveredUntil, basis: messages.BasisStopped, cause: cmp.Or(stopped.Code, "replaced")}
	switch {
	case stopped.Subscription != subscription:
	case stopped.Code != "":
		b.toOpening = true
	default:
		b.inOrder = true
	}
	return b
}

// mayStillStop reports whether another group streamed the mailbox last and has
// had no time yet to write its stopped.
func (w *worker) mayStillStop(m *member, last messages.Event) bool {
	if _, stopped := last.(messages.MailboxStopped); stopped || last.Meta().Group == w.id {
		return false
	}
	b := m.former()
	if b.waitUntil.IsZero() {
		b.waitUntil = time.Now().Add(stoppedWithin)
		m.past = &b
	}
	return time.Now().Before(b.waitUntil)
}

// coveredBefore is up to when a mailbox is covered by the record of a predecessor,
// or by the last event that one stored, whichever is later. A record in which the
// mailbox lags behind its group counts alone: a gap may be due that begins there.
func coveredBefore(record messages.Coverage, mailbox messages.Address, last messages.Event) (time.Time, messages.GapBasis, bool) {
	from, covered := record.Of(mailbox)
	if !covered {
		return time.Time{}, "", false
	}
	_, lags := record.Behind[mailbox]
	if proven := provenUntil(last); !lags && proven.After(from) && last.Meta().Group == record.Group {
		return proven, messages.BasisLastEvent, true
	}
	return from, messages.BasisCoverage, true
}

// provenUntil is up to when a stored event shows that all before it is stored or
// announced; zero: it shows nothing. An epoch's streaming shows nothing: it is
// stored before the gap that the epoch opens with. Nor does what was read back.
func provenUntil(last messages.Event) time.Time {
	switch e := last.(type) {
	case messages.MailboxEvent:
		if e.Origin == messages.OriginStream {
			return e.Time
		}
	case messages.MailboxGap:
		return e.To
	case messages.MailboxStopped:
		return e.CoveredUntil
	}
	return time.Time{}
}

// after is what the last epoch of the mailbox left, in this group or another.
func (w *worker) after(ctx context.Context, mailbox messages.Address, last messages.Event) (before, error) {
	if stopped, ok := last.(messages.MailboxStopped); ok {
		switch stopped.Reason {
		case messages.StopWithdrawn:
			return before{reason: "enrolled again"}, nil
		case messages.StopMoved:
			return before{reason: "moved", from: stopped.CoveredUntil, basis: messages.BasisStopped, cause: "moved", inOrder: true}, nil
		}
		return before{reason: "subscribed anew", from: stopped.CoveredUntil, basis: messages.BasisStopped, cause: stopped.Code}, nil
	}
	b := before{reason: "taken over from another group", from: last.Meta().Time, basis: messages.BasisLastEvent, cause: "takeover"}
	record, _, err := w.store.Coverage(ctx, last.Meta().Group)
	if err != nil {
		return before{}, fmt.Errorf("read coverage of %s: %w", last.Meta().Group, err)
	}
	if from, basis, covered := coveredBefore(record, mailbox, last); covered {
		b.from, b.basis = from, basis
	}
	return b, nil
}

func (b *before) setFormer(epoch messages.Epoch, last messages.Event) {
	if last != nil {
		b.epoch, b.sequence = cmp.Or(epoch, last.Meta().Epoch), last.Meta().Sequence
	}
}
