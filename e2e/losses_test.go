package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// group is the living group of a grouping.
func (s *system) group(grouping messages.Grouping) messages.GroupSubscribed {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.groups {
		if g.Grouping == grouping && len(g.Subscriptions) > 0 {
			return g
		}
	}
	return messages.GroupSubscribed{}
}

// members are a group's mailboxes as the simulator wants them named.
func members(g messages.GroupSubscribed) []string {
	var all []string
	for a := range g.Subscriptions {
		all = append(all, string(a))
	}
	slices.Sort(all)
	return all
}

func TestThreeProcessesLoseWholeGroups(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "-mailboxes", "30", "-servers", "3", "-keys", "3")
	s.list(names(1, 30))
	s.startStages(stageNames...)
	s.untilStreaming(30, 30*time.Second)
	s.control("produce", map[string]any{"rate": 20, "seed": 5, "duration": "10s"})
	usersStop := time.After(10 * time.Second)

	untouched := s.group("SITE-3")
	dropped := s.group("SITE-1")
	s.control("dropsubscriptions", map[string]any{"mailboxes": members(dropped)})
	s.untilGeneration("SITE-1", dropped.Generation+1)

	failed := s.group("SITE-2")
	s.control("addserver", map[string]any{"server": "ex09.sim.test"})
	s.control("failover", map[string]any{"server": "ex02.sim.test", "to": "ex09.sim.test"})
	s.untilGeneration("SITE-2", failed.Generation+1)
	s.untilStreaming(30, 10*time.Second)

	s.tellOutdated(dropped)
	<-usersStop
	s.sound()
	if g := s.group("SITE-3"); g.Generation != untouched.Generation || g.Revision != untouched.Revision {
		t.Errorf("the group that lost nothing went from revision %d to generation %d revision %d", untouched.Revision, g.Generation, g.Revision)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.stored {
		if gap, ok := e.Event.(messages.MailboxGap); ok && untouched.Subscriptions[gap.Mailbox].ID != "" {
			t.Errorf("%s lost nothing but has a gap", gap.Mailbox)
		}
	}
}

func (s *system) untilGeneration(grouping messages.Grouping, generation messages.Generation) {
	s.t.Helper()
	s.until("a new generation of "+string(grouping)+" with all its mailboxes", 20*time.Second, func() bool {
		g := s.group(grouping)
		return g.Generation == generation && len(g.Subscriptions) == 10
	})
}

// tellOutdated reports subscriptions as dead that were replaced already: nothing changes.
func (s *system) tellOutdated(old messages.GroupSubscribed) {
	s.t.Helper()
	before, requests := s.group(old.Grouping), s.requests("Subscribe")
	late := messages.RegroupRequested{Meta: messages.Meta{ID: "late", Time: time.Now()}, Group: old.Group, Generation: old.Generation,
		URL: old.URL, Died: map[messages.Address]messages.SubscriptionID{}, Code: "ErrorSubscriptionNotFound", Action: messages.RegroupAll}
	for a, subscription := range old.Subscriptions {
		late.Died[a] = subscription.ID
	}
	if err := s.bus.RequestRegroup(s.t.Context(), late); err != nil {
		s.t.Fatal(err)
	}
	s.until("the subscriber says that the request is outdated", 10*time.Second, func() bool {
		return len(s.stages["subscriber"].log.lines("regroup request is outdated")) == 1
	})
	if after := s.group(old.Grouping); after.Generation != before.Generation || after.Revision != before.Revision || s.requests("Subscribe") != requests {
		s.t.Errorf("an outdated request changed generation %d revision %d to %d, %d", before.Generation, before.Revision, after.Generation, after.Revision)
	}
}
