package streamer

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// wantCovered holds a mailbox's record against what it should be.
func (w *world) wantCovered(name string, want time.Duration) {
	w.t.Helper()
	if have := w.covered("g", name); have != want {
		w.t.Errorf("at %s: %s is covered until %s, want %s", since(exchangeNow()), name, have, want)
	}
}

func TestCoverageIsRecordedEveryTenSeconds(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.group("g", "a=a1", "b=b1")
		w.pass(time.Second)
		var at []time.Duration
		p.watch(func(write any) verdict {
			if _, ok := write.(messages.Coverage); ok {
				at = append(at, time.Since(begin))
			}
			return verdict{}
		})
		w.until(4 * time.Second)
		w.say("a1", heartbeat)
		w.wantCovered("a", 0)
		w.until(10 * time.Second)
		w.wantCovered("a", 4*time.Second)
		w.wantCovered("b", 4*time.Second)
		w.until(18 * time.Second)
		w.say("a1", mail("b1", "m1"))
		w.until(20 * time.Second)
		w.wantCovered("a", 18*time.Second) // whatever came before would have come first
		w.until(30 * time.Second)
		if want := []time.Duration{10 * time.Second, 20 * time.Second, 30 * time.Second}; fmt.Sprint(at) != fmt.Sprint(want) {
			t.Errorf("recorded at %s, want %s", at, want)
		}
	})
}

func TestARecordThatIsNotStoredLeavesTheOlderOne(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.group("g", "a=a1")
		w.until(5 * time.Second)
		w.say("a1", heartbeat)
		var failing atomic.Bool
		failing.Store(true)
		p.watch(func(write any) verdict {
			if _, ok := write.(messages.Coverage); ok && failing.Load() {
				return verdict{err: errors.New("no stream leader")}
			}
			return verdict{}
		})
		w.until(10 * time.Second)
		w.wantCovered("a", 0)
		failing.Store(false)
		w.until(20 * time.Second)
		w.wantCovered("a", 5*time.Second)
	})
}

// Exchange queues events while no connection is open: what a renewed connection
// brings first may be older than its Date.
func TestCoverageDoesNotPassQueuedEventsAfterARenewal(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1", "b=b1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		w.exchange.answer(answer{takes: 20 * time.Second})
		w.say("a1", Envelope{Closed: true})
		w.until(80 * time.Second)
		w.say("a1", mailAt(exchangeNow().Add(-15*time.Second), "a1", "queued"))
		w.until(110 * time.Second)
		w.wantCovered("a", time.Minute)
		w.wantCovered("b", time.Minute)
		w.wantHistory("a", "streaming subscribed", "1 newmail inbox queued")

		w.until(115 * time.Second)
		w.say("a1", heartbeat)
		w.until(120 * time.Second)
		w.wantCovered("a", 115*time.Second)
		w.wantCovered("b", 115*time.Second)
	})
}

// The envelope that a connection opens with says nothing of the queues, however long it took.
func TestALateFirstEnvelopeDoesNotMoveCoverage(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		w.exchange.answer(answer{late: 2 * time.Second})
		w.say("a1", Envelope{Closed: true})
		w.until(70 * time.Second)
		w.wantCovered("a", time.Minute)
	})
}

func TestABurstMovesCoverageByItsEventsOnly(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		w.until(90 * time.Second)
		s := w.stream("a1")
		now := exchangeNow()
		s.say(mailAt(now.Add(-8*time.Second), "a1", "m1"), mailAt(now.Add(-6*time.Second), "a1", "m2"), heartbeat)
		w.pass(10 * time.Second)
		w.wantCovered("a", 90*time.Second) // the first was waited for: it was written just now
		w.until(140 * time.Second)
		// Each full notification may be followed by more from the queue.
		items := make([]string, fullNotification)
		s.say(mailAt(exchangeNow().Add(-20*time.Second), "a1", items...), mailAt(exchangeNow().Add(-18*time.Second), "a1", items...))
		w.until(150 * time.Second)
		w.wantCovered("a", 122*time.Second)
		more := mailAt(exchangeNow().Add(-15*time.Second), "a1", "m3")
		more.Notifications[0].More = true
		s.say(more)
		w.until(160 * time.Second)
		w.wantCovered("a", 135*time.Second)
	})
}

// A server's clock that is ahead of the front end's must not move coverage into the future.
func TestEventsFromTheFutureDoNotMoveCoverage(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		items := make([]string, fullNotification)
		w.until(70 * time.Second)
		w.say("a1", mailAt(exchangeNow().Add(time.Hour), "a1", items...))
		w.until(80 * time.Second)
		w.wantCovered("a", time.Minute)
	})
}

