package ewsaffinity

import (
	"reflect"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestHoldersAreCurrentMembersAtTheEndpoint(t *testing.T) {
	r := NewRoster()
	sequence := uint64(0)
	group := func(id messages.GroupID, url messages.Endpoint, members map[messages.Address]messages.Subscription) {
		sequence++
		r.Apply(messages.Recorded{Fact: messages.GroupSubscribed{Group: id, URL: url, Subscriptions: members}, Sequence: sequence})
	}
	group("g", "https://one/", map[messages.Address]messages.Subscription{"a@x": {ID: "1"}, "b@x": {ID: "2"}, "moved@x": {ID: "3"}})
	group("h", "https://one/", map[messages.Address]messages.Subscription{"c@x": {ID: "1"}, "moved@x": {ID: "4"}})
	group("i", "https://two/", map[messages.Address]messages.Subscription{"d@x": {ID: "1"}})

	have := r.Holders("https://one/", map[messages.SubscriptionID][]messages.Address{"1": nil, "3": nil})
	want := map[messages.GroupID]map[messages.Address]messages.SubscriptionID{"g": {"a@x": "1"}, "h": {"c@x": "1"}}
	if !reflect.DeepEqual(have, want) {
		t.Errorf("have %v, want %v", have, want)
	}
}
