package jetbus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	wmjetstream "github.com/ThreeDotsLabs/watermill-nats/v2/pkg/jetstream"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// RegroupHandler handles one request. It is called for several partitions at once.
type RegroupHandler = func(context.Context, messages.RegroupRequested) error

// Partitions says which partitions' requests this process serves. Changed receives
// after Serves began to answer otherwise; one goroutine at a time receives from it.
// Serves must not block.
type Partitions = interface {
	Serves(p messages.Partition) bool
	Changed() <-chan struct{}
}

// errNotServed marks what a handler returned for a partition that had ceased to be ours.
var errNotServed = errors.New("the partition is another process's now")

// queueLimits are the figures of the work queue; tests make them small.
type queueLimits struct {
	ackWait    time.Duration // after which the server delivers again, unless it hears a heartbeat
	maxDeliver int           // deliveries of one message, crashes included
	retries    int           // of the handler within one delivery
	retryWait  time.Duration // before the first of them; doubles
	nakDelay   time.Duration // before a message that was handed back comes again
	inMemory   bool          // whether consumers are kept in memory: quick to make, gone with their servers
}

var defaultQueueLimits = queueLimits{
	// Short: in a cluster a message may be sent to a server that has just ended or
	// handed its partition over, and is missing for that long.
	ackWait:    10 * time.Second,
	maxDeliver: 20,
	retries:    4,
	retryWait:  200 * time.Millisecond,
	nakDelay:   2 * time.Second,
}

const (
	longestRetryWait   = 5 * time.Second
	routerCloseTimeout = 10 * time.Second
	// The subscriber gives a message up after this; heartbeats rule before.
	watermillAckWait = 24 * time.Hour
)

// ServeRegroups hands the regroup requests of the partitions that are served (of
// every partition without served) to handle until ctx ends: within a partition one
// after another and in order, over all processes that serve. A partition that
// ceases to be served is pulled no more: what runs may finish, and what fails then
// comes again, where the partition is served. A request is done when handle returns nil. After an error it is tried
// again a few times with growing waits, then put into the dead letters with the
// reason; so is what cannot be read. The context of handle ends with ctx; a request
// it then returns with an error comes again.
//
// ServeRegroups goes on through restarts of the server and returns when ctx has
// ended and everything is closed, with ctx's error.
func (b *Bus) ServeRegroups(ctx context.Context, served Partitions, handle RegroupHandler) error {
	for attempt := 0; ; attempt++ {
		began := time.Now()
		err := b.serve(ctx, served, handle)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if b.life.Err() != nil {
			return outcome.ErrClosed
		}
		if refused := (*outcome.CredentialsError)(nil); errors.As(err, &refused) {
			return err
		}
		if time.Since(began) > lastConnectWait {
			attempt = 0
		}
		wait := backOff(attempt, firstConnectWait, lastConnectWait)
		b.cfg.Logger.Warn("serving regroup requests was interrupted, trying again", "error", err, "wait", wait)
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// serve serves through one router until ctx ends or a consumer is lost.
func (b *Bus) serve(ctx context.Context, served Partitions, handle RegroupHandler) error {
	ctx, cancel := b.within(ctx)
	defer cancel()
	nc, err := dial(ctx, b.cfg)
	if err != nil {
		return err
	}
	defer nc.Close()
	advisories, err := b.watchMaxDeliveries(ctx, nc)
	if err != nil {
		return err
	}
	defer advisories.Unsubscribe()

	lost := make(chan error, 1)
	g := &gate{log: b.cfg.Logger, heartbeat: b.queue.ackWait / 3, nakDelay: b.queue.nakDelay, served: served}
	subscriber, err := b.newWorkSubscriber(ctx, nc, g, lost)
	if err != nil {
		return err
	}
	router, err := b.newRouter(ctx, subscriber, g, handle)
	if err != nil {
		return err
	}
	var following sync.WaitGroup
	defer following.Wait()
	defer cancel()
	following.Go(func() {
		if err := g.follow(ctx); err != nil {
			tell(lost, err)
		}
	})
	return runRouter(ctx, router, g, nc, lost)
}

// runRouter runs the router and closes in the order that loses nothing: stop
// consuming, let handlers finish and their answers out, then close the router.
func runRouter(ctx context.Context, router *message.Router, g *gate, nc *nats.Conn, lost <-chan error) error {
	ended := make(chan error, 1)
	go func() { ended <- router.Run(context.WithoutCancel(ctx)) }()
	var err error
	select {
	case <-ctx.Done():
		err = ctx.Err()
	case err = <-lost:
	case err = <-ended:
		g.shut(nc.IsConnected())
		return errors.Join(err, router.Close())
	}
	g.shut(nc.IsConnected())
	flush(nc)
	closeErr := router.Close()
	<-ended
	return errors.Join(err, closeErr)
}

// flush sends what handlers answered last; without a connection there is no one to send it to.
func flush(nc *nats.Conn) {
	if nc.IsConnected() {
		_ = nc.FlushTimeout(time.Second)
	}
}

// newWorkSubscriber opens Watermill's subscriber on a connection that its Close closes.
func (b *Bus) newWorkSubscriber(ctx context.Context, nc *nats.Conn, g *gate, lost chan<- error) (message.Subscriber, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("connect to JetStream: %w", err)
	}
	consumers, err := b.regroupConsumers(ctx, js)
	if err != nil {
		return nil, err
	}
	subscriber, err := wmjetstream.NewSubscriber(wmjetstream.SubscriberConfig{
		Conn:                nc,
		Logger:              watermillLogger(b.cfg.Logger),
		AckWaitTimeout:      watermillAckWait,
		ResourceInitializer: prepared(consumers, g),
		NakDelay:            wmjetstream.NewStaticDelay(b.queue.nakDelay),
		ConsumeOptions:      consumeOptions(lost),
		Unmarshaler:         unmarshaler{},
	})
	if err != nil {
		return nil, fmt.Errorf("open Watermill's subscriber: %w", err)
	}
	return subscriber, nil
}

func (b *Bus) newRouter(ctx context.Context, subscriber message.Subscriber, g *gate, handle RegroupHandler) (*message.Router, error) {
	log := watermillLogger(b.cfg.Logger)
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: routerCloseTimeout}, log)
	if err != nil {
		return nil, fmt.Errorf("make Watermill's router: %w", err)
	}
	// What a handler returns because everything ends, or because the partition is not
	// ours any more, is no fault of the message.
	poison, err := middleware.PoisonQueueWithFilter(b.work, b.subjects.DeadLetter(b.cfg.Stage),
		func(err error) bool { return ctx.Err() == nil && !errors.Is(err, errNotServed) })
	if err != nil {
		return nil, fmt.Errorf("make Watermill's poison queue: %w", err)
	}
	retry := middleware.Retry{
		MaxRetries:      b.queue.retries,
		InitialInterval: b.queue.retryWait,
		MaxInterval:     longestRetryWait,
		Multiplier:      2,
		Logger:          log,
	}
	router.AddMiddleware(endWith(ctx), poison, decodeRequest, g.forgive, retry.Middleware, middleware.Recoverer)
	for p := range messages.Partition(messages.Partitions) {
		router.AddConsumerHandler(regroupConsumer(p), b.subjects.RegroupPartition(p), subscriber, regroupHandler(handle))
	}
	return router, nil
}
