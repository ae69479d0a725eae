package jetbus

import (
	"context"
	"fmt"

	"github.com/ThreeDotsLabs/watermill"
	wmjetstream "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/jetstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// newWorkPublisher opens Watermill's publisher. It gets a connection of its own,
// which its Close closes.
func newWorkPublisher(ctx context.Context, cfg Config) (message.Publisher, error) {
	nc, err := dial(ctx, cfg)
	if err != nil {
		return nil, err
	}
	publisher, err := wmjetstream.NewPublisher(wmjetstream.PublisherConfig{
		Conn:   nc,
		Logger: watermillLogger(cfg.Logger),
		// The publisher takes the stream's name for the subject.
		ConfigureStream: func(topic string) jetstream.StreamConfig { return jetstream.StreamConfig{Name: topic} },
	})
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("open Watermill's publisher: %w", err)
	}
	return publisher, nil
}

// RequestRegroup puts a request into the work queue. It goes on trying, with the
// same id, until the request is stored or ctx ends.
func (b *Bus) RequestRegroup(ctx context.Context, r messages.RegroupRequested) error {
	encoded, err := messages.EncodeFact(b.subjects, r)
	if err != nil {
		return err
	}
	m := message.NewMessage(watermill.NewUUID(), encoded.Data)
	for name, values := range encoded.Header {
		m.Metadata.Set(name, values[0])
	}
	return b.persist(ctx, "request a regroup of group "+string(r.Group), func(ctx context.Context) error {
		return b.publishWork(ctx, encoded.Subject, m)
	})
}

// publishWork heeds ctx where Watermill's publisher does not: an answer that comes
// later is dropped.
func (b *Bus) publishWork(ctx context.Context, subject string, m *message.Message) error {
	answer := make(chan error, 1)
	if err := b.start(func() { answer <- b.work.Publish(subject, m) }); err != nil {
		return permanent(err)
	}
	select {
	case err := <-answer:
		if err != nil && unstorable(err) {
			return permanent(err)
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