func TestALostMemberIsCoveredUpToWhereItSurelyLived(t *testing.T) {
	for _, c := range []struct {
		name  string
		story func(w *world) // from 1m0s on
		want  time.Duration
	}{
		{"the last heartbeat shows all to live", func(w *world) {
			w.until(2 * time.Minute)
			w.say("a1", heartbeat)
			w.until(130 * time.Second)
			w.say("a1", mail("a1", "m1"))
			w.until(140 * time.Second)
		}, 2 * time.Minute},
		{"a notification shows its own to live", func(w *world) {
			w.until(130 * time.Second)
			w.say("a1", mail("b1", "m1"))
			w.until(140 * time.Second)
		}, 130 * time.Second},
		{"so does one without events", func(w *world) {
			w.until(130 * time.Second)
			w.say("a1", Envelope{Notifications: []Notification{{Subscription: "b1"}}})
			w.until(140 * time.Second)
		}, 130 * time.Second},
		{"others' notifications show that it lived within the time of detection", func(w *world) {
			for range 6 {
				w.pass(30 * time.Second)
				w.say("a1", mail("a1", "m1"))
			}
			w.until(6 * time.Minute)
		}, 270 * time.Second}, // the envelope that brings the fault is fresh
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.start()
				w.group("g", "a=a1", "b=b1", "c=c1", "d=d1", "e=e1", "f=f1")
				w.until(time.Minute)
				w.say("a1", heartbeat)
				c.story(w)
				w.say("a1", faulty("ErrorSubscriptionNotFound", "b1"))
				told := since(exchangeNow())
				w.pass(10 * time.Second)
				w.wantCovered("b", c.want)
				w.wantCovered("a", told)

				record, _, _ := w.bus.Coverage(context.Background(), "g")
				if have := since(record.Behind[address("b")]); len(record.Behind) != 1 || have != c.want {
					t.Errorf("behind: have %v, want b alone", record.Behind)
				}
				w.groupLeft("g", left("b", messages.StopLost, "ErrorSubscriptionNotFound"), "a=a1", "c=c1", "d=d1", "e=e1", "f=f1")
				have := w.history("b")
				if want := fmt.Sprintf("stopped lost %s ErrorSubscriptionNotFound", c.want); have[len(have)-1][2:] != want {
					t.Errorf("have %q, want %q", have[len(have)-1], want)
				}
			})
		})
	}
}

func TestASuccessorAnnouncesEveryMemberFromItsOwnPoint(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.Drain = time.Millisecond
		p := w.start()
		w.group("g", "a=a1", "b=b1", "c=c1", "d=d1", "e=e1", "f=f1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		w.until(2 * time.Minute)
		w.say("a1", faulty("ErrorSubscriptionNotFound", "b1"))
		w.until(3 * time.Minute)
		w.say("a1", heartbeat)
		w.until(190 * time.Second)
		p.kill()
		w.until(4 * time.Minute)
		w.start()
		w.wantHistory("a", "streaming subscribed", "streaming taken over, after 0 of epoch 1", "1 gap 3m0s-4m0s takeover (coverage)")
		w.wantHistory("b", "streaming subscribed", "streaming taken over, after 0 of epoch 1", "1 gap 1m0s-4m0s takeover (coverage)")
	})
}

// While a gap waits to be announced, events that are stored show nothing of the time before.
func TestASuccessorAnnouncesAGapThatWasDueBeforeTheLastEvent(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.Drain = time.Millisecond
		p := w.start()
		w.group("g", "a=a1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		w.until(2 * time.Minute)
		fault := inBand("ErrorInternalServerError")
		fault.BackOff = time.Hour // until the connection is reopened
		w.say("a1", Envelope{Faults: []*ewsaffinity.Fault{fault}})
		w.until(3 * time.Minute)
		w.say("a1", mail("a1", "strange"))
		w.until(190 * time.Second)
		p.kill()
		w.until(4 * time.Minute)
		w.start()
		w.wantHistory("a", "streaming subscribed", "1 newmail inbox strange",
			"streaming taken over, after 1 of epoch 1", "1 gap 1m0s-4m0s takeover (coverage)")
	})
}

func TestASuccessorAnnouncesAJoinedMemberFromItsSubscription(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.Drain = time.Millisecond
		p := w.start()
		w.group("g", "a=a1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		w.until(90*time.Second - freshAfter/2)
		w.say("a1", heartbeat)
		w.until(90 * time.Second)
		w.exchange.goodbye = saysClosed // too soon after the heartbeat to show when it was written
		w.group("g", "a=a1", "b=b1")
		p.kill()
		w.until(2 * time.Minute)
		w.start()
		w.wantHistory("a", "streaming subscribed", "streaming taken over, after 0 of epoch 1", "1 gap 1m29.975s-2m0s takeover (coverage)")
		w.wantHistory("b", "streaming subscribed", "streaming taken over, after 0 of epoch 1", "1 gap 1m30s-2m0s takeover (coverage)")
	})
}

func TestTheEarliestOfTwoFaultsIsWhereTheGapBegins(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		fault := inBand("ErrorInternalServerError")
		fault.BackOff = time.Hour
		for i := range 2 {
			w.until(time.Duration(i+1) * time.Minute)
			w.say("a1", heartbeat)
			w.until(time.Duration(i+1)*time.Minute + 30*time.Second)
			w.say("a1", Envelope{Faults: []*ewsaffinity.Fault{fault}})
		}
		w.until(3 * time.Minute)
		w.wantCovered("a", time.Minute)
	})
}

// A successor whose facts cannot be read at first must not record less than its predecessor did.
func TestAFailedTakeoverKeepsTheRecord(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.Drain = time.Millisecond
		p := w.start()
		w.group("g", "a=a1", "b=b1", "c=c1", "d=d1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		w.until(70 * time.Second)
		p.kill()

		w.owner.set("g", false)
		p = w.start()
		p.failReading(errors.New("no responders"), "d")
		w.owner.give("g", true)
		w.until(2 * time.Minute)
		for _, name := range []string{"a", "b", "c", "d"} {
			w.wantCovered(name, time.Minute)
		}
		p.failReading(nil, "")
		w.until(5 * time.Minute)
		opened := since(w.stream("a1").Opened()).String()
		for _, name := range []string{"a", "b", "c", "d"} {
			w.wantHistory(name, "streaming subscribed",
				"streaming taken over, after 0 of epoch 1", "1 gap 1m0s-"+opened+" takeover (coverage)")
		}
	})
}
