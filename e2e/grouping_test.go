package e2e

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// populate adds mailboxes prefix001@sim.test … on a server with a key.
func populate(b *bubble, prefix string, n int, server, grouping string) []string {
	b.sim.AddServer(server)
	var all []string
	for i := range n {
		address := fmt.Sprintf("%s%03d@sim.test", prefix, i+1)
		b.sim.AddMailbox(address, server, grouping)
		all = append(all, address)
	}
	return all
}

func (b *bubble) untilStreaming(n int) {
	b.t.Helper()
	b.until(fmt.Sprintf("%d mailboxes stream", n), time.Minute, func() bool { return len(b.streaming()) == n })
}

// latestGroups are the living groups by id.
func (b *bubble) latestGroups() map[messages.GroupID]messages.GroupSubscribed {
	latest := map[messages.GroupID]messages.GroupSubscribed{}
	for _, g := range facts[messages.GroupSubscribed](b) {
		latest[g.Group] = g
	}
	maps.DeleteFunc(latest, func(_ messages.GroupID, g messages.GroupSubscribed) bool { return len(g.Subscriptions) == 0 })
	return latest
}

func TestMailboxesOfTwoKeysBecomeThreeGroupsEachWithItsOwnAffinity(t *testing.T) {
	inBubble(t, exchangesim.Config{}, func(b *bubble) {
		all := append(populate(b, "a", 300, "ex01.sim.test", "Site-A"), populate(b, "b", 150, "ex02.sim.test", "Site-B")...)
		stop := b.run()
		defer stop()
		b.list(all...)
		b.untilStreaming(450)

		groups := slices.SortedFunc(maps.Values(b.latestGroups()), func(x, y messages.GroupSubscribed) int {
			return len(y.Subscriptions) - len(x.Subscriptions)
		})
		if len(groups) != 3 {
			t.Fatalf("want 3 groups, have %d", len(groups))
		}
		for i, want := range []struct {
			size   int
			anchor messages.Address
		}{{200, "a001@sim.test"}, {150, "b001@sim.test"}, {100, "a201@sim.test"}} {
			if have := groups[i]; len(have.Subscriptions) != want.size || have.Anchor != want.anchor {
				t.Errorf("want %d mailboxes anchored at %s, have %d at %s", want.size, want.anchor, len(have.Subscriptions), have.Anchor)
			}
		}
		checkAffinity(t, b.sim.Truth().Requests, groups)
	})
}

// checkAffinity reads in the simulator's records that every request of a group
// carried its anchor, prefer-affinity and its own cookie, and no other's.
func checkAffinity(t *testing.T, requests []exchangesim.Request, groups []messages.GroupSubscribed) {
	t.Helper()
	home := map[string]messages.GroupSubscribed{}
	for _, g := range groups {
		for a := range g.Subscriptions {
			home[string(a)] = g
		}
	}
	seen := map[string]int{}
	for _, r := range requests {
		seen[r.Operation]++
		switch r.Operation {
		case "Subscribe", "GetStreamingEvents", "Unsubscribe":
		case "GetFolder":
			if r.Cookie != "" || r.AnchorMailbox != r.Impersonated {
				t.Errorf("GetFolder of %s: want itself as anchor and no cookie, have %q and %q", r.Impersonated, r.AnchorMailbox, r.Cookie)
			}
			continue
		default:
			continue
		}
		g := home[r.Impersonated]
		wantCookie := g.Cookie.Value()
		if r.Operation == "Subscribe" && r.Impersonated == string(g.Anchor) {
			wantCookie = "" // the request that the cookie answers
		}
		if r.AnchorMailbox != string(g.Anchor) || !r.PreferServerAffinity || r.Cookie != wantCookie {
			t.Errorf("%s of %s: want anchor %s, prefer, cookie %q; have %s, %t, %q", r.Operation, r.Impersonated,
				g.Anchor, wantCookie, r.AnchorMailbox, r.PreferServerAffinity, r.Cookie)
		}
	}
	if seen["Subscribe"] != len(home) || seen["GetStreamingEvents"] != len(groups) {
		t.Errorf("want a Subscribe for each of %d mailboxes and a stream for each of %d groups, have %v", len(home), len(groups), seen)
	}
}
