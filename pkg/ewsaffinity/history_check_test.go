package ewsaffinity

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestPlansOfRandomHistories(t *testing.T) {
	for range 8 { // times the 100 of rapid: they are short
		rapid.Check(t, func(t *rapid.T) {
			h := newHistory(t)
			t.Repeat(h.actions())
			h.doSettle(t)
			h.checkFolding(t)
		})
	}
}

// checkPlan holds the plan against what the accounts say is due.
func (h *history) checkPlan(t *rapid.T) {
	plan := h.plan()
	if again := h.plan(); !reflect.DeepEqual(plan, again) {
		t.Fatalf("one roster, two plans:\n%+v\n%+v", plan, again)
	}
	joins, wake := h.dueJoins()
	leaves, leaveWake := h.dueLeaves()
	if leaveWake != nil {
		wake = append(wake, leaveWake...)
	}
	if want := earliest(wake); !plan.Wake.Equal(want) {
		t.Fatalf("wake: want %s, have %s", want, plan.Wake)
	}
	haveJoins := map[Key][]messages.Address{}
	haveLeaves := map[messages.GroupID][]Leave{}
	for i, c := range plan.Changes {
		if i > 0 && plan.Changes[i-1].Group >= c.Group {
			t.Fatalf("changes are not in the order of their groups: %+v", plan.Changes)
		}
		h.checkChange(t, c)
		haveJoins[c.Key] = append(haveJoins[c.Key], c.Join...)
		if len(c.Leave) > 0 {
			haveLeaves[c.Group] = c.Leave
		}
	}
	for _, key := range historyKeys {
		if have := slices.Sorted(slices.Values(haveJoins[key])); !slices.Equal(have, joins[key]) {
			t.Fatalf("joiners of %v: want %v, have %v", key, joins[key], have)
		}
		h.checkFilling(t, key, plan)
	}
	if !reflect.DeepEqual(haveLeaves, leaves) {
		t.Fatalf("leavers: want %v, have %v", leaves, haveLeaves)
	}
}

// checkChange checks what a change says of its own group.
func (h *history) checkChange(t *rapid.T, c Change) {
	g := h.group(c.Group)
	exists := g.Group != ""
	switch {
	case len(c.Join)+len(c.Leave) == 0:
		t.Fatalf("%s changes nothing", c.Group)
	case !slices.IsSorted(c.Join):
		t.Fatalf("%s: joiners are not in order: %v", c.Group, c.Join)
	case exists && c.Key != h.keyOf(c.Group):
		t.Fatalf("%s has the key %v, its change %v", c.Group, h.keyOf(c.Group), c.Key)
	case !exists && !c.Begin:
		t.Fatalf("%s does not exist and does not begin", c.Group)
	case c.Begin && c.Generation != g.Generation+1, !c.Begin && c.Generation != g.Generation:
		t.Fatalf("%s is in generation %d, its change in %d (begins: %v)", c.Group, g.Generation, c.Generation, c.Begin)
	case c.Begin && len(c.Leave) != len(g.Subscriptions):
		t.Fatalf("%s begins while %d members stay", c.Group, len(g.Subscriptions)-len(c.Leave))
	}
	if n := len(g.Subscriptions) - len(c.Leave) + len(c.Join); n > min(h.size, MaxGroupSize) {
		t.Fatalf("%s grows to %d, at most %d are allowed", c.Group, n, h.size)
	}
}

// dueJoins are the mailboxes that are to get a place, by key, and the times that
// the others wait for.
func (h *history) dueJoins() (joins map[Key][]messages.Address, wake []time.Time) {
	joins = map[Key][]messages.Address{}
	for _, a := range historyAddresses {
		m := h.mailboxes[a]
		home := h.home(a)
		switch {
		case len(m.sources) == 0 || !m.known || m.doubted || home != "" && h.keyOf(home) == m.key:
		case m.due(h.now).After(h.now):
			wake = append(wake, m.due(h.now))
		default:
			joins[m.key] = append(joins[m.key], a)
		}
	}
	return joins, wake
}

// dueLeaves are the members that may not stay, by group.
func (h *history) dueLeaves() (leaves map[messages.GroupID][]Leave, wake []time.Time) {
	leaves = map[messages.GroupID][]Leave{}
	for id := range h.groups {
		for _, a := range slices.Sorted(maps.Keys(h.group(id).Subscriptions)) {
			m := h.mailboxes[a]
			switch {
			case len(m.sources) == 0:
				leaves[id] = append(leaves[id], Leave{a, LeaveWithdrawn})
			case h.home(a) != id:
				leaves[id] = append(leaves[id], Leave{a, LeaveMoved})
			case m.parkedUntil.After(h.now):
				leaves[id] = append(leaves[id], Leave{a, LeaveParked})
				wake = append(wake, m.parkedUntil)
			}
		}
	}
	return leaves, wake
}

