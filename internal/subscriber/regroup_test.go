package subscriber

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// lossesOf are the losses in a mailbox's history.
func (w *world) lossesOf(n string) []messages.MailboxGrouped {
	return slices.DeleteFunc(stored[messages.MailboxGrouped](w), func(f messages.MailboxGrouped) bool {
		return f.Mailbox != address(n) || f.Lost == ""
	})
}

// three has a, b and c subscribed.
func three(w *world) *process {
	p := w.start()
	w.enroll("a", "b", "c")
	w.pass(5 * time.Second)
	w.exchange.forget()
	return p
}

func TestALostMailboxIsSubscribedAnewInItsGroup(t *testing.T) {
	inWorld(t, func(w *world) {
		p := three(w)
		w.lose("r1", w.group("Site-A"), messages.Resubscribe, "ErrorSubscriptionNotFound", "b=b-1")
		w.wantGroup("1.2 a (cookie-1): a-1 c-1")
		g := w.group("Site-A")
		if want := (messages.Left{Reason: messages.StopLost, Code: "ErrorSubscriptionNotFound"}); len(g.Left) != 1 || g.Left[address("b")] != want || g.Cause.ID != "r1" {
			t.Errorf("left %+v because of %q, want b lost because of r1", g.Left, g.Cause.ID)
		}
		losses := w.lossesOf("b")
		if len(losses) != 1 || losses[0].ID != "r1.lost."+address("b").Token() || losses[0].Cause.ID != "r1" ||
			losses[0].Lost != "ErrorSubscriptionNotFound" || losses[0].Revision != 2 {
			t.Errorf("losses of b: have %+v", losses)
		}
		order := p.order()
		if _, ok := order[len(order)-1].(messages.GroupSubscribed); !ok {
			t.Errorf("last written: %T, want the group after the losses", order[len(order)-1])
		}

		w.pass(5 * time.Second)
		w.wantGroup("1.3 a (cookie-1): a-1 b-2 c-1")
		asked := w.exchange.asked("")
		if len(asked) != 1 || asked[0].mailbox != address("b") || asked[0].place.Cookie != "cookie-1" {
			t.Errorf("asked %+v, want b behind the group's cookie and nothing else: the old one is dead", asked)
		}
	})
}

func TestAGroupThatIsDoneOverGetsANewAnchorAndCookie(t *testing.T) {
	inWorld(t, func(w *world) {
		three(w)
		w.lose("r1", w.group("Site-A"), messages.RegroupAll, "reset", "b=b-1")
		w.pass(5 * time.Second)
		w.wantGroup("2.1 a (cookie-2): a-2 b-2 c-2")
		first := w.exchange.asked(opSubscribe)[0]
		if want := (messages.Place{Group: "4a82b80d-1", URL: endpointA, Anchor: address("a")}); first.place != want {
			t.Errorf("the new anchor was asked at %+v, want %+v", first.place, want)
		}
		var ended []string
		for _, c := range w.exchange.asked(opUnsubscribe) {
			ended = append(ended, string(c.id)+" "+c.place.Cookie.Value())
		}
		if want := []string{"a-1 cookie-1", "b-1 cookie-1", "c-1 cookie-1"}; !slices.Equal(ended, want) {
			t.Errorf("unsubscribed %q, want %q: a broken connection leaves them alive", ended, want)
		}
	})
}

func TestOnlyTheDeadAreNotUnsubscribed(t *testing.T) {
	inWorld(t, func(w *world) {
		three(w)
		w.lose("r1", w.group("Site-A"), messages.RegroupAll, "ErrorSubscriptionNotFound", "a=a-1", "b=b-1")
		w.pass(5 * time.Second)
		ended := w.exchange.asked(opUnsubscribe)
		if len(ended) != 1 || ended[0].id != "c-1" {
			t.Errorf("unsubscribed %+v, want c-1, which nobody called dead", ended)
		}
	})
}

func TestARequestAboutOldSubscriptionsChangesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		p := three(w)
		g := w.group("Site-A")
		before := len(p.order())
		w.lose("r1", g, messages.RegroupAll, "ErrorSubscriptionNotFound", "b=b-0")
		older := g
		older.Generation = 0
		w.lose("r2", older, messages.RegroupAll, "ErrorSubscriptionNotFound", "b=b-1")
		unknown := g
		unknown.Group = "unknown"
		w.lose("r3", unknown, messages.RegroupAll, "ErrorSubscriptionNotFound", "b=b-1")
		w.pass(time.Minute)
		if have := len(p.order()); have != before {
			t.Errorf("wrote %+v", p.order()[before:])
		}
		if asked := w.exchange.asked(""); len(asked) != 0 {
			t.Errorf("asked %+v", asked)
		}
		if have := len(stored[messages.RegroupRequested](w)); have != 0 {
			t.Errorf("%d requests still wait", have)
		}
	})
}

