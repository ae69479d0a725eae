package ewsaffinity

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

const anna messages.Address = "anna@x.test"

var east = historyKeys[0]

// placed is a world in which the mailboxes are in groups of the key.
func placed(key Key, size int, mailboxes ...messages.Address) *world {
	w := newWorld(size)
	for _, a := range mailboxes {
		w.enrol(a, "file")
		w.discover(a, key)
	}
	for _, c := range w.plan().Changes {
		w.carryOut(c, nil)
	}
	return w
}

func TestWantedWhileAnySourceWantsIt(t *testing.T) {
	w := newWorld(1)
	steps := []struct {
		what string
		do   func()
		want bool
	}{
		{"nothing happened", func() {}, false},
		{"enrolled by a file", func() { w.enrol(anna, "file") }, true},
		{"and by a command", func() { w.enrol(anna, "command") }, true},
		{"withdrawn by the file", func() { w.withdraw(anna, "file") }, true},
		{"withdrawn by the file again", func() { w.withdraw(anna, "file") }, true},
		{"withdrawn by the command", func() { w.withdraw(anna, "command") }, false},
		{"withdrawn by a stranger", func() { w.withdraw(anna, "stranger") }, false},
		{"enrolled again", func() { w.enrol(anna, "file") }, true},
	}
	for _, step := range steps {
		step.do()
		if have := w.roster.Wanted(anna); have != step.want {
			t.Errorf("%s: want %v, have %v", step.what, step.want, have)
		}
	}
}

func TestQueriesOfTheUnknownAnswerNothing(t *testing.T) {
	r := NewRoster()
	if g, sequence := r.Group("none"); g.Group != "" || sequence != 0 {
		t.Errorf("want no group, have %+v at %d", g, sequence)
	}
	if r.Wanted(anna) || r.HasFolders(anna) || r.ParkedAttempts(anna) != 0 || r.Home(anna) != "" || len(r.Members("none")) != 0 {
		t.Error("an empty roster knows something")
	}
}

func TestHasFolders(t *testing.T) {
	r := NewRoster()
	r.Apply(messages.Recorded{Fact: messages.MailboxFolders{Mailbox: anna}})
	if !r.HasFolders(anna) || r.HasFolders("bert@x.test") {
		t.Errorf("want only %s with folders", anna)
	}
}

func TestParkedAttemptsCountUntilTheMailboxIsSubscribed(t *testing.T) {
	w := newWorld(1)
	w.enrol(anna, "file")
	for want := 1; want <= 3; want++ {
		w.park(anna, w.now.Add(time.Hour))
		if have := w.roster.ParkedAttempts(anna); have != want {
			t.Errorf("want %d, have %d", want, have)
		}
	}
	w.store(messages.MailboxGrouped{Meta: w.meta(), Mailbox: anna, Lost: "ErrorSubscriptionNotFound"})
	if have := w.roster.ParkedAttempts(anna); have != 3 {
		t.Errorf("a loss changes the count to %d", have)
	}
	w.store(messages.MailboxGrouped{Meta: w.meta(), Mailbox: anna, Subscription: "s"})
	if have := w.roster.ParkedAttempts(anna); have != 0 {
		t.Errorf("subscribed, and still %d", have)
	}
}

