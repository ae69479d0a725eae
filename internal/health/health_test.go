package health

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/internal/streamer"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestReadyNeedsEveryCheck(t *testing.T) {
	h := New()
	if r := h.Ready(); !r.OK || r.Checks == nil {
		t.Errorf("have %+v, want a process without checks to be ready", r)
	}
	connected := true
	h.Add("nats", func() (bool, string) {
		if connected {
			return true, ""
		}
		return false, "disconnected"
	})
	caughtUp := h.AddUntil("facts", "not all facts are read yet")
	want := Report{Checks: []Result{{Name: "nats", OK: true}, {Name: "facts", Why: "not all facts are read yet"}}}
	if diff := cmp.Diff(want, h.Ready()); diff != "" {
		t.Errorf("want -, have +\n%s", diff)
	}
	caughtUp()
	if r := h.Ready(); !r.OK {
		t.Errorf("have %+v, want ready", r)
	}
	connected = false
	want = Report{Checks: []Result{{Name: "nats", Why: "disconnected"}, {Name: "facts", OK: true}}}
	if diff := cmp.Diff(want, h.Ready()); diff != "" {
		t.Errorf("want -, have +\n%s", diff)
	}
}

func TestDrainingIsNotReady(t *testing.T) {
	h := New()
	h.Add("nats", func() (bool, string) { return true, "" })
	h.Drain()
	if r := h.Ready(); r.OK || len(r.Checks) != 2 || r.Checks[1].Name != "draining" {
		t.Errorf("have %+v, want draining to say why", r)
	}
}

func TestAliveWhileLoopsTurn(t *testing.T) {
	h := New()
	turned, ended := h.AddLoop("keeper", 30*time.Second)
	if r := h.Alive(noon); !r.OK {
		t.Errorf("before it began: have %+v", r)
	}
	turned(noon)
	if r := h.Alive(noon.Add(30 * time.Second)); !r.OK {
		t.Errorf("in time: have %+v", r)
	}
	r := h.Alive(noon.Add(31 * time.Second))
	if r.OK || r.Checks[0].Name != "keeper" || !strings.Contains(r.Checks[0].Why, "31s") {
		t.Errorf("too late: have %+v", r)
	}
	turned(noon.Add(time.Minute))
	if r := h.Alive(noon.Add(time.Minute)); !r.OK {
		t.Errorf("again: have %+v", r)
	}
	ended()
	if r := h.Alive(noon.Add(time.Hour)); !r.OK {
		t.Errorf("ended: have %+v", r)
	}
}

// Being alive does not depend on what others do.
func TestUnreadyIsAlive(t *testing.T) {
	h := New()
	h.Add("nats", func() (bool, string) { return false, "disconnected" })
	h.Drain()
	if r := h.Alive(noon); !r.OK {
		t.Errorf("have %+v", r)
	}
}

func group(name messages.GroupID, change func(*streamer.GroupState)) streamer.GroupState {
	s := streamer.GroupState{Group: name, Owned: true, Connected: true, Progress: noon}
	change(&s)
	return s
}

func TestProgress(t *testing.T) {
	as := func(*streamer.GroupState) {}
	waits := func(s *streamer.GroupState) { s.Waiting = "storage full" }
	late := noon.Add(Stalled + time.Second)
	tests := map[string]struct {
		groups []streamer.GroupState
		now    time.Time
		ok     bool
		why    string
	}{
		"none":         {nil, late, true, "0 groups"},
		"in time":      {[]streamer.GroupState{group("a", as)}, noon.Add(Stalled), true, "1 groups"},
		"stalled":      {[]streamer.GroupState{group("a", as), group("b", func(s *streamer.GroupState) { s.Progress = late })}, late, false, "of 2 groups: a brought nothing for 2m31s"},
		"opening long": {[]streamer.GroupState{group("a", func(s *streamer.GroupState) { s.Connected, s.Progress = false, time.Time{} })}, late, false, "of 1 groups: a brought nothing for 2m31s"},
		"one waits":    {[]streamer.GroupState{group("a", func(s *streamer.GroupState) { s.Progress = late }), group("b", waits)}, late, true, "of 2 groups: b waits: storage full"},
		"all wait":     {[]streamer.GroupState{group("a", waits), group("b", waits)}, noon, false, "of 2 groups: a waits: storage full; b waits: storage full"},
		"not owned":    {[]streamer.GroupState{group("a", func(s *streamer.GroupState) { s.Owned = false })}, late, true, "0 groups"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := NewGroups()
			for _, s := range tt.groups {
				g.Group(s, noon)
			}
			if ok, why := g.Progress(tt.now); ok != tt.ok || why != tt.why {
				t.Errorf("have %t, %q, want %t, %q", ok, why, tt.ok, tt.why)
			}
		})
	}
}

// What waited has Stalled from then on: its progress is as old as the wait.
func TestProgressIsExpectedFromTheEndOfAWait(t *testing.T) {
	g := NewGroups()
	waiting := group("a", func(s *streamer.GroupState) { s.Waiting = "breaker open" })
	g.Group(waiting, noon)
	hour := noon.Add(time.Hour)
	waiting.Waiting = ""
	g.Group(waiting, hour)
	g.Group(waiting, hour.Add(time.Minute)) // says nothing new
	if ok, why := g.Progress(hour.Add(Stalled)); !ok {
		t.Errorf("have %q, want patience", why)
	}
	if ok, _ := g.Progress(hour.Add(Stalled + time.Second)); ok {
		t.Error("a group that brings nothing after its wait is not noticed")
	}
	g.GroupGone("a")
	if ok, why := g.Progress(hour.Add(time.Hour)); !ok {
		t.Errorf("a group that is gone stalls: %q", why)
	}
}

func TestNotEveryGroupIsNamed(t *testing.T) {
	g := NewGroups()
	for _, name := range strings.Fields("h g f e d c b a") {
		g.Group(group(messages.GroupID(name), func(s *streamer.GroupState) { s.Waiting = "x" }), noon)
	}
	if _, why := g.Progress(noon); why != "of 8 groups: a waits: x; b waits: x; c waits: x; d waits: x; e waits: x; and 3 more" {
		t.Errorf("have %q", why)
	}
}
