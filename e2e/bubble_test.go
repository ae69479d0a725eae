package e2e

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/audit"
	"github.com/ewsnats/ewsnats/internal/discoverer"
	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/internal/maillist"
	"github.com/ewsnats/ewsnats/internal/membus"
	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/internal/subscriber"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// bubble is the whole pipeline in one synctest bubble: the simulated Exchange
// behind pipes, the real client, the real stages, and a bus in memory. Its time is
// fake: hours pass in milliseconds, and a run is the same each time but for the
// scheduler's choices.
type bubble struct {
	t     *testing.T
	sim   *exchangesim.Server
	bus   *membus.Bus
	lists chan maillist.Snapshot
	log   *slog.Logger

	listener *exchangesim.PipeListener
	way      way                    // to Exchange
	login    ewssoap.Authorizer     // nil: the simulator asks nobody
	tune     func(*exchange.Config) // nil: each mailbox is impersonated
	serving  sync.WaitGroup
}

const ewsURL = "http://mail.sim.test"

// inBubble runs a story. The simulator is torn down after the story returned.
func inBubble(t *testing.T, cfg exchangesim.Config, story func(b *bubble)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cfg.ExternalURL = ewsURL
		b := &bubble{t: t, sim: exchangesim.New(cfg), bus: membus.New(), lists: make(chan maillist.Snapshot, 8),
			log: slog.New(slog.NewTextHandler(testLog(t), nil)), listener: exchangesim.NewPipeListener()}
		b.serving.Go(func() { _ = b.sim.Serve(b.listener) })
		story(b)
		b.sim.Close()
		b.serving.Wait()
	})
}

// testLog shows the stages' logs of a test that fails.
func testLog(t *testing.T) io.Writer { return t.Output() }

// run starts the three stages and returns what stops them.
func (b *bubble) run(tune ...func(*streamer.Config, *subscriber.Config)) (stop func()) {
	ctx, cancel := context.WithCancel(b.t.Context())
	random := rand.New(rand.NewPCG(1, 2))
	var mu sync.Mutex
	uniform := func() float64 { mu.Lock(); defer mu.Unlock(); return random.Float64() }
	ids := 0
	newID := func() string {
		mu.Lock()
		defer mu.Unlock()
		ids++
		return fmt.Sprintf("id-%d-%d", time.Now().UnixNano(), ids)
	}

	transport := ewssoap.NewTransport(ewssoap.TransportConfig{DialContext: b.dial})
	streams := ewssoap.NewTransport(ewssoap.TransportConfig{DialContext: b.dial})
	client := ewssoap.NewClient(ewssoap.Options{Calls: transport, Streams: streams, Auth: b.login})
	asked := exchange.Config{AutodiscoverURL: ewsURL + "/autodiscover/autodiscover.svc", Impersonation: true, Random: uniform}
	if b.tune != nil {
		b.tune(&asked)
	}
	adapter := exchange.New(asked, client)

	streaming := streamer.Config{NewID: newID, Random: uniform, Logger: b.log.With("stage", "streamer")}
	subscribing := subscriber.Config{NewID: newID, Random: uniform, Logger: b.log.With("stage", "subscriber")}
	for _, f := range tune {
		f(&streaming, &subscribing)
	}
	var running sync.WaitGroup
	running.Go(func() {
		_ = discoverer.New(discoverer.Config{Logger: b.log.With("stage", "discoverer")}, discoverer.Ports{
			Feed: b.bus, Recorder: b.bus, Autodiscover: adapter, Ownership: every[messages.Partition]{}, Lists: b.lists,
			NewID: newID, Random: uniform}).Run(ctx)
	})
	running.Go(func() { _ = subscriber.New(subscribing, b.bus, adapter, every[messages.Partition]{}).Run(ctx) })
	running.Go(func() { _ = streamer.New(streaming, b.bus, b.bus, adapter, everyGroup{}).Run(ctx) })
	return func() {
		cancel()
		running.Wait()
		client.CloseIdleConnections()
	}
}

// every owns all units of a stage.
type every[Unit any] struct{}

func (every[Unit]) Owns(Unit) bool           { return true }
func (every[Unit]) Changes() <-chan struct{} { return nil }
func (every[Unit]) Yielding() []Unit         { return nil }
func (every[Unit]) Release(Unit)             {}

// everyGroup owns all groups, alone.
type everyGroup struct{}

func (everyGroup) Role(messages.GroupID) lease.Role { return lease.Role{Part: lease.Owner} }
func (everyGroup) Changes() <-chan struct{}         { return nil }
func (everyGroup) Opened(messages.GroupID)          {}
func (everyGroup) Release(messages.GroupID)         {}
func (everyGroup) Forget(messages.GroupID)          {}
func (everyGroup) Leave()                           {}
func (everyGroup) Members() int                     { return 1 }
func (everyGroup) ID() string                       { return "sole" }

// list makes the mailbox list what it says.
func (b *bubble) list(mailboxes ...string) {
	snapshot := maillist.Snapshot{Source: "file:test"}
	for _, m := range mailboxes {
		snapshot.Mailboxes = append(snapshot.Mailboxes, messages.Address(m))
	}
	b.lists <- snapshot
}

// until waits for a condition, at most for so long, in the bubble's time.
func (b *bubble) until(what string, atMost time.Duration, holds func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(atMost); ; {
		synctest.Wait()
		if holds() {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("not within %s: %s", atMost, what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// streaming are the mailboxes whose last lifecycle event is streaming or gap.
func (b *bubble) streaming() map[messages.Address]bool {
	streaming := map[messages.Address]bool{}
	for _, s := range b.bus.Events() {
		switch s.Event.(type) {
		case messages.MailboxStreaming:
			streaming[s.Event.Meta().Mailbox] = true
		case messages.MailboxStopped:
			delete(streaming, s.Event.Meta().Mailbox)
		}
	}
	return streaming
}

// stored is the stream as the audit wants it.
func (b *bubble) stored() []audit.Stored {
	var stored []audit.Stored
	for _, s := range b.bus.Events() {
		stored = append(stored, audit.Stored(s))
	}
	return stored
}

// sound fails the test unless everything that happened is stored or announced.
func (b *bubble) sound() audit.Report {
	b.t.Helper()
	report := audit.Check(b.sim.Truth(), b.stored())
	b.t.Log(report)
	if !report.Sound() {
		b.t.Errorf("the stream does not hold what happened: %s", report)
	}
	return report
}

// facts selects the stored facts of one type.
func facts[F messages.Fact](b *bubble) []F {
	var all []F
	for _, r := range b.bus.Facts() {
		if f, ok := r.Fact.(F); ok {
			all = append(all, f)
		}
	}
	return all
}

// events selects the stored events of one type.
func events[E messages.Event](b *bubble) []E {
	var all []E
	for _, s := range b.bus.Events() {
		if e, ok := s.Event.(E); ok {
			all = append(all, e)
		}
	}
	return all
}
