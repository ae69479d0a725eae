package streamer

import (
	"slices"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// joining has a streaming, then b joining: the older stream has not said goodbye
// yet, and the newer one already brought an event of a.
func joining(w *world) (older, newer *fakeStream) {
	w.exchange.goodbye = saysNothing
	w.start()
	w.group("g", "a=a1")
	w.until(time.Minute)
	w.say("a1", heartbeat)
	older = w.stream("a1")
	w.until(70 * time.Second)
	w.group("g", "a=a1", "b=b1")
	newer = w.stream("b1")
	newer.say(mail("a1", "new"))
	older.say(mail("a1", "old"))
	w.pass(time.Second)
	return older, newer
}

func TestAJoinOverlapsAndReadsTheOlderStreamToItsGoodbye(t *testing.T) {
	for name, goodbye := range map[string][]Envelope{"told": saysTaken, "told and closed": saysTakenAndCloses, "closed": saysClosed} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				older, newer := joining(w)
				if have, want := w.exchange.opened()[1].ids, []messages.SubscriptionID{"a1", "b1"}; !slices.Equal(have, want) {
					t.Errorf("opened with %q, want all of %q", have, want)
				}
				w.wantHistory("a", "streaming subscribed", "1 newmail inbox old")
				w.wantHistory("b")

				older.say(mail("a1", "older"))
				older.say(goodbye...)
				w.pass(0)
				w.wantHistory("a", "streaming subscribed", "1 newmail inbox old", "2 newmail inbox older", "3 newmail inbox new")
				w.wantHistory("b", "streaming subscribed")
				if !older.isOver() || newer.isOver() {
					t.Errorf("over: older %t, newer %t; want only the older", older.isOver(), newer.isOver())
				}
				w.pass(time.Hour)
				w.wantOpenings(2)
				w.wantHistory("b", "streaming subscribed")
			})
		})
	}
}

func TestWithoutAGoodbyeTheOlderStreamIsCutAndAGapAnnounced(t *testing.T) {
	inWorld(t, func(w *world) {
		older, _ := joining(w)
		w.until(70*time.Second + 9999*time.Millisecond)
		if older.isOver() {
			t.Error("the older stream was cut before it had 10 s to say goodbye")
		}
		w.until(81 * time.Second)
		if !older.isOver() {
			t.Error("the older stream was not cut")
		}
		w.wantHistory("a", "streaming subscribed", "1 newmail inbox old",
			"2 gap 1m10s-1m10s no goodbye (stream)", "3 newmail inbox new")
		w.wantHistory("b", "streaming subscribed")
		w.wantOpenings(2)
	})
}

func TestAnOlderStreamThatBreaksBeforeItsGoodbyeIsAGap(t *testing.T) {
	inWorld(t, func(w *world) {
		older, _ := joining(w)
		older.breakOff(inBand("reset"))
		w.pass(time.Second)
		w.wantHistory("a", "streaming subscribed", "1 newmail inbox old",
			"2 gap 1m10s-1m10s reset (stream)", "3 newmail inbox new")
		w.wantOpenings(2)
	})
}

// The goodbye may be faster than the answer to the opening that brought it about.
func TestAGoodbyeBeforeTheNewStreamIsOpenIsNoneOfAnotherClient(t *testing.T) {
	for name, goodbye := range map[string][]Envelope{"told": saysTaken, "told and closed": saysTakenAndCloses, "closed": saysClosed} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.exchange.goodbye = saysNothing
				w.start()
				w.group("g", "a=a1")
				w.until(time.Minute)
				older := w.stream("a1")
				w.exchange.answer(answer{takes: 3 * time.Second, first: mail("a1", "m2")})
				w.group("g", "a=a1", "b=b1")
				older.say(mail("a1", "m1"))
				older.say(goodbye...)
				w.pass(4 * time.Second)
				w.wantHistory("a", "streaming subscribed", "1 newmail inbox m1", "2 newmail inbox m2")
				w.wantHistory("b", "streaming subscribed")
				w.wantOpenings(2)
			})
		})
	}
}

