package streamer

import (
	"fmt"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// busy is a throttling answer that asks for a minute.
func busy() *ewsaffinity.Fault {
	fault := inBand("ErrorServerBusy")
	fault.BackOff = time.Minute
	return fault
}

// wantPause wants the opening with an index to come so long after a moment.
func (w *world) wantPause(from time.Time, opening int, least, most time.Duration) {
	w.t.Helper()
	calls := w.exchange.opened()
	if len(calls) <= opening {
		w.t.Fatalf("have %d openings, want more than %d", len(calls), opening)
	}
	if pause := calls[opening].at.Sub(from); pause < least || pause > most {
		w.t.Errorf("opening %d came after %s, want %s to %s", opening+1, pause, least, most)
	}
}

func TestThrottlingWaitsAsLongAsExchangeAsks(t *testing.T) {
	const least, most = time.Minute, 72 * time.Second // and a tenth, and up to five seconds
	t.Run("at the opening", func(t *testing.T) {
		inWorld(t, func(w *world) {
			w.exchange.answer(answer{fault: busy()})
			w.start()
			w.group("g", "a=a1")
			w.pass(5 * time.Minute)
			w.wantOpenings(2)
			w.wantPause(begin, 1, least, most)
			w.wantHistory("a", "streaming subscribed")
		})
	})
	t.Run("whoever joins meanwhile", func(t *testing.T) {
		inWorld(t, func(w *world) {
			w.exchange.answer(answer{fault: busy()})
			w.start()
			w.group("g", "a=a1")
			w.pass(10 * time.Second)
			w.group("g", "a=a1", "b=b1")
			w.pass(5 * time.Minute)
			w.wantOpenings(2)
			w.wantPause(begin, 1, least, most)
		})
	})
	for name, end := range map[string]func(*fakeStream){
		"in-band":                  func(*fakeStream) {},
		"in-band, and then closed": func(s *fakeStream) { s.say(Envelope{Closed: true}) },
		"in-band, and then broken": func(s *fakeStream) { s.breakOff(inBand(ewsaffinity.CodeReset)) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start()
				w.group("g", "a=a1")
				w.until(time.Minute)
				s := w.stream("a1")
				s.say(Envelope{Faults: []*ewsaffinity.Fault{busy()}})
				end(s)
				w.pass(5 * time.Minute)
				w.wantOpenings(2)
				w.wantPause(begin.Add(time.Minute), 1, least, most)
				if have := len(w.requests()); have != 0 {
					t.Errorf("have %d regroup requests, want none: throttling is no loss", have)
				}
			})
		})
	}
}

func TestSubscriptionsThatAnotherClientTookAreLeftAloneForAWhile(t *testing.T) {
	for name, goodbye := range map[string][]Envelope{"told": saysTaken, "told and closed": saysTakenAndCloses} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start()
				w.group("g", "a=a1", "b=b1")
				w.until(time.Minute)
				w.say("a1", heartbeat)
				w.until(2 * time.Minute)
				w.say("a1", goodbye...)
				w.until(2*time.Minute + 6*time.Second) // it may have been a streamer that was taken for dead
				w.wantOpenings(2)
				w.until(3 * time.Minute)
				w.say("a1", heartbeat)
				w.until(4 * time.Minute)
				w.say("a1", goodbye...)
				w.until(9*time.Minute - time.Second)
				w.wantOpenings(2)
				w.until(9*time.Minute + time.Second)
				w.wantOpenings(3)
				for _, name := range []string{"a", "b"} {
					w.wantHistory(name, "streaming subscribed",
						"1 gap 1m0s-2m6s ErrorNewEventStreamConnectionOpened (stream)",
						"2 gap 3m0s-9m1s ErrorNewEventStreamConnectionOpened (stream)")
				}
				if have := len(w.requests()); have != 0 {
					t.Errorf("have %d regroup requests, want none", have)
				}
			})
		})
	}
}

// Four groups fail until the endpoint's breaker opens; a fifth then waits without asking.
func TestAnOpenEndpointIsNotAsked(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("living", "x=x1")
		w.until(time.Minute)
		for range 5 {
			w.exchange.answer(answer{fault: inBand(ewsaffinity.CodeRefused)})
		}
		for i := range 5 {
			w.group(messages.GroupID(fmt.Sprint("g", i)), fmt.Sprintf("a%d=s%d", i, i))
		}
		w.wantOpenings(6)
		tripped := time.Now()
		w.group("late", "b=b1")
		w.say("x1", faulty("ErrorSubscriptionNotFound", "long-gone"))
		w.pass(9 * time.Second)
		w.wantOpenings(6)
		w.pass(2 * time.Minute)
		w.wantPause(tripped, 6, 10*time.Second, 12*time.Second)
		w.wantHistory("b", "streaming subscribed")
		w.wantHistory("a4", "streaming subscribed")
		if have := w.stream("x1").opened; since(have) < time.Minute {
			t.Error("what had to be reopened while the endpoint was down was forgotten")
		}
		w.wantHistory("x", "streaming subscribed")
	})
}

func TestConnectionsThatBringNothingOpenTheEndpointsBreaker(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		for range 20 {
			w.exchange.answer(answer{broken: inBand(ewsaffinity.CodeEOF)})
		}
		for i := range 9 {
			w.group(messages.GroupID(fmt.Sprint("g", i)), fmt.Sprintf("a%d=s%d", i, i))
		}
		w.pass(9 * time.Second)
		w.wantOpenings(5)
	})
}

func TestGroupsOfAnotherEndpointDoNotWait(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		for range 5 {
			w.exchange.answer(answer{fault: inBand(ewsaffinity.CodeRefused)})
		}
		for i := range 5 {
			w.group(messages.GroupID(fmt.Sprint("g", i)), fmt.Sprintf("a%d=s%d", i, i))
		}
		w.endpoint = "https://other.contoso.com/EWS/Exchange.asmx"
		w.group("other", "b=b1")
		w.wantOpenings(6)
		w.wantHistory("b", "streaming subscribed")
	})
}
