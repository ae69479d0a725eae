package streamer

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// numbered are n envelopes with a mail each.
func numbered(n int) []Envelope { return numberedBy(1, n) }

// numberedBy are n mails, so many in each envelope.
func numberedBy(each, n int) []Envelope {
	var envelopes []Envelope
	for first := 1; first <= n; first += each {
		var items []string
		for i := first; i < first+each; i++ {
			items = append(items, fmt.Sprint("m", i))
		}
		envelopes = append(envelopes, mail("a1", items...))
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
	for _, each := range []int{1, 32, 2 * readAhead} {
		t.Run(fmt.Sprintf("envelopes of %d", each), func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start()
				w.group("g", "a=a1")
				w.pass(time.Second)
				s := w.stream("a1")
				w.bus.Outage(true)
				before := s.taken()
				s.say(numberedBy(each, 8*readAhead)...)
				w.pass(10 * time.Minute)
				// A batch that is being stored, what waits for it, and what the reader holds.
				have, most := each*(s.taken()-before), 2*(readAhead+each-1)+each
				if have > most || have < readAhead {
					t.Errorf("read %d events during the outage, want %d to %d", have, readAhead, most)
				}
				if s.isOver() {
					t.Error("the stream was closed")
				}

				w.bus.Outage(false)
				synctest.Wait()
				w.wantNumbered(8 * readAhead)
				w.wantOpenings(1)
				if have := len(w.requests()); have != 0 {
					t.Errorf("have %d regroup requests, want none", have)
				}
			})
		})
	}
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
