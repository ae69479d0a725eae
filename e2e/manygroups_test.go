package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nuid"

	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/internal/lease"
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

// fellow is one streamer of a crowd: a member, with its own connection to NATS.
type fellow struct {
	id     string
	bus    *jetbus.Bus
	keeper *lease.Keeper
	leave  context.CancelFunc // ends the stage
	fade   context.CancelFunc // ends the membership
	ended  chan struct{}
}

// leased takes what a streamer owns from its leases.
type leased struct{ *lease.Keeper }

func (l leased) Role(g messages.GroupID) lease.Role { return l.Keeper.Role(string(g)) }
func (l leased) Opened(g messages.GroupID)          { l.Keeper.Opened(string(g)) }
func (l leased) Release(g messages.GroupID)         { l.Keeper.Release(string(g)) }
func (l leased) Forget(g messages.GroupID)          { l.Keeper.Forget(string(g)) }

// join starts a streamer.
func (c *crowd) join(id string) *fellow {
	bus := c.connect("streamer")
	f := &fellow{id: id, bus: bus, ended: make(chan struct{}),
		keeper: lease.New(lease.Config{Stage: "streamer", ID: id, Overlap: true}, bus.Coordination("streamer"))}
	stage, leave := context.WithCancel(c.t.Context())
	membership, fade := context.WithCancel(c.t.Context())
	f.leave, f.fade = leave, fade
	var running sync.WaitGroup
	running.Go(func() { _ = f.keeper.Run(membership) })
	running.Go(func() {
		_ = streamer.New(streamer.Config{Drain: 10 * time.Second, NewID: nuid.Next, Random: rand.Float64, Logger: slog.New(slog.DiscardHandler)},
			bus, bus.NewLane(), c.exchange.as(id), leased{f.keeper}).Run(stage)
		fade()
	})
	go func() { running.Wait(); close(f.ended) }()
	c.t.Cleanup(f.die)
	return f
}

// die ends a streamer without a word.
func (f *fellow) die() {
	f.bus.Close() // from here on it can tell no one
	f.fade()
	f.leave()
	<-f.ended
}

// shares counts the groups that each streamer streams.
func (c *crowd) shares() (shares map[string]int, total int) {
	shares = map[string]int{}
	for member, n := range c.exchange.open() {
		shares[member] = n / mailboxesPerGroup
		total += shares[member]
	}
	return shares, total
}

// holders is who streams each group.
func (c *crowd) holders() map[messages.SubscriptionID]string {
	c.exchange.mu.Lock()
	defer c.exchange.mu.Unlock()
	return maps.Clone(c.exchange.openers)
}

// moved counts the groups that another streams than before.
func moved(before, after map[messages.SubscriptionID]string) int {
	n := 0
	for id, member := range after {
		if before[id] != member {
			n++
		}
	}
	return n / mailboxesPerGroup
}

// untilShared waits until these streamers stream every group between them, as they
// claim them, and for a while nothing changes. It returns how long it took, without
// that while.
func (c *crowd) untilShared(fellows []*fellow) time.Duration {
	c.t.Helper()
	began, since, before := time.Now(), time.Now(), map[string]int{}
	c.until("all groups are shared", 2*time.Minute, func() bool {
		shares, total := c.shares()
		held, leaving, same := 0, 0, true
		for _, f := range fellows {
			state := f.keeper.State()
			held, leaving = held+state.Held, leaving+state.Leaving
			same = same && state.Members == len(fellows) && state.Held > 0 && state.Held == shares[f.id]
		}
		if !maps.Equal(shares, before) || leaving > 0 || !same || held != c.groups || total != c.groups {
			since, before = time.Now(), shares
		}
		return time.Since(since) > settling
	})
	return since.Sub(began)
}

// settling is how long nothing changes before all is taken to be at rest.
const settling = 3 * time.Second

func TestManyGroups(t *testing.T) {
	t.Parallel()
	c := newCrowd(t, rounds(t, "EWSNATS_MANY_GROUPS", 40))
	var fellows []*fellow
	for n := range 4 {
		fellows = append(fellows, c.join(fmt.Sprintf("s%d", n+1)))
	}
	claimed := c.untilShared(fellows)
	before := c.holders()

	fellows = append(fellows, c.join("s5"))
	joined := c.untilShared(fellows)
	after := c.holders()
	movedIn, opened := moved(before, after), c.exchange.total()

	shares, _ := c.shares()
	go fellows[0].die()
	died := c.untilShared(fellows[1:])
	movedOut := moved(after, c.holders())
	t.Logf("SUMMARY many groups: %d groups of %d: claimed and open after %.1f s; a fifth joined within %.1f s, %d moved of %d due (%d openings); the death of one (%d groups) was made good within %.1f s, %d moved",
		c.groups, mailboxesPerGroup, claimed.Seconds(), joined.Seconds(), movedIn, c.groups/5, opened, shares["s1"], died.Seconds(), movedOut)
	if movedIn != shares["s5"] {
		t.Errorf("%d groups moved when a fifth joined, and it has %d", movedIn, shares["s5"])
	}
	if movedOut != shares["s1"] {
		t.Errorf("%d groups moved when one died that had %d", movedOut, shares["s1"])
	}
	if fair := c.groups / 5; shares["s5"] < fair/2 || shares["s5"] > 2*fair {
		t.Errorf("the fifth has %d groups, want about %d", shares["s5"], fair)
	}
}

func (c *crowd) until(what string, atMost time.Duration, holds func() bool) time.Duration {
	c.t.Helper()
	began := time.Now()
	(&system{t: c.t}).until(what, atMost, holds)
	return time.Since(began)
}
