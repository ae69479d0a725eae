package membus

import (
	"context"
	"sync"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Bus holds everything a stage reads and writes. Its methods may be called from
// many goroutines.
type Bus struct {
	subjects messages.Subjects

	mu        sync.Mutex
	changed   chan struct{} // closed and replaced whenever anything below changes
	mailboxes *stream
	groups    *stream
	regroups  *stream
	events    *stream
	coverage  map[messages.GroupID]coverage
	// coordinated is the last sequence of the coverage records.
	coordinated uint64
	handling    map[messages.Partition]bool // one of its regroup requests is being handled
	dead        []DeadLetter
	faults      faults
	regressions chan outcome.Regression
}

// New makes an empty bus.
func New() *Bus {
	return &Bus{
		subjects:    messages.Subjects{Prefix: messages.DefaultPrefix},
		changed:     make(chan struct{}),
		mailboxes:   newStream(mailboxFactsKept),
		groups:      newStream(groupFactsKept),
		regroups:    newStream(unlimited),
		events:      newStream(unlimited),
		coverage:    make(map[messages.GroupID]coverage),
		handling:    make(map[messages.Partition]bool),
		regressions: make(chan outcome.Regression, 1),
	}
}

// read runs f on the bus once no outage is on.
func (b *Bus) read(ctx context.Context, f func()) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		b.mu.Lock()
		if !b.faults.outage {
			f()
			b.mu.Unlock()
			return nil
		}
		changed := b.changed
		b.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// write is read for what changes the bus: it can be made to fail, and wakes the feeds.
func (b *Bus) write(ctx context.Context, f func() error) error {
	var err error
	waitErr := b.read(ctx, func() {
		if err = b.faults.failure; err == nil {
			err = f()
			b.wake()
		}
	})
	if waitErr != nil {
		return waitErr
	}
	return err
}

// wake tells everyone who waits that the bus changed. The lock is held.
func (b *Bus) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}
