package health

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Stalled is how long a group that waits for nothing may bring nothing: three
// signs of life of Exchange, which come about every 45 s, with some patience.
const Stalled = 150 * time.Second

// Groups remembers what is true of the groups that the process streams.
type Groups struct {
	mu     sync.Mutex
	groups map[messages.GroupID]watched
}

type watched struct {
	streamer.GroupState
	since time.Time // when it last changed between waiting and not, or came
}

// NewGroups knows of no group.
func NewGroups() *Groups { return &Groups{groups: map[messages.GroupID]watched{}} }

// Group takes the state of a group.
func (g *Groups) Group(state streamer.GroupState, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	since := now
	if before, ok := g.groups[state.Group]; ok && (before.Waiting == "") == (state.Waiting == "") {
		since = before.since
	}
	g.groups[state.Group] = watched{state, since}
}

// GroupGone forgets a group.
func (g *Groups) GroupGone(group messages.GroupID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.groups, group)
}

// Progress is the check of the owned groups at a time. A group stalls when it
// waits for nothing and has brought nothing for longer than [Stalled], be it
// connected or opening: one is enough to be unready. Groups that wait for a named
// reason, such as an endpoint's open breaker, are named, and make the process
// unready only when all of them wait: then none of its work goes on.
func (g *Groups) Progress(now time.Time) (ok bool, why string) {
	g.mu.Lock()
	owned := slices.SortedFunc(maps.Values(g.groups), func(a, b watched) int { return cmp.Compare(a.Group, b.Group) })
	g.mu.Unlock()
	owned = slices.DeleteFunc(owned, func(w watched) bool { return !w.Owned })
	var stalled, waiting []string
	for _, w := range owned {
		switch quiet := now.Sub(w.lastSign()); {
		case w.Waiting != "":
			waiting = append(waiting, fmt.Sprintf("%s waits: %s", w.Group, w.Waiting))
		case quiet > Stalled:
			stalled = append(stalled, fmt.Sprintf("%s brought nothing for %s", w.Group, quiet.Round(time.Second)))
		}
	}
	ok = len(stalled) == 0 && (len(waiting) == 0 || len(waiting) < len(owned))
	return ok, some(append(stalled, waiting...), len(owned))
}

// lastSign is the last progress, or the time from which it is to be expected.
func (w watched) lastSign() time.Time {
	if w.Progress.After(w.since) {
		return w.Progress
	}
	return w.since
}

// namedMost is how many groups an answer names.
const namedMost = 5

func some(texts []string, owned int) string {
	if len(texts) == 0 {
		return fmt.Sprintf("%d groups", owned)
	}
	rest := ""
	if more := len(texts) - namedMost; more > 0 {
		texts, rest = texts[:namedMost], fmt.Sprintf("; and %d more", more)
	}
	return fmt.Sprintf("of %d groups: %s%s", owned, strings.Join(texts, "; "), rest)
}
