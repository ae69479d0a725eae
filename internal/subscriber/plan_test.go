package subscriber

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestABurstOfNewsIsOnePlan(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		for i, n := range []string{"d", "c", "b", "a"} {
			w.until(time.Duration(i) * 400 * time.Millisecond)
			w.enroll(n)
		}
		w.until(1600 * time.Millisecond)
		if have := len(w.exchange.asked("")); have != 0 {
			t.Errorf("%d requests before the news were quiet for half a second", have)
		}
		w.until(5 * time.Second)
		w.wantGroup("1.1 a (cookie-1): a-1 b-1 c-1 d-1")
		decisions := 0
		for _, f := range p.order() {
			if _, ok := f.(messages.GroupSubscribed); ok {
				decisions++
			}
		}
		if decisions != 1 {
			t.Errorf("have %d decisions, want 1", decisions)
		}
	})
}

func TestNewsWithoutEndPutPlanningOffForTenQuietMomentsOnly(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(time.Second)
		first := time.Now()
		for i := range 200 {
			w.enroll(fmt.Sprintf("u%03d", i))
			w.pass(100 * time.Millisecond)
		}
		w.pass(5 * time.Second)
		if have := w.exchange.asked("")[0].from.Sub(first); have < 4900*time.Millisecond || have > 5*time.Second {
			t.Errorf("the first request came %s after the first news, want 5s", have)
		}
		if have := len(w.group("Site-A").Subscriptions); have != 200 {
			t.Errorf("have %d members, want 200", have)
		}
	})
}

func TestAJoinIsARevisionThatTouchesNoOther(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.enroll("b", "c")
		w.pass(5 * time.Second)
		w.wantGroup("1.1 b (cookie-1): b-1 c-1")
		w.exchange.forget()

		w.enroll("a")
		w.pass(5 * time.Second)
		w.wantGroup("1.2 b (cookie-1): a-1 b-1 c-1")
		asked := w.exchange.asked(opSubscribe)
		if len(asked) != 1 || asked[0].place != (messages.Place{Group: "4a82b80d-1", URL: endpointA, Anchor: address("b"), Cookie: "cookie-1"}) {
			t.Errorf("asked %+v, want a behind anchor and cookie of the group", asked)
		}
		since := w.group("Site-A").Subscriptions[address("a")].Since
		if want := asked[0].to.Add(skew); !since.Equal(want) {
			t.Errorf("since: have %s, want Exchange's time of the answer, %s", since, want)
		}
	})
}

func TestOneChangeOfAKeyIsCarriedOutAtATime(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.takes = 3 * time.Second
		w.start()
		w.enroll("b")
		w.pass(2 * time.Second) // its folders are being asked for
		w.enroll("a", "c")
		w.pass(time.Minute)
		w.wantGroup("1.2 b (cookie-1): a-1 b-1 c-1")
		if have := len(w.exchange.asked(opSubscribe)); have != 3 {
			t.Errorf("subscribed %d times, want once each", have)
		}
		if asked := w.exchange.asked(opUnsubscribe); len(asked) != 0 {
			t.Errorf("unsubscribed %+v", asked)
		}
	})
}

// What a process wrote itself it knows before it reads it back.
func TestThePlanDoesNotWaitForTheFeed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.refusing(only(opSubscribe, refused("ErrorAccessDenied"), "c"))
		w.enroll("a", "b", "c")
		w.startWith(&port{Bus: w.bus, lag: time.Minute})
		w.pass(30 * time.Second)
		if have := len(w.exchange.asked(opSubscribe)); have != 3 {
			t.Errorf("subscribed %d times, want once each: who is parked or grouped was known", have)
		}
		w.lose("r1", w.group("Site-A"), messages.Resubscribe, "ErrorSubscriptionNotFound", "b=b-1")
		w.pass(5 * time.Second)
		w.wantGroup("1.3 a (cookie-1): a-1 b-2")
		w.pass(10 * time.Minute)
		w.wantGroup("1.3 a (cookie-1): a-1 b-2")
	})
}

