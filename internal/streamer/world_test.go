package streamer

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/lease"
	"github.com/ewsnats/ewsnats/internal/membus"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// world is everything around a stage: a bus in memory, a scripted Exchange, and
// who owns what. It lies in a bubble: time is fake.
type world struct {
	t        *testing.T
	cfg      Config
	bus      *membus.Bus
	exchange *fakeExchange
	owner    *owner
	endpoint messages.Endpoint // of the groups that are told next

	sequences map[messages.GroupID]uint64
	revisions map[messages.GroupID]messages.Revision
	since     map[messages.SubscriptionID]time.Time
}

// begin is when time begins in a bubble.
var begin = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

const endpointURL messages.Endpoint = "https://mail.contoso.com/EWS/Exchange.asmx"

var inboxID = plainID("inbox")

// plainID is a folder id in the plain encoding.
func plainID(entry string) string { return base64.StdEncoding.EncodeToString([]byte("\x00" + entry)) }

// inWorld tells a story. What it starts is stopped when it ends.
func inWorld(t *testing.T, story func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var ids atomic.Int64
		w := &world{
			t: t, bus: membus.New(), exchange: &fakeExchange{goodbye: saysTakenAndCloses},
			endpoint:  endpointURL,
			owner:     newOwner(),
			sequences: map[messages.GroupID]uint64{}, revisions: map[messages.GroupID]messages.Revision{},
			since: map[messages.SubscriptionID]time.Time{},
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
	owner  *owner
	cancel context.CancelFunc
	ended  chan struct{}
	err    error
}

// start runs a stage. It is stopped with the test if not before.
func (w *world) start() *process { return w.startAs(w.owner) }

// startAs runs a stage with an ownership of its own.
func (w *world) startAs(o *owner) *process {
	ctx, cancel := context.WithCancel(w.t.Context())
	p := &process{port: newPort(w.bus), w: w, owner: o, cancel: cancel, ended: make(chan struct{})}
	stage := New(w.cfg, p, p, w.exchange, o)
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

// kill ends a stage that can store nothing any more.
func (p *process) kill() {
	p.die()
	p.owner.alone()
	p.stop()
}

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// until lets it go by up to a moment since the bubble began.
func (w *world) until(d time.Duration) { w.pass(time.Until(begin.Add(d))) }

// group stores what a group is now: its members as "a=id". A subscription that
// was not named before was made just now.
func (w *world) group(id messages.GroupID, members ...string) { w.groupLeft(id, nil, members...) }

// groupLeft does the same and says why others left.
func (w *world) groupLeft(id messages.GroupID, left map[messages.Address]messages.Left, members ...string) {
	w.t.Helper()
	w.revisions[id]++
	g := messages.GroupSubscribed{
		Meta:  messages.Meta{ID: fmt.Sprint(id, ".", w.revisions[id]), Time: time.Now()},
		Group: id, Generation: 1, Revision: w.revisions[id], URL: w.endpoint, Grouping: "Site-A",
		Cookie: "ex01.contoso.com~1", Left: left, Subscriptions: map[messages.Address]messages.Subscription{},
	}
	for _, member := range members {
		name, subscription, _ := strings.Cut(member, "=")
		sub := messages.SubscriptionID(subscription)
		if _, known := w.since[sub]; !known {
			w.since[sub] = exchangeNow()
			w.folders(address(name))
		}
		g.Subscriptions[address(name)] = messages.Subscription{ID: sub, Since: w.since[sub]}
	}
	if len(members) > 0 {
		g.Anchor = slices.Min(slices.Collect(maps.Keys(g.Subscriptions)))
	}
	sequence, err := w.bus.Decide(w.t.Context(), g, w.sequences[id])
	if err != nil {
		w.t.Fatal(err)
	}
	w.sequences[id] = sequence
	synctest.Wait()
}

func (w *world) folders(a messages.Address) {
	w.t.Helper()
	err := w.bus.Record(w.t.Context(), messages.MailboxFolders{Mailbox: a, Folders: map[messages.FolderName]string{"inbox": inboxID},
		Meta: messages.Meta{ID: w.cfg.NewID(), Time: time.Now()}})
	if err != nil {
		w.t.Fatal(err)
	}
}

func address(name string) messages.Address { return messages.Address(name + "@contoso.com") }

// left says why mailboxes left: "a" by the reason, code with it when lost.
func left(name string, reason messages.StopReason, code string) map[messages.Address]messages.Left {
	return map[messages.Address]messages.Left{address(name): {Reason: reason, Code: code}}
}

// stream is the newest stream that carries a subscription.
func (w *world) stream(id messages.SubscriptionID) *fakeStream {
	w.t.Helper()
	s := w.exchange.newest(id)
	if s == nil {
		w.t.Fatalf("no stream was opened for %s", id)
	}
	return s
}

// say makes the newest stream of a subscription bring envelopes now.
func (w *world) say(id messages.SubscriptionID, envelopes ...Envelope) {
	w.t.Helper()
	w.stream(id).say(envelopes...)
	synctest.Wait()
}

// covered is up to when the group's record covers a mailbox, since Exchange's begin.
func (w *world) covered(id messages.GroupID, name string) time.Duration {
	w.t.Helper()
	record, _, err := w.bus.Coverage(context.Background(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	until, ok := record.Of(address(name))
	if !ok {
		w.t.Fatalf("the record does not speak of %s: %+v", name, record)
	}
	return since(until)
}

// since is a moment of Exchange's time, counted from when time began.
func since(at time.Time) time.Duration { return at.Sub(begin.Add(skew)) }

// requests are the regroup requests stored so far.
func (w *world) requests() []messages.RegroupRequested {
	var requests []messages.RegroupRequested
	for _, r := range w.bus.Facts() {
		if f, ok := r.Fact.(messages.RegroupRequested); ok {
			requests = append(requests, f)
		}
	}
	return requests
}

// owner says what the stage is to each group: the owner unless a test says otherwise.
type owner struct {
	changes chan struct{}

	mu       sync.Mutex
	roles    map[messages.GroupID]lease.Role
	others   int // processes that stream besides
	opened   []messages.GroupID
	released []messages.GroupID
	left     bool
}

func newOwner() *owner {
	return &owner{changes: make(chan struct{}), roles: map[messages.GroupID]lease.Role{}}
}

func (o *owner) Role(id messages.GroupID) lease.Role {
	o.mu.Lock()
	defer o.mu.Unlock()
	if role, told := o.roles[id]; told {
		return role
	}
	return lease.Role{Part: lease.Owner}
}

func (o *owner) Changes() <-chan struct{} { return o.changes }

func (o *owner) Opened(id messages.GroupID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.opened = append(o.opened, id)
}

func (o *owner) Release(id messages.GroupID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.released = append(o.released, id)
	if o.roles[id].Leaving {
		o.roles[id] = lease.Role{}
	}
}

func (o *owner) Forget(messages.GroupID) {}

func (o *owner) ID() string { return "first" }

func (o *owner) Leave() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.left = true
}

// alone takes the others away: nobody is there to hand over to.
func (o *owner) alone() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.others = 0
}

func (o *owner) Members() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.others + 1
}

// play sets the stage's role without telling it.
func (o *owner) play(id messages.GroupID, role lease.Role) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.roles[id] = role
}

// set says who owns a group without telling the stage.
func (o *owner) set(id messages.GroupID, owns bool) {
	role := lease.Role{}
	if owns {
		role.Part = lease.Owner
	}
	o.play(id, role)
}

// give hands a group over and tells the stage.
func (o *owner) give(id messages.GroupID, owns bool) {
	o.set(id, owns)
	o.tell()
}

// cast gives the stage a role and tells it.
func (o *owner) cast(id messages.GroupID, role lease.Role) {
	o.play(id, role)
	o.tell()
}

func (o *owner) tell() {
	o.changes <- struct{}{}
	synctest.Wait()
}
