package e2e

import (
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// A mailbox whose place turns out to be another one, while its subscription
// lives, is subscribed there first: the gap is shorter than a heartbeat, and
// nothing brings the mailbox back.
func TestAMailboxThatMovedIsSubscribedThereFirst(t *testing.T) {
	inBubble(t, exchangesim.Config{}, func(b *bubble) {
		const moved = "a007@sim.test"
		all := populate(b, "a", 10, "ex01.sim.test", "Site-A")
		b.sim.AddMailbox("a011@sim.test", "ex01.sim.test", "Site-A")
		stop := b.run()
		defer stop()
		b.list(all...)
		b.untilStreaming(10)
		stopProducing := b.produce(3)
		time.Sleep(2 * time.Minute)

		place := messages.MailboxDiscovered{Meta: messages.Meta{ID: "elsewhere", Time: time.Now()}, Mailbox: moved,
			URL: ewsURL + "/EWS/Exchange.asmx", Grouping: "Site-X"}
		if err := b.bus.Record(t.Context(), place); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		b.list(append(all, "a011@sim.test")...) // a later message of the old group
		time.Sleep(2 * time.Minute)
		stopProducing()
		b.settle()

		b.sound()
		for _, gap := range events[messages.MailboxGap](b) { // what the old connection carried when it was left
			if gap.Mailbox != moved || gap.To.Sub(gap.From) > 45*time.Second {
				t.Errorf("%s: gap from %s to %s", gap.Mailbox, gap.From, gap.To)
			}
		}
		for _, g := range b.latestGroups() {
			_, named := g.Subscriptions[moved]
			if here := g.Grouping == "Site-X"; named != here {
				t.Errorf("the group of %s names the mailbox: %t", g.Grouping, named)
			}
		}
		reasons := map[messages.StopReason]int{}
		for _, e := range events[messages.MailboxStopped](b) {
			reasons[e.Reason]++
		}
		if len(reasons) != 1 || reasons[messages.StopMoved] != 1 {
			t.Errorf("want one stopped for moving, have %v", reasons)
		}
		checkFlow(b, append(all, "a011@sim.test"), time.Now().Add(-3*time.Minute))
	})
}