// Our own opening ends the stream before it: that is no reason to wait before the next.
func TestJoinsInARowDoNotWait(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		for i, members := range [][]string{{"a=a1", "b=b1"}, {"a=a1", "b=b1", "c=c1"}, {"a=a1", "b=b1", "c=c1", "d=d1"}} {
			w.exchange.answer(answer{takes: 300 * time.Millisecond})
			older := w.stream("a1")
			w.group("g", members...)
			older.say(saysClosed...)
			w.pass(300 * time.Millisecond)
			w.wantOpenings(i + 2)
		}
		w.wantHistory("d", "streaming subscribed")
	})
}

func TestAMailboxThatJoinsWhileAnotherDoesGetsAStreamToo(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		w.pass(time.Minute)
		w.exchange.answer(answer{takes: 3 * time.Second})
		w.group("g", "a=a1", "b=b1")
		w.pass(time.Second)
		w.group("g", "a=a1", "b=b1", "c=c1")
		w.pass(3 * time.Second)
		for _, name := range []string{"a", "b", "c"} {
			w.wantHistory(name, "streaming subscribed")
		}
		w.wantOpenings(3)
	})
}

// What opened for subscriptions that were replaced meanwhile serves no one.
func TestAStreamThatOpensTooLateIsClosed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.goodbye = saysNothing
		w.exchange.answer(answer{takes: 3 * time.Second}, answer{takes: 3 * time.Second})
		w.start()
		w.group("g", "a=a1")
		w.pass(time.Second)
		w.group("g", "a=a2")
		w.pass(2 * time.Second)
		if !w.stream("a1").isOver() {
			t.Error("the stream of a replaced subscription stays open")
		}
		w.pass(3 * time.Second)
		if have, want := w.stream("a2").ids, []messages.SubscriptionID{"a2"}; !slices.Equal(have, want) {
			t.Errorf("opened with %q, want %q", have, want)
		}
		w.wantOpenings(2)
	})
}

// A stream none of whose subscriptions is on the next one is told nothing.
func TestAStreamWhoseSubscriptionsAreAllReplacedIsNotWaitedFor(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.goodbye = saysNothing
		w.start()
		w.group("g", "a=a1", "b=b1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		older := w.stream("a1")
		w.until(2 * time.Minute)
		w.group("g", "a=a2", "b=b2")
		if !older.isOver() {
			t.Error("the older stream is still open")
		}
		w.wantHistory("a", "streaming subscribed", "1 stopped lost 1m0s replaced",
			"streaming subscribed anew, after 1 of epoch 1", "1 gap 1m0s-2m0s replaced (stopped)")
	})
}

// Why someone left is not forgotten when newer news overtake it.
func TestAReasonOutlivesTheNewsThatFollow(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.group("g", "a=a1", "b=b1")
		w.until(time.Minute)
		release := make(chan struct{})
		p.watch(func(write any) verdict {
			if holds[messages.MailboxEvent](write) {
				<-release
			}
			return verdict{}
		})
		w.say("a1", mail("a1", "m1"))
		w.groupLeft("g", left("b", messages.StopWithdrawn, ""), "a=a1")
		w.group("g", "a=a1", "c=c1")
		close(release)
		w.pass(time.Second)
		w.wantHistory("b", "streaming subscribed", "1 stopped withdrawn 1m0s")
		w.wantHistory("c", "streaming subscribed")
	})
}

func TestAWithdrawnMailboxStopsWithoutReopening(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1", "b=b1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		w.until(70 * time.Second)
		w.groupLeft("g", left("b", messages.StopWithdrawn, ""), "a=a1")
		w.say("a1", mail("b1", "unwanted"), mail("a1", "m1"))

		w.wantHistory("b", "streaming subscribed", "1 stopped withdrawn 1m0s")
		w.wantHistory("a", "streaming subscribed", "1 newmail inbox m1")
		w.pass(time.Hour)
		w.wantOpenings(1)

		w.group("g", "a=a1", "b=b2")
		w.say("b2", mail("b2", "wanted"))
		w.wantHistory("b", "streaming subscribed", "1 stopped withdrawn 1m0s",
			"streaming enrolled again, after 1 of epoch 1", "1 newmail inbox wanted")
	})
}

func TestTheLastMemberToLeaveClosesTheStream(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		w.pass(time.Minute)
		s := w.stream("a1")
		w.groupLeft("g", left("a", messages.StopWithdrawn, ""))
		if !s.isOver() {
			t.Error("a stream without members stays open")
		}
		w.pass(time.Hour)
		w.wantOpenings(1)
	})
}
