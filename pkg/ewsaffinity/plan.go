package ewsaffinity

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Change is what to do to one group. With Begin a generation begins: the first
// of Join that Exchange accepts becomes the anchor, and there is no cookie yet.
// Without, the members of Join are subscribed behind the group's own anchor and
// cookie.
type Change struct {
	Group      messages.GroupID
	Key        Key
	Begin      bool
	Generation messages.Generation // the one after the change
	Join       []messages.Address  // in order
	Leave      []Leave             // in order
}

// Leave takes a mailbox out of a group.
type Leave struct {
	Mailbox messages.Address
	Why     LeaveReason
}

// LeaveReason says why a mailbox leaves a group.
type LeaveReason string

const (
	// LeaveWithdrawn: no one wants the mailbox any more.
	LeaveWithdrawn LeaveReason = "withdrawn"
	// LeaveMoved: a later message gave it to another group.
	LeaveMoved LeaveReason = "moved"
	// LeaveParked: it is left alone for a while.
	LeaveParked LeaveReason = "parked"
)

// Plan is the smallest change that makes what is into what is wanted.
type Plan struct {
	Changes []Change  // in order of their groups' ids
	Wake    time.Time // when a mailbox that must wait may be planned; zero: none waits
}

// Plan compares what is wanted with what is. size is the most mailboxes to a
// group, 1 to [MaxGroupSize]. A mailbox that may stay is never moved, places in
// living groups are filled before a generation begins, and addresses go in order,
// so that the first is the anchor of a generation that begins. A mailbox that
// moves leaves its former group by the plan after the one that gave it a new place.
func (r *Roster) Plan(now time.Time, size int) Plan {
	p := planner{roster: r, now: now, size: min(max(size, 1), MaxGroupSize), changes: map[messages.GroupID]*Change{}}
	p.leave()
	p.join()
	plan := Plan{Wake: p.wake}
	for _, id := range slices.Sorted(maps.Keys(p.changes)) {
		plan.Changes = append(plan.Changes, *p.changes[id])
	}
	return plan
}

type planner struct {
	roster  *Roster
	now     time.Time
	size    int
	changes map[messages.GroupID]*Change
	wake    time.Time
}

func (p *planner) change(id messages.GroupID) *Change {
	c, ok := p.changes[id]
	if !ok {
		g := p.roster.groups[id]
		c = &Change{Group: id, Key: g.key(), Generation: g.Generation}
		p.changes[id] = c
	}
	return c
}

func (g *group) key() Key { return Key{g.URL, g.Grouping} }

// leave finds the members that may not stay.
func (p *planner) leave() {
	for id, g := range p.roster.groups {
		for _, member := range slices.Sorted(maps.Keys(g.Subscriptions)) {
			if why, ok := p.mustLeave(id, member); ok {
				c := p.change(id)
				c.Leave = append(c.Leave, Leave{member, why})
			}
		}
	}
}

func (p *planner) mustLeave(id messages.GroupID, member messages.Address) (LeaveReason, bool) {
	m := p.roster.mailboxes[member]
	switch {
	case m == nil || !m.wanted():
		return LeaveWithdrawn, true
	case p.roster.home[member] != id:
		return LeaveMoved, true
	case m.parkedUntil.After(p.now):
		p.waitFor(m.parkedUntil)
		return LeaveParked, true
	}
	return "", false
}

// join gives places to the mailboxes that have none where they belong.
func (p *planner) join() {
	waiting := map[Key][]messages.Address{}
	for a, m := range p.roster.mailboxes {
		if !m.wanted() || !m.placed() || p.at(a, m.key) {
			continue
		}
		if due := m.notBefore(p.now); due.After(p.now) {
			p.waitFor(due)
			continue
		}
		waiting[m.key] = append(waiting[m.key], a)
	}
	keys := slices.SortedFunc(maps.Keys(waiting), func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.URL, b.URL), cmp.Compare(a.Grouping, b.Grouping))
	})
	for _, key := range keys {
		slices.Sort(waiting[key])
		p.fill(key, waiting[key])
	}
}

// at reports whether the mailbox belongs to a group of the key already.
func (p *planner) at(a messages.Address, key Key) bool {
	home, ok := p.roster.home[a]
	return ok && p.roster.groups[home].key() == key
}

// fill puts joiners into living groups with room, then into new generations of
// empty groups, then into new groups.
func (p *planner) fill(key Key, joiners []messages.Address) {
	living, empty := p.groupsOf(key)
	for _, id := range living {
		joiners = p.put(p.change, id, joiners, p.size-p.staying(id))
	}
	for n := 1; len(joiners) > 0; {
		var id messages.GroupID
		if len(empty) > 0 {
			id, empty = empty[0], empty[1:]
		} else {
			id, n = p.freeID(key, n)
		}
		joiners = p.put(func(id messages.GroupID) *Change { return p.begin(id, key) }, id, joiners, p.size)
	}
}

func (p *planner) put(change func(messages.GroupID) *Change, id messages.GroupID, joiners []messages.Address, room int) []messages.Address {
	n := min(room, len(joiners))
	if n <= 0 {
		return joiners
	}
	change(id).Join = joiners[:n:n]
	return joiners[n:]
}

// begin is a change that begins a generation.
func (p *planner) begin(id messages.GroupID, key Key) *Change {
	c := &Change{Group: id, Key: key, Begin: true, Generation: 1}
	if g, ok := p.roster.groups[id]; ok {
		c.Generation = g.Generation + 1
		if former, ok := p.changes[id]; ok {
			c.Leave = former.Leave
		}
	}
	p.changes[id] = c
	return c
}

// groupsOf lists the key's groups in order: those with members that stay, and those without.
func (p *planner) groupsOf(key Key) (living, empty []messages.GroupID) {
	for _, id := range slices.Sorted(maps.Keys(p.roster.groups)) {
		switch {
		case p.roster.groups[id].key() != key:
		case p.staying(id) > 0:
			living = append(living, id)
		default:
			empty = append(empty, id)
		}
	}
	return living, empty
}

func (p *planner) staying(id messages.GroupID) int {
	n := len(p.roster.groups[id].Subscriptions)
	if c, ok := p.changes[id]; ok {
		n -= len(c.Leave)
	}
	return n
}

// freeID is the first name of the key, from n on, that no group ever had.
func (p *planner) freeID(key Key, n int) (messages.GroupID, int) {
	for {
		id := key.groupID(n)
		n++
		_, exists := p.roster.groups[id]
		if _, planned := p.changes[id]; !exists && !planned {
			return id, n
		}
	}
}

func (p *planner) waitFor(at time.Time) {
	if p.wake.IsZero() || at.Before(p.wake) {
		p.wake = at
	}
}
