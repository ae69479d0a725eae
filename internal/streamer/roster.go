package streamer

import (
	"maps"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// roster is the fold of the groups' messages: who is in which group. It is what
// ewsaffinity's says of them, in less space, as each streamer knows all groups.
type roster struct {
	groups map[messages.GroupID]*group
	home   map[messages.Address]*group // the group a mailbox belongs to: the later message that names it
}

// group is the latest message of a group. Its Subscriptions are the places.
type group struct {
	messages.GroupSubscribed
	places   *places
	sequence uint64
}

func newRoster() *roster {
	return &roster{groups: map[messages.GroupID]*group{}, home: map[messages.Address]*group{}}
}

// apply takes a group's message, unless something later is known, and returns the groups
// it touches: itself, and those that lose a mailbox to it.
func (r *roster) apply(f messages.GroupSubscribed, sequence uint64) []messages.GroupID {
	touched := []messages.GroupID{f.Group}
	g, known := r.groups[f.Group]
	switch {
	case !known:
		g = &group{places: &places{}}
		r.groups[f.Group] = g
	case g.sequence >= sequence:
		return touched
	}
	former := g.places
	g.GroupSubscribed, g.places, g.sequence = f, placesOf(f.Subscriptions), sequence
	g.Subscriptions = nil
	for i := range former.len() {
		if _, stays := g.places.find(former.mailbox(i)); !stays {
			r.settleHome(former.mailbox(i))
		}
	}
	for i := range g.places.len() {
		a := g.places.mailbox(i)
		home := r.home[a]
		if home != nil && home != g {
			touched = append(touched, home.Group)
		}
		if home == nil || home == g || home.sequence < sequence {
			r.home[a] = g // also when it was: the former key would keep the former places
		}
	}
	return touched
}

// settleHome finds the group a mailbox belongs to: the later of those that name it.
func (r *roster) settleHome(a messages.Address) {
	delete(r.home, a)
	for _, g := range r.groups {
		if _, named := g.places.find(a); named && (r.home[a] == nil || g.sequence > r.home[a].sequence) {
			r.home[a] = g
		}
	}
}

// peopled reports whether a mailbox belongs to a group.
func (r *roster) peopled(id messages.GroupID) bool {
	g, known := r.groups[id]
	for i := 0; known && i < g.places.len(); i++ {
		if r.home[g.places.mailbox(i)] == g {
			return true
		}
	}
	return false
}

// update is the truth of a group: the places of those whom no later message gave to
// another group, and why others left it.
func (r *roster) update(id messages.GroupID) update {
	g, known := r.groups[id]
	if !known {
		return update{places: &places{}, left: map[messages.Address]messages.Left{}}
	}
	left := map[messages.Address]messages.Left{}
	staying := g.places.only(func(a messages.Address) bool {
		if r.home[a] == g {
			return true
		}
		left[a] = messages.Left{Reason: messages.StopMoved}
		return false
	})
	maps.Copy(left, g.Left)
	return update{GroupSubscribed: g.GroupSubscribed, places: staying, left: left}
}
