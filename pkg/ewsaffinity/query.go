package ewsaffinity

import (
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Group returns the latest GroupSubscribed of a group and its stream sequence,
// zero when the group is unknown.
func (r *Roster) Group(id messages.GroupID) (messages.GroupSubscribed, uint64) {
	if g, ok := r.groups[id]; ok {
		return g.GroupSubscribed, g.sequence
	}
	return messages.GroupSubscribed{}, 0
}

// ParkedAttempts is how often in a row the mailbox was parked.
func (r *Roster) ParkedAttempts(a messages.Address) int {
	if m, ok := r.mailboxes[a]; ok {
		return m.parkedAttempts
	}
	return 0
}

// HasFolders reports whether the mailbox's well-known folders were resolved.
func (r *Roster) HasFolders(a messages.Address) bool {
	m, ok := r.mailboxes[a]
	return ok && m.folders
}

// Wanted reports whether someone wants the mailbox streamed.
func (r *Roster) Wanted(a messages.Address) bool {
	m, ok := r.mailboxes[a]
	return ok && m.wanted()
}

// Members are the subscriptions of a group that belong to it: those that no
// later message gave to another group.
func (r *Roster) Members(id messages.GroupID) map[messages.Address]messages.Subscription {
	g, ok := r.groups[id]
	if !ok {
		return map[messages.Address]messages.Subscription{}
	}
	members := make(map[messages.Address]messages.Subscription, len(g.Subscriptions))
	for a, subscription := range g.Subscriptions {
		if r.home[a] == id {
			members[a] = subscription
		}
	}
	return members
}

// Home is the group a mailbox belongs to; empty: none.
func (r *Roster) Home(a messages.Address) messages.GroupID { return r.home[a] }

// Holders are the members of groups at an endpoint that have one of the
// subscriptions, by their groups.
func (r *Roster) Holders(url messages.Endpoint, subscriptions map[messages.SubscriptionID][]messages.Address) map[messages.GroupID]map[messages.Address]messages.SubscriptionID {
	holders := map[messages.GroupID]map[messages.Address]messages.SubscriptionID{}
	for id, g := range r.groups {
		if g.URL != url {
			continue
		}
		for a, s := range g.Subscriptions {
			if _, asked := subscriptions[s.ID]; !asked || r.home[a] != id {
				continue
			}
			if holders[id] == nil {
				holders[id] = map[messages.Address]messages.SubscriptionID{}
			}
			holders[id][a] = s.ID
		}
	}
	return holders
}
