package subscriber

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// rival decides the group first, once, with subscriptions of its own for some of its members.
func (w *world) rival(p *port, names ...string) {
	done := false
	p.onDecide(func(ours messages.GroupSubscribed) error {
		if done {
			return nil
		}
		done = true
		_, sequence := w.latest(ours.Group)
		theirs := ours
		theirs.Meta = messages.Meta{ID: "rival", Time: time.Now()}
		theirs.Anchor, theirs.Cookie = address(names[0]), "cookie-of-rival"
		theirs.Subscriptions = map[messages.Address]messages.Subscription{}
		for _, n := range names {
			theirs.Subscriptions[address(n)] = messages.Subscription{ID: messages.SubscriptionID("rival-" + n), Since: time.Now()}
		}
		_, err := w.bus.Decide(context.Background(), theirs, sequence)
		return err
	})
}

// latest is the newest message of a group with its sequence.
func (w *world) latest(id messages.GroupID) (g messages.GroupSubscribed, sequence uint64) {
	for _, r := range w.bus.Facts() {
		if f, ok := r.Fact.(messages.GroupSubscribed); ok && f.Group == id {
			g, sequence = f, r.Sequence
		}
	}
	return g, sequence
}

func TestWhenAnotherDecidesFirstOurSubscriptionsAreEnded(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.rival(p.port, "a", "b")
		w.enroll("a", "b")
		w.pass(10 * time.Second)
		w.wantGroup("1.1 a (cookie-of-rival): rival-a rival-b")
		ended := map[messages.SubscriptionID]messages.Place{}
		for _, c := range w.exchange.asked(opUnsubscribe) {
			ended[c.id] = c.place
		}
		place := messages.Place{Group: "4a82b80d-1", URL: endpointA, Anchor: address("a"), Cookie: "cookie-1"}
		if len(ended) != 2 || ended["a-1"] != place || ended["b-1"] != place {
			t.Errorf("unsubscribed %v, want ours behind our anchor and cookie", ended)
		}
		if grouped := stored[messages.MailboxGrouped](w); len(grouped) != 0 {
			t.Errorf("told mailboxes of a group that is not ours: %+v", grouped)
		}
		w.pass(time.Hour)
		if have := len(w.exchange.asked(opSubscribe)); have != 2 {
			t.Errorf("subscribed %d times, want nothing anew", have)
		}
	})
}

func TestWhatAnotherLeftOutIsPlannedAnewIntoItsGroup(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.rival(p.port, "b")
		w.enroll("a", "b")
		w.pass(10 * time.Second)
		w.wantGroup("1.2 b (cookie-of-rival): a-2 rival-b")
	})
}

func TestAJoinThatAnotherForestalledIsPlannedAnew(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.enroll("a")
		w.pass(5 * time.Second)
		w.rival(p.port, "a")
		w.enroll("b")
		w.pass(5 * time.Second)
		w.wantGroup("1.3 a (cookie-of-rival): b-2 rival-a")
		ended := w.exchange.asked(opUnsubscribe)
		if len(ended) != 1 || ended[0].id != "b-1" || ended[0].place.Cookie != "cookie-1" {
			t.Errorf("unsubscribed %+v, want b-1", ended)
		}
	})
}

func TestAWithdrawnMailboxIsUnsubscribedAfterTheDecision(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.enroll("a", "b", "c")
		w.pass(5 * time.Second)
		var decided time.Time
		p.onDecide(func(messages.GroupSubscribed) error { decided = time.Now(); time.Sleep(time.Second); return nil })
		w.withdraw("b")
		w.pass(5 * time.Second)

		w.wantGroup("1.2 a (cookie-1): a-1 c-1")
		left := w.group("Site-A").Left
		if want := (messages.Left{Reason: messages.StopWithdrawn}); len(left) != 1 || left[address("b")] != want {
			t.Errorf("left: have %+v, want b withdrawn", left)
		}
		ended := w.exchange.asked(opUnsubscribe)
		if len(ended) != 1 || ended[0].id != "b-1" || ended[0].from.Before(decided.Add(time.Second)) ||
			ended[0].place != (messages.Place{Group: "4a82b80d-1", URL: endpointA, Anchor: address("a"), Cookie: "cookie-1"}) {
			t.Errorf("unsubscribed %+v, want b-1 after the decision", ended)
		}
		grouped := stored[messages.MailboxGrouped](w)
		if f := grouped[len(grouped)-1]; f.Mailbox != address("b") || f.Subscription != "" || f.Lost != "" || f.Revision != 2 {
			t.Errorf("b was told %+v, want that it has no place any more", f)
		}
	})
}

func TestAMovedMailboxIsSubscribedInItsNewGroupFirst(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.enroll("a", "b")
		w.pass(5 * time.Second)
		w.exchange.forget()
		w.discover(endpointA, "Site-B", "b")
		w.pass(10 * time.Second)

		w.wantGroup("1.2 a (cookie-1): a-1")
		if have := describe(w.group("Site-B")); have != "1.1 b (cookie-2): b-2" {
			t.Errorf("new group: have %s", have)
		}
		if why := w.group("Site-A").Left[address("b")]; why.Reason != messages.StopMoved {
			t.Errorf("left the old group as %+v, want moved", why)
		}
		var order []string
		for _, f := range p.order() {
			if g, ok := f.(messages.GroupSubscribed); ok {
				order = append(order, fmt.Sprint(g.Grouping, ".", g.Revision))
			}
		}
		if want := "[Site-A.1 Site-B.1 Site-A.2]"; fmt.Sprint(order) != want {
			t.Errorf("decided in the order %s, want %s", order, want)
		}
		asked := w.exchange.asked("")
		if len(asked) != 2 || asked[0].op != opSubscribe || asked[1].op != opUnsubscribe || asked[1].id != "b-1" || asked[1].place.Cookie != "cookie-1" {
			t.Errorf("asked %+v, want b subscribed, then b-1 unsubscribed at its old place", asked)
		}
		grouped := stored[messages.MailboxGrouped](w)
		if f := grouped[len(grouped)-1]; f.Subscription != "b-2" {
			t.Errorf("b was told %+v last, want its new place", f)
		}
	})
}

// The last member leaves while no one can begin the next generation.
func TestAGenerationThatNobodyCouldBeginStillEndsTheFormer(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.enroll("a")
		w.pass(5 * time.Second)
		w.exchange.refusing(only(opSubscribe, refused("ErrorAccessDenied"), "b"))
		w.withdraw("a")
		w.enroll("b")
		w.pass(5 * time.Second)
		w.wantGroup("1.2 a (cookie-1): ")
		w.exchange.refusing(nil)
		w.pass(time.Hour)
		w.wantGroup("2.1 b (cookie-2): b-1")
	})
}

func TestAGroupWithoutMembersIsDissolvedAndBeginsAnewLater(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.enroll("a", "b")
		w.pass(5 * time.Second)
		id := w.group("Site-A").Group
		w.withdraw("a", "b")
		w.pass(5 * time.Second)
		if g := w.group("Site-A"); len(g.Subscriptions) != 0 || len(g.Left) != 2 {
			t.Errorf("dissolved: have %+v", g)
		}
		if have := len(w.exchange.asked(opUnsubscribe)); have != 2 {
			t.Errorf("unsubscribed %d, want both", have)
		}
		w.enroll("b", "c")
		w.pass(5 * time.Second)
		w.wantGroup("2.1 b (cookie-2): b-2 c-1")
		if have := w.group("Site-A").Group; have != id {
			t.Errorf("the group is now called %s, want %s", have, id)
		}
	})
}
