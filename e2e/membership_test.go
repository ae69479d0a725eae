package e2e

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestCookiesMayNeverComeOrComeUnasked(t *testing.T) {
	for _, mode := range []exchangesim.CookieMode{exchangesim.CookieNever, exchangesim.CookieAlways} {
		t.Run(string(mode), func(t *testing.T) {
			inBubble(t, exchangesim.Config{Cookies: mode}, func(b *bubble) {
				all := append(populate(b, "a", 20, "ex01.sim.test", "Site-A"), populate(b, "b", 20, "ex02.sim.test", "Site-B")...)
				stop := b.run()
				defer stop()
				b.list(all...)
				b.untilStreaming(40)
				stopProducing := b.produce(2)
				time.Sleep(35 * time.Minute) // over a renewal
				b.sim.Restart("ex01.sim.test")
				time.Sleep(5 * time.Minute)
				stopProducing()
				b.settle()
				b.sound()
				for _, g := range b.latestGroups() {
					if have := g.Cookie != ""; have != (mode == exchangesim.CookieAlways) {
						t.Errorf("group %s: cookie kept %t", g.Group, have)
					}
				}
				checkFlow(b, all, time.Now().Add(-4*time.Minute))
			})
		})
	}
}

func TestAMailboxJoinsAndLeavesWithinFiveSecondsWithoutTouchingTheOthers(t *testing.T) {
	inBubble(t, exchangesim.Config{}, func(b *bubble) {
		all := populate(b, "a", 30, "ex01.sim.test", "Site-A")
		b.sim.AddMailbox("a015x@sim.test", "ex01.sim.test", "Site-A")
		stop := b.run()
		defer stop()
		b.list(all...)
		b.untilStreaming(30)
		stopProducing := b.produce(3)
		time.Sleep(2 * time.Minute)

		b.list(append(slices.Clone(all), "a015x@sim.test")...)
		b.until("the added mailbox streams", 5*time.Second, func() bool { return b.streaming()["a015x@sim.test"] })
		time.Sleep(2 * time.Minute)

		b.list(append(slices.DeleteFunc(slices.Clone(all), func(a string) bool { return a == "a003@sim.test" }), "a015x@sim.test")...)
		b.until("the removed mailbox is silent", 5*time.Second, func() bool { return !b.streaming()["a003@sim.test"] })
		silentSince := time.Now()
		time.Sleep(2 * time.Minute)
		stopProducing()
		b.settle()

		if report := b.sound(); report.Gaps > 0 {
			t.Errorf("want no gap, have %d", report.Gaps)
		}
		for _, e := range events[messages.MailboxEvent](b) {
			if e.Mailbox == "a003@sim.test" && e.Recorded.After(silentSince) {
				t.Errorf("an event of the removed mailbox was stored after %s", silentSince)
			}
		}
		for _, g := range b.latestGroups() {
			if g.Generation != 1 || g.Anchor != "a001@sim.test" || len(g.Subscriptions) != 30 {
				t.Errorf("want the same generation with 30 mailboxes, have %d with %d, anchor %s", g.Generation, len(g.Subscriptions), g.Anchor)
			}
		}
		checkSubscribedOnce(b)
	})
}

// checkSubscribedOnce wants one Subscribe for each mailbox, and an Unsubscribe for the one that left.
func checkSubscribedOnce(b *bubble) {
	subscribes, unsubscribes := map[string]int{}, 0
	for _, r := range b.sim.Truth().Requests {
		switch r.Operation {
		case "Subscribe":
			subscribes[r.Impersonated]++
		case "Unsubscribe":
			unsubscribes++
		}
	}
	for a, n := range subscribes {
		if n != 1 {
			b.t.Errorf("%s was subscribed %d times", a, n)
		}
	}
	if unsubscribes != 1 {
		b.t.Errorf("want one Unsubscribe, have %d", unsubscribes)
	}
}

func TestARejectedMailboxIsParkedAndTheOthersStream(t *testing.T) {
	inBubble(t, exchangesim.Config{}, func(b *bubble) {
		all := populate(b, "a", 200, "ex01.sim.test", "Site-A")
		for _, rejected := range []string{"a001@sim.test", "a100@sim.test"} { // the would-be anchor, and one in the middle
			b.sim.Fail(exchangesim.Fault{Operation: "Subscribe", Mailbox: rejected, Times: 1,
				Answer: exchangesim.FaultAnswer{ResponseCode: "ErrorImpersonateUserDenied"}})
		}
		stop := b.run()
		defer stop()
		b.list(all...)
		b.untilStreaming(198)
		parked := map[messages.Address]messages.MailboxParked{}
		for _, f := range facts[messages.MailboxParked](b) {
			parked[f.Mailbox] = f
		}
		if len(parked) != 2 {
			t.Fatalf("want 2 mailboxes parked, have %d", len(parked))
		}
		for a, f := range parked {
			if wait := time.Until(f.NextAttempt); f.Code != "ErrorImpersonateUserDenied" || f.Attempts != 1 || wait < 10*time.Minute || wait > 20*time.Minute {
				t.Errorf("%s: parked for %s, attempt %d, next in %s", a, f.Code, f.Attempts, wait)
			}
		}
		time.Sleep(25 * time.Minute)
		synctest.Wait()
		if n := len(b.streaming()); n != 200 {
			t.Errorf("want all 200 streaming after the next attempt, have %d", n)
		}
	})
}
