package subscriber

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/membus"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// unsubscribed is an Exchange that notes what is unsubscribed.
type unsubscribed struct{ ids []messages.SubscriptionID }

func (u *unsubscribed) Folders(context.Context, messages.Endpoint, messages.Address) (map[messages.FolderName]string, error) {
	return nil, nil
}

func (u *unsubscribed) Subscribe(context.Context, messages.Place, messages.Address) (Subscribed, error) {
	return Subscribed{}, nil
}

func (u *unsubscribed) Unsubscribe(_ context.Context, _ messages.Place, _ messages.Address, id messages.SubscriptionID) error {
	u.ids = append(u.ids, id)
	return nil
}

// finished applies groups, then finishes an outcome, and returns what was decided.
func finished(t *testing.T, o outcome, groups ...messages.GroupSubscribed) ([]messages.GroupSubscribed, []messages.SubscriptionID) {
	t.Helper()
	bus, exchange := membus.New(), &unsubscribed{}
	ids := 0
	s := New(Config{NewID: func() string { ids++; return string(rune('A' + ids)) }, Random: func() float64 { return 0.5 },
		Logger: slog.New(slog.DiscardHandler)}, bus, exchange, nil)
	s.quiet = time.NewTimer(time.Hour)
	sequences := map[messages.GroupID]uint64{}
	for i, g := range groups {
		g.ID = string(rune('a' + i))
		sequence, err := bus.Decide(t.Context(), g, sequences[g.Group])
		if err != nil {
			t.Fatal(err)
		}
		sequences[g.Group] = sequence
		s.roster.Apply(messages.Recorded{Fact: g, Sequence: sequence})
	}
	s.finish(t.Context(), o)
	if len(s.running) > 0 {
		<-s.ended
	}
	s.work.Wait()
	var decided []messages.GroupSubscribed
	for _, r := range bus.Facts() {
		if g, ok := r.Fact.(messages.GroupSubscribed); ok && r.Sequence > uint64(len(groups)) {
			decided = append(decided, g)
		}
	}
	return decided, exchange.ids
}

func groupOf(id messages.GroupID, members map[messages.Address]messages.Subscription) messages.GroupSubscribed {
	return messages.GroupSubscribed{Group: id, Generation: 1, Revision: 1, URL: "https://mail/ews", Anchor: "anna@x.test", Subscriptions: members}
}

func joining(a messages.Address, id messages.SubscriptionID) outcome {
	return outcome{
		change: ewsaffinity.Change{Group: "g1", Key: ewsaffinity.Key{URL: "https://mail/ews"}, Generation: 1, Join: []messages.Address{a}},
		joined: map[messages.Address]messages.Subscription{a: {ID: id}},
	}
}

// A mailbox moved to g2 while a join to g1 was under way: g1's next message is the
// later one and must not name it.
func TestAJoinDoesNotTakeBackWhoMovedMeanwhile(t *testing.T) {
	decided, unsubscribed := finished(t, joining("cora@x.test", "id-cora"),
		groupOf("g1", map[messages.Address]messages.Subscription{"anna@x.test": {ID: "id-anna"}, "bert@x.test": {ID: "id-bert-1"}}),
		groupOf("g2", map[messages.Address]messages.Subscription{"bert@x.test": {ID: "id-bert-2"}}))
	if len(decided) != 1 {
		t.Fatalf("want one decision, have %d", len(decided))
	}
	g := decided[0]
	if _, named := g.Subscriptions["bert@x.test"]; named || len(g.Subscriptions) != 2 || g.Left["bert@x.test"].Reason != messages.StopMoved {
		t.Errorf("want anna and cora, and that bert left for moving; have %v, left %v", g.Subscriptions, g.Left)
	}
	if len(unsubscribed) != 1 || unsubscribed[0] != "id-bert-1" {
		t.Errorf("want bert's former subscription unsubscribed, have %v", unsubscribed)
	}
}

// A join that ends after its group lost all subscriptions was made with an anchor
// and a cookie that are dead: it is given up.
func TestAJoinDoesNotReviveAGenerationThatIsLost(t *testing.T) {
	emptied := groupOf("g1", nil)
	emptied.Revision = 2
	decided, unsubscribed := finished(t, joining("cora@x.test", "id-cora"),
		groupOf("g1", map[messages.Address]messages.Subscription{"anna@x.test": {ID: "id-anna"}}), emptied)
	if len(decided) != 0 {
		t.Errorf("want no decision, have %v", decided)
	}
	if len(unsubscribed) != 1 || unsubscribed[0] != "id-cora" {
		t.Errorf("want the new subscription unsubscribed, have %v", unsubscribed)
	}
}
