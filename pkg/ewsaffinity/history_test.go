package ewsaffinity

import (
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// history drives a world through random events and keeps its own, plainer
// account of every mailbox, which plans are judged by.
type history struct {
	*world
	mailboxes map[messages.Address]*account
	groups    map[messages.GroupID]messages.Recorded // last message of each group
}

// account is what has to be known of a mailbox to say where it belongs.
type account struct {
	sources     map[string]bool
	key         Key
	known       bool
	doubted     bool
	parkedUntil time.Time
	losses      []time.Time
}

var (
	historyAddresses = []messages.Address{"aaron@x.test", "anna@x.test", "bert@x.test", "cora@x.test", "dora@x.test", "emil@x.test", "fred@x.test", "gina@x.test"}
	historyKeys      = []Key{
		{"https://east.test/EWS/Exchange.asmx", "A"},
		{"https://east.test/EWS/Exchange.asmx", "B"},
		{"https://west.test/EWS/Exchange.asmx", "A"},
	}
)

func newHistory(t *rapid.T) *history {
	h := &history{
		world:     newWorld(rapid.IntRange(1, 4).Draw(t, "size")),
		mailboxes: map[messages.Address]*account{},
		groups:    map[messages.GroupID]messages.Recorded{},
	}
	for _, a := range historyAddresses {
		h.mailboxes[a] = &account{sources: map[string]bool{}}
	}
	return h
}

// actions are what may happen. The empty name is the check after each of them.
func (h *history) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"":         h.checkPlan,
		"enrol":    h.doEnrol,
		"withdraw": h.doWithdraw,
		"discover": h.doDiscover,
		"stale":    func(t *rapid.T) { a := h.draw(t); h.stale(a); h.mailboxes[a].doubted = true },
		"park":     h.doPark,
		"advance": func(t *rapid.T) {
			h.now = h.now.Add(time.Duration(rapid.IntRange(1, 2400).Draw(t, "seconds")) * time.Second)
		},
		"carryOut": h.doCarryOut,
		"settle":   h.doSettle,
		"lose":     h.doLose,
		"loseLong": func(t *rapid.T) { h.doLose(t); h.doSettle(t) },
	}
}

func (h *history) draw(t *rapid.T) messages.Address {
	return rapid.SampledFrom(historyAddresses).Draw(t, "mailbox")
}

func (h *history) doEnrol(t *rapid.T) {
	a, source := h.draw(t), rapid.SampledFrom([]string{"file", "command"}).Draw(t, "source")
	h.enrol(a, source)
	m := h.mailboxes[a]
	if len(m.sources) == 0 {
		m.parkedUntil = time.Time{}
	}
	m.sources[source] = true
}

func (h *history) doWithdraw(t *rapid.T) {
	a, source := h.draw(t), rapid.SampledFrom([]string{"file", "command"}).Draw(t, "source")
	h.withdraw(a, source)
	delete(h.mailboxes[a].sources, source)
}

func (h *history) doDiscover(t *rapid.T) {
	a, key := h.draw(t), rapid.SampledFrom(historyKeys).Draw(t, "key")
	h.discover(a, key)
	m := h.mailboxes[a]
	m.key, m.known, m.doubted = key, true, false
}

func (h *history) doPark(t *rapid.T) {
	a := h.draw(t)
	until := h.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "minutes")) * time.Minute)
	h.park(a, until)
	h.mailboxes[a].parkedUntil = until
}

// doCarryOut carries out some changes of a plan; Exchange rejects some joiners,
// which are parked.
func (h *history) doCarryOut(t *rapid.T) {
	for _, c := range h.plan().Changes {
		if !rapid.Bool().Draw(t, "carry out") {
			continue
		}
		rejected := map[messages.Address]bool{}
		for _, a := range c.Join {
			rejected[a] = rapid.IntRange(0, 3).Draw(t, "rejected") == 0
		}
		h.carry(t, c, rejected)
		for _, a := range c.Join {
			if rejected[a] {
				until := h.now.Add(ParkDelay(h.roster.ParkedAttempts(a) + 1))
				h.park(a, until)
				h.mailboxes[a].parkedUntil = until
			}
		}
	}
}

// carry carries a change out and checks that who may stay stays as he was.
func (h *history) carry(t *rapid.T, c Change, rejected map[messages.Address]bool) {
	before := h.staying()
	decided := h.carryOut(c, rejected)
	if decided {
		h.remember(c.Group)
	}
	for _, a := range c.Join {
		if !rejected[a] {
			h.mailboxes[a].parkedUntil = time.Time{}
		}
	}
	for a, was := range before {
		id := h.roster.Home(a)
		g, _ := h.roster.Group(id)
		if id != was.group || g.Subscriptions[a].ID != was.subscription {
			t.Fatalf("%s may stay in %s by %s, is in %s by %s", a, was.group, was.subscription, id, g.Subscriptions[a].ID)
		}
	}
	g, _ := h.roster.Group(c.Group)
	if c.Begin && decided && g.Generation == c.Generation {
		if first := slices.Sorted(maps.Keys(g.Subscriptions))[0]; g.Anchor != first {
			t.Fatalf("generation %d of %s begins with the anchor %s, want %s, the first that joined", g.Generation, g.Group, g.Anchor, first)
		}
	}
}

