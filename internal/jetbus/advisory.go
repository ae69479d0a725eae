package jetbus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// maxDeliveriesSubject is where the server tells that a message was delivered as
// often as its consumer allows: handling it kills processes before any of them can
// put it into the dead letters.
const maxDeliveriesSubject = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES."

// maxDeliveries is the advisory (schema io.nats.jetstream.advisory.v1.max_deliver).
type maxDeliveries struct {
	Stream     string `json:"stream"`
	Consumer   string `json:"consumer"`
	Sequence   uint64 `json:"stream_seq"`
	Deliveries int    `json:"deliveries"`
}

// watchMaxDeliveries moves such messages of the work queue to the dead letters
// until ctx ends. Of the processes that watch, one does it.
func (b *Bus) watchMaxDeliveries(ctx context.Context, nc *nats.Conn) (*nats.Subscription, error) {
	subject := maxDeliveriesSubject + b.cfg.streamName(streamRegroup) + ".>"
	sub, err := nc.QueueSubscribe(subject, "ewsnats-"+b.cfg.Stage, func(m *nats.Msg) {
		if err := b.buryUndeliverable(ctx, m.Data); err != nil && ctx.Err() == nil {
			b.cfg.Logger.Error("a message that was delivered too often could not be copied", "advisory", string(m.Data), "error", err)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", subject, err)
	}
	return sub, nil
}

func (b *Bus) buryUndeliverable(ctx context.Context, advisory []byte) error {
	var told maxDeliveries
	if err := json.Unmarshal(advisory, &told); err != nil {
		return fmt.Errorf("read the advisory: %w", err)
	}
	var stored *jetstream.RawStreamMsg
	err := b.onRegroups(ctx, "read an undeliverable message", func(ctx context.Context, stream jetstream.Stream) (err error) {
		stored, err = stream.GetMsg(ctx, told.Sequence)
		return err
	})
	if err != nil || stored == nil {
		return err // it was handled after all, or is too old
	}
	reason := fmt.Sprintf("delivered %d times without an answer", told.Deliveries)
	if err := b.bury(ctx, fromStored(stored), letterID(told.Stream, told.Sequence), told.Consumer, reason); err != nil {
		return err
	}
	return b.onRegroups(ctx, "remove an undeliverable message", func(ctx context.Context, stream jetstream.Stream) error {
		return stream.DeleteMsg(ctx, told.Sequence)
	})
}

// onRegroups does something to a message of the work queue that may be gone.
func (b *Bus) onRegroups(ctx context.Context, what string, do func(context.Context, jetstream.Stream) error) error {
	return b.persist(ctx, what, func(ctx context.Context) error {
		stream, err := b.stream(ctx, streamRegroup)
		if err != nil {
			return err
		}
		if err := do(ctx, stream); !errors.Is(err, jetstream.ErrMsgNotFound) {
			return err
		}
		return nil
	})
}