// checkFilling checks that no generation begins while a group of the key has
// room, no group is opened while one lies empty, and only one begins half full.
func (h *history) checkFilling(t *rapid.T, key Key, plan Plan) {
	changes := map[messages.GroupID]Change{}
	var begun []int
	opened := false
	for _, c := range plan.Changes {
		if c.Key != key {
			continue
		}
		changes[c.Group] = c
		if c.Begin {
			begun = append(begun, len(c.Join))
			opened = opened || h.group(c.Group).Group == ""
		}
	}
	if len(begun) == 0 {
		return
	}
	slices.Sort(begun)
	if full := begun[1:]; slices.ContainsFunc(full, func(n int) bool { return n != h.size }) {
		t.Fatalf("%v: generations begin with %v joiners, the size is %d", key, begun, h.size)
	}
	for id := range h.groups {
		if h.keyOf(id) != key {
			continue
		}
		c := changes[id]
		switch after := len(h.group(id).Subscriptions) - len(c.Leave) + len(c.Join); {
		case after == 0 && opened:
			t.Fatalf("%s lies empty, and %+v opens a group", id, plan.Changes)
		case !c.Begin && after > 0 && after < h.size:
			t.Fatalf("%s has room, and a generation begins: %+v", id, plan.Changes)
		}
	}
}

// checkSettled checks the state after everything was carried out.
func (h *history) checkSettled(t *rapid.T) {
	named := map[messages.Address][]messages.GroupID{}
	for id := range h.groups {
		for a := range h.group(id).Subscriptions {
			named[a] = append(named[a], id)
		}
		if n := len(h.group(id).Subscriptions); n > h.size {
			t.Fatalf("%s has %d members, the size is %d", id, n, h.size)
		}
	}
	for _, a := range historyAddresses {
		m := h.mailboxes[a]
		due := len(m.sources) > 0 && m.known && !m.doubted && !m.due(h.now).After(h.now)
		switch groups := named[a]; {
		case len(groups) > 1:
			t.Fatalf("%s is in %v", a, groups)
		case len(m.sources) == 0 && len(groups) > 0:
			t.Fatalf("%s is withdrawn and still in %v", a, groups)
		case due && len(groups) == 0:
			t.Fatalf("%s is wanted, placed and due, and has no home", a)
		case due && h.keyOf(groups[0]) != m.key:
			t.Fatalf("%s lives at %v and is in a group of %v", a, m.key, h.keyOf(groups[0]))
		case len(groups) == 1 && h.roster.Home(a) != groups[0]:
			t.Fatalf("%s is in %v, its home is %q", a, groups, h.roster.Home(a))
		}
	}
}

// checkLosses holds what a request comes to against the accounts, twice: before
// its facts are stored, and when it is delivered again because the process
// failed before it decided the group.
func (h *history) checkLosses(t *rapid.T, r messages.RegroupRequested, want []messages.Address) {
	losses := h.roster.Regroup(r, h.now)
	if !slices.Equal(losses.Lost, want) {
		t.Fatalf("lost: want %v, have %v", want, losses.Lost)
	}
	if len(want) == 0 {
		if !reflect.DeepEqual(losses, Losses{}) {
			t.Fatalf("an outdated request comes to %+v", losses)
		}
		return
	}
	h.checkLadder(t, r, losses)
	h.checkRevision(t, r, losses)
	h.store(h.lossFacts(r, losses)...)
	if again := h.roster.Regroup(r, h.now); !reflect.DeepEqual(again, losses) {
		t.Fatalf("delivered again the request comes to\n%+v, at first to\n%+v", again, losses)
	}
	next := losses.Group
	next.Meta = h.meta()
	h.store(next)
	h.remember(r.Group)
	if again := h.roster.Regroup(r, h.now); len(again.Lost) > 0 {
		t.Fatalf("the request was carried out and still takes %v", again.Lost)
	}
}

func (h *history) checkLadder(t *rapid.T, r messages.RegroupRequested, losses Losses) {
	for _, a := range losses.Lost {
		m := h.mailboxes[a]
		m.losses = append(m.losses, h.now)
		n := m.recent(h.now)
		wantPark := n >= 6
		wantRediscover := !wantPark && (n == 3 || r.Action == messages.Rediscover)
		if have := slices.Contains(losses.Park, a); have != wantPark {
			t.Fatalf("loss %d of %s within the hour: parked %v, want %v", n, a, have, wantPark)
		}
		if have := slices.Contains(losses.Rediscover, a); have != wantRediscover {
			t.Fatalf("loss %d of %s within the hour: rediscovered %v, want %v", n, a, have, wantRediscover)
		}
		if wantPark {
			m.parkedUntil = h.now.Add(ParkDelay(h.roster.ParkedAttempts(a) + 1))
		}
		m.doubted = m.doubted || wantRediscover
	}
}

