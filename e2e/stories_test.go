package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// One system of three stage processes, NATS and Exchange lives through it all.
func TestThreeProcesses(t *testing.T) {
	s := newSystem(t, "-mailboxes", "460", "-servers", "3", "-keys", "2")
	s.control("addserver", map[string]any{"server": "ex09.sim.test"})
	s.list(names(1, 450))
	s.startStages(stageNames...)
	s.untilStreaming(450, 60*time.Second)
	rest := s.users(30, 3)

	t.Run("three groups, each with its own affinity", s.tellGroups)
	t.Run("a renewal loses nothing", s.tellRenewal)
	t.Run("a mailbox joins and one leaves within 5 s", s.tellMembership)
	t.Run("stages end and start again", s.tellRestarts)
	t.Run("subscriptions are lost", s.tellLosses)
	t.Run("NATS is down for 20 s", s.tellOutage)
	t.Run("everything is in the stream or in a gap", func(t *testing.T) {
		s.t = t
		rest()
		s.sound()
		for name, p := range s.stages {
			if code := p.stop(t); code != 143 {
				t.Errorf("%s: exit code %d after SIGTERM, want 143", name, code)
			}
		}
	})
}

func (s *system) tellGroups(t *testing.T) {
	s.t = t
	s.mu.Lock()
	groups := slices.SortedFunc(maps.Values(s.groups), func(x, y messages.GroupSubscribed) int {
		return len(y.Subscriptions) - len(x.Subscriptions)
	})
	s.mu.Unlock()
	if len(groups) != 3 || len(groups[0].Subscriptions) != 200 || len(groups[1].Subscriptions) != 150 || len(groups[2].Subscriptions) != 100 {
		t.Fatalf("want groups of 200, 150 and 100, have %d groups", len(groups))
	}
	for _, g := range groups {
		if first := slices.Min(slices.Collect(maps.Keys(g.Subscriptions))); g.Anchor != first {
			t.Errorf("group %s: anchor %s, want the first address %s", g.Group, g.Anchor, first)
		}
	}
	var truth exchangesim.Truth
	s.get("truth", &truth)
	checkAffinity(t, truth.Requests, groups)
}

func (s *system) tellRenewal(t *testing.T) {
	s.t = t
	opened := s.requests("GetStreamingEvents")
	s.until("every connection is renewed", 40*time.Second, func() bool { return s.requests("GetStreamingEvents") >= opened+3 })
	if report := s.report(); report.Gaps > 0 || len(report.Holes)+len(report.OutOfOrder)+len(report.Repeated)+len(report.Invented) > 0 {
		t.Errorf("want no gap and nothing wrong, have %s", report)
	}
}

func (s *system) tellMembership(t *testing.T) {
	s.t = t
	subscribed := s.requests("Subscribe")
	s.list(names(1, 451))
	s.until("the added mailbox streams", 5*time.Second, func() bool { return s.streaming()["user0451@sim.test"] != 0 })
	s.list(names(2, 451))
	s.until("the removed mailbox is silent", 5*time.Second, func() bool { return s.streaming()["user0001@sim.test"] == 0 })
	if n := s.requests("Subscribe"); n != subscribed+1 {
		t.Errorf("want one Subscribe for the added mailbox, have %d", n-subscribed)
	}
}

// tellRestarts: a stage that starts again rebuilds all it knows from the streams.
func (s *system) tellRestarts(t *testing.T) {
	s.t = t
	subscribed, discovered := s.requests("Subscribe"), s.requests("GetUserSettings")
	epochs := s.streaming()
	for _, name := range stageNames {
		if code := s.stages[name].stop(t); code != 143 {
			t.Errorf("%s: exit code %d after SIGTERM, want 143", name, code)
		}
		s.startStages(name)
	}
	s.until("the streamer has taken over every mailbox", 20*time.Second, func() bool {
		taken := 0
		for a, epoch := range s.streaming() {
			if epoch > epochs[a] {
				taken++
			}
		}
		return taken == 450
	})
	if n := s.requests("Subscribe"); n != subscribed {
		t.Errorf("%d mailboxes were subscribed anew although their subscriptions lived", n-subscribed)
	}
	if n := s.requests("GetUserSettings"); n != discovered {
		t.Errorf("Autodiscover was asked %d times although all was known", n-discovered)
	}
}

