package lies

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/discoverer"
	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/internal/maillist"
	"github.com/ewsnats/ewsnats/internal/membus"
	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/internal/subscriber"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

const ewsURL messages.Endpoint = "https://mail.contoso.com/EWS/Exchange.asmx"

// lie is a misbehaviour of a server, and what a user sees of it.
type lie struct {
	name    string
	op      string        // of the requests that are lied to; empty: streams of the group
	meets   [][]act       // what the first of them meet, nil: an honest answer; later ones are answered honestly
	forever bool          // the last of meets goes on
	basic   bool          // Basic authentication
	rude    bool          // the older of two streams is told nothing
	then    func(*world)  // what happens besides, two seconds after the start
	lasts   time.Duration // 0: 4 min
	want    string        // as [world.describe] says it
	asks    string        // requests of the kind that is lied to: "2", or "1..3"
	after   string        // when the second of them comes after the first: "1m6s..1m11s"; empty: whenever
	lost    time.Duration // since time began: a moment that must lie in a gap of a; 0: none
	heap    uint64        // the most bytes that the heap may grow meanwhile; 0: heapUsual

	configure func(*exchange.Config) // nil: as usual
	groups    int                    // most mailboxes of a group; 0: 200
	foreign   int                    // events that cannot but be stored for another mailbox, at most
}

// What the client takes in one envelope and in one head here: lies are told faster
// against less than the usual limits.
const (
	largestEnvelope = 4 << 20
	largestHead     = 3 << 20
)

// heapUsual is what the heap may grow by while a lie is told. It holds the garbage
// of a run, too.
const heapUsual = 64 << 20

// world is everything around the stages. It lies in a bubble: time is fake.
type world struct {
	t      *testing.T
	lie    lie
	server *server
	bus    *membus.Bus

	mu       sync.Mutex
	ids      int
	told     int                         // requests of the kind that is lied to
	made     map[string]int              // subscriptions, by mailbox
	regroups []messages.RegroupRequested // as they were requested
	states   map[messages.GroupID]streamer.GroupState
	dropped  map[string]int
	plain    int // connections without TLS
	stop     context.CancelFunc
	running  sync.WaitGroup
	client   *ewssoap.Client
	adapter  *exchange.Adapter
	lists    chan maillist.Snapshot // of wanted mailboxes
	logged   logged
}

// inWorld tells a lie and holds what came of it against what is wanted.
func inWorld(t *testing.T, l lie, stages func(*world)) {
	t.Helper()
	base := heapNow()
	var peak uint64
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, l)
		w.server.script, w.server.rude = w.script, l.rude
		w.server.serve()
		w.connect()
		stages(w)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if l.then != nil {
			l.then(w)
		}
		time.Sleep(max(l.lasts, 4*time.Minute) - 2*time.Second)
		synctest.Wait()
		have := w.describe()
		asked := w.liedTo()
		w.stop()
		w.running.Wait()
		w.client.CloseIdleConnections()
		w.server.stop()
		w.sound()
		if have != l.want {
			t.Errorf("outcome\nhave %s\nwant %s", have, l.want)
		}
		if !within(len(asked), l.asks) {
			t.Errorf("requests: have %d, want %q", len(asked), l.asks)
		}
		if len(asked) > 1 && l.after != "" && !between(asked[1].at.Sub(asked[0].at), l.after) {
			t.Errorf("the second request: have it after %s, want %s", asked[1].at.Sub(asked[0].at), l.after)
		}
		w.server.look()
		peak = w.server.peak
	})
	most := max(l.heap, heapUsual)
	if peak > base+most {
		t.Errorf("the heap grew by %d MiB, want at most %d", (peak-base)>>20, most>>20)
	}
	t.Logf("heap grew by %d KiB", (int64(peak)-int64(base))>>10)
}

func newWorld(t *testing.T, l lie) *world {
	return &world{t: t, lie: l, server: newServer(), bus: membus.New(), made: map[string]int{},
		states: map[messages.GroupID]streamer.GroupState{}, dropped: map[string]int{}, lists: make(chan maillist.Snapshot, 1)}
}

func heapNow() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// within reports whether n lies in a span such as "2" or "1..3".
func within(n int, span string) bool {
	var least, most int
	if count, _ := fmt.Sscanf(span, "%d..%d", &least, &most); count < 2 {
		most = least
	}
	return n >= least && n <= most
}

// between reports whether d lies in a span such as "1s..5s".
func between(d time.Duration, span string) bool {
	from, to, _ := strings.Cut(span, "..")
	least, err := time.ParseDuration(from)
	most, err2 := time.ParseDuration(to)
	return err == nil && err2 == nil && d >= least && d <= most
}

// script answers a request: with the lie when it is told, else honestly.
func (w *world) script(r *request) []act {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.op == opSubscribe {
		w.made[r.as]++
	}
	if w.lies(*r) {
		n := w.told
		w.told++
		if w.lie.forever {
			n = min(n, len(w.lie.meets)-1)
		}
		if n < len(w.lie.meets) && w.lie.meets[n] != nil {
			return w.lie.meets[n]
		}
	}
	return honest(r, w.made[r.as])
}

// lies reports whether a request is of the kind that is lied to.
func (w *world) lies(r request) bool {
	if w.lie.op != "" {
		return r.op == w.lie.op
	}
	return r.op == opStream && !slices.Contains(r.ids, "id-d")
}

func (w *world) liedTo() []request {
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.server.asked), func(r request) bool { return !w.lies(r) })
}

