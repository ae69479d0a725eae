package subscriber

import (
	"context"
	"slices"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// owns reports whether an endpoint is this process's to decide.
func (s *Subscriber) owns(url messages.Endpoint) bool { return s.ownership.Owns(url.Partition()) }

// pulled says to the work queue which partitions' requests are to be pulled.
type pulled struct{ *Subscriber }

func (s pulled) Serves(p messages.Partition) bool { return s.ownership.Owns(p) }
func (s pulled) Changed() <-chan struct{}         { return s.serves }

// ownershipChanged plans for what came, handles the requests that waited for it,
// and releases what goes and is at rest.
func (s *Subscriber) ownershipChanged(ctx context.Context) {
	select {
	case s.serves <- struct{}{}:
	default:
	}
	held := s.held
	s.held = nil
	for _, r := range held {
		if r.ctx.Err() == nil {
			s.requested(ctx, r)
		}
	}
	for _, p := range s.ownership.Yielding() {
		s.release(p)
	}
	s.news()
}

// begins counts something that runs beside the loop for a partition.
func (s *Subscriber) begins(p messages.Partition) { s.running[p]++ }

// ends counts it out. Of a partition that yields nothing new begins: with the
// last thing that ends it goes.
func (s *Subscriber) ends(p messages.Partition) {
	if s.running[p]--; s.running[p] > 0 {
		return
	}
	delete(s.running, p)
	if slices.Contains(s.ownership.Yielding(), p) {
		s.release(p)
	}
}

// release lets another process have a partition, unless something of it still
// runs. Its endpoints' memory goes too: it would be old when they come back.
func (s *Subscriber) release(p messages.Partition) {
	if s.running[p] > 0 {
		return
	}
	for url := range s.endpoints {
		if url.Partition() == p {
			delete(s.endpoints, url)
			delete(s.restless, url)
		}
	}
	s.ownership.Release(p)
}
