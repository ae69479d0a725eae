package ewsaffinity

import (
	"maps"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Losses is what a RegroupRequested comes to. It is empty when none of the ids
// it names is current.
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
	lost := g.currentOf(request)
	if len(lost) == 0 {
		return Losses{}
	}
	losses := Losses{Former: g.GroupSubscribed, Sequence: g.sequence, Lost: lost, Group: g.without(lost, request.Code)}
	for _, a := range lost {
		_, verdict := ResubscribeDelay(r.mailbox(a).lossesWithinHour(now) + 1)
		switch {
		case verdict == Park:
			losses.Park = append(losses.Park, a)
		case verdict == Rediscover || request.Action == messages.Rediscover:
			losses.Rediscover = append(losses.Rediscover, a)
		}
	}
	return losses
}

func (g *group) currentOf(request messages.RegroupRequested) []messages.Address {
	var current []messages.Address
	for a, id := range request.Died {
		if s, ok := g.Subscriptions[a]; ok && s.ID == id {
			current = append(current, a)
		}
	}
	if len(current) > 0 && request.Action == messages.RegroupAll {
		return slices.Sorted(maps.Keys(g.Subscriptions))
	}
	slices.Sort(current)
	return current
}

func (g *group) without(lost []messages.Address, code string) messages.GroupSubscribed {
	next := g.GroupSubscribed
	next.Revision++
	next.Subscriptions = maps.Clone(g.Subscriptions)
	next.Left = map[messages.Address]messages.Left{}
	for _, a := range lost {
		delete(next.Subscriptions, a)
		next.Left[a] = messages.Left{Reason: messages.StopLost, Code: code}
	}
	return next
}
