package streamer

import (
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// An opening that broke off may have reached Exchange: what it then wrote is lost.
func TestAnOpeningThatBrokeOffIsAGap(t *testing.T) {
	for _, c := range []struct {
		name string
		how  answer
		gap  bool
	}{
		{"after the answer", answer{broken: inBand(ewsaffinity.CodeEOF)}, true},
		{"while waiting for the answer", answer{fault: inBand(ewsaffinity.CodeReset)}, true},
		{"no answer in time", answer{fault: inBand(ewsaffinity.CodeTimeout)}, true},
		{"no connection", answer{fault: inBand(ewsaffinity.CodeRefused)}, false},
		{"throttled", answer{fault: inBand("ErrorServerBusy")}, false},
	} {
		want := func(history []string, gap string) []string {
			if c.gap {
				history = append(history, gap)
			}
			return history
		}
		t.Run("the first: "+c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.exchange.answer(c.how)
				w.start()
				w.group("g", "a=a1")
				w.pass(20 * time.Second)
				opened := since(w.stream("a1").Opened()).String()
				w.wantHistory("a", want([]string{"streaming subscribed"}, "1 gap 0s-"+opened+" "+string(codeOf(c.how))+" (stream)")...)
			})
		})
		t.Run("a renewal: "+c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start()
				w.group("g", "a=a1")
				w.until(time.Minute)
				w.exchange.answer(c.how)
				w.say("a1", Envelope{Closed: true})
				w.pass(20 * time.Second)
				opened := since(w.stream("a1").Opened()).String()
				w.wantHistory("a", want([]string{"streaming subscribed"}, "1 gap 1m0s-"+opened+" "+string(codeOf(c.how))+" (stream)")...)
			})
		})
		t.Run("a join: "+c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.exchange.goodbye = saysNothing
				w.start()
				w.group("g", "a=a1")
				w.until(time.Minute)
				w.say("a1", heartbeat)
				older := w.stream("a1")
				how := c.how
				how.takes = time.Second
				w.exchange.answer(how)
				w.group("g", "a=a1", "b=b1")
				older.say(saysTakenAndCloses...)
				w.pass(20 * time.Second)
				opened := since(w.stream("b1").Opened()).String()
				cause := string(codeOf(c.how))
				w.wantHistory("a", want([]string{"streaming subscribed"}, "1 gap 1m0s-"+opened+" "+cause+" (stream)")...)
				w.wantHistory("b", want([]string{"streaming subscribed"}, "1 gap 1m0s-"+opened+" "+cause+" (stream)")...)
			})
		})
	}
}

func codeOf(a answer) ewsaffinity.Code {
	if a.fault != nil {
		return a.fault.Code
	}
	return a.broken.Code
}

// A connection that opens and breaks at once has shown no more than one that does not open.
func TestConnectionsThatBreakAtOnceDoNotStorm(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		for range 20 {
			w.exchange.answer(answer{first: heartbeat, dies: inBand(ewsaffinity.CodeEOF)})
		}
		w.group("g", "a=a1")
		w.pass(time.Minute)
		w.wantOpenings(3)
		if have := len(w.requests()); have != 1 {
			t.Errorf("have %d regroup requests, want 1", have)
		}
	})
}

func TestConnectionsThatCloseAtOnceDoNotStorm(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.Random = func() float64 { return 0.01 }
		w.start()
		for range 2000 {
			w.exchange.answer(answer{closes: true})
		}
		w.group("g", "a=a1")
		w.pass(10 * time.Minute)
		calls := w.exchange.opened()
		for i := 1; i < len(calls); i++ {
			if wait := calls[i].at.Sub(calls[i-1].at); wait < time.Second {
				t.Fatalf("opening %d came %s after the one before", i+1, wait)
			}
		}
		w.wantHistory("a", "streaming subscribed")
	})
}

// With the usual jitter the waits grow while connections keep closing at once.
func TestConnectionsThatCloseAtOnceAreOpenedLessAndLess(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		for range 2000 {
			w.exchange.answer(answer{closes: true})
		}
		w.group("g", "a=a1")
		w.pass(time.Hour)
		if have := len(w.exchange.opened()); have > 40 {
			t.Errorf("%d openings in an hour, want 40 at most", have)
		}
	})
}

func TestAfterALongLifeAClosedConnectionIsReopenedAtOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.beats = time.Minute
		for range 3 {
			w.exchange.answer(answer{closes: true})
		}
		w.start()
		w.group("g", "a=a1")
		w.pass(29 * time.Minute)
		before := len(w.exchange.opened())
		w.say("a1", Envelope{Closed: true})
		w.wantOpenings(before + 1)
		w.pass(time.Minute)
		w.exchange.answer(answer{closes: true})
		w.say("a1", Envelope{Closed: true})
		w.pass(3 * time.Second)
		w.wantOpenings(before + 3)
		w.wantHistory("a", "streaming subscribed")
	})
}

// Whose events a subscription brings that another mailbox was given, too, is open since
// the last break: the server restarted in it. Without a break that is since the start.
func TestATwinsSubscriptionIsDoubtedSinceTheLastBreak(t *testing.T) {
	for _, breaks := range []bool{true, false} {
		inWorld(t, func(w *world) {
			w.start()
			w.group("g", "a=a1")
			w.until(time.Minute)
			want := []string{"streaming subscribed", "1 stopped lost 0s malformed",
				"streaming subscribed anew, after 1 of epoch 1", "1 gap 0s-3m0s malformed (stopped)"}
			if breaks {
				w.stream("a1").breakOff(inBand(ewsaffinity.CodeEOF))
				want = []string{"streaming subscribed", "1 gap 0s-1m0s eof (stream)", "2 stopped lost 1m0s malformed",
					"streaming subscribed anew, after 2 of epoch 1", "1 gap 1m0s-3m0s malformed (stopped)"}
			}
			w.until(2 * time.Minute)
			w.say("a1", heartbeat)
			w.until(3 * time.Minute)
			w.groupLeft("g", left("a", messages.StopLost, string(ewsaffinity.CodeMalformed)))
			w.group("g", "a=a2")
			w.wantHistory("a", want...)
		})
	}
}
