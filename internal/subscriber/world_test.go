package subscriber

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/membus"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// world is everything around a stage: a bus in memory, an Exchange, and who owns
// what. It lies in a bubble: time is fake.
type world struct {
	t        *testing.T
	cfg      Config
	bus      *membus.Bus
	exchange *fakeExchange
	owner    *owner
}

// begin is when time begins in a bubble.
var begin = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

const endpointA messages.Endpoint = "https://mail.contoso.com/EWS/Exchange.asmx"

// inWorld tells a story. What it starts is stopped when it ends.
func inWorld(t *testing.T, story func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var ids atomic.Int64
		w := &world{
			t: t, bus: membus.New(), exchange: &fakeExchange{made: map[messages.Address]int{}, begun: map[string]int{}, takes: 100 * time.Millisecond},
			owner: newOwner(),
		}
		w.cfg = Config{
			NewID:  func() string { return fmt.Sprint("id-", ids.Add(1)) },
			Random: func() float64 { return 0.5 },
			Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		}
		story(w)
	})
}

// process is a running stage.
type process struct {
	*port
	w      *world
	cancel context.CancelFunc
	ended  chan struct{}
	err    error
}

// start runs a stage. It is stopped with the test if not before.
func (w *world) start() *process { return w.startWith(&port{Bus: w.bus}) }

func (w *world) startWith(store *port) *process { return w.startAs(store, w.owner) }

// startAs runs a stage that owns what an owner says.
func (w *world) startAs(store *port, owner *owner) *process {
	ctx, cancel := context.WithCancel(w.t.Context())
	p := &process{port: store, w: w, cancel: cancel, ended: make(chan struct{})}
	stage := New(w.cfg, store, w.exchange, owner)
	go func() {
		defer close(p.ended)
		p.err = stage.Run(ctx)
	}()
	w.t.Cleanup(p.stop)
	synctest.Wait()
	return p
}

// stop ends a stage and waits for it.
func (p *process) stop() {
	p.cancel()
	<-p.ended
	if p.err != context.Canceled {
		p.w.t.Errorf("Run: have %v, want %v", p.err, context.Canceled)
	}
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// until lets it go by up to a moment since the bubble began.
func (w *world) until(d time.Duration) { w.pass(time.Until(begin.Add(d))) }

// tell stores facts of others.
func (w *world) tell(facts ...messages.Fact) {
	w.t.Helper()
	if err := w.bus.Record(w.t.Context(), facts...); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}

func (w *world) meta() messages.Meta { return messages.Meta{ID: w.cfg.NewID(), Time: time.Now()} }

// enroll wants mailboxes streamed, discovered at the usual endpoint and site.
func (w *world) enroll(names ...string) { w.t.Helper(); w.enrollAt(endpointA, "Site-A", names...) }

func (w *world) enrollAt(url messages.Endpoint, site messages.Grouping, names ...string) {
	w.t.Helper()
	for _, n := range names {
		w.tell(messages.MailboxEnrolled{Meta: w.meta(), Mailbox: address(n), EnrolledBy: "file:test"})
	}
	w.discover(url, site, names...)
}

func (w *world) discover(url messages.Endpoint, site messages.Grouping, names ...string) {
	w.t.Helper()
	for _, n := range names {
		w.tell(messages.MailboxDiscovered{Meta: w.meta(), Mailbox: address(n), URL: url, Grouping: site})
	}
}

func (w *world) withdraw(names ...string) {
	w.t.Helper()
	for _, n := range names {
		w.tell(messages.MailboxWithdrawn{Meta: w.meta(), Mailbox: address(n), EnrolledBy: "file:test"})
	}
}

func address(name string) messages.Address { return messages.Address(name + "@contoso.com") }

func name(a messages.Address) string { n, _, _ := strings.Cut(string(a), "@"); return n }

// numbered are n names in order.
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("u%03d", i)
	}
	return names
}

// group is the latest message of the only group of a site.
func (w *world) group(site messages.Grouping) messages.GroupSubscribed {
	w.t.Helper()
	latest := map[messages.GroupID]messages.GroupSubscribed{}
	for _, g := range stored[messages.GroupSubscribed](w) {
		if g.Grouping == site {
			latest[g.Group] = g
		}
	}
	if len(latest) != 1 {
		w.t.Fatalf("%s has %d groups, want 1", site, len(latest))
	}
	for _, g := range latest {
		return g
	}
	panic("unreachable")
}

// describe is a group as "generation.revision anchor (cookie): members", a member
// by its subscription.
func describe(g messages.GroupSubscribed) string {
	var members []string
	for _, s := range g.Subscriptions {
		members = append(members, string(s.ID))
	}
	slices.Sort(members)
	return fmt.Sprintf("%d.%d %s (%s): %s", g.Generation, g.Revision, name(g.Anchor), g.Cookie.Value(), strings.Join(members, " "))
}

// wantGroup holds the latest message of the only group of Site-A against what it should be.
func (w *world) wantGroup(want string) {
	w.t.Helper()
	if have := describe(w.group("Site-A")); have != want {
		w.t.Errorf("group\nhave %s\nwant %s", have, want)
	}
}

// stored are the facts of one type, oldest first.
func stored[F messages.Fact](w *world) []F {
	var facts []F
	for _, r := range w.bus.Facts() {
		if f, ok := r.Fact.(F); ok {
			facts = append(facts, f)
		}
	}
	return facts
}

// lose has a streamer ask for new subscriptions in place of those that died, "a=id".
func (w *world) lose(id string, g messages.GroupSubscribed, action messages.RegroupAction, code ewsaffinity.Code, died ...string) {
	w.t.Helper()
	r := messages.RegroupRequested{Meta: messages.Meta{ID: id, Time: time.Now()}, Group: g.Group, Generation: g.Generation, URL: g.URL,
		Died: map[messages.Address]messages.SubscriptionID{}, Code: string(code), Text: "in the server's words", Action: action}
	for _, d := range died {
		n, subscription, _ := strings.Cut(d, "=")
		r.Died[address(n)] = messages.SubscriptionID(subscription)
	}
	if err := w.bus.RequestRegroup(w.t.Context(), r); err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
}
