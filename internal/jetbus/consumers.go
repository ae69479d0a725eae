package jetbus

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ThreeDotsLabs/watermill"
	wmjetstream "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/jetstream"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// regroupConsumer names the durable of a partition.
func regroupConsumer(p messages.Partition) string { return fmt.Sprintf("subscriber-regroup-%d", p) }

// workConsumer is the durable of a partition.
type workConsumer struct {
	jetstream.Consumer
	partition messages.Partition
}

// consumersAtOnce bounds how many durables are made at once. With replicas each
// takes its time; one after another they would take seconds.
const consumersAtOnce = 8

// regroupConsumers makes the durable of every partition, by topic. MaxAckPending 1
// keeps the order of a partition over all processes that serve it.
func (b *Bus) regroupConsumers(ctx context.Context, js jetstream.JetStream) (map[string]workConsumer, error) {
	var made [messages.Partitions]jetstream.Consumer
	var errs [messages.Partitions]error
	var wg sync.WaitGroup
	slots := make(chan struct{}, consumersAtOnce)
	for p := range made {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			made[p], errs[p] = b.makeRegroupConsumer(ctx, js, messages.Partition(p))
		})
	}
	wg.Wait()
	byTopic := make(map[string]workConsumer, messages.Partitions)
	for p, consumer := range made {
		partition := messages.Partition(p)
		byTopic[b.subjects.RegroupPartition(partition)] = workConsumer{consumer, partition}
	}
	return byTopic, errors.Join(errs[:]...)
}

func (b *Bus) makeRegroupConsumer(ctx context.Context, js jetstream.JetStream, p messages.Partition) (jetstream.Consumer, error) {
	stream := b.cfg.streamName(streamRegroup)
	cfg := jetstream.ConsumerConfig{
		Durable:       regroupConsumer(p),
		FilterSubject: b.subjects.RegroupPartition(p),
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       b.queue.ackWait,
		MaxDeliver:    b.queue.maxDeliver,
		MaxAckPending: 1,
		MemoryStorage: b.queue.inMemory,
	}
	var made jetstream.Consumer
	err := b.persist(ctx, "make consumer "+cfg.Durable, func(ctx context.Context) (err error) {
		made, err = js.CreateOrUpdateConsumer(ctx, stream, cfg)
		return final(err, err)
	})
	if err != nil {
		return nil, fmt.Errorf("make consumer %s of stream %s: %w", cfg.Durable, stream, err)
	}
	return made, nil
}

// prepared gives Watermill the consumers made before, behind the gate. Left to
// itself it would make consumers that vanish five seconds after their process.
func prepared(byTopic map[string]workConsumer, g *gate) wmjetstream.ResourceInitializer {
	return func(_ context.Context, _ jetstream.JetStream, topic string) (jetstream.Consumer, func(context.Context, watermill.LoggerAdapter), error) {
		consumer, ok := byTopic[topic]
		if !ok {
			return nil, nil, fmt.Errorf("no consumer was made for %s", topic)
		}
		return guard{consumer.Consumer, consumer.partition, g}, nil, nil
	}
}

// pulled is how many messages a pull asks for. MaxAckPending lets one at a time
// through, so that none waits in the client while its ack wait runs. Asking for just
// one would stall now and then: nats.go (1.55) skips the next pull when a message is
// handled before its pull has returned, and notices half a minute later.
const pulled = 16

// consumeOptions pull, and report a consumer that is lost.
func consumeOptions(lost chan<- error) []jetstream.PullConsumeOpt {
	return []jetstream.PullConsumeOpt{
		jetstream.PullMaxMessages(pulled),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
			if consumerLost(err) {
				tell(lost, err)
			}
		}),
	}
}

// tell passes on the first reason.
func tell(lost chan<- error, err error) {
	select {
	case lost <- err:
	default:
	}
}

// consumerLost reports whether consuming has ended, or asks a consumer that is not there.
func consumerLost(err error) bool {
	return errors.Is(err, jetstream.ErrConsumerDeleted) || errors.Is(err, jetstream.ErrConsumerNotFound) ||
		errors.Is(err, jetstream.ErrBadRequest) || errors.Is(err, nats.ErrNoResponders) ||
		errors.Is(err, jetstream.ErrConnectionClosed)
}