func TestMailboxesOfAKeyFillGroupsOfTheGivenSize(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.GroupSize = 2
		w.start()
		w.enroll("a", "b", "c", "d", "e")
		w.enrollAt(endpointA, "Site-B", "x")
		w.pass(5 * time.Second)
		var have []string
		for _, g := range stored[messages.GroupSubscribed](w) {
			have = append(have, fmt.Sprint(g.Grouping, " ", len(g.Subscriptions), " ", name(g.Anchor)))
		}
		slices.Sort(have)
		want := []string{"Site-A 1 e", "Site-A 2 a", "Site-A 2 c", "Site-B 1 x"}
		if !slices.Equal(have, want) {
			t.Errorf("groups: have %q, want %q", have, want)
		}
	})
}

func TestEachMailboxLearnsItsPlaceAfterTheGroupIsDecided(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.enroll("a", "b")
		w.pass(5 * time.Second)
		var have []string
		for _, f := range p.order() {
			switch f := f.(type) {
			case messages.MailboxFolders:
				have = append(have, "folders "+name(f.Mailbox)+" "+f.Folders["inbox"])
			case messages.GroupSubscribed:
				have = append(have, "group")
			case messages.MailboxGrouped:
				have = append(have, fmt.Sprintf("grouped %s %s %d.%d by %t", name(f.Mailbox), f.Subscription, f.Generation, f.Revision,
					f.Cause.ID == w.group("Site-A").ID && f.Group == w.group("Site-A").Group))
			}
		}
		want := []string{"folders a inbox of a@contoso.com", "folders b inbox of b@contoso.com", "group",
			"grouped a a-1 1.1 by true", "grouped b b-1 1.1 by true"}
		if !slices.Equal(have, want) {
			t.Errorf("written\nhave %q\nwant %q", have, want)
		}
	})
}

func TestARestartSubscribesNothingAnew(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.enroll("a", "b", "c")
		w.pass(5 * time.Second)
		w.enrollAt(endpointA, "Site-B", "x")
		w.pass(5 * time.Second)
		w.exchange.forget()
		p.stop()
		before := len(w.bus.Facts())

		w.pass(time.Minute)
		w.start()
		w.pass(time.Hour)
		if asked := w.exchange.asked(""); len(asked) != 0 {
			t.Errorf("asked %+v, want nothing: everything lives", asked)
		}
		if have := len(w.bus.Facts()); have != before {
			t.Errorf("have %d facts, want the %d of before", have, before)
		}
		w.enroll("d")
		w.pass(5 * time.Second)
		w.wantGroup("1.2 a (cookie-1): a-1 b-1 c-1 d-1")
	})
}

func TestNothingIsUnsubscribedAtTheEnd(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.enroll("a", "b", "c")
		w.pass(5 * time.Second)
		w.enroll("d")
		w.pass(time.Second + 150*time.Millisecond) // d's subscription is under way
		p.stop()
		w.pass(time.Minute)
		if asked := w.exchange.asked(opUnsubscribe); len(asked) != 0 {
			t.Errorf("unsubscribed %+v", asked)
		}
	})
}

func TestWhatCouldNotBeDecidedBeforeTheEndIsLeftToExpire(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		p.onDecide(func(messages.GroupSubscribed) error { time.Sleep(time.Minute); return context.Canceled })
		w.enroll("a")
		w.pass(10 * time.Second)
		p.stop()
		if have := w.exchange.tried(opUnsubscribe); have != 0 {
			t.Errorf("tried to unsubscribe %d times", have)
		}
	})
}

func TestOnlyOwnEndpointsAreDecided(t *testing.T) {
	inWorld(t, func(w *world) {
		const theirs messages.Endpoint = "https://theirs.contoso.com/EWS/Exchange.asmx"
		w.owner.set(theirs, false)
		w.start()
		w.enroll("a")
		w.enrollAt(theirs, "Site-B", "x")
		w.pass(time.Minute)
		w.wantGroup("1.1 a (cookie-1): a-1")
		for _, c := range w.exchange.asked("") {
			if c.url == theirs {
				t.Errorf("asked %+v of an endpoint of another process", c)
			}
		}
		w.owner.give(theirs, true)
		w.pass(5 * time.Second)
		if have := describe(w.group("Site-B")); have != "1.1 x (cookie-2): x-1" {
			t.Errorf("after it came: have %s", have)
		}
		w.owner.give(theirs, false)
		w.exchange.forget()
		w.withdraw("x")
		w.enrollAt(theirs, "Site-B", "y")
		w.pass(time.Minute)
		if asked := w.exchange.asked(""); len(asked) != 0 {
			t.Errorf("after it went: asked %+v", asked)
		}
	})
}
