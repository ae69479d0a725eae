package ewsaffinity

import (
	"maps"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Losses is what a RegroupRequested comes to. It is empty when none of the ids
// it names is current. Group.Left names the lost, and those who had moved to
// another group before.
type Losses struct {
	Group      messages.GroupSubscribed // the revision without the lost subscriptions
	Sequence   uint64                   // of the group's message it was decided on
	Former     messages.GroupSubscribed // before
	Lost       []messages.Address       // in order
	Rediscover []messages.Address       // of Lost: their place is doubted
	Park       []messages.Address       // of Lost: they failed too often within the hour
}

// Regroup decides about a request. It counts only where the ids it names are
// current; RegroupAll then takes the whole group with them, because anchor and
// cookie are to be new. The ladder of forced resubscriptions may ask for more
// than the request: the third loss within an hour rediscovers, the sixth parks.
func (r *Roster) Regroup(request messages.RegroupRequested, now time.Time) Losses {
	g, ok := r.groups[request.Group]
	if !ok || g.Generation != request.Generation {
		return Losses{}
	}
	members := r.Members(request.Group)
	lost := currentOf(members, request)
	if len(lost) == 0 {
		return Losses{}
	}
	losses := Losses{Former: g.GroupSubscribed, Sequence: g.sequence, Lost: lost, Group: g.without(lost, members, request.Code)}
	for _, a := range lost {
		_, verdict := ResubscribeDelay(r.mailbox(a).lossesWithinHour(now, request.ID) + 1)
		switch {
		case verdict == Park:
			losses.Park = append(losses.Park, a)
		case verdict == Rediscover || request.Action == messages.Rediscover:
			losses.Rediscover = append(losses.Rediscover, a)
		}
	}
	return losses
}

// currentOf are the members whose current ids the request names, in order.
func currentOf(members map[messages.Address]messages.Subscription, request messages.RegroupRequested) []messages.Address {
	var current []messages.Address
	for a, id := range request.Died {
		if s, ok := members[a]; ok && s.ID == id {
			current = append(current, a)
		}
	}
	if len(current) > 0 && request.Action == messages.RegroupAll {
		return slices.Sorted(maps.Keys(members))
	}
	slices.Sort(current)
	return current
}

// without is the next revision. Those who moved to another group leave by it too:
// a later message that named them would take them back.
func (g *group) without(lost []messages.Address, members map[messages.Address]messages.Subscription, code string) messages.GroupSubscribed {
	next := g.GroupSubscribed
	next.Revision++
	next.Subscriptions = maps.Clone(members)
	next.Left = map[messages.Address]messages.Left{}
	for a := range g.Subscriptions {
		if _, stays := members[a]; !stays {
			next.Left[a] = messages.Left{Reason: messages.StopMoved}
		}
	}
	for _, a := range lost {
		delete(next.Subscriptions, a)
		next.Left[a] = messages.Left{Reason: messages.StopLost, Code: code}
	}
	return next
}
