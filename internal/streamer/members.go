package streamer

import (
	"cmp"
	"slices"
	"sort"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// members are mailboxes of a group in the order of their addresses.
type members []*member

// take makes the members those of the places: who stays keeps its state, and who is new
// has none. Who has left, or has another subscription, is returned.
func (m members) take(p *places) (now, left members) {
	var stay members
	for _, one := range m {
		if at, found := p.find(one.mailbox()); found && p.compareID(at, one.id()) == 0 {
			one.in, one.at = p, int32(at)
			stay = append(stay, one)
		} else {
			left = append(left, one)
		}
	}
	fresh := make([]member, p.len()-len(stay)) // in one piece: they come together, and mostly leave so
	now = make(members, p.len())
	for at := range now {
		if len(stay) > 0 && int(stay[0].at) == at {
			now[at], stay = stay[0], stay[1:]
			continue
		}
		now[at], fresh = &fresh[0], fresh[1:]
		now[at].in, now[at].at = p, int32(at)
	}
	return now, left
}

// served are the members of a connection, in the order of the ids of their subscriptions,
// each of which is there once.
type served []*member

// servedOf are some of the members, by their subscriptions.
func servedOf(members []*member, which func(*member) bool) served {
	s := slices.DeleteFunc(slices.Clone(members), func(m *member) bool { return !which(m) })
	slices.SortFunc(s, func(a, b *member) int { return a.compareID(b.spot) })
	return slices.CompactFunc(s, func(a, b *member) bool { return a.compareID(b.spot) == 0 })
}

// of is the member with a subscription; nil: there is none.
func (s served) of(id messages.SubscriptionID) *member {
	at, found := sort.Find(len(s), func(i int) int { return -s[i].in.compareID(int(s[i].at), id) })
	if !found {
		return nil
	}
	return s[at]
}

// named are some of those whose subscriptions are named.
func (s served) named(ids []messages.SubscriptionID, which func(*member) bool) served {
	var named []*member
	for _, id := range ids {
		if m := s.of(id); m != nil {
			named = append(named, m)
		}
	}
	return servedOf(named, which)
}

func (s served) ids() []messages.SubscriptionID { return idsOf(s.spots()) }

// spots are where the members are now. They never change, while the members move with
// each message about the group.
func (s served) spots() []spot {
	spots := make([]spot, len(s))
	for i, m := range s {
		spots[i] = m.spot
	}
	return spots
}

func idsOf(spots []spot) []messages.SubscriptionID {
	ids := make([]messages.SubscriptionID, len(spots))
	for i, s := range spots {
		ids[i] = s.id()
	}
	return ids
}

// inOrder are the same in the order of their addresses.
func (s served) inOrder() []*member {
	return slices.SortedFunc(slices.Values(s), func(a, b *member) int { return cmp.Compare(a.mailbox(), b.mailbox()) })
}
