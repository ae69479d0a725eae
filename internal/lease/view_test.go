package lease

import (
	"testing"
	"time"
)

// A process that was frozen is asked before its keeper's goroutine has run.
func TestRoleAsksTheClock(t *testing.T) {
	for name, tt := range map[string]struct {
		asleep instant
		want   bool
	}{
		"in time":                    {instant{4900 * time.Millisecond, 4900 * time.Millisecond}, true},
		"frozen":                     {instant{5 * time.Second, 5 * time.Second}, false},
		"machine suspended":          {instant{time.Second, time.Hour}, false},
		"wall clock set back a year": {instant{5 * time.Second, -365 * 24 * time.Hour}, false},
		"set back, but in time":      {instant{time.Second, -time.Hour}, true},
	} {
		k := New(Config{Stage: "stage", Units: []string{"u"}}, nil)
		now := k.clock.now()
		k.view.believes = true
		k.view.sent = instant{now.mono - tt.asleep.mono, now.wall - tt.asleep.wall}
		k.view.roles["u"] = Role{Part: Owner, Token: 7}
		if have := k.Role("u"); have.Decides() != tt.want || have.Part != Owner || have.Token != 7 || k.Owns("u") != tt.want {
			t.Errorf("%s: have %+v, want that it decides: %t", name, have, tt.want)
		}
	}
}

// What was released is not owned until the keeper's goroutine has heard of it.
func TestReleaseEndsBeliefAtOnce(t *testing.T) {
	k := New(Config{Stage: "stage", Units: []string{"u"}}, nil)
	k.view.believes, k.view.sent, k.view.roles["u"] = true, k.clock.now(), Role{Part: Owner}
	k.Release("u")
	if r := k.Role("u"); r.Part != Nobody {
		t.Errorf("have %+v after the release", r)
	}
}
