package ewsaffinity

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// world is a subscriber's process without Exchange: it folds facts into a roster
// and carries plans out the way the stage does.
type world struct {
	roster   *Roster
	stored   []messages.Recorded // every fact, in the order of the streams
	now      time.Time
	size     int
	sequence uint64
	ids      int // facts and subscriptions ever made
}

func newWorld(size int) *world {
	return &world{roster: NewRoster(), now: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC), size: size}
}

func (w *world) id(kind string) string {
	w.ids++
	return fmt.Sprintf("%s%d", kind, w.ids)
}

func (w *world) meta() messages.Meta { return messages.Meta{ID: w.id("f"), Time: w.now} }

// store stores facts and folds them.
func (w *world) store(facts ...messages.Fact) {
	for _, f := range facts {
		w.sequence++
		recorded := messages.Recorded{Fact: f, Sequence: w.sequence}
		w.stored = append(w.stored, recorded)
		w.roster.Apply(recorded)
	}
}

func (w *world) enrol(a messages.Address, source string) {
	w.store(messages.MailboxEnrolled{Meta: w.meta(), Mailbox: a, EnrolledBy: source})
}

func (w *world) withdraw(a messages.Address, source string) {
	w.store(messages.MailboxWithdrawn{Meta: w.meta(), Mailbox: a, EnrolledBy: source})
}

func (w *world) discover(a messages.Address, key Key) {
	w.store(messages.MailboxDiscovered{Meta: w.meta(), Mailbox: a, URL: key.URL, Grouping: key.Grouping})
}

func (w *world) stale(a messages.Address) {
	w.store(messages.MailboxStale{Meta: w.meta(), Mailbox: a, Code: "ErrorProxyRequestNotAllowed"})
}

func (w *world) park(a messages.Address, until time.Time) {
	w.store(messages.MailboxParked{Meta: w.meta(), Mailbox: a, Code: "ErrorAccessDenied",
		Attempts: w.roster.ParkedAttempts(a) + 1, NextAttempt: until})
}

func (w *world) plan() Plan { return w.roster.Plan(w.now, w.size) }

// carryOut makes a change true, but for the joiners that Exchange rejects. It
// reports whether a message of the group came of it.
func (w *world) carryOut(c Change, rejected map[messages.Address]bool) bool {
	former, _ := w.roster.Group(c.Group)
	if former.Group != "" && !c.Begin && len(former.Subscriptions) == 0 {
		return false // the generation is over: its anchor and cookie are not to be used again
	}
	joined := map[messages.Address]messages.Subscription{}
	var anchor messages.Address
	for _, a := range c.Join {
		if rejected[a] {
			continue
		}
		if anchor == "" {
			anchor = a
		}
		joined[a] = messages.Subscription{ID: messages.SubscriptionID(w.id("s")), Since: w.now}
	}
	next := w.next(former, c, anchor)
	for _, leave := range c.Leave {
		delete(next.Subscriptions, leave.Mailbox)
	}
	if len(joined) == 0 && len(next.Subscriptions) == len(former.Subscriptions) {
		return false
	}
	maps.Copy(next.Subscriptions, joined)
	w.store(next)
	for _, a := range slices.Sorted(maps.Keys(joined)) {
		w.store(messages.MailboxGrouped{Meta: w.meta(), Mailbox: a, Group: next.Group, Generation: next.Generation,
			Revision: next.Revision, Subscription: joined[a].ID})
	}
	return true
}

// next is the group's message before anyone joined or left.
func (w *world) next(former messages.GroupSubscribed, c Change, anchor messages.Address) messages.GroupSubscribed {
	if c.Begin && anchor != "" {
		return messages.GroupSubscribed{Meta: w.meta(), Group: c.Group, Generation: c.Generation, Revision: 1,
			URL: c.Key.URL, Grouping: c.Key.Grouping, Anchor: anchor, Since: w.now,
			Subscriptions: map[messages.Address]messages.Subscription{}}
	}
	next := former
	next.Meta = w.meta()
	next.Revision++
	next.Subscriptions = w.roster.Members(c.Group) // without those who moved meanwhile
	return next
}

// request is a RegroupRequested that names members of a group by their current ids.
func (w *world) request(id messages.GroupID, action messages.RegroupAction, died ...messages.Address) messages.RegroupRequested {
	g, _ := w.roster.Group(id)
	r := messages.RegroupRequested{Meta: w.meta(), Group: id, Generation: g.Generation, URL: g.URL,
		Died: map[messages.Address]messages.SubscriptionID{}, Code: "ErrorSubscriptionNotFound", Action: action}
	for _, a := range died {
		r.Died[a] = g.Subscriptions[a].ID
	}
	return r
}

// lossFacts are what the stage records of a request before it decides the group.
func (w *world) lossFacts(r messages.RegroupRequested, losses Losses) []messages.Fact {
	meta := func(what string, a messages.Address) messages.Meta {
		return messages.Meta{ID: r.ID + "." + what + "." + a.Token(), Time: w.now, Cause: messages.Cause{ID: r.ID}}
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
		attempts := w.roster.ParkedAttempts(a) + 1
		facts = append(facts, messages.MailboxParked{Meta: meta("parked", a), Mailbox: a, Code: r.Code,
			Attempts: attempts, NextAttempt: w.now.Add(ParkDelay(attempts))})
	}
	return facts
}

// lose carries a request out and returns what it came to.
func (w *world) lose(r messages.RegroupRequested) Losses {
	losses := w.roster.Regroup(r, w.now)
	if len(losses.Lost) == 0 {
		return losses
	}
	w.store(w.lossFacts(r, losses)...)
	next := losses.Group
	next.Meta = w.meta()
	w.store(next)
	return losses
}
