package pace

import (
	"context"
	"sync"
	"time"
)

// How fast connections to an endpoint are opened: those of all groups within
// reopenWithin, but openings at least among all members together.
const (
	reopenWithin = 30 * time.Second
	openings     = 5.0 // a second, and at once
)

// Openings spreads the openings of streams at an endpoint: when all of them are to
// be opened again it takes about 30 s; a few are opened at once.
type Openings struct {
	mu      sync.Mutex
	members int
	groups  int
	bucket  bucket
	queue   queue
}

// NewOpenings is the pace of one endpoint, of one member without groups.
func NewOpenings() *Openings { return &Openings{members: 1} }

// SetMembers says how many processes of the stage live, this one included.
func (o *Openings) SetMembers(n int) { o.set(func() { o.members = max(n, 1) }) }

// SetGroups says how many groups this process has at the endpoint.
func (o *Openings) SetGroups(n int) { o.set(func() { o.groups = max(n, 0) }) }

func (o *Openings) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
	o.queue.wake()
}

// Wait returns when a connection may be opened. Of those who wait the one with the
// oldest time goes first: since when the group is without a connection. Its error is
// ctx's.
func (o *Openings) Wait(ctx context.Context, oldest time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	w := o.queue.enter(oldest, Member)
	defer o.queue.leave(w)
	for {
		wait := time.Duration(-1)
		if o.queue.first(w) {
			now := time.Now()
			rate, burst := o.pace()
			if wait = o.bucket.wait(now, rate, burst); wait == 0 {
				o.bucket.take(now, rate, burst)
				return nil
			}
		}
		o.mu.Unlock()
		err := w.sleep(ctx, wait)
		o.mu.Lock()
		if err != nil {
			return err
		}
	}
}

// pace is the rate a second and the burst.
func (o *Openings) pace() (rate, burst float64) {
	share := openings / float64(o.members)
	return max(float64(o.groups)/reopenWithin.Seconds(), share), max(1, share)
}
