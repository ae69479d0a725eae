package subscriber

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/internal/pace"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// finish makes a job's outcome true: folders first, because the streamer needs
// them, then the group's new message, then each mailbox's own history.
func (s *Subscriber) finish(ctx context.Context, o outcome) {
	s.busy[o.change.Key]--
	if s.busy[o.change.Key] == 0 {
		delete(s.busy, o.change.Key)
	}
	s.news()
	s.rest(o)
	if err := s.separate(ctx, o); err != nil {
		s.giveUp(ctx, o, err)
		return
	}
	if err := s.record(ctx, s.folderFacts(o)...); err != nil {
		return
	}
	former, sequence := s.roster.Group(o.change.Group)
	members := s.roster.Members(o.change.Group)
	if !o.change.Begin && len(o.joined) > 0 && len(members) == 0 {
		s.giveUp(ctx, o, errors.New("the group lost all its members meanwhile: its anchor and cookie are no longer good"))
		return
	}
	next := s.nextGroup(former, members, o)
	if len(o.joined) > 0 || len(next.Left) > 0 {
		decided, err := s.store.Decide(ctx, next, sequence)
		if err != nil {
			s.giveUp(ctx, o, err)
			return
		}
		s.roster.Apply(messages.Recorded{Fact: next, Sequence: decided})
		s.logChange(next, o)
	}
	facts := append(s.groupedFacts(next, o), s.rejectionFacts(o)...)
	if err := s.record(ctx, facts...); err == nil {
		s.unsubscribe(ctx, former, slices.Collect(maps.Keys(next.Left)))
	}
}

// record stores facts and folds them at once, so that the next plan knows them.
func (s *Subscriber) record(ctx context.Context, facts ...messages.Fact) error {
	if len(facts) == 0 {
		return nil
	}
	if err := s.store.Record(ctx, facts...); err != nil {
		if ctx.Err() == nil {
			s.log.Error("facts not stored", "err", err, "hint", "the next plan tries again")
		}
		return err
	}
	for _, f := range facts {
		s.roster.Apply(messages.Recorded{Fact: f})
	}
	return nil
}

func (s *Subscriber) meta(cause messages.Cause) messages.Meta {
	return messages.Meta{ID: s.cfg.NewID(), Time: time.Now().UTC(), Cause: cause}
}

func (s *Subscriber) folderFacts(o outcome) []messages.Fact {
	var facts []messages.Fact
	for _, a := range slices.Sorted(maps.Keys(o.folders)) {
		facts = append(facts, messages.MailboxFolders{
			Meta: s.meta(messages.Cause{Reason: "first folder query"}), Mailbox: a, Folders: o.folders[a],
		})
	}
	return facts
}

// nextGroup is the group's message after the outcome. members are those who
// belong to the group still: a mailbox that moved leaves by any message, because
// one that named it would take it back.
func (s *Subscriber) nextGroup(former messages.GroupSubscribed, members map[messages.Address]messages.Subscription, o outcome) messages.GroupSubscribed {
	next := former
	next.Revision++
	if o.change.Begin && len(o.joined) > 0 {
		next = messages.GroupSubscribed{
			Group: o.change.Group, Generation: o.change.Generation, Revision: 1,
			URL: o.change.Key.URL, Grouping: o.change.Key.Grouping,
			Anchor: o.place.Anchor, Cookie: o.place.Cookie, Since: o.since,
		}
	}
	if len(o.joined) > 0 {
		next.ExchangeCookie = o.place.ExchangeCookie
	}
	next.Meta = s.meta(messages.Cause{Reason: reason(o)})
	next.Left = map[messages.Address]messages.Left{}
	for _, leave := range o.change.Leave {
		if _, was := former.Subscriptions[leave.Mailbox]; was {
			next.Left[leave.Mailbox] = messages.Left{Reason: stopReason(leave.Why)}
		}
	}
	next.Subscriptions = map[messages.Address]messages.Subscription{}
	for a, subscription := range former.Subscriptions {
		switch _, leaves := next.Left[a]; {
		case leaves:
		case members[a] == subscription:
			next.Subscriptions[a] = subscription
		default:
			next.Left[a] = messages.Left{Reason: messages.StopMoved}
		}
	}
	maps.Copy(next.Subscriptions, o.joined)
	return next
}

