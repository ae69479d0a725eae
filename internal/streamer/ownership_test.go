package streamer

import (
	"testing"
	"time"
)

func TestAGroupOfAnotherProcessIsNotStreamed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owner.set("theirs", false)
		w.start()
		w.group("ours", "a=a1")
		w.group("theirs", "b=b1")
		w.pass(time.Minute)
		w.wantHistory("a", "streaming subscribed")
		w.wantHistory("b")
		w.wantOpenings(1)

		w.owner.give("theirs", true)
		w.wantHistory("b", "streaming subscribed") // Exchange queued what came before
		w.wantOpenings(2)
	})
}

// A group that another process took is left, without a decision: what is told of
// it is the new owner's.
func TestAGroupThatAnotherTookIsLeft(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		w.group("other", "b=b1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		w.say("b1", heartbeat)
		mine, others := w.stream("a1"), w.stream("b1")
		w.until(65 * time.Second)
		w.owner.give("g", false)
		if !mine.isOver() || others.isOver() {
			t.Errorf("over: its stream %t, another's %t; want only its own", mine.isOver(), others.isOver())
		}
		w.wantCovered("a", 0)
		w.wantHistory("a", "streaming subscribed")
		w.group("g", "a=a1", "c=c1")
		w.pass(time.Minute)
		w.wantOpenings(2)

		w.until(3 * time.Minute)
		w.owner.give("g", true)
		w.wantHistory("a", "streaming subscribed", "streaming taken over, after 0 of epoch 1", "1 gap 0s-3m0s takeover (coverage)")
		w.wantHistory("c", "streaming subscribed")
	})
}

// A group may come back before what was read of it is stored.
func TestAGroupThatComesBackWhileItDrainsIsStreamedAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		w.until(time.Minute)
		w.bus.Outage(true)
		w.say("a1", mail("a1", "m1"))
		w.until(65 * time.Second)
		w.owner.give("g", false)
		w.until(70 * time.Second)
		w.owner.give("g", true)
		w.until(75 * time.Second)
		w.wantOpenings(1)
		w.bus.Outage(false)
		w.pass(time.Second)
		w.wantOpenings(2)
		w.wantHistory("a", "streaming subscribed", "1 newmail inbox m1",
			"streaming taken over, after 1 of epoch 1", "1 gap 1m0s-1m15s takeover (coverage)")
	})
}
