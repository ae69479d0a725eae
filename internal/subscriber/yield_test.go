package subscriber

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// pair is two processes of the stage over one bus and one Exchange.
type pair struct {
	*world
	first, second         *owner
	firstPort, secondPort *port
}

// inPair tells a story of two processes. The first owns everything.
func inPair(t *testing.T, story func(w *pair)) {
	inWorld(t, func(w *world) {
		p := &pair{world: w, first: newOwner(), second: newOwner()}
		p.second.set(endpointA, false)
		p.firstPort, p.secondPort = &port{Bus: w.bus}, &port{Bus: w.bus}
		w.startAs(p.firstPort, p.first)
		w.startAs(p.secondPort, p.second)
		story(p)
	})
}

// handOver moves the endpoint and wants it released only when nothing runs.
func (p *pair) handOver(from, to *owner) (released *atomic.Bool) {
	released = new(atomic.Bool)
	from.yield(endpointA, to, func() {
		released.Store(true)
		p.exchange.mu.Lock()
		defer p.exchange.mu.Unlock()
		if p.exchange.running > 0 {
			p.t.Errorf("released while %d requests are under way", p.exchange.running)
		}
	})
	return released
}

// wantAll wants exactly these in the group, each subscribed as often as said.
func (p *pair) wantAll(names []string, times int) {
	p.t.Helper()
	g := p.group("Site-A")
	if len(g.Subscriptions) != len(names) {
		p.t.Errorf("have %d mailboxes in the group, want %d", len(g.Subscriptions), len(names))
	}
	for _, n := range names {
		if want := messages.SubscriptionID(fmt.Sprint(n, "-", times)); g.Subscriptions[address(n)].ID != want {
			p.t.Errorf("%s: have subscription %q, want %s", n, g.Subscriptions[address(n)].ID, want)
		}
	}
}

func TestAHandOverInMidWorkDoublesAndLosesNothing(t *testing.T) {
	inPair(t, func(p *pair) {
		all := numbered(60)
		p.enroll(all[:40]...)
		p.pass(time.Second) // the first 40 are being asked for
		released := p.handOver(p.first, p.second)
		if released.Load() || len(p.exchange.asked(opSubscribe)) == 40 {
			t.Fatal("the work was not in the middle")
		}
		p.enroll(all[40:50]...)
		p.pass(time.Minute)
		if !released.Load() {
			t.Fatal("not released")
		}
		p.wantAll(all[:50], 1)
		if have := p.group("Site-A"); have.Generation != 1 || have.Revision != 2 {
			t.Errorf("generation %d revision %d, want 1, 2: one decision of each process", have.Generation, have.Revision)
		}
		wantWriters(t, p, 1, 1)

		p.withdraw(all[:20]...)
		p.pass(time.Second) // the second unsubscribes, one after another
		released = p.handOver(p.second, p.first)
		if released.Load() || len(p.exchange.asked(opUnsubscribe)) == 20 {
			t.Fatal("the unsubscribing was not in the middle")
		}
		p.lose("r1", p.group("Site-A"), messages.Resubscribe, "ErrorSubscriptionNotFound", "u030=u030-1")
		p.enroll(all[50:]...)
		p.pass(time.Minute)
		if have := len(p.exchange.asked(opUnsubscribe)); have != 20 {
			t.Errorf("unsubscribed %d, want all 20 that left, once", have)
		}
		if have := p.group("Site-A").Subscriptions[address("u030")].ID; have != "u030-2" {
			t.Errorf("the lost mailbox has %s, want u030-2: its loss is handled after the hand-over", have)
		}
		for _, n := range all {
			if p.exchange.made[address(n)] != 1 && n != "u030" {
				t.Errorf("%s was subscribed %d times", n, p.exchange.made[address(n)])
			}
		}
		if have := len(p.group("Site-A").Subscriptions); have != 40 {
			t.Errorf("have %d mailboxes in the group, want 40", have)
		}
	})
}

