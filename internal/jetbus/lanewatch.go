package jetbus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// The oldest acknowledgement is looked for so often, and is late after slowAck.
	watchInterval = 100 * time.Millisecond
	slowAck       = 900 * time.Millisecond

	// remakeAfter is how long a stream is missing before the streams are made again.
	remakeAfter = 5 * time.Second
)

// watch names the trouble of acknowledgements that do not come, long before they
// count as failed: a server whose disk is full answers nothing at all. And it has
// a missing stream made again.
func (o *laneOwner) watch(now time.Time) {
	o.watchAcks(now)
	if !o.missing.IsZero() && !o.lines.empty() && now.Sub(o.missing) >= remakeAfter {
		o.missing = now
		o.lane.remake()
	}
}

func (o *laneOwner) watchAcks(now time.Time) {
	age := o.oldest(now)
	if slow := age >= slowAck; slow != o.slow {
		o.slow = slow
		if slow {
			o.lane.trouble.set(troubleNoAnswer, fmt.Errorf("the oldest message has waited for its acknowledgement for %s", age.Round(time.Millisecond)))
		} else if !o.failed && o.failures == 0 {
			o.lane.trouble.clear()
		}
	}
}

// oldest is how long the oldest message on the way has waited.
func (o *laneOwner) oldest(now time.Time) time.Duration {
	var oldest time.Duration
	for _, e := range o.inFlight {
		oldest = max(oldest, now.Sub(e.sent))
	}
	return oldest
}

// remakeStreams makes streams that are missing while the bus runs. It gives up
// before a lane asks for it again.
func (b *Bus) remakeStreams() {
	ctx, cancel := context.WithTimeout(b.life, remakeAfter)
	defer cancel()
	for _, cfg := range b.cfg.streams() {
		if _, err := b.js.Stream(ctx, cfg.Name); errors.Is(err, jetstream.ErrStreamNotFound) {
			b.cfg.Logger.Error("a stream is missing and is made anew, empty: its sequences begin again", "stream", cfg.Name,
				"hint", "who deleted it? What it held is gone. Consumers must begin anew")
		}
	}
	if err := b.EnsureStreams(ctx); err != nil && b.life.Err() == nil {
		b.cfg.Logger.Error("cannot make the streams anew, trying again", "error", err)
	}
}