// doSettle carries out all there is to do. Two rounds suffice: in the second one
// leave the former groups of those who moved in the first.
func (h *history) doSettle(t *rapid.T) {
	for range 2 {
		for _, c := range h.plan().Changes {
			h.carry(t, c, nil)
		}
	}
	if plan := h.plan(); len(plan.Changes) > 0 {
		t.Fatalf("all was carried out, and the plan still has %+v", plan.Changes)
	}
	h.checkSettled(t)
}

func (h *history) remember(id messages.GroupID) {
	for _, recorded := range h.stored {
		if g, ok := recorded.Fact.(messages.GroupSubscribed); ok && g.Group == id {
			h.groups[id] = recorded
		}
	}
}

// doLose lets subscriptions of a group die, or seem to: some of the ids named,
// or the generation, may be outdated.
func (h *history) doLose(t *rapid.T) {
	if len(h.groups) == 0 {
		t.Skip("there is no group yet that could lose a subscription")
	}
	id := rapid.SampledFrom(slices.Sorted(maps.Keys(h.groups))).Draw(t, "group")
	action := rapid.SampledFrom([]messages.RegroupAction{messages.Resubscribe, messages.RegroupAll, messages.Rediscover}).Draw(t, "action")
	g := h.group(id)
	r := h.request(id, action)
	var current []messages.Address
	for _, a := range slices.Sorted(maps.Keys(g.Subscriptions)) {
		switch rapid.SampledFrom([]string{"died", "outdated", "lives"}).Draw(t, string(a)) {
		case "died":
			r.Died[a] = g.Subscriptions[a].ID
			if h.home(a) == id {
				current = append(current, a)
			}
		case "outdated":
			r.Died[a] = "long gone"
		}
	}
	if rapid.IntRange(0, 4).Draw(t, "another generation") == 0 {
		r.Generation += messages.Generation(rapid.SampledFrom([]int{-1, 1}).Draw(t, "off by"))
		current = nil
	}
	if len(current) > 0 && action == messages.RegroupAll {
		current = h.members(id)
	}
	h.checkLosses(t, r, current)
}

func (h *history) group(id messages.GroupID) messages.GroupSubscribed {
	g, _ := h.groups[id].Fact.(messages.GroupSubscribed)
	return g
}

// home is the group whose message, of all last messages that name the mailbox, is the latest.
func (h *history) home(a messages.Address) messages.GroupID {
	var home messages.GroupID
	var latest uint64
	for id, recorded := range h.groups {
		if _, named := h.group(id).Subscriptions[a]; named && recorded.Sequence > latest {
			home, latest = id, recorded.Sequence
		}
	}
	return home
}

// members are those named by the group that belong to it, in order.
func (h *history) members(id messages.GroupID) []messages.Address {
	var members []messages.Address
	for _, a := range slices.Sorted(maps.Keys(h.group(id).Subscriptions)) {
		if h.home(a) == id {
			members = append(members, a)
		}
	}
	return members
}

func (h *history) keyOf(id messages.GroupID) Key { return Key{h.group(id).URL, h.group(id).Grouping} }

type stay struct {
	group        messages.GroupID
	subscription messages.SubscriptionID
}

// staying are the mailboxes that have no reason to move or leave.
func (h *history) staying() map[messages.Address]stay {
	staying := map[messages.Address]stay{}
	for a, m := range h.mailboxes {
		home := h.home(a)
		if home == "" || len(m.sources) == 0 || m.parkedUntil.After(h.now) {
			continue
		}
		if m.key == h.keyOf(home) || m.doubted {
			staying[a] = stay{home, h.group(home).Subscriptions[a].ID}
		}
	}
	return staying
}

// ladder is the wait after the n-th forced resubscription within an hour.
var ladder = []time.Duration{0, 0, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, 0}

func (m *account) recent(now time.Time) int {
	n := 0
	for _, at := range m.losses {
		if now.Sub(at) < time.Hour {
			n++
		}
	}
	return n
}

// due is when the mailbox may be subscribed.
func (m *account) due(now time.Time) time.Time {
	due := m.parkedUntil
	if n := m.recent(now); n > 0 {
		if at := m.losses[len(m.losses)-1].Add(ladder[min(n, len(ladder)-1)]); at.After(due) {
			due = at
		}
	}
	return due
}