// connect makes the client and the adapter. TLS is left out: what would go over it
// is told by its own dial.
func (w *world) connect() {
	transport := func() *http.Transport {
		t := ewssoap.NewTransport(ewssoap.TransportConfig{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			w.mu.Lock()
			w.plain++
			w.mu.Unlock()
			return w.server.listener.DialContext(ctx, network, address)
		}})
		t.DialTLSContext = w.server.listener.DialContext
		t.MaxResponseHeaderBytes = largestHead
		return t
	}
	options := ewssoap.Options{Calls: transport(), Streams: transport(), MaxEnvelope: largestEnvelope}
	cfg := exchange.Config{Impersonation: true, AutodiscoverURL: "https://autodiscover.contoso.com/autodiscover/autodiscover.svc", Random: half}
	if w.lie.basic {
		password := func() (string, error) { return "secret", nil }
		options.Auth = ewssoap.BasicAuth("svc", password)
		cfg.Account = &exchange.Credentials{User: "svc", Password: password}
	}
	if w.lie.configure != nil {
		w.lie.configure(&cfg)
	}
	w.client = ewssoap.NewClient(options)
	w.adapter = exchange.New(cfg, w.client)
}

func half() float64 { return 0.5 }

func (w *world) newID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return fmt.Sprint("id-", w.ids)
}

func (w *world) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(io.MultiWriter(w.t.Output(), &w.logged), nil))
}

// start runs stages until the world stops.
func (w *world) start(stages ...func(context.Context) error) {
	ctx, cancel := context.WithCancel(w.t.Context())
	w.stop = cancel
	for _, run := range stages {
		w.running.Go(func() {
			if err := run(ctx); err != context.Canceled {
				w.t.Errorf("Run: have %v, want %v", err, context.Canceled)
			}
		})
	}
}

func (w *world) streamer() func(context.Context) error {
	return streamer.New(streamer.Config{NewID: w.newID, Random: half, Logger: w.log(), Observer: w}, port{w.bus, w}, w.bus, w.adapter, everyGroup{}).Run
}

func (w *world) subscriber() func(context.Context) error {
	return subscriber.New(subscriber.Config{GroupSize: w.lie.groups, NewID: w.newID, Random: half, Logger: w.log()}, w.bus, w.adapter, every[messages.Partition]{}).Run
}

func (w *world) discoverer(mailboxes ...string) func(context.Context) error {
	w.want(mailboxes...)
	return discoverer.New(discoverer.Config{Logger: w.log()}, discoverer.Ports{Feed: w.bus, Recorder: w.bus, Autodiscover: w.adapter,
		Ownership: every[messages.Partition]{}, Lists: w.lists, NewID: w.newID, Random: half}).Run
}

// want says which mailboxes are wanted from now on.
func (w *world) want(mailboxes ...string) {
	list := maillist.Snapshot{Source: "file:test"}
	for _, m := range mailboxes {
		list.Mailboxes = append(list.Mailboxes, address(m))
	}
	w.lists <- list
}

// streaming is a streamer alone: a group g of a, b and c, and a group h of d.
func streaming(w *world) {
	w.group("g", 0, "a", "b", "c")
	w.group("h", 0, "d")
	w.start(w.streamer())
}

// pipeline is all three stages, for a and b.
func pipeline(w *world) { w.start(w.discoverer("a", "b"), w.subscriber(), w.streamer()) }

// discovering is a discoverer alone, for a and b.
func discovering(w *world) { w.start(w.discoverer("a", "b")) }

// group stores what a group is now.
func (w *world) group(id messages.GroupID, former uint64, members ...string) {
	w.t.Helper()
	g := messages.GroupSubscribed{Meta: messages.Meta{ID: w.newID(), Time: time.Now()}, Group: id, Generation: 1,
		Revision: messages.Revision(former + 1), URL: ewsURL, Grouping: "Site-A", Anchor: address(members[0]),
		Subscriptions: map[messages.Address]messages.Subscription{}}
	for _, m := range members {
		g.Subscriptions[address(m)] = messages.Subscription{ID: messages.SubscriptionID("id-" + m), Since: time.Now()}
	}
	if _, err := w.bus.Decide(w.t.Context(), g, former); err != nil {
		w.t.Fatal(err)
	}
}

func address(name string) messages.Address { return messages.Address(name + "@contoso.com") }

func name(a messages.Address) string { n, _, _ := strings.Cut(string(a), "@"); return n }

// port is the bus as the streamer sees it. It keeps the requests, which the bus forgets.
type port struct {
	*membus.Bus
	w *world
}

func (p port) RequestRegroup(ctx context.Context, r messages.RegroupRequested) error {
	p.w.mu.Lock()
	p.w.regroups = append(p.w.regroups, r)
	p.w.mu.Unlock()
	return p.Bus.RequestRegroup(ctx, r)
}

// The world observes the streamer.

func (w *world) Received(messages.Kind)     {}
func (w *world) Stored(messages.Event)      {}
func (w *world) Published(time.Duration)    {}
func (w *world) Reconnected(string)         {}
func (w *world) GroupGone(messages.GroupID) {}

func (w *world) Dropped(reason string, _ bool, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dropped[reason] += n
}

func (w *world) Group(state streamer.GroupState) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.states[state.Group] = state
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

// tell runs a table.
func tell(t *testing.T, stages func(*world), lies []lie) {
	for _, l := range lies {
		t.Run(l.name, func(t *testing.T) { inWorld(t, l, stages) })
	}
}
