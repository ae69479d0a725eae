package e2e

import (
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestAFaultOfAnOldSubscriptionChangesNothing(t *testing.T) {
	inBubble(t, exchangesim.Config{}, func(b *bubble) {
		all := populate(b, "a", 5, "ex01.sim.test", "Site-A")
		stop := b.run()
		defer stop()
		b.list(all...)
		b.untilStreaming(5)
		var old messages.GroupSubscribed
		for _, g := range b.latestGroups() {
			old = g
		}
		b.sim.DropSubscriptions("a002@sim.test")
		b.until("the mailbox is subscribed anew", time.Minute, func() bool {
			g := b.latestGroups()[old.Group]
			return g.Subscriptions["a002@sim.test"].ID != old.Subscriptions["a002@sim.test"].ID && len(b.streaming()) == 5
		})
		b.settle()
		before, requests := b.latestGroups()[old.Group], len(b.sim.Truth().Requests)

		late := messages.RegroupRequested{Meta: messages.Meta{ID: "late", Time: time.Now()}, Group: old.Group, Generation: old.Generation,
			URL: old.URL, Died: map[messages.Address]messages.SubscriptionID{"a002@sim.test": old.Subscriptions["a002@sim.test"].ID},
			Code: "ErrorSubscriptionNotFound", Action: messages.RegroupAll}
		if err := b.bus.RequestRegroup(t.Context(), late); err != nil {
			t.Fatal(err)
		}
		b.settle()
		if after := b.latestGroups()[old.Group]; after.Generation != before.Generation || after.Revision != before.Revision {
			t.Errorf("the group went from generation %d revision %d to %d, %d", before.Generation, before.Revision, after.Generation, after.Revision)
		}
		if n := len(b.sim.Truth().Requests); n != requests {
			t.Errorf("%d requests were made", n-requests)
		}
	})
}

// A server that kills every subscription as soon as it is streamed meets the
// ladder: at once, 30 s, 2, 10, 30 min; the third loss rediscovers, the sixth parks.
func TestAServerThatFailsAgainAndAgainMeetsTheLadder(t *testing.T) {
	inBubble(t, exchangesim.Config{}, func(b *bubble) {
		all := populate(b, "a", 10, "ex01.sim.test", "Site-A")
		stop := b.run()
		defer stop()
		b.list(all...)
		b.untilStreaming(10)
		began := time.Now()
		for time.Since(began) < 50*time.Minute {
			time.Sleep(5 * time.Second)
			if len(b.streaming()) == 10 {
				b.sim.DropSubscriptions(all...)
			}
		}
		subscribes, settings := map[string][]time.Duration{}, 0
		for _, r := range b.sim.Truth().Requests {
			switch {
			case r.Operation == "Subscribe":
				subscribes[r.Impersonated] = append(subscribes[r.Impersonated], r.At.Sub(began))
			case r.Operation == "GetUserSettings" && r.At.After(began):
				settings++
			}
		}
		for a, at := range subscribes {
			if len(at) != 6 { // the first, and five forced within the hour
				t.Errorf("%s: want 6 Subscribes, have %d at %v", a, len(at), at)
				continue
			}
			for i, least := range []time.Duration{0, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute} {
				if i > 0 && at[i+1]-at[i] < least {
					t.Errorf("%s: Subscribe %d came %s after the one before, want at least %s", a, i+2, at[i+1]-at[i], least)
				}
			}
		}
		if settings == 0 || settings > 2 {
			t.Errorf("want the third loss to ask Autodiscover once for all, have %d requests", settings)
		}
		parked := facts[messages.MailboxParked](b)
		if len(parked) != 10 {
			t.Errorf("want all ten parked at the sixth loss, have %d", len(parked))
		}
	})
}
