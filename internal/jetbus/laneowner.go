package jetbus

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// After a failure the lane waits from firstLaneWait, doubling, to lastLaneWait.
const (
	firstLaneWait = 100 * time.Millisecond
	lastLaneWait  = 2 * time.Second
)

// laneOwner is the state of a lane. Only the goroutine in run touches it.
type laneOwner struct {
	lane    *Lane
	js      asyncPublisher
	window  int
	settled *settlements

	unsent   []*entry             // taken, in order, not on the way
	sent     []*entry             // on the way or stored, in order, from the first that is not stored
	inFlight map[*nats.Msg]*entry // by attempt: a repeat has a message of its own
	limit    int                  // how many may be on the way: the window, or one to probe after a failure
	failures int                  // in a row
	failed   bool                 // something failed: send nothing until all of inFlight is settled
	troubled bool                 // and it was not the message's own fault
	retry    <-chan time.Time     // set while waiting to go on after a failure
}

// asyncPublisher is what a lane uses of a JetStream context.
type asyncPublisher interface {
	PublishMsgAsync(*nats.Msg, ...jetstream.PublishOpt) (jetstream.PubAckFuture, error)
}

// withoutRetry keeps nats.go from repeating a message that no stream took: it
// would repeat it alone, after those that follow it.
var withoutRetry = []jetstream.PublishOpt{jetstream.WithRetryAttempts(0)}

func newLaneOwner(l *Lane, js asyncPublisher, settled *settlements, window int) *laneOwner {
	return &laneOwner{
		lane:     l,
		js:       js,
		window:   window,
		limit:    window,
		settled:  settled,
		inFlight: make(map[*nats.Msg]*entry, window),
	}
}

func (o *laneOwner) run(ctx context.Context) {
	defer close(o.lane.done)
	defer o.lane.stop()
	closing := o.lane.closing
	for {
		o.send()
		if closing == nil && len(o.unsent) == 0 && len(o.inFlight) == 0 {
			return
		}
		select {
		case b := <-o.acceptable(closing):
			o.take(b)
		case <-o.settled.ready:
			o.settle()
		case <-o.retry:
			o.retry = nil
		case <-closing:
			closing = nil
		case <-ctx.Done():
			return
		}
	}
}

// acceptable is the queue while there is room for another batch, else nil.
func (o *laneOwner) acceptable(closing <-chan struct{}) <-chan *batch {
	if closing == nil || len(o.unsent) > 0 {
		return nil
	}
	return o.lane.queue
}

func (o *laneOwner) take(b *batch) {
	for i := range b.entries {
		o.unsent = append(o.unsent, &b.entries[i])
	}
}

// send puts on the way what the window has room for.
func (o *laneOwner) send() {
	for !o.failed && o.retry == nil && len(o.unsent) > 0 && len(o.inFlight) < o.limit {
		e := o.unsent[0]
		if !e.dropped() && !o.publish(e) {
			o.rewind()
			return
		}
		o.unsent = o.unsent[1:]
	}
}

// publish sends one message. It reports false when the entry must be sent again.
func (o *laneOwner) publish(e *entry) bool {
	attempt := e.msg
	_, err := o.js.PublishMsgAsync(&attempt, withoutRetry...)
	if err == nil {
		o.inFlight[&attempt] = e
		o.sent = append(o.sent, e)
		return true
	}
	if unstorable(err) {
		e.refuse(err)
		return true
	}
	o.fail(err)
	return false
}

// settle takes in the answers that have come.
func (o *laneOwner) settle() {
	for _, s := range o.settled.take() {
		e, current := o.inFlight[s.attempt]
		if !current {
			continue // the answer to an attempt that is settled already
		}
		delete(o.inFlight, s.attempt)
		if e.err = s.err; s.err != nil {
			o.fail(s.err)
			continue
		}
		e.acknowledge(s.sequence)
		o.progress()
	}
	for len(o.sent) > 0 && o.sent[0].stored {
		o.sent = o.sent[1:]
	}
	o.rewind()
}

// progress opens the window again after a failure. An answer from before the
// failure proves nothing.
func (o *laneOwner) progress() {
	if o.failed || o.failures == 0 {
		return
	}
	o.failures, o.limit = 0, o.window
	o.lane.trouble.clear()
}

func (o *laneOwner) fail(err error) {
	o.failed = true
	if !unstorable(err) {
		o.troubled = true
		o.lane.trouble.set(troubleOf(err), err)
	}
}

// rewind begins again at the first message that is not stored, if something failed
// and the fate of all that were on the way is known.
func (o *laneOwner) rewind() {
	if !o.failed || len(o.inFlight) > 0 {
		return
	}
	var again []*entry
	for _, e := range o.sent {
		switch {
		case e.stored:
		case unstorable(e.err):
			e.refuse(e.err)
		default:
			again = append(again, e)
		}
	}
	o.unsent, o.sent = append(again, o.unsent...), nil
	if o.troubled {
		o.retry = time.After(backOff(o.failures, firstLaneWait, lastLaneWait))
		o.failures++
		o.limit = 1
	}
	o.failed, o.troubled = false, false
}
