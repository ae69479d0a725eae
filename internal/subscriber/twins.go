package subscriber

import (
	"context"
	"slices"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// What is said of mailboxes that a server gave one subscription.
const (
	codeTwin = ewsaffinity.CodeMalformed
	textTwin = "the server gave the subscription to another mailbox, too"
)

// separate sees to it that no subscription is two mailboxes'. Whose events one brings
// that was given out twice is open: those that got it now are rejected, and one that
// held it already loses it. A server that counts its subscriptions anew after a
// restart does this.
func (s *Subscriber) separate(ctx context.Context, o outcome) error {
	owners := map[messages.SubscriptionID][]messages.Address{}
	for a, subscription := range o.joined {
		owners[subscription.ID] = append(owners[subscription.ID], a)
	}
	for group, members := range s.roster.Holders(o.change.Key.URL, owners) {
		for a, id := range members {
			if slices.Contains(owners[id], a) {
				delete(members, a)
				continue
			}
			owners[id] = append(owners[id], a)
		}
		if err := s.loseTwins(ctx, group, members); err != nil {
			return err
		}
	}
	for _, twins := range owners {
		if len(twins) < 2 {
			continue
		}
		for _, a := range twins {
			if _, joined := o.joined[a]; joined {
				delete(o.joined, a)
				o.rejected[a] = &ewsaffinity.Fault{Op: ewsaffinity.OpSubscribe, Code: codeTwin, Text: textTwin, Mailbox: a}
			}
		}
	}
	return nil
}

// loseTwins takes members out of their group as if a streamer had asked for it.
func (s *Subscriber) loseTwins(ctx context.Context, id messages.GroupID, members map[messages.Address]messages.SubscriptionID) error {
	if len(members) == 0 {
		return nil
	}
	g, _ := s.roster.Group(id)
	return s.regroup(ctx, messages.RegroupRequested{
		Meta:  s.meta(messages.Cause{Reason: textTwin}),
		Group: id, Generation: g.Generation, URL: g.URL, Died: members,
		Code: string(codeTwin), Text: textTwin, Action: messages.Resubscribe,
	})
}