// checkRevision checks that the next revision lacks the lost and keeps the others as they were.
func (h *history) checkRevision(t *rapid.T, r messages.RegroupRequested, losses Losses) {
	former := h.group(r.Group)
	if !reflect.DeepEqual(losses.Former.Subscriptions, former.Subscriptions) || losses.Sequence != h.groups[r.Group].Sequence {
		t.Fatalf("decided on %+v at %d, the last message is %+v at %d", losses.Former, losses.Sequence, former, h.groups[r.Group].Sequence)
	}
	want := maps.Clone(former.Subscriptions)
	for a := range former.Subscriptions {
		if h.home(a) != r.Group {
			delete(want, a)
			if left := losses.Group.Left[a]; left.Reason != messages.StopMoved {
				t.Fatalf("%s moved before, it says %+v", a, left)
			}
		}
	}
	for _, a := range losses.Lost {
		delete(want, a)
		if left := losses.Group.Left[a]; left.Reason != messages.StopLost || left.Code != r.Code {
			t.Fatalf("%s was lost by %s, it says %+v", a, r.Code, left)
		}
	}
	next := losses.Group
	switch {
	case !reflect.DeepEqual(next.Subscriptions, want):
		t.Fatalf("after the loss: want %v, have %v", want, next.Subscriptions)
	case next.Generation != former.Generation || next.Revision != former.Revision+1 || next.Anchor != former.Anchor:
		t.Fatalf("a revision of %+v reads %+v", former, next)
	}
}

// checkFolding folds the history's facts in other ways that must come to the same.
func (h *history) checkFolding(t *rapid.T) {
	same := func(how string, have *Roster) {
		if !reflect.DeepEqual(have, h.roster) {
			t.Fatalf("%s gives another roster, with the plan %+v instead of %+v", how, have.Plan(h.now, h.size), h.plan())
		}
	}
	same("folding every fact twice", foldTwice(h.stored))
	same("another order among mailboxes and groups", fold(shuffled(t, h.stored)))
	same("a writer that reads its own facts back later", foldOwnFirst(t, h.stored))
}

func fold(facts []messages.Recorded) *Roster {
	r := NewRoster()
	for _, recorded := range facts {
		r.Apply(recorded)
	}
	return r
}

func foldTwice(facts []messages.Recorded) *Roster {
	r := NewRoster()
	for _, recorded := range facts {
		r.Apply(recorded)
		r.Apply(recorded)
	}
	return r
}

// foldOwnFirst folds as the subscriber does: its own facts at once and without
// sequence, and all facts once more when the feed brings them, some time later.
func foldOwnFirst(t *rapid.T, facts []messages.Recorded) *Roster {
	r := NewRoster()
	read := 0
	for written, recorded := range facts {
		if read < written && rapid.Bool().Draw(t, "feed catches up") {
			for ; read < written; read++ {
				r.Apply(facts[read])
			}
		}
		switch recorded.Fact.(type) {
		case messages.MailboxStale, messages.MailboxParked, messages.MailboxGrouped:
			recorded.Sequence = 0
			r.Apply(recorded)
		case messages.GroupSubscribed:
			r.Apply(recorded)
		}
	}
	for _, recorded := range facts[read:] {
		r.Apply(recorded)
	}
	return r
}

// shuffled mixes the facts anew: those of one mailbox keep their order, those of
// groups need none, because each message holds a group's whole truth.
func shuffled(t *rapid.T, facts []messages.Recorded) []messages.Recorded {
	lanes := map[string][]messages.Recorded{}
	for _, recorded := range facts {
		lane := recorded.Fact.Source()
		if g, ok := recorded.Fact.(messages.GroupSubscribed); ok {
			lane = g.ID
		}
		lanes[lane] = append(lanes[lane], recorded)
	}
	names := slices.Sorted(maps.Keys(lanes))
	order := rapid.Permutation(slices.Collect(func(yield func(string) bool) {
		for _, name := range names {
			for range lanes[name] {
				if !yield(name) {
					return
				}
			}
		}
	})).Draw(t, "order")
	var mixed []messages.Recorded
	for _, name := range order {
		mixed = append(mixed, lanes[name][0])
		lanes[name] = lanes[name][1:]
	}
	return mixed
}

func earliest(times []time.Time) time.Time {
	if len(times) == 0 {
		return time.Time{}
	}
	return slices.MinFunc(times, func(a, b time.Time) int { return cmp.Compare(a.UnixNano(), b.UnixNano()) })
}