func TestARequestThatIsDeliveredTwiceCountsOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.startWith(&port{Bus: w.bus, twice: true})
		w.enroll("a", "b", "c")
		w.pass(5 * time.Second)
		w.lose("r1", w.group("Site-A"), messages.Resubscribe, "ErrorSubscriptionNotFound", "b=b-1")
		if have := len(w.lossesOf("b")); have != 1 {
			t.Errorf("have %d losses, want 1", have)
		}
		w.pass(2 * time.Second)
		w.wantGroup("1.3 a (cookie-1): a-1 b-2 c-1")
	})
}

func TestARequestIsAcknowledgedAfterItIsRecorded(t *testing.T) {
	inWorld(t, func(w *world) {
		acknowledged := make(chan string, 9)
		store := &port{Bus: w.bus}
		store.handled = func(r messages.RegroupRequested, err error) {
			acknowledged <- fmt.Sprintf("%s %d losses revision %d %v", r.ID, len(w.lossesOf("b")), w.group("Site-A").Revision, err)
		}
		p := w.startWith(store)
		w.enroll("a", "b", "c")
		w.pass(5 * time.Second)
		failures := 0
		p.onDecide(func(messages.GroupSubscribed) error {
			if failures++; failures == 1 {
				return errors.New("no responders")
			}
			time.Sleep(10 * time.Second)
			return nil
		})
		w.lose("r1", w.group("Site-A"), messages.Resubscribe, "ErrorSubscriptionNotFound", "b=b-1")
		if have, want := <-acknowledged, "r1 1 losses revision 1 no responders"; have != want {
			t.Errorf("first: have %q, want %q", have, want)
		}
		w.pass(5 * time.Second)
		if len(acknowledged) > 0 {
			t.Errorf("before the decision is stored: have %q", <-acknowledged)
		}
		if have, want := <-acknowledged, "r1 1 losses revision 2 <nil>"; have != want {
			t.Errorf("then: have %q, want %q", have, want)
		}
		p.onDecide(nil)
		w.pass(15 * time.Second)
		w.wantGroup("1.3 a (cookie-1): a-1 b-2 c-1")
	})
}

func TestARequestWaitsForItsHandlerUntilTheStop(t *testing.T) {
	inWorld(t, func(w *world) {
		store := &port{Bus: w.bus}
		var handled error
		store.handled = func(_ messages.RegroupRequested, err error) { handled = err }
		p := w.startWith(store)
		w.enroll("a", "b")
		w.pass(5 * time.Second)
		p.onDecide(func(messages.GroupSubscribed) error { time.Sleep(time.Minute); return context.Canceled })
		w.lose("r1", w.group("Site-A"), messages.Resubscribe, "ErrorSubscriptionNotFound", "b=b-1")
		w.pass(time.Second)
		p.stop()
		if !errors.Is(handled, context.Canceled) {
			t.Errorf("handled with %v, want %v", handled, context.Canceled)
		}
	})
}

func TestADoubtedPlaceWaitsForTheDiscoverer(t *testing.T) {
	for _, c := range []struct {
		name string
		site messages.Grouping
		want string
	}{
		{"who answers as before", "Site-A", "1.3 a (cookie-1): a-1 b-2 c-1"},
		{"who knows a new place", "Site-B", "1.2 a (cookie-1): a-1 c-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				three(w)
				w.lose("r1", w.group("Site-A"), messages.Rediscover, "ErrorProxyRequestNotAllowed", "b=b-1")
				stale := stored[messages.MailboxStale](w)
				if len(stale) != 1 || stale[0].Mailbox != address("b") || stale[0].Code != "ErrorProxyRequestNotAllowed" ||
					stale[0].Cause.ID != "r1" || stale[0].ID != "r1.stale."+address("b").Token() {
					t.Fatalf("stale: have %+v, want b because of r1", stale)
				}
				w.pass(10 * time.Minute)
				if asked := w.exchange.asked(""); len(asked) != 0 {
					t.Errorf("asked %+v before the discoverer answered", asked)
				}
				w.wantGroup("1.2 a (cookie-1): a-1 c-1")
				w.discover(endpointA, c.site, "b")
				w.pass(5 * time.Second)
				w.wantGroup(c.want)
				if c.site == "Site-B" {
					if have := describe(w.group("Site-B")); have != "1.1 b (cookie-2): b-2" {
						t.Errorf("new place: have %s", have)
					}
				}
			})
		})
	}
}

