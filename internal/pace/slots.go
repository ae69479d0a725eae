package pace

import (
	"context"
	"sync"
	"time"
)

// Slots bounds the requests to an endpoint at a time. Throttling halves the bound,
// every minute without gives one back.
type Slots struct {
	most int

	mu      sync.Mutex
	members int
	bound   parallel
	taken   int
	queue   queue
}

// NewSlots bounds the requests of all members together by most. A member may always
// make one.
func NewSlots(most, members int) *Slots {
	return &Slots{most: most, members: max(members, 1)}
}

// SetMembers says how many processes of the stage live, this one included.
func (s *Slots) SetMembers(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members = max(n, 1)
	s.queue.wake()
}

// Throttled says that the endpoint asked for less.
func (s *Slots) Throttled(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bound.throttled(now, s.share())
}

// Acquire waits for a place. Its error is ctx's.
func (s *Slots) Acquire(ctx context.Context) (release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.queue.enter(time.Time{}, Member)
	defer s.queue.leave(w)
	for {
		wait := time.Duration(-1)
		if s.queue.first(w) {
			now := time.Now()
			if s.taken < s.bound.limit(now, s.share()) {
				s.taken++
				return s.release, nil
			}
			wait = s.bound.grows(now)
		}
		s.mu.Unlock()
		err := w.sleep(ctx, wait)
		s.mu.Lock()
		if err != nil {
			return nil, err
		}
	}
}

func (s *Slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	s.queue.wake()
}

func (s *Slots) share() int { return max(s.most/s.members, 1) }

// parallel is how much less than its share a process takes after throttling.
type parallel struct {
	less   int
	halved time.Time
	since  time.Time // of the clean minute that runs
}

// limit is the number of requests at a time.
func (p *parallel) limit(now time.Time, share int) int {
	for p.less > 0 && now.Sub(p.since) >= clean {
		p.less, p.since = p.less-1, p.since.Add(clean)
	}
	return max(share-p.less, 1)
}

func (p *parallel) throttled(now time.Time, share int) {
	if now.Sub(p.halved) < oneSignal {
		return
	}
	limit := p.limit(now, share)
	p.less, p.since, p.halved = share-max(limit/2, 1), now, now
}

// grows is the time until the limit grows; below 0: it is whole.
func (p *parallel) grows(now time.Time) time.Duration {
	if p.less == 0 {
		return -1
	}
	return max(0, clean-now.Sub(p.since))
}
