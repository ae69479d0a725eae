package streamer

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

type subscriptions = map[messages.Address]messages.Subscription

// told are the places as a message tells them.
func (p *places) told() subscriptions {
	all := subscriptions{}
	for i := range p.len() {
		all[p.mailbox(i)] = messages.Subscription{ID: p.id(i), Since: p.since(i)}
	}
	return all
}

func TestPlacesKeepWhatTheyWereToldOf(t *testing.T) {
	since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, ids := range map[string][]messages.SubscriptionID{
		"none":                      {},
		"one":                       {"only"},
		"a common beginning":        {"server-1", "server-2", "server-30"},
		"nothing in common":         {"a", "b", "c"},
		"one begins the other":      {"ab", "abc", "abcd"},
		"without one":               {"", "a"},
		"one of two mailboxes":      {"same", "same"},
		"a letter in several bytes": {"é1", "è2"},
	} {
		t.Run(name, func(t *testing.T) {
			want := subscriptions{}
			for i, id := range ids {
				mailbox := messages.Address(strings.Repeat("m", i) + "@contoso.com")
				want[mailbox] = messages.Subscription{ID: id, Since: since.Add(time.Duration(i) * time.Second)}
			}
			p := placesOf(want)
			if have := p.told(); !maps.Equal(have, want) {
				t.Errorf("have %v, want %v", have, want)
			}
			checkFind(t, p)
			checkOrder(t, p)
		})
	}
}

// checkFind finds every mailbox at its place, and no other.
func checkFind(t *testing.T, p *places) {
	t.Helper()
	for i := range p.len() {
		if at, found := p.find(p.mailbox(i)); !found || at != i {
			t.Errorf("%s was found at %d (%v), is at %d", p.mailbox(i), at, found, i)
		}
	}
	for _, other := range []messages.Address{"", "@", "mm", "z@contoso.com"} {
		if at, found := p.find(other); found {
			t.Errorf("%q was found at %d", other, at)
		}
	}
}

// checkOrder compares the ids of the places, and others, as texts.
func checkOrder(t *testing.T, p *places) {
	t.Helper()
	for i := range p.len() {
		for j := range p.len() {
			if have, want := p.compareIDs(i, j), strings.Compare(string(p.id(i)), string(p.id(j))); have != want {
				t.Errorf("%q to %q: %d, want %d", p.id(i), p.id(j), have, want)
			}
		}
		for _, other := range []messages.SubscriptionID{"", "a", "ab", "abb", "abcd", "server", "server-", "server-2", "z", p.id(i), p.id(i) + "0"} {
			if have, want := p.compareID(i, other), strings.Compare(string(p.id(i)), string(other)); have != want {
				t.Errorf("%q to %q: %d, want %d", p.id(i), other, have, want)
			}
		}
	}
}

func TestPlacesOfSome(t *testing.T) {
	p := placesOf(subscriptions{"a@x": {ID: "id-1"}, "b@x": {ID: "id-2"}, "c@x": {ID: "id-3"}})
	some := p.only(func(a messages.Address) bool { return a != "b@x" })
	if want := (subscriptions{"a@x": {ID: "id-1"}, "c@x": {ID: "id-3"}}); !maps.Equal(some.told(), want) {
		t.Errorf("have %v, want %v", some.told(), want)
	}
	if all := p.only(func(messages.Address) bool { return true }); all != p {
		t.Error("all of them were copied")
	}
}

func TestMembersTakeTheirPlaces(t *testing.T) {
	first, left := members(nil).take(placesOf(subscriptions{"a@x": {ID: "1"}, "b@x": {ID: "2"}, "c@x": {ID: "3"}, "e@x": {ID: "5"}}))
	if len(left) > 0 {
		t.Errorf("%d left before anybody came", len(left))
	}
	for i, m := range first {
		m.epoch = messages.Epoch(i + 1)
	}
	p := placesOf(subscriptions{"0@x": {ID: "0"}, "b@x": {ID: "2"}, "c@x": {ID: "33"}, "d@x": {ID: "4"}, "e@x": {ID: "5"}})
	now, left := first.take(p)
	if have, want := state(left), "a@x 1 1, c@x 3 3"; have != want {
		t.Errorf("left: %s, want %s", have, want)
	}
	if have, want := state(now), "0@x 0 0, b@x 2 2, c@x 33 0, d@x 4 0, e@x 5 4"; have != want {
		t.Errorf("now: %s, want %s", have, want)
	}
	for _, m := range now {
		if m.in != p {
			t.Errorf("%s holds its former places", m.mailbox())
		}
	}
}

// state is members with their subscriptions and epochs.
func state(of []*member) string {
	var texts []string
	for _, m := range of {
		texts = append(texts, fmt.Sprint(m.mailbox(), " ", m.id(), " ", m.epoch))
	}
	return strings.Join(texts, ", ")
}

func TestServedAreFoundByTheirSubscriptions(t *testing.T) {
	all := func(*member) bool { return true }
	former, _ := members(nil).take(placesOf(subscriptions{"a@x": {ID: "server-9"}, "b@x": {ID: "server-7"}, "c@x": {ID: "other"}}))
	later, _ := members(nil).take(placesOf(subscriptions{"d@x": {ID: "server-8"}, "e@x": {ID: "server-7"}}))
	s := servedOf(append(former, later...), all)
	if len(s) != 4 {
		t.Fatalf("%s: each subscription is there once", state(s))
	}
	for _, m := range s {
		if s.of(m.id()) != m {
			t.Errorf("%s is not found by %s in %s", m.mailbox(), m.id(), state(s))
		}
	}
	for _, id := range []messages.SubscriptionID{"", "server-", "server-71", "z"} {
		if m := s.of(id); m != nil {
			t.Errorf("%s was found by %q", m.mailbox(), id)
		}
	}
	named := s.named([]messages.SubscriptionID{"server-9", "strange", "other", "server-9"}, all)
	if have, want := state(named.inOrder()), "a@x server-9 0, c@x other 0"; have != want {
		t.Errorf("named: %s, want %s", have, want)
	}
}