func (s *system) tellLosses(t *testing.T) {
	s.t = t
	s.buryPoison()
	for _, c := range []struct {
		path   string
		body   map[string]any
		epochs int // of mailboxes that stream in a new one
		gaps   int
	}{
		{"dropsubscriptions", map[string]any{"mailboxes": names(7, 7)}, 1, 1},
		{"failover", map[string]any{"server": "ex02.sim.test", "to": "ex09.sim.test", "newGrouping": "SITE-9"}, 150, 150},
		{"cutstreams", map[string]any{"mailboxes": names(3, 3)}, 0, 199}, // the same subscriptions, opened again
	} {
		before, gaps := s.streaming(), s.report().Gaps
		s.control(c.path, c.body)
		s.until(c.path+": those concerned stream again, with a gap", 30*time.Second, func() bool {
			renewed, now := 0, s.streaming()
			for a, epoch := range now {
				if epoch != before[a] {
					renewed++
				}
			}
			return len(now) == 450 && renewed == c.epochs && s.report().Gaps == gaps+c.gaps
		})
	}
}

// tellOutage stops NATS under load.
func (s *system) tellOutage(t *testing.T) {
	s.t = t
	epochs, gaps := s.streaming(), s.report().Gaps
	s.restartNATS(20 * time.Second)
	s.until("events are stored again", 30*time.Second, func() bool {
		s.mu.Lock()
		n := len(s.stored)
		recent := n > 0 && time.Since(s.stored[n-1].Event.Meta().Recorded) < time.Second
		s.mu.Unlock()
		return recent
	})
	if after := s.streaming(); !maps.Equal(after, epochs) {
		t.Error("the outage opened new epochs")
	}
	if n := s.report().Gaps - gaps; n > 0 {
		t.Errorf("the outage opened %d gaps: %v", n, s.gapCauses())
	}
	memory := residentMiB(t, s.stages["streamer"].cmd.Process.Pid)
	t.Logf("streamer's resident memory after the outage: %d MiB", memory)
	if memory > 200 {
		t.Errorf("the streamer holds %d MiB", memory)
	}
}

func TestThreeProcessesWithoutAndWithUnaskedCookies(t *testing.T) {
	for _, mode := range []string{"never", "always"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, "-mailboxes", "20", "-servers", "2", "-keys", "2", "-cookies", mode)
			s.list(names(1, 20))
			s.startStages(stageNames...)
			s.untilStreaming(20, 30*time.Second)
			s.control("produce", map[string]any{"rate": 20, "seed": 3, "duration": "5s"})
			s.control("restart", map[string]any{"server": "ex01.sim.test"})
			s.until("the restarted server's mailboxes stream in a new epoch", 20*time.Second, func() bool {
				s.mu.Lock()
				defer s.mu.Unlock()
				generation2 := false
				for _, g := range s.groups {
					generation2 = generation2 || g.Generation == 2 && len(g.Subscriptions) == 10
				}
				return generation2
			})
			s.untilStreaming(20, 10*time.Second)
			<-time.After(5 * time.Second) // the users stop
			s.sound()
		})
	}
}

func TestTheStreamerSaysThatNATSIsAwayAndKeepsTrying(t *testing.T) {
	t.Parallel()
	s := &system{root: t, t: t, dir: t.TempDir()}
	s.write("ewsnats.yaml", `
nats: {url: "nats://127.0.0.1:1"}
exchange:
  url: http://127.0.0.1:1/EWS/Exchange.asmx
  account: {user: svc, password: {env: E2E_PASSWORD}}
log: {format: text}
`)
	p := start(t, "streamer", "--config", s.path("ewsnats.yaml"))
	s.until("it says so twice", 20*time.Second, func() bool { return strings.Count(p.log.String(), "cannot connect to NATS") >= 2 })
	if code := p.stop(t); code != 143 {
		t.Errorf("exit code %d after SIGTERM, want 143", code)
	}
}

// gapCauses counts the announced gaps by what opened them.
func (s *system) gapCauses() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	causes := map[string]int{}
	for _, e := range s.stored {
		if gap, ok := e.Event.(messages.MailboxGap); ok {
			causes[gap.Cause]++
		}
	}
	return causes
}
