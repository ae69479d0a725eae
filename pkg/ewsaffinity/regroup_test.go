package ewsaffinity

import (
	"slices"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// TestRegroup: a group of anna to fred, of whom cora has moved to another group
// and is still named.
func TestRegroup(t *testing.T) {
	moved := func() (*world, messages.GroupID) {
		w := placed(east, 10, historyAddresses[1:7]...)
		id := w.roster.Home(anna)
		w.discover("cora@x.test", historyKeys[2])
		for _, c := range w.plan().Changes {
			w.carryOut(c, nil)
		}
		return w, id
	}
	all := []messages.Address{"anna@x.test", "bert@x.test", "dora@x.test", "emil@x.test", "fred@x.test"}
	tests := []struct {
		name   string
		action messages.RegroupAction
		died   []messages.Address
		change func(*messages.RegroupRequested)
		want   []messages.Address
	}{
		{"one", messages.Resubscribe, all[1:2], nil, all[1:2]},
		{"several, in order", messages.Resubscribe, []messages.Address{"fred@x.test", "emil@x.test", "bert@x.test", "anna@x.test"}, nil,
			[]messages.Address{"anna@x.test", "bert@x.test", "emil@x.test", "fred@x.test"}},
		{"one stands for the whole group", messages.RegroupAll, all[3:4], nil, all},
		{"an id of before", messages.Resubscribe, all[1:2], func(r *messages.RegroupRequested) { r.Died["bert@x.test"] = "former" }, nil},
		{"an id of before does not stand for the group", messages.RegroupAll, all[1:2],
			func(r *messages.RegroupRequested) { r.Died["bert@x.test"] = "former" }, nil},
		{"another one's id", messages.Resubscribe, all[1:2], func(r *messages.RegroupRequested) { r.Died["bert@x.test"] = r.Died["anna@x.test"] }, nil},
		{"who moved", messages.Resubscribe, []messages.Address{"cora@x.test"}, nil, nil},
		{"who moved does not stand for the group", messages.RegroupAll, []messages.Address{"cora@x.test"}, nil, nil},
		{"a stranger", messages.Rediscover, nil, func(r *messages.RegroupRequested) { r.Died["gina@x.test"] = "s" }, nil},
		{"nobody", messages.RegroupAll, nil, nil, nil},
		{"the next generation", messages.Resubscribe, all, func(r *messages.RegroupRequested) { r.Generation++ }, nil},
		{"the former generation", messages.Resubscribe, all, func(r *messages.RegroupRequested) { r.Generation-- }, nil},
		{"an unknown group", messages.RegroupAll, all, func(r *messages.RegroupRequested) { r.Group = "unknown" }, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, id := moved()
			r := w.request(id, test.action, test.died...)
			if test.change != nil {
				test.change(&r)
			}
			losses := w.roster.Regroup(r, w.now)
			if !slices.Equal(losses.Lost, test.want) {
				t.Fatalf("want %v, have %v", test.want, losses.Lost)
			}
			if len(test.want) == 0 {
				return
			}
			for a := range losses.Former.Subscriptions {
				checkFate(t, a, losses, slices.Contains(test.want, a), a == "cora@x.test")
			}
			if g, _ := w.roster.Group(id); len(g.Subscriptions) != 6 {
				t.Errorf("the question changed the answer: %v", g.Subscriptions)
			}
		})
	}
}

// checkFate checks what the next revision says of a former member.
func checkFate(t *testing.T, a messages.Address, losses Losses, lost, moved bool) {
	t.Helper()
	left := losses.Group.Left[a]
	now, stays := losses.Group.Subscriptions[a]
	switch {
	case lost && (stays || left.Reason != messages.StopLost || left.Code != "ErrorSubscriptionNotFound"):
		t.Errorf("%s was lost: stays %v, left %+v", a, stays, left)
	case moved && (stays || left.Reason != messages.StopMoved):
		t.Errorf("%s moved before: stays %v, left %+v", a, stays, left)
	case !lost && !moved && (now != losses.Former.Subscriptions[a] || left.Reason != ""):
		t.Errorf("%s stays: have %+v instead of %+v, left %+v", a, now, losses.Former.Subscriptions[a], left)
	}
}
