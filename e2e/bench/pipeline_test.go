package bench

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nuid"

	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/internal/metrics"
	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// pipeline is a streamer of groups between a scripted Exchange and NATS, all in this
// process and over TCP.
type pipeline struct {
	b        *testing.B
	natsURL  string
	bus      *jetbus.Bus
	exchange *server
	stored   *stored
}

// newPipeline starts one and waits until every mailbox streams.
func newPipeline(b *testing.B, groups int) *pipeline {
	b.Helper()
	server, err := natsserver.Start(natsserver.Config{})
	must(b, err)
	b.Cleanup(func() { must(b, server.Shutdown()) })
	x, err := listenAsExchange()
	must(b, err)
	p := &pipeline{b: b, natsURL: server.ClientURL(), bus: openBus(b, server.ClientURL(), messages.DefaultPrefix),
		exchange: x, stored: newStored()}
	go x.serve()
	b.Cleanup(func() { x.listener.Close() })
	seed(b, p.bus, groups, x.url("http"))

	open := p.stored.await(groups * groupSize)
	p.start()
	<-open
	p.stored.take()
	return p
}

// start runs the stage until the benchmark ends.
func (p *pipeline) start() {
	client := ewssoap.NewClient(ewssoap.Options{})
	log := slog.New(slog.DiscardHandler)
	stage := streamer.New(streamer.Config{Drain: time.Second, NewID: nuid.Next, Random: rand.Float64, Logger: log, Observer: p.stored},
		p.bus, p.bus.NewLane(), exchange.New(exchange.Config{Impersonation: true, Random: rand.Float64}, client), sole{})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = stage.Run(ctx) })
	p.b.Cleanup(func() {
		stop()
		running.Wait()
		client.CloseIdleConnections()
	})
}

// sole owns every group.
type sole struct{}

func (sole) Role(messages.GroupID) lease.Role { return lease.Role{Part: lease.Owner, Token: 1} }
func (sole) Changes() <-chan struct{}         { return nil }
func (sole) Opened(messages.GroupID)          {}
func (sole) Release(messages.GroupID)         {}
func (sole) Forget(messages.GroupID)          {}
func (sole) Leave()                           {}
func (sole) ID() string                       { return "bench" }
func (sole) Members() int                     { return 1 }

// stored is an observer that counts as a process does, and collects what is waited for.
type stored struct {
	*metrics.Metrics
	mu     sync.Mutex
	events []messages.Event
	wanted int
	there  chan struct{}
}

func newStored() *stored {
	return &stored{Metrics: metrics.New(metrics.Config{Stages: []string{metrics.Streamer}})}
}

// Stored takes an event.
func (s *stored) Stored(event messages.Event) {
	s.Metrics.Stored(event)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.events) == s.wanted {
		return // nobody waits for it
	}
	if s.events = append(s.events, event); len(s.events) == s.wanted {
		close(s.there)
	}
}

// await is closed when so many events are stored.
func (s *stored) await(wanted int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted, s.there = wanted, make(chan struct{})
	s.events = make([]messages.Event, 0, wanted)
	return s.there
}

func (s *stored) take() []messages.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.events
	s.events, s.wanted = nil, 0
	return events
}