func TestOnlyADiscoveryNewerThanTheDoubtSettlesIt(t *testing.T) {
	fact := messages.MailboxStale{Meta: messages.Meta{ID: "doubt"}, Mailbox: anna}
	other := messages.MailboxStale{Meta: messages.Meta{ID: "other"}, Mailbox: anna}
	discovered := messages.MailboxDiscovered{Mailbox: anna, URL: east.URL, Grouping: east.Grouping}
	type recorded = messages.Recorded
	tests := []struct {
		name  string
		facts []recorded
		want  bool
	}{
		{"discovered", []recorded{{Fact: discovered, Sequence: 5}}, true},
		{"doubted later", []recorded{{Fact: discovered, Sequence: 5}, {Fact: fact, Sequence: 6}}, false},
		{"doubted earlier", []recorded{{Fact: fact, Sequence: 4}, {Fact: discovered, Sequence: 5}}, true},
		{"own doubt, not read back", []recorded{{Fact: discovered, Sequence: 5}, {Fact: fact}}, false},
		{"own doubt, an answer from before it arrives", []recorded{{Fact: fact}, {Fact: discovered, Sequence: 5}}, false},
		{"own doubt, read back before the answer", []recorded{{Fact: fact}, {Fact: fact, Sequence: 6}, {Fact: discovered, Sequence: 7}}, true},
		{"own doubt, another is read meanwhile", []recorded{{Fact: fact}, {Fact: other, Sequence: 4}, {Fact: discovered, Sequence: 5}}, false},
		{"own doubt written again after it was settled",
			[]recorded{{Fact: fact}, {Fact: fact, Sequence: 6}, {Fact: discovered, Sequence: 7}, {Fact: fact}}, true},
		{"own doubt written again before it is read back",
			[]recorded{{Fact: fact}, {Fact: fact}, {Fact: fact, Sequence: 6}, {Fact: discovered, Sequence: 7}}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := fold(test.facts)
			r.Apply(recorded{Fact: messages.MailboxEnrolled{Mailbox: anna, EnrolledBy: "file"}, Sequence: 1})
			if have := len(r.Plan(time.Time{}, 1).Changes) > 0; have != test.want {
				t.Errorf("placed: want %v, have %v", test.want, have)
			}
		})
	}
}

func TestAMailboxBelongsToTheLaterMessage(t *testing.T) {
	group := func(id messages.GroupID, members ...messages.Address) messages.GroupSubscribed {
		g := messages.GroupSubscribed{Group: id, Generation: 1, Subscriptions: map[messages.Address]messages.Subscription{}}
		for _, a := range members {
			g.Subscriptions[a] = messages.Subscription{ID: messages.SubscriptionID("in " + id)}
		}
		return g
	}
	type recorded = messages.Recorded
	tests := []struct {
		name  string
		facts []recorded
		want  messages.GroupID
	}{
		{"one", []recorded{{Fact: group("1", anna), Sequence: 1}}, "1"},
		{"the later", []recorded{{Fact: group("1", anna), Sequence: 1}, {Fact: group("2", anna), Sequence: 2}}, "2"},
		{"the later, read first", []recorded{{Fact: group("2", anna), Sequence: 2}, {Fact: group("1", anna), Sequence: 1}}, "2"},
		{"the former, after the later let go", []recorded{
			{Fact: group("1", anna), Sequence: 1}, {Fact: group("2", anna), Sequence: 2}, {Fact: group("2"), Sequence: 3}}, "1"},
		{"none, after all let go", []recorded{{Fact: group("1", anna), Sequence: 1}, {Fact: group("1"), Sequence: 2}}, ""},
		{"an outdated message changes nothing", []recorded{{Fact: group("1"), Sequence: 2}, {Fact: group("1", anna), Sequence: 1}}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := fold(test.facts)
			if have := r.Home(anna); have != test.want {
				t.Errorf("want %q, have %q", test.want, have)
			}
			for _, id := range []messages.GroupID{"1", "2"} {
				if _, have := r.Members(id)[anna]; have != (id == test.want) {
					t.Errorf("member of %s: %v, home is %q", id, have, test.want)
				}
			}
		})
	}
}

func TestSizeIsHeldWithinBounds(t *testing.T) {
	var mailboxes []messages.Address
	for n := range 450 {
		mailboxes = append(mailboxes, messages.Address(fmt.Sprintf("m%03d@x.test", n)))
	}
	for _, test := range []struct{ size, want int }{
		{-1, 450}, {0, 450}, {1, 450}, {MaxGroupSize, 3}, {MaxGroupSize + 1, 3}, {1000, 3},
	} {
		if have := len(placed(east, test.size, mailboxes...).roster.groups); have != test.want {
			t.Errorf("size %d: want %d groups, have %d", test.size, test.want, have)
		}
	}
}

