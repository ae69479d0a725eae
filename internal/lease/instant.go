package lease

import "time"

// instant is when something happens, by two clocks since the process began. The
// monotonic one stands still while a virtual machine is suspended, the other jumps.
type instant struct{ mono, wall time.Duration }

// since is the time that may have passed: by the clock that says more.
func (t instant) since(earlier instant) time.Duration {
	return max(t.mono-earlier.mono, t.wall-earlier.wall)
}

// clock reads both.
type clock struct{ start time.Time }

func (c clock) now() instant {
	now := time.Now()
	return instant{mono: now.Sub(c.start), wall: now.Round(0).Sub(c.start.Round(0))}
}
