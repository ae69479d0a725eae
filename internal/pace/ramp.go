package pace

import (
	"context"
	"sync"
	"time"
)

// Kind tells what a request is for.
type Kind int

// The kinds of requests.
const (
	Member Kind = iota // of a mailbox in a group that has its anchor
	Anchor             // that begins a generation
)

// The ramp after an outage.
const (
	memberRate = 10.0 // requests a second at first, anchors included
	anchorRate = 5.0  // of them
	growth     = 1.5  // after every clean minute
	leastRate  = 0.5  // throttling does not halve it further
	rampEnds   = 100.0
	clean      = time.Minute
	oneSignal  = time.Second // requests under way together that were all throttled count once
	idle       = time.Minute // without anyone who waits, after which the ramp ends

	massLoss       = 50 // subscriptions lost
	massLossWithin = 30 * time.Second
)

// Ramp is the pace of requests to an endpoint after an outage of it: few a second at
// first, more after every minute that brought no throttling. At other times it lets
// everything through at once.
type Ramp struct {
	mu     sync.Mutex
	state  ramp
	queue  queue
	losses []loss
}

type loss struct {
	at     time.Time
	number int
}

// Broken says that the endpoint's breaker is not closed: the ramp begins anew.
func (r *Ramp) Broken(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.begin(now)
}

// Lost says that subscriptions at the endpoint were lost. The ramp begins when they
// are more than 50 within 30 s.
func (r *Ramp) Lost(now time.Time, number int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.losses) > 0 && now.Sub(r.losses[0].at) > massLossWithin {
		r.losses = r.losses[1:]
	}
	r.losses = append(r.losses, loss{now, number})
	total := 0
	for _, l := range r.losses {
		total += l.number
	}
	if total > massLoss && !r.state.engaged(now) {
		r.state.begin(now)
	}
}

// Throttled says that the endpoint asked for less: the pace is halved.
func (r *Ramp) Throttled(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.throttled(now)
}

// Wait returns when a request may be made. Its error is ctx's.
func (r *Ramp) Wait(ctx context.Context, kind Kind) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.queue.enter(time.Time{}, kind)
	defer r.queue.leave(w)
	for {
		wait := time.Duration(-1)
		if r.queue.first(w) {
			if wait = r.state.pass(time.Now(), kind); wait == 0 {
				return nil
			}
		}
		r.mu.Unlock()
		err := w.sleep(ctx, wait)
		r.mu.Lock()
		if err != nil {
			return err
		}
	}
}

// ramp is the state of a [Ramp]. The zero value is not engaged.
type ramp struct {
	rate    float64 // a second; 0: not engaged
	halved  time.Time
	since   time.Time // of the clean minute that runs
	wanted  time.Time // when one last waited
	members bucket
	anchors bucket
}

func (r *ramp) begin(now time.Time) {
	if r.rate == 0 {
		r.members, r.anchors = bucket{}, bucket{}
	}
	r.rate, r.since, r.wanted = memberRate, now, now
}

// engaged reports whether the ramp is on, and lets it grow and end by time.
func (r *ramp) engaged(now time.Time) bool {
	if r.rate > 0 && now.Sub(r.wanted) >= idle {
		r.rate = 0
	}
	for r.rate > 0 && now.Sub(r.since) >= clean {
		r.rate, r.since = r.rate*growth, r.since.Add(clean)
		if r.rate > rampEnds {
			r.rate = 0
		}
	}
	return r.rate > 0
}

// pass lets a request through, or says how long it has to wait.
func (r *ramp) pass(now time.Time, kind Kind) time.Duration {
	if !r.engaged(now) {
		return 0
	}
	r.wanted = now
	anchors := r.rate * anchorRate / memberRate
	wait := r.members.wait(now, r.rate, 1)
	if kind == Anchor {
		wait = max(wait, r.anchors.wait(now, anchors, 1))
	}
	if wait > 0 {
		return wait
	}
	r.members.take(now, r.rate, 1)
	if kind == Anchor {
		r.anchors.take(now, anchors, 1)
	}
	return 0
}

func (r *ramp) throttled(now time.Time) {
	if r.engaged(now) && now.Sub(r.halved) >= oneSignal {
		r.rate, r.since, r.halved = max(r.rate/2, leastRate), now, now
	}
}
