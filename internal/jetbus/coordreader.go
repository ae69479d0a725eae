package jetbus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// coordInactive is how long the server keeps a consumer that no one reads.
const coordInactive = 10 * time.Second

var (
	errConnectionBroke = errors.New("the connection was interrupted")
	errMessageMissed   = errors.New("a message of the consumer did not arrive")
)

// coordReader reads the newest record of every subject in EWS_COORD that one of its
// filters selects, in order, and goes on: through one consumer, until anything may
// have been missed. It is not a follower, which goes on after the last message: a
// marker that came and went meanwhile would never be told.
type coordReader struct {
	bus     *Bus
	filters []string
	// deliver and caughtUp end the reading with an error.
	deliver  func(jetstream.Msg, *jetstream.MsgMetadata) error
	caughtUp func(context.Context) error

	taken    uint64 // messages of the consumer
	position uint64 // sequence of the last of them
	target   uint64 // sequence of the newest record when reading began
	told     bool   // caughtUp was called
}

// read reads until ctx ends, deliver or caughtUp fail, or the consumer does.
func (r *coordReader) read(ctx context.Context) error {
	ctx, release := r.bus.whileConnected(ctx)
	defer release()
	consumer, err := r.open(ctx)
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullHeartbeat(feedHeartbeat), jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return err
	}
	defer messages.Stop()
	for {
		if err := r.tellWhenCaughtUp(ctx); err != nil {
			return err
		}
		m, err := r.next(ctx, messages)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
			err = r.take(m)
		case errors.Is(err, context.DeadlineExceeded):
			err = r.aim(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// whileConnected is ctx that also ends when the connection breaks: what was under
// way then is not sent again.
func (b *Bus) whileConnected(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	status := b.nc.StatusChanged(nats.RECONNECTING, nats.CLOSED)
	go func() {
		if _, ok := <-status; ok {
			cancel(errConnectionBroke)
		}
	}()
	return ctx, func() {
		b.nc.RemoveStatusListener(status)
		cancel(nil)
	}
}

func (r *coordReader) open(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	consumer, err := r.bus.js.CreateConsumer(ctx, r.bus.cfg.streamName(streamCoord), jetstream.ConsumerConfig{
		FilterSubjects:    r.filters,
		DeliverPolicy:     jetstream.DeliverLastPerSubjectPolicy,
		AckPolicy:         jetstream.AckNonePolicy,
		InactiveThreshold: coordInactive,
		MemoryStorage:     true,
		Replicas:          1,
	})
	if err != nil {
		return nil, err
	}
	return consumer, r.aim(ctx)
}

// aim asks the stream's leader what the newest record is. The consumer does not
// know: it may run on a replica that lags behind. Asked again when nothing comes:
// the record may have gone.
func (r *coordReader) aim(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	r.target = 0
	for _, filter := range r.filters {
		newest, err := r.bus.newestOnce(ctx, streamCoord, filter)
		if err != nil {
			return err
		}
		if newest != nil {
			r.target = max(r.target, newest.Sequence)
		}
	}
	return nil
}

func (r *coordReader) tellWhenCaughtUp(ctx context.Context) error {
	if r.told || r.position < r.target {
		return nil
	}
	r.told = true
	return r.caughtUp(ctx)
}

func (r *coordReader) next(ctx context.Context, messages jetstream.MessagesContext) (jetstream.Msg, error) {
	if !r.told {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, quietWhileCatchingUp)
		defer cancel()
	}
	return messages.Next(jetstream.NextContext(ctx))
}

func (r *coordReader) take(m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	if r.taken++; meta.Sequence.Consumer != r.taken {
		return errMessageMissed
	}
	r.position = meta.Sequence.Stream
	return r.deliver(m, meta)
}
