package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// TestStreamersJoinAndLeave starts a streamer and ends another, again and again,
// under load: by overlap nothing is lost, doubled, or even in doubt.
func TestStreamersJoinAndLeave(t *testing.T) {
	t.Parallel()
	n := rounds(t, "EWSNATS_SCALE_ROUNDS", 3)
	sc := scene{crew: crew{1, 1, 3}, mailboxes: 120, groupSize: 5}
	c := newCast(t, sc)
	c.untilSettled(3)
	rest := c.users(50, c.seed)
	moved := 0
	for round := range n {
		joined := c.add(sc, "streamer", 4+round)
		c.untilSettled(4)
		groups, _ := c.coord.owned()
		moved += groups[c.coord.memberOf("streamer", joined.p.cmd.Process.Pid)]
		c.leave(c.any(c.of("streamer")))
		c.untilSettled(3)
	}
	rest()
	c.untilWhole(30 * time.Second)
	if report := c.report(); report.Gaps > 0 {
		t.Errorf("%d gaps were announced: %v\n%s", report.Gaps, c.gapCauses(), c.gapStories(3))
	}
	if moved == 0 {
		t.Error("no group ever moved to a streamer that joined")
	}
	c.conclude("join and leave", n)
	t.Logf("SUMMARY join and leave: of %d groups %.1f moved to each streamer that joined, want about %.1f", c.groupCount,
		float64(moved)/float64(n), float64(c.groupCount)/4)
}

// untilSettled waits until so many streamers live and own every group between them,
// and neither claims nor members have changed for a while.
func (c *cast) untilSettled(streamers int) {
	c.t.Helper()
	c.until("every group has its owner", 60*time.Second, func() bool {
		groups, unsettled := c.coord.owned()
		owned := 0
		for _, n := range groups {
			owned += n
		}
		return len(c.coord.living("streamer")) == streamers && unsettled == 0 && owned == c.groupCount && c.coord.quiet() > 2*time.Second
	})
}

// gapStories tells of a few groups with gaps what their claims were.
func (c *cast) gapStories(few int) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	stories, told := "", map[messages.GroupID]bool{}
	for _, e := range c.stored {
		gap, ok := e.Event.(messages.MailboxGap)
		if !ok || told[gap.Group] || len(told) == few {
			continue
		}
		told[gap.Group] = true
		stories += fmt.Sprintf("gap of group %s, %s, from %s to %s (%s), recorded %s:\n%s", gap.Group, gap.Cause, gap.From.Format(time.TimeOnly),
			gap.To.Format(time.TimeOnly), gap.Basis, gap.Recorded.Format(time.StampMilli), c.coord.story(string(gap.Group), gap.From.Add(-10*time.Second), gap.To.Add(5*time.Second)))
	}
	return stories
}

// leave ends the process of a node in order, for good.
func (c *cast) leave(n *node) {
	c.t.Helper()
	if code := n.p.stop(c.root); code != 143 {
		c.t.Errorf("%s: exit code %d after SIGTERM, want 143", n.name, code)
	}
	for i, other := range c.nodes {
		if other == n {
			c.nodes = append(c.nodes[:i], c.nodes[i+1:]...)
			return
		}
	}
}
