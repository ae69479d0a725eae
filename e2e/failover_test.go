package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// lossStory is one way to lose subscriptions, and what has to follow.
type lossStory struct {
	name       string
	cfg        exchangesim.Config
	strike     func(*exchangesim.Server)
	concerned  func(messages.Address) bool
	rediscover bool // stale, then discovered again
	generation bool // a new generation rather than a revision
	grouping   messages.Grouping
}

func ofSiteA(a messages.Address) bool  { return strings.HasPrefix(string(a), "a") }
func onlyA007(a messages.Address) bool { return a == "a007@sim.test" }

var lossStories = []lossStory{
	{
		name: "failover with a new key",
		strike: func(s *exchangesim.Server) {
			s.Failover("ex01.sim.test", "ex03.sim.test", exchangesim.FailoverOptions{NewGrouping: "Site-C"})
		},
		concerned: ofSiteA, rediscover: true, generation: true, grouping: "Site-C",
	},
	{
		name: "failover with the same key",
		strike: func(s *exchangesim.Server) {
			s.Failover("ex01.sim.test", "ex03.sim.test", exchangesim.FailoverOptions{})
		},
		concerned: ofSiteA, generation: true, grouping: "Site-A",
	},
	{
		name: "failover noticed at the heartbeat only",
		strike: func(s *exchangesim.Server) {
			s.Failover("ex01.sim.test", "ex03.sim.test", exchangesim.FailoverOptions{Silent: true})
		},
		concerned: ofSiteA, generation: true, grouping: "Site-A",
	},
	{
		name:      "restart of the mailbox server",
		strike:    func(s *exchangesim.Server) { s.Restart("ex01.sim.test") },
		concerned: ofSiteA, generation: true, grouping: "Site-A",
	},
	{
		name:      "one subscription not found",
		strike:    func(s *exchangesim.Server) { s.DropSubscriptions("a007@sim.test") },
		concerned: onlyA007, grouping: "Site-A",
	},
	{
		name:      "one subscription not found, the good ones fall silent",
		cfg:       exchangesim.Config{BadIDs: exchangesim.BadIDGoodFallSilent},
		strike:    func(s *exchangesim.Server) { s.DropSubscriptions("a007@sim.test") },
		concerned: onlyA007, grouping: "Site-A",
	},
	{
		name: "the whole group's subscriptions not found",
		strike: func(s *exchangesim.Server) {
			var all []string
			for i := range 20 {
				all = append(all, fmt.Sprintf("a%03d@sim.test", i+1))
			}
			s.DropSubscriptions(all...)
		},
		concerned: ofSiteA, generation: true, grouping: "Site-A",
	},
	{
		name:      "one mailbox moves to another site",
		strike:    func(s *exchangesim.Server) { s.MoveMailbox("a007@sim.test", "ex02.sim.test", "Site-B") },
		concerned: onlyA007, rediscover: true, grouping: "Site-B",
	},
}

func TestLostSubscriptionsAreRegroupedAndTheirGapAnnounced(t *testing.T) {
	for _, story := range lossStories {
		t.Run(story.name, func(t *testing.T) { inBubble(t, story.cfg, func(b *bubble) { tellLoss(b, story) }) })
	}
}

func tellLoss(b *bubble, story lossStory) {
	t := b.t
	all := append(populate(b, "a", 20, "ex01.sim.test", "Site-A"), populate(b, "b", 10, "ex02.sim.test", "Site-B")...)
	b.sim.AddServer("ex03.sim.test")
	stop := b.run()
	defer stop()
	b.list(all...)
	b.untilStreaming(len(all))
	stopProducing := b.produce(2)
	time.Sleep(3 * time.Minute)

	before := b.latestGroups()
	struck := time.Now()
	story.strike(b.sim)
	time.Sleep(5 * time.Minute)
	stopProducing()
	b.settle()

	report := b.sound()
	if report.Gaps == 0 {
		t.Error("no gap was announced")
	}
	checkGaps(b, story, struck)
	checkRegrouped(b, story, before)
	checkFlow(b, all, struck.Add(2*time.Minute))
}

// checkGaps holds the announced gaps against the moment of the loss.
func checkGaps(b *bubble, story lossStory, struck time.Time) {
	gaps := map[messages.Address]int{}
	for _, g := range events[messages.MailboxGap](b) {
		gaps[g.Mailbox]++
		if g.From.After(struck.Add(2*time.Second)) || g.From.Before(struck.Add(-2*time.Minute)) ||
			g.To.Before(struck.Add(-2*time.Second)) || g.To.After(struck.Add(3*time.Minute)) {
			b.t.Errorf("%s: gap from %s to %s does not fit a loss at %s", g.Mailbox, g.From, g.To, struck)
		}
	}
	for _, a := range b.sim.Truth().Subscriptions {
		mailbox := messages.Address(a.Mailbox)
		if have := gaps[mailbox] > 0; have != story.concerned(mailbox) {
			b.t.Errorf("%s: gap announced %t, want %t", mailbox, have, story.concerned(mailbox))
		}
	}
}

// checkRegrouped follows the causes: request, loss, stale, discovered, new group message.
func checkRegrouped(b *bubble, story lossStory, before map[messages.GroupID]messages.GroupSubscribed) {
	t := b.t
	lost := map[messages.Address]messages.MailboxGrouped{}
	for _, f := range facts[messages.MailboxGrouped](b) {
		if f.Lost == "" {
			continue
		}
		lost[f.Mailbox] = f
		if !strings.HasPrefix(f.Cause.ID, "regroup-") {
			t.Errorf("%s: the loss is not caused by a request: %+v", f.Mailbox, f.Cause)
		}
	}
	stale := map[messages.Address]string{}
	for _, f := range facts[messages.MailboxStale](b) {
		stale[f.Mailbox] = f.ID
	}
	discovered := map[messages.Address]messages.MailboxDiscovered{}
	for _, f := range facts[messages.MailboxDiscovered](b) {
		discovered[f.Mailbox] = f
	}
	after := b.latestGroups()
	for id, was := range before {
		for a := range was.Subscriptions {
			_, isLost := lost[a]
			if isLost != story.concerned(a) {
				t.Errorf("%s: lost %t, want %t", a, isLost, story.concerned(a))
			}
			if id, isStale := stale[a]; isStale != (story.rediscover && story.concerned(a)) || isStale && discovered[a].Cause.ID != id {
				t.Errorf("%s: stale %t, then discovered because of %q", a, isStale, discovered[a].Cause.ID)
			}
			if !story.concerned(a) && after[id].Subscriptions[a].ID != was.Subscriptions[a].ID {
				t.Errorf("%s was not concerned but has another subscription", a)
			}
		}
	}
	for _, g := range after {
		for a := range g.Subscriptions {
			if !story.concerned(a) {
				continue
			}
			if g.Grouping != story.grouping {
				t.Errorf("%s: grouped by %s, want %s", a, g.Grouping, story.grouping)
			}
			was := before[g.Group]
			if story.generation && g.Generation == was.Generation || !story.generation && g.Generation != was.Generation {
				t.Errorf("%s: generation %d after %d, want a new one: %t", a, g.Generation, was.Generation, story.generation)
			}
		}
	}
}

// checkFlow wants an event of every mailbox after a moment.
func checkFlow(b *bubble, all []string, after time.Time) {
	flows := map[messages.Address]bool{}
	for _, e := range events[messages.MailboxEvent](b) {
		if e.Time.After(after) {
			flows[e.Mailbox] = true
		}
	}
	for _, a := range all {
		if !flows[messages.Address(a)] {
			b.t.Errorf("%s: no event after %s", a, after)
		}
	}
}
