package streamer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// coveredUntil is up to when a member is covered: everything that Exchange wrote
// for it before is stored.
func (w *worker) coveredUntil(m *member) time.Time {
	switch {
	case !m.streams():
		if from := m.former().from; !from.IsZero() {
			return from
		}
		return m.since()
	case m.frozen != nil:
		return m.frozen.at
	case w.current != nil && w.current.settled:
		return w.current.covered
	}
	return m.start.time()
}

// saveCoverage records up to when the group is covered, and asks again for what
// nobody answered. A failure is logged only: the older record stays true.
func (w *worker) saveCoverage(ctx context.Context) {
	w.askAgain(ctx)
	if !w.recorded || !w.decides() {
		return
	}
	if err := w.record(ctx); err != nil && ctx.Err() == nil {
		w.log.Warn("coverage not recorded", "err", err)
	}
}

// intend records the members whose first connection is about to open, so that a
// successor knows what Exchange may have written to it.
func (w *worker) intend(ctx context.Context) error {
	for _, m := range w.members {
		if _, covered := w.coverage.Of(m.mailbox()); !covered {
			return w.record(ctx)
		}
	}
	return nil
}

// record writes the record of the members that are prepared: up to when the one
// that came furthest is covered, and singly those that lag, or wait for a gap.
func (w *worker) record(ctx context.Context) error {
	next := messages.Coverage{
		Group: w.group.Group, Generation: w.group.Generation, Revision: w.group.Revision,
		Owner: w.ownership.ID(), Stored: w.lane.Stored(), Behind: map[messages.Address]time.Time{},
	}
	next.Members = make([]messages.Address, 0, len(w.members))
	if w.current != nil {
		next.Opened = w.current.opened.UTC()
	}
	for _, m := range w.members {
		if m.prepared {
			next.Members = append(next.Members, m.mailbox())
			next.Until = later(next.Until, w.coveredUntil(m).UTC())
		}
	}
	for _, m := range w.members {
		if until := w.coveredUntil(m); m.prepared && (m.frozen != nil || !until.Equal(next.Until)) {
			next.Behind[m.mailbox()] = until.UTC()
		}
	}
	return w.replaceRecord(ctx, next)
}

// replaceRecord stores the record in place of the one we know. When there is
// another one, and the group is still ours, a former owner wrote it late: it is
// replaced, too.
func (w *worker) replaceRecord(ctx context.Context, next messages.Coverage) error {
	var conflict *outcome.ConflictError
	sequence, err := w.save(ctx, next, w.covered)
	if errors.As(err, &conflict) && w.decides() {
		sequence, err = w.save(ctx, next, conflict.Actual)
	}
	if err != nil {
		return err
	}
	w.coverage, w.covered = next, sequence
	return nil
}

// save stores the record on a goroutine that ends with it: the stack that this takes
// would stay with the worker, of which there are many, and which mostly waits.
func (w *worker) save(ctx context.Context, next messages.Coverage, expected uint64) (sequence uint64, err error) {
	var saving sync.WaitGroup
	saving.Go(func() { sequence, err = w.store.SaveCoverage(ctx, next, expected) })
	saving.Wait()
	return sequence, err
}
