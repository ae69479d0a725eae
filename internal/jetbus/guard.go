package jetbus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// guard stands between the consumer of a partition and Watermill's subscriber. A
// panic of the subscriber, which sends on a channel that it may have closed, becomes
// a redelivery; a message that takes long is kept alive by heartbeats; consuming can
// be stopped before anything is closed, and goes on only while the partition is ours.
type guard struct {
	jetstream.Consumer
	partition messages.Partition
	gate      *gate
}

// Consume consumes as the guarded consumer does, while the partition is served.
func (g guard) Consume(handler jetstream.MessageHandler, opts ...jetstream.PullConsumeOpt) (jetstream.ConsumeContext, error) {
	t := &tap{guard: g, done: make(chan struct{})}
	t.consume = func() (jetstream.ConsumeContext, error) {
		return g.Consumer.Consume(func(m jetstream.Msg) { g.gate.pass(m, t, handler) }, opts...)
	}
	return t, g.gate.add(t)
}

// gate lets messages of served partitions through to handlers until it is shut.
type gate struct {
	log       *slog.Logger
	heartbeat time.Duration
	nakDelay  time.Duration
	served    Partitions // nil: all

	mu     sync.Mutex
	isShut bool
	taps   []*tap
	inside sync.WaitGroup
}

func (g *gate) add(t *tap) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.taps = append(g.taps, t)
	return g.turn(t)
}

// serves reports whether messages of a partition are to be handled here.
func (g *gate) serves(p messages.Partition) bool { return g.served == nil || g.served.Serves(p) }

// turn opens or closes a tap as its partition is served. The lock is held.
func (g *gate) turn(t *tap) error {
	if g.isShut || t.isDone() || !g.serves(t.partition) {
		t.close()
		return nil
	}
	return t.open()
}

// follow turns the taps whenever other partitions are served, until ctx ends or a
// tap cannot be opened.
func (g *gate) follow(ctx context.Context) error {
	if g.served == nil {
		return nil
	}
	for {
		select {
		case <-g.served.Changed():
		case <-ctx.Done():
			return nil
		}
		if err := g.turnAll(); err != nil {
			return err
		}
	}
}

func (g *gate) turnAll() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var errs []error
	for _, t := range g.taps {
		errs = append(errs, g.turn(t))
	}
	return errors.Join(errs...)
}

// shut stops consuming and waits until no message is inside and none can come:
// one that the server sent to a subscription that is gone would be missing until
// its ack wait is over. While connected what has been sent is taken and handed back.
func (g *gate) shut(connected bool) {
	g.mu.Lock()
	g.isShut = true
	var consuming []jetstream.ConsumeContext
	for _, t := range g.taps {
		if t.consuming != nil {
			consuming = append(consuming, t.consuming)
		}
	}
	g.mu.Unlock()
	for _, c := range consuming {
		if connected {
			c.Drain()
		} else {
			c.Stop()
		}
	}
	for _, c := range consuming {
		<-c.Closed()
	}
	g.inside.Wait()
}

// enter reports whether a message of a partition is to be handled. A partition may
// have ceased to be ours before anyone said so, in a process that was frozen.
func (g *gate) enter(t *tap) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.isShut || t.consuming == nil {
		return false
	}
	if !g.serves(t.partition) {
		t.close()
		return false
	}
	g.inside.Add(1)
	return true
}

func (g *gate) pass(m jetstream.Msg, t *tap, handler jetstream.MessageHandler) {
	if !g.enter(t) {
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