// TestKeysWithOneHash: the name of a group is a hash of its key, of 32 bits.
func TestKeysWithOneHash(t *testing.T) {
	first, second := collision(t)
	w := newWorld(10)
	for i, key := range []Key{first, second} {
		a := messages.Address(fmt.Sprintf("m%d@x.test", i))
		w.enrol(a, "file")
		w.discover(a, key)
	}
	plan := w.plan()
	if len(plan.Changes) != 2 {
		t.Fatalf("want a group for each key, have %+v", plan.Changes)
	}
	for _, c := range plan.Changes {
		w.carryOut(c, nil)
	}
	if plan := w.plan(); len(plan.Changes) > 0 {
		t.Errorf("want nothing left to do, have %+v", plan.Changes)
	}
}

// collision searches two keys whose groups would have one name.
func collision(t *testing.T) (Key, Key) {
	seen := map[messages.GroupID]Key{}
	for n := range 1 << 20 {
		key := Key{east.URL, messages.Grouping(fmt.Sprintf("Site-%d-%d", n*7919, n))}
		if other, ok := seen[key.groupID(1)]; ok {
			return other, key
		}
		seen[key.groupID(1)] = key
	}
	t.Fatal("no collision among a million keys")
	return Key{}, Key{}
}

func TestLossesAreCountedOnceAndWithinTheHour(t *testing.T) {
	w := placed(east, 10, anna)
	start := w.now
	lost := func(at time.Duration, id string) messages.Recorded {
		return messages.Recorded{Fact: messages.MailboxGrouped{Meta: messages.Meta{ID: id, Time: start.Add(at)}, Mailbox: anna, Lost: "silence"}}
	}
	for range 3 { // replays
		for n := range lossMemory {
			w.roster.Apply(lost(time.Duration(n)*time.Minute, fmt.Sprint(n)))
		}
	}
	for _, test := range []struct {
		at   time.Duration
		want int
	}{
		{8 * time.Minute, 8}, {time.Hour - time.Nanosecond, 8}, {time.Hour, 7}, {67*time.Minute - time.Nanosecond, 1}, {67 * time.Minute, 0},
	} {
		if have := w.roster.mailboxes[anna].lossesWithinHour(start.Add(test.at), ""); have != test.want {
			t.Errorf("after %s: want %d, have %d", test.at, test.want, have)
		}
	}
	w.roster.Apply(lost(lossMemory*time.Minute, "one more"))
	if losses := w.roster.mailboxes[anna].losses; len(losses) != lossMemory || losses[0].id != "1" || losses[lossMemory-1].id != "one more" {
		t.Errorf("want the newest %d losses, have %+v", lossMemory, losses)
	}
}

func TestGroupsOfAKeyAreNamedAlike(t *testing.T) {
	ids := map[messages.GroupID]bool{}
	for _, key := range historyKeys {
		first, second := key.groupID(1), key.groupID(2)
		ids[first], ids[second] = true, true
		if hash, _, _ := strings.Cut(string(first), "-"); !strings.HasPrefix(string(second), hash+"-") {
			t.Errorf("want the hash of %v in both names, have %s and %s", key, first, second)
		}
	}
	if len(ids) != 2*len(historyKeys) {
		t.Errorf("names are not distinct: %v", ids)
	}
	joined, split := Key{"https://a.test/x", "1"}, Key{"https://a.test/", "x1"}
	if joined.groupID(1) == split.groupID(1) {
		t.Error("URL and grouping run into each other")
	}
}

func TestChangesOfAPlanDoNotShareJoiners(t *testing.T) {
	w := newWorld(2)
	for _, a := range historyAddresses {
		w.enrol(a, "file")
		w.discover(a, east)
	}
	plan := w.plan()
	second := slices.Clone(plan.Changes[1].Join)
	plan.Changes[0].Join = append(plan.Changes[0].Join, "intruder@x.test")
	if have := plan.Changes[1].Join; !slices.Equal(have, second) {
		t.Errorf("appending to the joiners of one change made those of the next %v", have)
	}
}
