package streamer

import (
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
		if w.coverage, _, err = w.store.Coverage(ctx, w.group.Group); err != nil {
			return false, fmt.Errorf("read coverage of %s: %w", w.group.Group, err)
		}
		w.recorded = true
	}
	ready = true
	for _, m := range w.members {
		if m.prepared || m.dead {
			continue
		}
		if err := w.prepareMember(ctx, m); err != nil {
			return false, err
		}
		ready = ready && m.prepared
	}
	return ready, nil
}

func (w *worker) prepareMember(ctx context.Context, m *member) error {
	if m.folders == nil {
		fact, _, err := w.store.Folders(ctx, m.mailbox)
		if err != nil {
			return fmt.Errorf("read folders of %s: %w", m.mailbox.Redacted(), err)
		}
		m.folders = namesOf(fact)
	}
	last, ok, err := w.store.Last(ctx, m.mailbox)
	if err != nil {
		return fmt.Errorf("read last event of %s: %w", m.mailbox.Redacted(), err)
	}
	recorded, covered := w.coverage.Of(m.mailbox)
	switch {
	case covered:
		m.before = takenOver(recorded, last, w.group.Group)
	case !ok:
		m.before = before{reason: "subscribed"}
	default:
		if w.mayStillStop(m, last) {
			return nil
		}
		if m.before, err = w.after(ctx, m.mailbox, last); err != nil {
			return err
		}
	}
	m.before.setFormer(last)
	m.prepared = true
	return nil
}

// mayStillStop reports whether another group streamed the mailbox last and has
// had no time yet to write its stopped.
func (w *worker) mayStillStop(m *member, last messages.Event) bool {
	if _, stopped := last.(messages.MailboxStopped); stopped || last.Meta().Group == w.group.Group {
		return false
	}
	if m.waitUntil.IsZero() {
		m.waitUntil = time.Now().Add(stoppedWithin)
	}
	return time.Now().Before(m.waitUntil)
}

// takenOver is what a predecessor in this group left: its record, or the last
// event it stored, whichever is later.
func takenOver(recorded time.Time, last messages.Event, group messages.GroupID) before {
	b := before{reason: "taken over", from: recorded, basis: messages.BasisCoverage, cause: "takeover", toOpening: true}
	if last != nil && last.Meta().Group == group && last.Meta().Time.After(recorded) {
		b.from, b.basis = last.Meta().Time, messages.BasisLastEvent
	}
	return b
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
	coverage, ok, err := w.store.Coverage(ctx, last.Meta().Group)
	if err != nil {
		return before{}, fmt.Errorf("read coverage of %s: %w", last.Meta().Group, err)
	}
	if recorded, covered := coverage.Of(mailbox); ok && covered && recorded.After(b.from) {
		b.from, b.basis = recorded, messages.BasisCoverage
	}
	return b, nil
}

func (b *before) setFormer(last messages.Event) {
	if last != nil {
		b.epoch, b.sequence = last.Meta().Epoch, last.Meta().Sequence
	}
}
