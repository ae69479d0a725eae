package streamer

import (
	"context"
	"sync"

	"github.com/ewsnats/ewsnats/internal/membus"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// port is the bus as one process reaches it. A test can watch its writes, make
// them fail, and cut it off at a chosen one: what is asked of it from then on
// only waits for its context, as in a process that is about to be killed.
type port struct {
	*membus.Bus
	cut chan struct{} // closed when the port is cut off

	mu     sync.Mutex
	before func(write any) verdict // asked before every write; nil: all pass

	unreadable messages.Address // what is read of it fails
	failure    error
}

// verdict is what becomes of a write.
type verdict struct {
	err   error // it fails
	cut   bool  // the port is cut off before it is stored
	after bool  // it is stored, then the port is cut off
}

func newPort(bus *membus.Bus) *port { return &port{Bus: bus, cut: make(chan struct{})} }

// watch has every write judged: a batch of events, a coverage record or a regroup request.
func (p *port) watch(judge func(write any) verdict) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.before = judge
}

func (p *port) judge(write any) verdict {
	p.mu.Lock()
	before := p.before
	p.mu.Unlock()
	if before == nil {
		return verdict{}
	}
	return before(write)
}

// die cuts the port off.
func (p *port) die() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.cut:
	default:
		close(p.cut)
	}
}

func (p *port) isCut() bool {
	select {
	case <-p.cut:
		return true
	default:
		return false
	}
}

func (p *port) do(ctx context.Context, write any, store func() error) error {
	v := p.judge(write)
	switch {
	case p.isCut():
	case v.cut:
		p.die()
	case v.err != nil:
		return v.err
	case v.after:
		err := store()
		if err != nil {
			return err
		}
		p.die()
	default:
		return store()
	}
	<-ctx.Done()
	return ctx.Err()
}

func (p *port) Publish(ctx context.Context, events []messages.Event) (sequences []uint64, err error) {
	err = p.do(ctx, events, func() error {
		sequences, err = p.Bus.Publish(ctx, events)
		return err
	})
	return sequences, err
}

func (p *port) OpenEpochs(ctx context.Context, openings []messages.MailboxStreaming) (epochs []messages.Epoch, err error) {
	events := make([]messages.Event, len(openings))
	for i, o := range openings {
		events[i] = o
	}
	err = p.do(ctx, events, func() error {
		epochs, err = p.Bus.OpenEpochs(ctx, openings)
		return err
	})
	return epochs, err
}

func (p *port) SaveCoverage(ctx context.Context, c messages.Coverage, expected uint64) (sequence uint64, err error) {
	err = p.do(ctx, c, func() error {
		sequence, err = p.Bus.SaveCoverage(ctx, c, expected)
		return err
	})
	return sequence, err
}

func (p *port) RequestRegroup(ctx context.Context, r messages.RegroupRequested) error {
	return p.do(ctx, r, func() error { return p.Bus.RequestRegroup(ctx, r) })
}

// holds reports whether a write is a batch of events with one of type E.
func holds[E messages.Event](write any) bool {
	events, _ := write.([]messages.Event)
	for _, e := range events {
		if _, ok := e.(E); ok {
			return true
		}
	}
	return false
}

// failReading makes what is read of one mailbox fail; nil ends it.
func (p *port) failReading(err error, name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unreadable, p.failure = address(name), err
}

func (p *port) Last(ctx context.Context, mailbox messages.Address) (messages.Event, bool, error) {
	p.mu.Lock()
	err := p.failure
	concerned := p.unreadable == mailbox
	p.mu.Unlock()
	if err != nil && concerned {
		return nil, false, err
	}
	return p.Bus.Last(ctx, mailbox)
}
