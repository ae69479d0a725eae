package streamer

import (
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// sequenceOf is where an event of an item is stored.
func (w *world) sequenceOf(item string) uint64 {
	w.t.Helper()
	for _, s := range w.bus.Events() {
		if e, ok := s.Event.(messages.MailboxEvent); ok && e.SubjectID() == item {
			return s.Sequence
		}
	}
	w.t.Fatalf("no event of %s is stored", item)
	return 0
}

// storeOthers stores events of a mailbox that another process streams.
func (w *world) storeOthers(n int) {
	w.t.Helper()
	for i := range n {
		meta := messages.EventMeta{Mailbox: address("other"), Group: "theirs", Generation: 1, Time: time.Now(), Recorded: time.Now(),
			Epoch: 1, Sequence: messages.Sequence(i + 1)}
		if _, err := w.bus.Publish(w.t.Context(), []messages.Event{messages.MailboxGap{EventMeta: meta, From: meta.Time, To: meta.Time}}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// What a stream had acknowledged and has lost is a gap, although the record of
// coverage says that it is stored.
func TestAStreamThatWentBackwardsIsAGapOfEveryMailbox(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1", "b=b1")
		w.until(time.Minute)
		w.say("a1", mail("a1", "kept"))
		w.until(2 * time.Minute)
		w.say("a1", mail("a1", "lost"))
		w.until(3 * time.Minute)
		w.wantCovered("a", 2*time.Minute)
		old := w.stream("a1")
		w.bus.Restore(w.sequenceOf("kept"))
		w.storeOthers(20) // the numbers alone do not tell any more
		w.pass(time.Second)
		if !old.isOver() {
			t.Error("the connection goes on with numbers that the stream has given to others")
		}
		w.wantHistory("a", "streaming subscribed", "1 newmail inbox kept",
			"streaming taken over, after 1 of epoch 1", "1 gap 1m0s-3m0s the event stream went backwards (lastevent)")
		w.wantHistory("b", "streaming subscribed",
			"streaming taken over, after 0 of epoch 1", "1 gap 0s-3m0s the event stream went backwards (lastevent)")
	})
}

// So it is for a successor that finds less than the record says was stored.
func TestASuccessorNoticesThatTheStreamWentBackwards(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.group("g", "a=a1")
		w.until(time.Minute)
		w.say("a1", mail("a1", "kept"))
		w.until(2 * time.Minute)
		w.say("a1", mail("a1", "lost"))
		w.until(3 * time.Minute)
		p.kill()
		w.bus.Restore(w.sequenceOf("kept"))
		<-w.bus.Regressions() // nobody lives to hear of it
		w.until(4 * time.Minute)
		w.start()
		w.wantHistory("a", "streaming subscribed", "1 newmail inbox kept",
			"streaming taken over, after 1 of epoch 1", "1 gap 1m0s-4m0s the event stream went backwards (lastevent)")
	})
}
