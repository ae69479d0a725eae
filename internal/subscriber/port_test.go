package subscriber

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/membus"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// port is the bus as one process reaches it. A test can act before a decision,
// see what was written in which order, and have requests delivered twice.
type port struct {
	*membus.Bus

	mu      sync.Mutex
	written []messages.Fact
	decide  func(messages.GroupSubscribed) error // called before a decision
	twice   bool                                 // every request is delivered twice
	handled func(messages.RegroupRequested, error)
	lag     time.Duration // of the feeds, once they caught up
	all     bool          // requests of every partition are delivered, as when ownership ends in mid-delivery
}

func (p *port) Mailboxes(ctx context.Context) (<-chan messages.Recorded, error) {
	return p.late(ctx, p.Bus.Mailboxes)
}

func (p *port) Groups(ctx context.Context) (<-chan messages.Recorded, error) {
	return p.late(ctx, p.Bus.Groups)
}

// late is a feed that lags.
func (p *port) late(ctx context.Context, open func(context.Context) (<-chan messages.Recorded, error)) (<-chan messages.Recorded, error) {
	feed, err := open(ctx)
	if err != nil || p.lag == 0 {
		return feed, err
	}
	lagging := make(chan messages.Recorded)
	go func() {
		defer close(lagging)
		caughtUp := false
		for r := range feed {
			if caughtUp {
				select {
				case <-time.After(p.lag):
				case <-ctx.Done():
					return
				}
			}
			caughtUp = caughtUp || r.CaughtUp()
			select {
			case lagging <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	return lagging, nil
}

func (p *port) Record(ctx context.Context, facts ...messages.Fact) error {
	err := p.Bus.Record(ctx, facts...)
	if err == nil {
		p.note(facts...)
	}
	return err
}

func (p *port) Decide(ctx context.Context, g messages.GroupSubscribed, expected uint64) (uint64, error) {
	p.mu.Lock()
	decide := p.decide
	p.mu.Unlock()
	if decide != nil {
		if err := decide(g); err != nil {
			return 0, err
		}
	}
	sequence, err := p.Bus.Decide(ctx, g, expected)
	if err == nil {
		p.note(g)
	}
	return sequence, err
}

func (p *port) ServeRegroups(ctx context.Context, served Partitions, handle func(context.Context, messages.RegroupRequested) error) error {
	if p.all {
		served = nil
	}
	return p.Bus.ServeRegroups(ctx, served, func(ctx context.Context, r messages.RegroupRequested) error {
		err := handle(ctx, r)
		if p.twice && err == nil {
			err = handle(ctx, r)
		}
		if p.handled != nil {
			p.handled(r, err)
		}
		return err
	})
}

func (p *port) note(facts ...messages.Fact) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.written = append(p.written, facts...)
}

// onDecide has f called before every decision; nil ends it.
func (p *port) onDecide(f func(messages.GroupSubscribed) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.decide = f
}

// order are the facts that were written, oldest first.
func (p *port) order() []messages.Fact {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.written)
}
