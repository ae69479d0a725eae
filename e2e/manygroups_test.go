package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nats-io/nuid"

	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// mailboxesPerGroup is the size of the many groups.
const mailboxesPerGroup = 5

// crowd is many small groups and the streamers that share them, in one process with
// real NATS and an Exchange on which nothing happens.
type crowd struct {
	t        *testing.T
	url      string
	exchange *quietExchange
	groups   int
}

// newCrowd stores the groups.
func newCrowd(t *testing.T, groups int) *crowd {
	t.Helper()
	server, err := natsserver.Start(natsserver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	c := &crowd{t: t, url: server.ClientURL(), exchange: newQuietExchange(), groups: groups}
	bus := c.connect("e2e")
	if err := bus.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	facts := make([]messages.Fact, 0, groups*mailboxesPerGroup)
	for n := range groups {
		group := smallGroup(n)
		for mailbox := range group.Subscriptions {
			facts = append(facts, messages.MailboxFolders{Meta: meta("folders-" + string(mailbox)), Mailbox: mailbox,
				Folders: map[messages.FolderName]string{"inbox": "AAMk"}})
		}
	}
	if err := bus.Record(t.Context(), facts...); err != nil {
		t.Fatal(err)
	}
	for n := range groups {
		if _, err := bus.Decide(t.Context(), smallGroup(n), 0); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func meta(id string) messages.Meta { return messages.Meta{ID: id, Time: time.Now()} }

// smallGroup is the n-th group.
func smallGroup(n int) messages.GroupSubscribed {
	g := messages.GroupSubscribed{Meta: meta(fmt.Sprintf("group-%d", n)), Group: messages.GroupID(fmt.Sprintf("g%04d", n)),
		Generation: 1, Revision: 1, URL: "https://mail.sim.test/EWS/Exchange.asmx", Grouping: "SITE-1", Since: time.Now(),
		Subscriptions: map[messages.Address]messages.Subscription{}}
	for m := range mailboxesPerGroup {
		address := messages.Address(fmt.Sprintf("user%d-%04d@sim.test", m, n))
		g.Subscriptions[address] = messages.Subscription{ID: messages.SubscriptionID(fmt.Sprintf("sub-%d-%04d", m, n)), Since: time.Now()}
		if m == 0 {
			g.Anchor = address
		}
	}
	return g
}

func (c *crowd) connect(stage string) *jetbus.Bus {
	c.t.Helper()
	bus, err := jetbus.Connect(c.t.Context(), jetbus.Config{URL: c.url, Stage: stage, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(bus.Close)
	return bus
}

// join starts a streamer and returns what stops it.
func (c *crowd) join(id string, owns streamer.Ownership) (stop func()) {
	ctx, cancel := context.WithCancel(c.t.Context())
	bus := c.connect("streamer")
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = streamer.New(streamer.Config{Drain: 10 * time.Second, NewID: nuid.Next, Random: rand.Float64, Logger: slog.New(slog.DiscardHandler)},
			bus, bus.NewLane(), c.exchange.as(id), owns).Run(ctx)
	}()
	stop = func() { cancel(); <-done }
	c.t.Cleanup(stop)
	return stop
}

// open is the number of groups that stream.
func (c *crowd) open() int {
	total := 0
	for _, n := range c.exchange.open() {
		total += n
	}
	return total / mailboxesPerGroup
}

func (c *crowd) until(what string, atMost time.Duration, holds func() bool) time.Duration {
	c.t.Helper()
	began := time.Now()
	(&system{t: c.t}).until(what, atMost, holds)
	return time.Since(began)
}

func TestManyGroups(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, rounds(t, "EWSNATS_MANY_GROUPS", 400))
	c.join("s1", everyGroup{})
	took := c.until("every group streams", 60*time.Second, func() bool { return c.open() == c.groups })
	t.Logf("SUMMARY many groups: %d groups of %d by one streamer after %.1f s", c.groups, mailboxesPerGroup, took.Seconds())
}