// stopReason says it to the streamer: a parked mailbox is still promised, so its
// next epoch announces a gap as after a loss.
func stopReason(why ewsaffinity.LeaveReason) messages.StopReason {
	switch why {
	case ewsaffinity.LeaveWithdrawn:
		return messages.StopWithdrawn
	case ewsaffinity.LeaveMoved:
		return messages.StopMoved
	}
	return messages.StopLost
}

func reason(o outcome) string {
	switch {
	case o.change.Begin && len(o.joined) > 0:
		return "a generation begins"
	case len(o.joined) > 0 && len(o.change.Leave) > 0:
		return "mailboxes joined and left"
	case len(o.joined) > 0:
		return "mailboxes joined"
	}
	return "mailboxes left"
}

// groupedFacts tell each mailbox's history where it is now.
func (s *Subscriber) groupedFacts(next messages.GroupSubscribed, o outcome) []messages.Fact {
	cause := messages.Cause{ID: next.ID, Reason: next.Cause.Reason}
	fact := func(a messages.Address, id messages.SubscriptionID) messages.Fact {
		return messages.MailboxGrouped{Meta: s.meta(cause), Mailbox: a, Group: next.Group,
			Generation: next.Generation, Revision: next.Revision, Subscription: id}
	}
	var facts []messages.Fact
	for _, a := range slices.Sorted(maps.Keys(o.joined)) {
		facts = append(facts, fact(a, o.joined[a].ID))
	}
	for _, a := range slices.Sorted(maps.Keys(next.Left)) {
		if _, joined := o.joined[a]; !joined && next.Left[a].Reason != messages.StopMoved {
			facts = append(facts, fact(a, ""))
		}
	}
	return facts
}

// giveUp drops an outcome that could not be decided: another subscriber decided
// first, or the process ends. The subscriptions it made are ended again.
func (s *Subscriber) giveUp(ctx context.Context, o outcome, err error) {
	if ctx.Err() != nil {
		return
	}
	s.log.Warn("group not decided; planned anew", "group", o.change.Group, "err", err)
	made := messages.GroupSubscribed{Group: o.change.Group, URL: o.place.URL, Anchor: o.place.Anchor, Cookie: o.place.Cookie,
		ExchangeCookie: o.place.ExchangeCookie, Subscriptions: o.joined}
	s.unsubscribe(ctx, made, slices.Collect(maps.Keys(o.joined)))
}

func (s *Subscriber) logChange(next messages.GroupSubscribed, o outcome) {
	s.log.Info("group subscribed", "group", next.Group, "generation", next.Generation, "revision", next.Revision,
		"mailboxes", len(next.Subscriptions), "joined", len(o.joined), "left", len(next.Left),
		"rejected", len(o.rejected), "reason", next.Cause.Reason)
}

// unsubscribe ends subscriptions that are no longer needed: orphans count against
// the mailbox's budget. One after another, and only once: Exchange expires what is left.
func (s *Subscriber) unsubscribe(ctx context.Context, g messages.GroupSubscribed, members []messages.Address) {
	if len(members) == 0 {
		return
	}
	slices.Sort(members)
	endpoint := s.endpoint(g.URL)
	s.begins(g.URL.Partition())
	s.work.Go(func() {
		defer func() {
			select {
			case s.ended <- g.URL.Partition():
			case <-ctx.Done():
			}
		}()
		for _, a := range members {
			subscription, was := g.Subscriptions[a]
			if !was {
				continue
			}
			if endpoint.ramp.Wait(ctx, pace.Member) != nil {
				return
			}
			done, _, ok := endpoint.allow()
			if !ok {
				return
			}
			err := s.exchange.Unsubscribe(ctx, g.Place(), a, subscription.ID)
			if ctx.Err() != nil {
				done(cancelled)
				return
			}
			done(asFault(err, a))
			if err != nil {
				s.log.Info("unsubscribe failed; Exchange will expire the subscription", "mailbox", a.Redacted(), "err", err)
			}
		}
	})
}