// TestTheLadder loses one mailbox again and again, as soon as it is subscribed.
func TestTheLadder(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.enroll("a", "b")
		w.pass(5 * time.Second)
		waits := []time.Duration{0, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute}
		for i, wait := range waits {
			g := w.group("Site-A")
			lost := time.Now()
			w.lose(fmt.Sprint("r", i+1), g, messages.Resubscribe, "ErrorSubscriptionNotFound", "b="+string(g.Subscriptions[address("b")].ID))
			if have := len(stored[messages.MailboxStale](w)); have != 0 && i < 2 || i >= 2 && have != 1 {
				t.Errorf("loss %d: have %d stale, want one at the third", i+1, have)
			}
			w.discover(endpointA, "Site-A", "b") // as the discoverer answers a stale
			w.exchange.forget()
			w.pass(wait + 2*time.Second)
			asked := w.exchange.asked(opSubscribe)
			if len(asked) != 1 {
				t.Fatalf("loss %d: subscribed %d times within %s, want once", i+1, len(asked), wait+2*time.Second)
			}
			if have := asked[0].from.Sub(lost); have < wait || have > wait+time.Second {
				t.Errorf("loss %d: subscribed after %s, want %s", i+1, have, wait)
			}
		}
		if parked := stored[messages.MailboxParked](w); len(parked) != 0 {
			t.Fatalf("parked too early: %+v", parked)
		}
		g := w.group("Site-A")
		w.lose("r6", g, messages.Resubscribe, "ErrorSubscriptionNotFound", "b="+string(g.Subscriptions[address("b")].ID))
		parked := stored[messages.MailboxParked](w)
		if len(parked) != 1 || parked[0].Mailbox != address("b") || parked[0].ID != "r6.parked."+address("b").Token() ||
			parked[0].NextAttempt.Sub(parked[0].Time) != 15*time.Minute || parked[0].Attempts != 1 {
			t.Fatalf("parked: have %+v, want b for 15 min", parked)
		}
		w.exchange.forget()
		w.pass(14 * time.Minute)
		if asked := w.exchange.asked(""); len(asked) != 0 {
			t.Errorf("asked %+v of a parked mailbox", asked)
		}
		w.wantGroup("1.12 a (cookie-1): a-1")
		w.pass(2 * time.Minute)
		w.wantGroup("1.13 a (cookie-1): a-1 b-7")
	})
}

// A loss that was recorded, but whose decision failed, is no second loss when the request comes again.
func TestARequestThatFailedHalfwayCountsOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		p := three(w)
		w.lose("r1", w.group("Site-A"), messages.Resubscribe, "ErrorSubscriptionNotFound", "b=b-1")
		w.pass(5 * time.Second)
		failed := false
		p.onDecide(func(messages.GroupSubscribed) error {
			if !failed {
				failed = true
				return errors.New("no responders")
			}
			return nil
		})
		w.lose("r2", w.group("Site-A"), messages.Resubscribe, "ErrorSubscriptionNotFound", "b=b-2")
		w.pass(5 * time.Second)
		if have := len(stored[messages.MailboxStale](w)); have != 0 {
			t.Errorf("have %d stale at the second loss, want none before the third", have)
		}
		w.wantGroup("1.4 a (cookie-1): a-1 c-1")
	})
}

func TestTheLadderIsFoldedFromTheFacts(t *testing.T) {
	inWorld(t, func(w *world) {
		p := three(w)
		w.lose("r1", w.group("Site-A"), messages.Resubscribe, "ErrorSubscriptionNotFound", "b=b-1")
		w.pass(2 * time.Second)
		w.lose("r2", w.group("Site-A"), messages.Resubscribe, "ErrorSubscriptionNotFound", "b=b-2")
		lost := time.Now()
		p.stop()
		w.start()
		w.exchange.forget()
		w.pass(time.Minute)
		asked := w.exchange.asked(opSubscribe)
		if len(asked) != 1 {
			t.Fatalf("subscribed %d times, want once", len(asked))
		}
		if have := asked[0].from.Sub(lost); have < 30*time.Second || have > 31*time.Second {
			t.Errorf("subscribed %s after its second loss, want 30s: a restart forgets no loss", have)
		}
	})
}
