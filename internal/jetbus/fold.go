package jetbus

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// A fold waits this long for the dead letters, which must not keep it from going
// on; the shorter time while they take nothing.
const (
	buryTimeout    = 5 * time.Second
	buryTimeoutBad = 100 * time.Millisecond
)

// fold delivers the facts of a stream.
func (b *Bus) fold(ctx context.Context, stream, subject string) (<-chan messages.Recorded, error) {
	out := make(chan messages.Recorded)
	send := func(ctx context.Context, r messages.Recorded) bool {
		select {
		case out <- r:
			return true
		case <-ctx.Done():
			return false
		}
	}
	err := b.start(func() {
		defer close(out)
		ctx, cancel := b.within(ctx)
		defer cancel()
		f := &follower{
			bus:    b,
			stream: b.cfg.streamName(stream),
			start:  jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}},
			deliver: func(m jetstream.Msg, meta *jetstream.MsgMetadata) bool {
				fact, err := messages.DecodeFact(fromDelivered(m))
				if err != nil {
					b.skip(ctx, m, meta, err)
					return ctx.Err() == nil
				}
				return send(ctx, messages.Recorded{Fact: fact, Sequence: meta.Sequence.Stream})
			},
			caughtUp: func() bool { return send(ctx, messages.Recorded{}) },
		}
		f.run(ctx)
	})
	return out, err
}

// within is ctx that also ends with the bus.
func (b *Bus) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(b.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// skip counts a message that a fold cannot read and copies it to the dead letters,
// once for all folds that meet it.
func (b *Bus) skip(ctx context.Context, m jetstream.Msg, meta *jetstream.MsgMetadata, reason error) {
	b.skipped.Add(1)
	wait := buryTimeout
	if b.noLetters.Load() {
		wait = buryTimeoutBad
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	id := letterID(meta.Stream, meta.Sequence.Stream)
	err := b.bury(ctx, fromDelivered(m), id, "fold", reason.Error())
	b.noLetters.Store(err != nil)
	if err != nil && b.life.Err() == nil {
		b.cfg.Logger.Error("a message that cannot be read was skipped and not copied",
			"subject", m.Subject(), "id", id, "reason", reason, "error", err)
	}
}

// Skipped counts the messages that the folds of this process could not read.
func (b *Bus) Skipped() uint64 { return b.skipped.Load() }

// letterID names a stored message, so that it lies in the dead letters once.
func letterID(stream string, sequence uint64) string { return fmt.Sprintf("%s-%d", stream, sequence) }
