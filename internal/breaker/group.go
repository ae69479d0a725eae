package breaker

import (
	"math/rand/v2"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// mergeWindow is how close together the losses of a group are one loss.
const mergeWindow = 30 * time.Second

// GroupConfig configures a [Group].
type GroupConfig struct {
	Name   string         // of the group
	Random func() float64 // in [0, 1); nil: math/rand
}

// Group is the breaker of an affinity group. It is open while the group as a whole
// is done over; the loss of single mailboxes, repaired beside the stream, leaves it
// closed. One goroutine owns it.
type Group struct {
	random  func() float64
	name    string
	breaker *gobreaker.CircuitBreaker[struct{}]
	counts  bool // what is recorded now is a failure of the whole group
	trips   bool // and more than the table puts up with

	anchor  messages.SubscriptionID
	members int
	losses  map[messages.SubscriptionID]time.Time
	repeats map[ewsaffinity.Code]repeat
	redone  repeat // times the whole group was given up
}

// repeat counts what came back within RepeatWindow.
type repeat struct {
	times int
	last  time.Time
}

// NewGroup is a closed breaker.
func NewGroup(cfg GroupConfig) *Group {
	g := &Group{
		random:  cfg.Random,
		name:    cfg.Name,
		losses:  map[messages.SubscriptionID]time.Time{},
		repeats: map[ewsaffinity.Code]repeat{},
	}
	if g.random == nil {
		g.random = rand.Float64
	}
	g.breaker = g.closed()
	return g
}

// closed is a new breaker. gobreaker counts the failures in a row, the recovery
// table says how many are too many. Once tripped it never closes by the clock:
// only an envelope shows that the group streams again.
func (g *Group) closed() *gobreaker.CircuitBreaker[struct{}] {
	return gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Name:        g.name,
		Timeout:     ewsaffinity.RepeatWindow,
		ReadyToTrip: func(gobreaker.Counts) bool { return g.trips },
		IsExcluded:  func(err error) bool { return err != nil && !g.counts },
	})
}

// Follow tells of the group's present revision: the anchor's subscription and
// the number of members. Without it a loss of the anchor is one like any other,
// and two losses at once are the group's. A new anchor begins with no losses.
func (g *Group) Follow(anchor messages.SubscriptionID, members int) {
	if anchor != g.anchor {
		clear(g.losses)
	}
	g.anchor, g.members = anchor, members
}

// Record takes the outcome of an opening, or a fault of the open stream, and
// says what to do. A nil fault is a success: an envelope after opening.
func (g *Group) Record(fault *ewsaffinity.Fault) Verdict {
	if fault == nil {
		g.succeed()
		return Verdict{Do: Continue}
	}
	now := time.Now()
	row := ewsaffinity.Recover(fault.Op, fault.Code)
	seen := g.see(fault, row, now)
	verdict := g.verdict(fault, row, seen)
	g.counts, g.trips = verdict.Whole || verdict.Do == Reopen, verdict.Whole
	g.run(fault)
	if verdict.Whole {
		g.redone = g.redoing(now)
	}
	return verdict
}

// State is closed, open or half-open, for views.
func (g *Group) State() string { return g.breaker.State().String() }

func (g *Group) succeed() {
	if g.breaker.State() != gobreaker.StateClosed {
		g.breaker = g.closed()
	}
	g.run(nil)
}

// run hands an outcome to gobreaker. An open breaker takes none: it has tripped
// already.
func (g *Group) run(outcome error) {
	_, _ = g.breaker.Execute(func() (struct{}, error) { return struct{}{}, outcome })
}

// see gathers what the table wants to know about the occurrence of a fault.
func (g *Group) see(fault *ewsaffinity.Fault, row ewsaffinity.Row, now time.Time) ewsaffinity.Seen {
	seen := ewsaffinity.Seen{MoveStarted: fault.MoveStarted()}
	if len(fault.Died) == 0 { // everything is in doubt
		seen.Several, seen.Most = true, true
	} else {
		for _, id := range fault.Died {
			seen.Anchor = seen.Anchor || id == g.anchor
		}
		seen.Several = ewsaffinity.Several(g.lost(fault.Died, now), g.members)
	}
	repeats := g.repeat(fault.Code, now)
	switch first := row.Next(seen).Do; {
	case first == ewsaffinity.ReopenSameIDs:
		seen.Times = g.failures(row.Steps[0].Times, now)
	case renews(first):
		seen.Times = 1 // a mailbox that is lost again is the subscriber's to count
		if whole(first) {
			seen.Times = g.redoing(now).times
		}
	default:
		seen.Times = repeats
	}
	return seen
}

// failures counts transport failures in a row. A tripped breaker does not go back
// to reopening.
func (g *Group) failures(reopenings int, now time.Time) int {
	if g.breaker.State() != gobreaker.StateClosed {
		return reopenings + g.redoing(now).times
	}
	return int(g.breaker.Counts().ConsecutiveFailures) + 1
}

// lost counts the ids that died within the merge window.
func (g *Group) lost(died []messages.SubscriptionID, now time.Time) int {
	for id, at := range g.losses {
		if now.Sub(at) > mergeWindow {
			delete(g.losses, id)
		}
	}
	for _, id := range died {
		g.losses[id] = now
	}
	return len(g.losses)
}

// repeat counts a code and forgets those that did not come back in time.
func (g *Group) repeat(code ewsaffinity.Code, now time.Time) int {
	for other, r := range g.repeats {
		if now.Sub(r.last) > ewsaffinity.RepeatWindow {
			delete(g.repeats, other)
		}
	}
	r := repeat{g.repeats[code].times + 1, now}
	g.repeats[code] = r
	return r.times
}

// redoing is what redone becomes if the whole group is given up now. What comes
// within the merge window belongs to the time before.
func (g *Group) redoing(now time.Time) repeat {
	switch age := now.Sub(g.redone.last); {
	case g.redone.times == 0 || age > ewsaffinity.RepeatWindow:
		return repeat{1, now}
	case age <= mergeWindow:
		return g.redone
	}
	return repeat{g.redone.times + 1, now}
}
