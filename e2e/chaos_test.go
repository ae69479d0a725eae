package e2e

import (
	"testing"
	"time"
)

// TestChaos kills processes, one after the other, under load.
func TestChaos(t *testing.T) {
	t.Parallel()
	n := rounds(t, "EWSNATS_CHAOS_ROUNDS", 8)
	c := newCast(t, scene{crew: wholeCrew(), mailboxes: 200, groupSize: 10})
	rest := c.users(50, c.seed)
	for range n {
		c.strike()
		if c.random.IntN(2) == 0 {
			c.untilWhole(60 * time.Second)
		}
	}
	rest()
	c.conclude("chaos", n)
}

// wholeCrew is the crew of the tests that kill and freeze.
func wholeCrew() crew { return crew{2, 2, 3} }

// strike kills a process, or in one of eight cases NATS.
func (c *cast) strike() {
	down := c.between(200*time.Millisecond, 5*time.Second)
	if c.random.IntN(8) == 0 {
		c.killNATS(down)
		return
	}
	c.kill(c.any(c.nodes), down)
}