// wantWriters wants so many decisions of the two processes.
func wantWriters(t *testing.T, p *pair, first, second int) {
	t.Helper()
	for i, port := range []*port{p.firstPort, p.secondPort} {
		have := 0
		for _, f := range port.order() {
			if _, ok := f.(messages.GroupSubscribed); ok {
				have++
			}
		}
		if want := []int{first, second}[i]; have != want {
			t.Errorf("process %d decided %d times, want %d", i+1, have, want)
		}
	}
}

// A request that is in hand when its endpoint yields is handled before the release.
func TestARequestInHandIsHandledBeforeTheRelease(t *testing.T) {
	inPair(t, func(p *pair) {
		p.enroll("a", "b", "c")
		p.pass(5 * time.Second)
		p.firstPort.onDecide(func(messages.GroupSubscribed) error { time.Sleep(10 * time.Second); return nil })
		p.lose("r1", p.group("Site-A"), messages.RegroupAll, "ErrorConnectionFailed", "b=b-1")
		p.pass(time.Second)
		released := p.handOver(p.first, p.second)
		p.pass(5 * time.Second)
		if released.Load() {
			t.Fatal("released while the loss is being decided")
		}
		p.pass(time.Minute)
		if ended := len(p.exchange.asked(opUnsubscribe)); ended != 3 || !released.Load() {
			t.Errorf("unsubscribed %d, released %t, want 3 unsubscribed before the release", ended, released.Load())
		}
		p.wantAll([]string{"a", "b", "c"}, 2)
		wantWriters(t, p, 2, 1)
	})
}

// A process that lost an endpoint without knowing decides on what is no longer true.
func TestAStaleOwnerGivesItsSubscriptionsUp(t *testing.T) {
	inPair(t, func(p *pair) {
		p.firstPort.onDecide(func(messages.GroupSubscribed) error { time.Sleep(time.Minute); return nil })
		p.enroll("a", "b")
		p.pass(5 * time.Second) // the first has subscribed them, and is frozen
		p.second.give(endpointA, true)
		p.pass(10 * time.Second)
		p.first.give(endpointA, false)
		p.wantAll([]string{"a", "b"}, 2)
		p.firstPort.onDecide(nil)
		p.pass(2 * time.Minute)
		p.wantAll([]string{"a", "b"}, 2)
		wantWriters(t, p, 0, 1)
		ended := map[messages.SubscriptionID]bool{}
		for _, c := range p.exchange.asked(opUnsubscribe) {
			ended[c.id] = true
		}
		if len(ended) != 2 || !ended["a-1"] || !ended["b-1"] {
			t.Errorf("unsubscribed %v, want those of the stale owner", ended)
		}
	})
}

func TestARequestIsHeldUntilItsEndpointIsOursAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		store := &port{Bus: w.bus, all: true}
		answers := make(chan error, 9)
		store.handled = func(_ messages.RegroupRequested, err error) { answers <- err }
		w.startWith(store)
		w.enroll("a", "b")
		w.pass(5 * time.Second)
		w.owner.give(endpointA, false)
		facts := len(w.bus.Facts())
		w.lose("r1", w.group("Site-A"), messages.Resubscribe, "ErrorSubscriptionNotFound", "b=b-1")
		w.pass(longestHeld - time.Second)
		if have := len(w.bus.Facts()) - 1; have != facts || len(answers) != 0 { // the request itself is a fact
			t.Fatalf("wrote %d facts and answered %d times while the endpoint is not ours", have-facts, len(answers))
		}
		w.pass(2 * time.Second)
		if err := <-answers; !errors.Is(err, errNotOurs) {
			t.Fatalf("answered %v, want it handed back", err)
		}
		w.pass(10 * time.Second)
		w.owner.give(endpointA, true)
		w.pass(5 * time.Second)
		if err := <-answers; err != nil {
			t.Errorf("answered %v, want it handled when the endpoint came back", err)
		}
		w.wantGroup("1.3 a (cookie-1): a-1 b-2")
	})
}
