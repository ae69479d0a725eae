package streamer

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// TestRosterAgreesWithThePlanners folds groups that win, lose and share a few mailboxes,
// and compares with the roster by which the subscriber plans.
func TestRosterAgreesWithThePlanners(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	have, want := newRoster(), ewsaffinity.NewRoster()
	latest := map[messages.GroupID]uint64{}
	for sequence := uint64(1); sequence <= 2000; sequence++ {
		f := messages.GroupSubscribed{Group: groupOf(random.IntN(5)), Subscriptions: subscriptions{}}
		for range random.IntN(6) {
			f.Subscriptions[messages.Address(fmt.Sprintf("m%d@x", random.IntN(8)))] = messages.Subscription{
				ID: messages.SubscriptionID(fmt.Sprint("id-", random.IntN(100)))}
		}
		at := sequence
		if told := latest[f.Group]; told > 0 && random.IntN(10) == 0 {
			at = told // it comes a second time, and says nothing
		}
		latest[f.Group] = at
		loses := losers(want, f)
		want.Apply(messages.Recorded{Fact: f, Sequence: at})
		if touched := have.apply(f, at); at == sequence && !slices.Equal(slices.Sorted(maps.Keys(setOf(touched))), loses) {
			t.Fatalf("message %d touches %v, want %v", sequence, touched, loses)
		}
		for i := range 5 {
			members := want.Members(groupOf(i))
			if told := have.update(groupOf(i)).places.told(); !maps.Equal(told, members) {
				t.Fatalf("after message %d of %s: %v, want %v", sequence, groupOf(i), told, members)
			}
			if have.peopled(groupOf(i)) != (len(members) > 0) {
				t.Fatalf("after message %d: %s has %d members, peopled %v", sequence, groupOf(i), len(members), have.peopled(groupOf(i)))
			}
		}
	}
}

func groupOf(i int) messages.GroupID { return messages.GroupID(fmt.Sprint("group-", i)) }

func setOf(ids []messages.GroupID) map[messages.GroupID]bool {
	set := map[messages.GroupID]bool{}
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// losers are the group of a message and those that lose a mailbox to it, in order.
func losers(r *ewsaffinity.Roster, f messages.GroupSubscribed) []messages.GroupID {
	ids := map[messages.GroupID]bool{f.Group: true}
	for a := range f.Subscriptions {
		if home := r.Home(a); home != "" {
			ids[home] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

func TestRosterSaysWhyMailboxesLeft(t *testing.T) {
	r := newRoster()
	r.apply(messages.GroupSubscribed{Group: "a", Subscriptions: subscriptions{"x@x": {}, "y@x": {}},
		Left: map[messages.Address]messages.Left{"z@x": {Reason: messages.StopWithdrawn}}}, 1)
	r.apply(messages.GroupSubscribed{Group: "b", Subscriptions: subscriptions{"y@x": {}}}, 2)
	want := map[messages.Address]messages.Left{"z@x": {Reason: messages.StopWithdrawn}, "y@x": {Reason: messages.StopMoved}}
	if have := r.update("a").left; !maps.Equal(have, want) {
		t.Errorf("have %v, want %v", have, want)
	}
}
