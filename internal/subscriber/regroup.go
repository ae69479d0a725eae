package subscriber

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// request is a RegroupRequested on its way through the loop.
type request struct {
	messages.RegroupRequested
	ctx  context.Context // of its handler: when it has ended no one waits for done
	done chan error
}

// errNotOurs hands a request back to the queue.
var errNotOurs = errors.New("the endpoint is another process's")

// longestHeld is how long a request is held whose endpoint is not this process's:
// after an interruption it may be again. The queue repeats a few times only what
// is handed back.
const longestHeld = 5 * time.Minute

// handleRegroup gives a request to the loop and waits until its consequences
// are recorded: only then may the message be acknowledged.
func (s *Subscriber) handleRegroup(ctx context.Context, r messages.RegroupRequested) error {
	ctx, cancel := context.WithTimeoutCause(ctx, longestHeld, errNotOurs)
	defer cancel()
	waiting := request{r, ctx, make(chan error, 1)}
	select {
	case s.requests <- waiting:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-waiting.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// requested handles a request, or holds it while its endpoint is not ours. One that
// is in hand when its endpoint yields is still ours to handle: no other process has
// begun.
func (s *Subscriber) requested(ctx context.Context, r request) {
	if s.owns(r.URL) || slices.Contains(s.ownership.Yielding(), r.URL.Partition()) {
		r.done <- s.regroup(ctx, r.RegroupRequested)
		return
	}
	s.held = slices.DeleteFunc(s.held, func(h request) bool { return h.ctx.Err() != nil })
	s.held = append(s.held, r)
}

// regroup records what a request comes to: each loss in its mailbox's history,
// then the revision without the lost subscriptions. The next plan gives the
// mailboxes a place again, when the ladder allows. The ids of the facts are made
// of the request's, so that a request handled twice is recorded once.
func (s *Subscriber) regroup(ctx context.Context, r messages.RegroupRequested) error {
	losses := s.roster.Regroup(r, time.Now())
	if len(losses.Lost) == 0 {
		s.log.Info("regroup request is outdated", "group", r.Group, "generation", r.Generation, "code", r.Code)
		return nil
	}
	if err := s.record(ctx, s.lossFacts(r, losses)...); err != nil {
		return err
	}
	next := losses.Group
	next.Meta = s.meta(messages.Cause{ID: r.ID, Reason: "subscriptions lost: " + r.Code})
	sequence, err := s.store.Decide(ctx, next, losses.Sequence)
	if err != nil {
		return err
	}
	s.roster.Apply(messages.Recorded{Fact: next, Sequence: sequence})
	s.endpoint(r.URL).ramp.Lost(time.Now(), len(losses.Lost))
	s.log.Warn("subscriptions lost", "group", r.Group, "generation", r.Generation, "mailboxes", len(losses.Lost),
		"left", len(next.Subscriptions), "rediscovered", len(losses.Rediscover), "parked", len(losses.Park),
		"code", r.Code, "err", r.Text, "hint", ewsaffinity.Recover(ewsaffinity.OpStream, ewsaffinity.Code(r.Code)).Meaning)
	s.unsubscribe(ctx, losses.Former, mayLive(r, losses))
	s.news()
	return nil
}

// mayLive are the subscriptions that Exchange may still hold of those who left:
// the ones the request did not name, and all of them where the code leaves their
// fate open.
func mayLive(r messages.RegroupRequested, losses ewsaffinity.Losses) []messages.Address {
	fate := ewsaffinity.Recover(ewsaffinity.OpStream, ewsaffinity.Code(r.Code)).Subscription
	var live []messages.Address
	for a := range losses.Group.Left {
		if _, named := r.Died[a]; !named || fate != ewsaffinity.Dead {
			live = append(live, a)
		}
	}
	return live
}

func (s *Subscriber) lossFacts(r messages.RegroupRequested, losses ewsaffinity.Losses) []messages.Fact {
	now := time.Now().UTC()
	meta := func(what string, a messages.Address) messages.Meta {
		return messages.Meta{ID: r.ID + "." + what + "." + a.Token(), Time: now,
			Cause: messages.Cause{ID: r.ID, Reason: "subscription lost"}}
	}
	var facts []messages.Fact
	for _, a := range losses.Lost {
		facts = append(facts, messages.MailboxGrouped{Meta: meta("lost", a), Mailbox: a, Group: r.Group,
			Generation: r.Generation, Revision: losses.Group.Revision, Lost: r.Code})
	}
	for _, a := range losses.Rediscover {
		facts = append(facts, messages.MailboxStale{Meta: meta("stale", a), Mailbox: a, Code: r.Code})
	}
	for _, a := range losses.Park {
		attempts := s.roster.ParkedAttempts(a) + 1
		next := now.Add(spread(ewsaffinity.ParkDelay(attempts), s.cfg.Random()))
		facts = append(facts, messages.MailboxParked{Meta: meta("parked", a), Mailbox: a, Code: r.Code,
			Text: r.Text, Attempts: attempts, NextAttempt: next})
	}
	return facts
}
