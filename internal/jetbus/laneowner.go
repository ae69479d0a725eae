package jetbus

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
)

// After a failure the lane waits from firstLaneWait, doubling, to lastLaneWait.
const (
	firstLaneWait = 100 * time.Millisecond
	lastLaneWait  = 2 * time.Second
)

// laneOwner is the state of a lane. Only the goroutine in run touches it.
type laneOwner struct {
	lane      *Lane
	publisher publisher
	window    int
	settled   *settlements
	taken     []settlement // in the round before; its room is used again

	lines    *lines               // taken and not stored
	inFlight map[*nats.Msg]*entry // by attempt: a repeat has a message of its own
	limit    int                  // how many may be on the way: the window, or one to probe after a failure
	high     mark                 // what is known to be stored

	failures int              // in a row
	failed   bool             // something failed: send nothing until all of inFlight is settled
	troubled bool             // and it was not the message's own fault
	retry    <-chan time.Time // set while waiting to go on after a failure
	slow     bool             // the oldest acknowledgement is late
	missing  time.Time        // since when no stream takes messages, or since it was last made again
}

// publisher sends a message, whose fate its settlement tells later. With an error it
// is not sent, and has no settlement.
type publisher interface {
	publish(attempt *nats.Msg) error
}

func newLaneOwner(l *Lane, p publisher, settled *settlements, window int) *laneOwner {
	return &laneOwner{
		lane:      l,
		publisher: p,
		window:    window,
		limit:     window,
		settled:   settled,
		lines:     newLines(),
		inFlight:  make(map[*nats.Msg]*entry, window),
	}
}

func (o *laneOwner) run(ctx context.Context) {
	defer close(o.lane.done)
	defer o.lane.stop()
	look := time.NewTicker(watchInterval)
	defer look.Stop()
	closing := o.lane.closing
	for {
		o.send()
		if closing == nil && o.lines.empty() {
			return
		}
		select {
		case b := <-o.acceptable(closing):
			o.lines.add(b, o.lane.keyOf)
		case <-o.settled.ready:
			o.settle()
		case <-o.retry:
			o.retry = nil
		case now := <-look.C:
			o.watch(now)
		case <-closing:
			closing = nil
		case <-ctx.Done():
			return
		}
	}
}

// acceptable is the queue while there is room for another batch, else nil. A long
// burst of one mailbox must not keep the others out: there may be many batches,
// and as their callers wait for them, memory is bounded all the same.
func (o *laneOwner) acceptable(closing <-chan struct{}) <-chan *batch {
	if closing == nil || o.lines.held >= o.window {
		return nil
	}
	return o.lane.queue
}

// send puts on the way what the window has room for.
func (o *laneOwner) send() {
	for {
		o.rewind()
		if o.failed || o.retry != nil || len(o.inFlight) >= o.limit {
			return
		}
		e := o.lines.next()
		if e == nil {
			return
		}
		o.publish(e)
	}
}

// publish sends one message.
func (o *laneOwner) publish(e *entry) {
	attempt := toNATS(*e.msg)
	e.sent, e.after = time.Now(), o.high
	if err := o.publisher.publish(attempt); err != nil {
		o.fail(e, err)
		return
	}
	o.inFlight[attempt] = e
}

// settle takes in the answers that have come.
func (o *laneOwner) settle() {
	o.taken = o.settled.take(o.taken)
	for _, s := range o.taken {
		e, current := o.inFlight[s.attempt]
		if !current {
			continue // the answer to an attempt that is settled already
		}
		delete(o.inFlight, s.attempt)
		if s.err != nil {
			o.fail(e, s.err)
			continue
		}
		o.store(e, s)
		o.progress()
	}
	if o.slow {
		o.watchAcks(time.Now())
	}
}

// store notes that a message is stored: the next of its line may go.
func (o *laneOwner) store(e *entry, s settlement) {
	before, regressed := o.high, false
	if o.high, regressed = before.acknowledged(e.after, s); regressed {
		o.lane.state.regressed(Regression{Stream: s.stream, Acknowledged: before.sequence, Sequence: s.sequence})
	}
	o.lane.state.stored(s.duplicate, o.high.sequence)
	e.acknowledge(s.sequence)
	o.lines.leave(e)
}

// progress opens the window again after a failure. An answer from before the
// failure proves nothing.
func (o *laneOwner) progress() {
	if o.failed || o.failures == 0 {
		return
	}
	o.failures, o.limit, o.missing = 0, o.window, time.Time{}
	o.lane.trouble.clear()
}

func (o *laneOwner) fail(e *entry, err error) {
	o.failed = true
	e.err = err
	if unstorable(err) {
		return
	}
	o.troubled = true
	name := troubleOf(err)
	o.lane.trouble.set(name, err)
	if name != troubleNoStream {
		o.missing = time.Time{}
	} else if o.missing.IsZero() {
		o.missing = time.Now()
	}
}

// rewind begins again at the first messages that are not stored, if something
// failed and the fate of all that were on the way is known.
func (o *laneOwner) rewind() {
	if !o.failed || len(o.inFlight) > 0 {
		return
	}
	o.lines.restart()
	if o.troubled {
		o.retry = time.After(backOff(o.failures, firstLaneWait, lastLaneWait))
		o.failures++
		o.limit = 1
		o.lane.state.restarted()
	}
	o.failed, o.troubled = false, false
}
