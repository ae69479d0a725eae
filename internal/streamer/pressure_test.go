package streamer

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// numbered are n envelopes with a mail each.
func numbered(n int) []Envelope {
	envelopes := make([]Envelope, n)
	for i := range envelopes {
		envelopes[i] = mail("a1", fmt.Sprint("m", i+1))
	}
	return envelopes
}

// wantNumbered wants the first n of them stored, in order.
func (w *world) wantNumbered(n int) {
	w.t.Helper()
	want := []string{"streaming subscribed"}
	for i := range n {
		want = append(want, fmt.Sprintf("%d newmail inbox m%d", i+1, i+1))
	}
	w.wantHistory("a", want...)
}

func TestWhileNothingIsStoredNothingMoreIsRead(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		w.pass(time.Second)
		s := w.stream("a1")
		w.bus.Outage(true)
		before := s.taken()
		s.say(numbered(1000)...)
		w.pass(10 * time.Minute)
		// A batch that is being stored, what waits for it, and what the reader holds.
		if have, most := s.taken()-before, 2*readAhead+1; have > most {
			t.Errorf("read %d envelopes during the outage, want %d at most", have, most)
		}
		if s.isOver() {
			t.Error("the stream was closed")
		}

		w.bus.Outage(false)
		synctest.Wait()
		w.wantNumbered(1000)
		w.wantOpenings(1)
		if have := len(w.requests()); have != 0 {
			t.Errorf("have %d regroup requests, want none", have)
		}
	})
}

func TestCoverageStandsStillWhileNothingIsStored(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		w.until(5 * time.Second)
		w.say("a1", heartbeat)
		w.until(10 * time.Second)
		w.bus.Outage(true)
		w.until(12 * time.Second)
		w.say("a1", mail("a1", "m1"))
		w.until(40 * time.Second)
		w.say("a1", heartbeat)
		w.bus.Outage(false)
		w.until(50 * time.Second)
		w.wantNumbered(1)
		w.wantCovered("a", 40*time.Second)
	})
}
