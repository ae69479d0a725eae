package jetbus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Lane publishes without loss and in order. Many goroutines may call Publish; one
// goroutine owns the lane and keeps a window of unacknowledged messages on the way,
// of each mailbox one: its next is sent when that is stored. When one fails it sends
// nothing more, waits until the fate of every message of the window is known, and
// goes on with what is not stored, with the same ids, for as long as the callers'
// contexts last. Callers block meanwhile: that is the back-pressure, and it bounds
// memory.
type Lane struct {
	bus       *Bus
	queue     chan *batch
	closing   chan struct{} // closed by Close: take nothing more, flush
	closeOnce sync.Once
	stop      context.CancelFunc
	done      chan struct{} // closed when the owner has ended
	trouble   trouble
	state     *laneState
	keyOf     func(subject string) string // the ordering key
	link      func() string               // what is wrong with the connection, or nothing
	remake    func()                      // makes missing streams again; does not block
	spare     sync.Pool                   // *[]messages.Message: of calls whose messages are stored, whose headers are used again
}

// laneLimits are a lane's figures; tests make them small.
type laneLimits struct {
	window     int
	ackTimeout time.Duration
}

// NewLane opens a lane. It ends with Close or with the bus.
func (b *Bus) NewLane() *Lane {
	return b.newLane(laneLimits{window: b.cfg.Window, ackTimeout: defaultAckTimeout})
}

func (b *Bus) newLane(limits laneLimits) *Lane {
	ctx, stop := context.WithCancel(b.life)
	l := &Lane{
		bus:     b,
		queue:   make(chan *batch),
		closing: make(chan struct{}),
		stop:    stop,
		done:    make(chan struct{}),
		trouble: trouble{log: b.cfg.Logger},
		state:   newLaneState(b.cfg.Logger),
		keyOf:   orderingKeys(b.subjects),
		link:    b.Trouble,
		remake:  func() { _ = b.start(b.remakeStreams) }, // a bus that is closed needs none
	}
	settled := newSettlements()
	publisher := newAcks(b.nc, settled, limits.ackTimeout)
	owner := newLaneOwner(l, publisher, settled, limits.window)
	if err := b.start(func() {
		var watching sync.WaitGroup
		defer watching.Wait()
		watching.Go(func() { publisher.watch(l.done) })
		owner.run(ctx)
	}); err != nil {
		stop()
		close(l.done) // the bus is closed: Publish says so
	}
	return l
}

// Publish stores events and returns the stream sequence of each; a repeat of an
// event stored before returns that one's. The events of one mailbox keep their
// order, in one call and over calls that follow each other. So do all of one call
// unless the server refuses some and stores others.
//
// [outcome.UnstorableError] says that one event can never be stored. When ctx
// ends, what was not yet sent is dropped, and what was sent may be stored.
func (l *Lane) Publish(ctx context.Context, events []messages.Event) ([]uint64, error) {
	room, _ := l.spare.Get().(*[]messages.Message)
	if room == nil {
		room = new([]messages.Message)
	}
	*room = slices.Grow((*room)[:0], len(events))
	encoded := (*room)[:len(events)]
	for i, event := range events {
		if err := messages.EncodeEventInto(&encoded[i], l.bus.subjects, event); err != nil {
			return l.publishBefore(ctx, encoded[:i], i, event, err)
		}
	}
	sequences, err := l.publish(ctx, encoded)
	if err == nil { // else they may still be on the way
		*room = encoded
		l.spare.Put(room)
	}
	return sequences, err
}

// publishBefore stores what precedes an event that cannot be encoded, and buries that.
func (l *Lane) publishBefore(ctx context.Context, encoded []messages.Message, index int, event messages.Event, reason error) ([]uint64, error) {
	sequences, err := l.publish(ctx, encoded)
	if err != nil {
		return sequences, err
	}
	meta := event.Meta()
	m := messages.Message{
		Subject: l.bus.subjects.Event(event.Kind(), event.InFolder(), meta.Mailbox),
		Data:    fmt.Appendf(nil, "%+v", event),
	}
	return sequences, l.buryUnstorable(ctx, m, messages.MsgID(event), &outcome.UnstorableError{Index: index, Reason: reason.Error()})
}

// publish hands messages to the owner and waits for their fate.
func (l *Lane) publish(ctx context.Context, encoded []messages.Message) ([]uint64, error) {
	if len(encoded) == 0 {
		return nil, ctx.Err()
	}
	l.state.begin(len(encoded))
	defer l.state.end(len(encoded))
	b := newBatch(ctx, encoded)
	select {
	case l.queue <- b:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.closing:
		return nil, outcome.ErrClosed
	case <-l.done:
		return nil, outcome.ErrClosed
	}
	select {
	case <-b.settled:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.done:
		return nil, outcome.ErrClosed
	}
	if b.refusal == nil {
		return b.sequences, nil
	}
	refused := encoded[b.end]
	unstorable := &outcome.UnstorableError{Index: b.end, Reason: b.refusal.Error()}
	return b.sequences[:b.end], l.buryUnstorable(ctx, refused, firstValue(refused, messages.HeaderMsgID), unstorable)
}

func (l *Lane) buryUnstorable(ctx context.Context, m messages.Message, id string, err *outcome.UnstorableError) error {
	if buryErr := l.bus.bury(ctx, m, id, "lane", err.Reason); buryErr != nil {
		return errors.Join(err, buryErr)
	}
	return err
}

// Close takes nothing more and waits until all that was taken is stored. When ctx
// ends first it gives the rest up and returns ctx's error.
func (l *Lane) Close(ctx context.Context) error {
	l.closeOnce.Do(func() { close(l.closing) })
	select {
	case <-l.done:
		return nil
	case <-ctx.Done():
		l.stop()
		<-l.done
		return ctx.Err()
	}
}

func firstValue(m messages.Message, name string) string {
	if values := m.Header[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}
