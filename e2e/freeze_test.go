package e2e

import (
	"syscall"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/audit"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// TestAFrozenStreamerDecidesNothing stops streamers for longer than their lease.
func TestAFrozenStreamerDecidesNothing(t *testing.T) {
	t.Parallel()
	n := rounds(t, "EWSNATS_FREEZE_ROUNDS", 2)
	c := newCast(t, scene{crew: crew{1, 1, 3}, mailboxes: 60, groupSize: 5})
	rest := c.users(50, c.seed)
	late := 0
	for range n {
		late += c.freeze(c.owner())
	}
	rest()
	c.conclude("freeze", n)
	t.Logf("SUMMARY freeze: %d events of epochs that were over were stored after the thaw", late)
}

// owner chooses a streamer that owns groups.
func (c *cast) owner() *node {
	c.t.Helper()
	groups, _ := c.coord.owned()
	var owners []*node
	for _, n := range c.of("streamer") {
		if groups[c.coord.memberOf("streamer", n.p.cmd.Process.Pid)] > 0 {
			owners = append(owners, n)
		}
	}
	if len(owners) == 0 {
		c.t.Fatalf("no streamer owns a group: %v", groups)
	}
	return c.any(owners)
}

// freeze stops a streamer until others have all its groups, and a while longer. It
// returns how many events the old epochs still got afterwards.
func (c *cast) freeze(n *node) (late int) {
	c.t.Helper()
	frozen := c.coord.memberOf("streamer", n.p.cmd.Process.Pid)
	at := time.Now()
	n.p.cmd.Process.Signal(syscall.SIGSTOP)
	held := c.coord.claimsOf(frozen)
	defer n.p.cmd.Process.Signal(syscall.SIGCONT) // also where this fails
	c.until("others own the groups of the frozen streamer", 30*time.Second, func() bool { return len(c.coord.claimsOf(frozen)) == 0 })
	<-time.After(c.between(time.Second, 5*time.Second))
	thawed := time.Now()
	n.p.cmd.Process.Signal(syscall.SIGCONT)
	c.outage(audit.Outage{What: "streamer", Member: frozen, From: at})
	c.until("the streamer is a member again", 30*time.Second, func() bool {
		return c.coord.memberOf("streamer", n.p.cmd.Process.Pid) != ""
	})
	c.untilSettled(len(c.of("streamer")))
	c.untilWhole(60 * time.Second)
	for _, claim := range held {
		late += c.checkTaken(claim, thawed)
	}
	return late
}

// checkTaken demands that one streamer alone decided about a group from when it was
// taken from a frozen one until its claim changed again: each mailbox begins one
// epoch with at most one gap, and none is ended.
func (c *cast) checkTaken(held audit.Claim, thawed time.Time) (late int) {
	c.t.Helper()
	taken, until := c.coord.tenure(held)
	openings := recorded[messages.MailboxStreaming](c, taken.At, until)
	gaps := recorded[messages.MailboxGap](c, taken.At, until)
	ends := recorded[messages.MailboxStopped](c, taken.At, until)
	c.mu.Lock()
	defer c.mu.Unlock()
	for mailbox := range c.groups[messages.GroupID(held.Group)].Subscriptions {
		if openings[mailbox] != 1 || gaps[mailbox] > 1 || ends[mailbox] > 0 {
			c.t.Errorf("%s, of group %s that %s took from %s at %s: %d openings, %d gaps, %d ends until %s; want 1, at most 1, none", mailbox,
				held.Group, taken.Owner, held.Owner, taken.At.Format(time.StampMilli), openings[mailbox], gaps[mailbox], ends[mailbox], until.Format(time.StampMilli))
		}
		late += c.lateEvents(mailbox, thawed)
	}
	return late
}

// lateEvents counts the events that an epoch got after the next one had opened and
// after a moment. c.mu is held.
func (c *cast) lateEvents(mailbox messages.Address, after time.Time) int {
	late, newest := 0, messages.Epoch(0)
	for _, e := range c.stored {
		meta := e.Event.Meta()
		if meta.Mailbox != mailbox {
			continue
		}
		newest = max(newest, meta.Epoch)
		if _, ok := e.Event.(messages.MailboxEvent); ok && meta.Epoch < newest && meta.Recorded.After(after) {
			late++
		}
	}
	return late
}
