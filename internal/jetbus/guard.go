package jetbus

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// guard stands between a consumer and Watermill's subscriber. A panic of the
// subscriber, which sends on a channel that it may have closed, becomes a
// redelivery; a message that takes long is kept alive by heartbeats; and consuming
// can be stopped before anything is closed.
type guard struct {
	jetstream.Consumer
	gate *gate
}

// Consume consumes as the guarded consumer does.
func (g guard) Consume(handler jetstream.MessageHandler, opts ...jetstream.PullConsumeOpt) (jetstream.ConsumeContext, error) {
	consuming, err := g.Consumer.Consume(func(m jetstream.Msg) { g.gate.pass(m, handler) }, opts...)
	if err != nil {
		return nil, err
	}
	g.gate.add(consuming)
	return consuming, nil
}

// gate lets messages through to handlers until it is shut.
type gate struct {
	log       *slog.Logger
	heartbeat time.Duration
	nakDelay  time.Duration

	mu        sync.Mutex
	isShut    bool
	consuming []jetstream.ConsumeContext
	inside    sync.WaitGroup
}

func (g *gate) add(consuming jetstream.ConsumeContext) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.consuming = append(g.consuming, consuming)
	if g.isShut {
		consuming.Stop()
	}
}

// shut stops consuming and waits until no message is inside and none can come:
// one that the server sent to a subscription that is gone would be missing until
// its ack wait is over.
func (g *gate) shut() {
	g.mu.Lock()
	g.isShut = true
	consuming := g.consuming
	g.mu.Unlock()
	for _, c := range consuming {
		c.Stop()
	}
	for _, c := range consuming {
		<-c.Closed()
	}
	g.inside.Wait()
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.isShut {
		g.inside.Add(1)
	}
	return !g.isShut
}

func (g *gate) pass(m jetstream.Msg, handler jetstream.MessageHandler) {
	if !g.enter() {
		g.nak(m, 0) // another process may have it at once
		return
	}
	defer g.inside.Done()
	defer func() {
		if r := recover(); r != nil {
			g.log.Error("handling a message panicked, it will be delivered again", "subject", m.Subject(), "panic", fmt.Sprint(r))
			g.nak(m, g.nakDelay)
		}
	}()
	defer g.keepAlive(m)()
	handler(m)
}

func (g *gate) nak(m jetstream.Msg, delay time.Duration) {
	if err := m.NakWithDelay(delay); err != nil {
		g.log.Warn("cannot hand a message back, it comes again after the ack wait", "subject", m.Subject(), "error", err)
	}
}

// keepAlive tells the server that m is in progress until the returned function is called.
func (g *gate) keepAlive(m jetstream.Msg) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		beat := time.NewTicker(g.heartbeat)
		defer beat.Stop()
		for {
			select {
			case <-beat.C:
				if err := m.InProgress(); err != nil {
					g.log.Warn("cannot tell that a message is in progress", "subject", m.Subject(), "error", err)
				}
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}
