package streamer

import (
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// skew is how far the clock of a connection's answer is ahead of ours.
func (c *connection) skew() time.Duration { return c.opened.Sub(c.openedAt) }

// contradicts reports whether a connection's clock and the former one's differ by more
// than the clocks of Exchange's servers do: one of them is wrong.
func (w *worker) contradicts(c *connection) bool {
	return w.clock != nil && (c.skew()-w.clock.skew()).Abs() > messages.GapUncertainty*time.Second
}

// reconcile has a connection go by the former one's clock when they contradict each
// other and that one was nearer to ours. A gap whose bounds were told by two clocks
// would not hold what was lost.
func (w *worker) reconcile(c *connection) {
	if w.contradicts(c) && w.clock.skew().Abs() < c.skew().Abs() {
		c.opened = w.clock.exchangeTime(c.openedAt)
	}
}

// byClockOf is where a gap begins that began at a time by the former connection's clock,
// or by that of the Subscribe. Where c's contradicts the former one's, the earlier of
// both readings holds.
func (w *worker) byClockOf(c *connection, at time.Time) time.Time {
	if w.contradicts(c) && c.skew() < w.clock.skew() {
		return at.Add(c.skew() - w.clock.skew())
	}
	return at
}
