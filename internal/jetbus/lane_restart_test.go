package jetbus

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// load publishes events of several mailboxes side by side, in calls of a few, and
// checks what the stream then holds.
type load struct {
	mailboxes int
	events    messages.Sequence // of each mailbox
	returned  map[messages.Address][]uint64
}

func (l *load) publish(t *testing.T, lane *Lane) (done <-chan struct{}) {
	t.Helper()
	ctx := limited(t)
	l.returned = make(map[messages.Address][]uint64)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range l.mailboxes {
		mailbox := messages.Address(fmt.Sprintf("user%d@contoso.com", i))
		wg.Go(func() {
			var all []uint64
			for next := messages.Sequence(1); next <= l.events; {
				last := min(next+messages.Sequence(rand.N(7)), l.events)
				sequences, err := lane.Publish(ctx, newMails(mailbox, next, last))
				if err != nil {
					t.Errorf("%s from %d: %v", mailbox, next, err)
					return
				}
				all = append(all, sequences...)
				next = last + 1
			}
			mu.Lock()
			defer mu.Unlock()
			l.returned[mailbox] = all
		})
	}
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	return ended
}

// check reads the stream: every event once, in order, where Publish said. Events of
// others are left out.
func (l *load) check(t *testing.T, b *Bus, others ...messages.Address) {
	t.Helper()
	stored := make(map[messages.Address][]uint64)
	for _, e := range storedEvents(t, b) {
		meta := e.Event.Meta()
		if slices.Contains(others, meta.Mailbox) {
			continue
		}
		want := messages.Sequence(len(stored[meta.Mailbox]) + 1)
		if meta.Sequence != want {
			t.Errorf("%s: at %d is event %d, want %d", meta.Mailbox, e.Sequence, meta.Sequence, want)
			return
		}
		stored[meta.Mailbox] = append(stored[meta.Mailbox], e.Sequence)
	}
	if len(stored) != l.mailboxes {
		t.Errorf("events of %d mailboxes are stored, want %d", len(stored), l.mailboxes)
	}
	for mailbox, sequences := range stored {
		if len(sequences) != int(l.events) {
			t.Errorf("%s: %d events are stored, want %d", mailbox, len(sequences), l.events)
		}
		if fmt.Sprint(sequences) != fmt.Sprint(l.returned[mailbox]) {
			t.Errorf("%s: events are not stored where Publish said", mailbox)
		}
	}
}

func storedEvents(t *testing.T, b *Bus) []StoredEvent {
	t.Helper()
	feed, err := b.FollowEvents(limited(t), nil, From{})
	must(t, err)
	var all []StoredEvent
	for {
		e := receive(t, feed, "stored event")
		if e.Event == nil {
			return all
		}
		all = append(all, e)
	}
}

func TestLaneSurvivesServerRestarts(t *testing.T) {
	b, server := fresh(t)
	l := &load{mailboxes: 6, events: 1500}
	done := l.publish(t, b.NewLane())
	restarts := 0
	for running := true; running; restarts++ {
		select {
		case <-done:
			running = false
		case <-time.After(100 * time.Millisecond):
			if restarts < 4 {
				must(t, server.Restart())
			}
		}
	}
	if restarts < 2 {
		t.Fatal("everything was published before the server was restarted once")
	}
	l.check(t, b)
}

func TestLaneSurvivesCutConnections(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	proxy, url := newProxy(t, server)
	b := openBus(t, server, func(c *Config) { c.URL = url })
	l := &load{mailboxes: 6, events: 1500}
	done := l.publish(t, b.newLane(laneLimits{window: 64, ackTimeout: time.Second}))
	cuts := 0
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-time.After(time.Duration(10+rand.N(150)) * time.Millisecond):
			if cuts < 12 {
				proxy.cut()
				cuts++
			}
		}
	}
	if cuts < 2 {
		t.Fatal("everything was published before the connection was cut twice")
	}
	l.check(t, b)
}

func TestLaneSurvivesLostAcknowledgements(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	proxy, url := newProxy(t, server)
	b := openBus(t, server, func(c *Config) { c.URL = url })
	lane := b.newLane(laneLimits{window: 64, ackTimeout: 200 * time.Millisecond})
	l := &load{mailboxes: 4, events: 400}
	proxy.muted.Store(true)
	done := l.publish(t, lane)
	waitFor(t, "the lane to name its trouble", func() bool { return lane.Trouble() == troubleNoAnswer })
	proxy.muted.Store(false)
	proxy.cut() // the client lost the thread of the server's protocol
	receive(t, closedAs(done), "all published")
	l.check(t, b)
	if got := lane.Trouble(); got != "" {
		t.Errorf("afterwards the lane is in trouble: %s", got)
	}
}

func closedAs(done <-chan struct{}) <-chan bool {
	c := make(chan bool, 1)
	go func() { <-done; c <- true }()
	return c
}

// waitFor polls: what it waits for happens in another process's time.
func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}
