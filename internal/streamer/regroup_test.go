package streamer

import (
	"errors"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestTheThirdTransportFailureInARowAsksForNewSubscriptions(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1", "b=b1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		w.until(2 * time.Minute)
		w.exchange.answer(answer{broken: inBand("reset")}, answer{broken: inBand("reset")})
		w.stream("a1").breakOff(inBand("reset"))
		w.pass(5 * time.Second)
		w.wantOpenings(3) // the first at once, the second after a wait

		r := w.requests()
		if len(r) != 1 {
			t.Fatalf("have %d requests, want 1", len(r))
		}
		if r[0].Action != messages.RegroupAll || len(r[0].Died) != 2 || r[0].Code != "reset" {
			t.Errorf("request: have %+v", r[0])
		}
		w.pass(2 * time.Minute)
		w.wantOpenings(3)
		if have := len(w.requests()); have != 1 {
			t.Errorf("have %d requests, want one only", have)
		}

		lost := map[messages.Address]messages.Left{}
		for _, name := range []string{"a", "b"} {
			lost[address(name)] = messages.Left{Reason: messages.StopLost, Code: "reset"}
		}
		w.groupLeft("g", lost)
		anew := since(exchangeNow())
		w.group("g", "a=a2", "b=b2")
		w.wantHistory("a", "streaming subscribed", "1 stopped lost 1m0s reset",
			"streaming subscribed anew, after 1 of epoch 1", "1 gap 1m0s-"+anew.String()+" reset (stopped)")
	})
}

func TestABrokenConnectionIsReopenedAndItsGapAnnounced(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		for i := range 5 { // each time after a while in order
			w.until(time.Duration(i+1) * time.Minute)
			w.say("a1", heartbeat)
			w.until(time.Duration(i+1)*time.Minute + 20*time.Second)
			w.stream("a1").breakOff(inBand("silence"))
			w.pass(time.Second)
		}
		w.wantHistory("a", "streaming subscribed",
			"1 gap 1m0s-1m20s silence (stream)", "2 gap 2m0s-2m20s silence (stream)", "3 gap 3m0s-3m20s silence (stream)",
			"4 gap 4m0s-4m20s silence (stream)", "5 gap 5m0s-5m20s silence (stream)")
		w.wantOpenings(6)
		if have := len(w.requests()); have != 0 {
			t.Errorf("have %d requests, want none: no three failures came in a row", have)
		}
	})
}

func TestARequestThatNobodyAnswersIsRepeatedWithAnotherID(t *testing.T) {
	inWorld(t, func(w *world) {
		sixMembers(w)
		w.say("a1", faulty("ErrorSubscriptionNotFound", "b1"))
		w.pass(4*time.Minute + 50*time.Second)
		if have := len(w.requests()); have != 1 {
			t.Fatalf("before five minutes: have %d requests, want 1", have)
		}
		w.pass(20 * time.Second)
		r := w.requests()
		if len(r) != 2 {
			t.Fatalf("after five minutes: have %d requests, want 2", len(r))
		}
		if r[1].ID == r[0].ID || len(r[1].Died) != 1 || r[1].Died[address("b")] != "b1" || r[1].Action != messages.Resubscribe {
			t.Errorf("repeated as %+v after %+v", r[1], r[0])
		}
		w.groupLeft("g", left("b", messages.StopLost, ""), "a=a1", "c=c1", "d=d1", "e=e1", "f=f1")
		w.pass(time.Hour)
		if have := len(w.requests()); have != 2 {
			t.Errorf("after the answer: have %d requests, want 2", have)
		}
	})
}

func TestAFaultThatIsToldTwiceIsAskedOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.group("g", "a=a1", "b=b1", "c=c1", "d=d1", "e=e1", "f=f1")
		w.pass(time.Minute)
		asked := 0
		p.watch(func(write any) verdict {
			if _, ok := write.(messages.RegroupRequested); ok {
				asked++
			}
			return verdict{}
		})
		w.say("a1", faulty("ErrorSubscriptionNotFound", "b1"), faulty("ErrorSubscriptionNotFound", "b1"))
		w.pass(time.Minute)
		if asked != 1 {
			t.Errorf("asked %d times, want once", asked)
		}
	})
}

func TestRequestsThatPileUpAreAllStored(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.group("g", "a=a1", "b=b1", "c=c1", "d=d1", "e=e1", "f=f1")
		recovers := begin.Add(3 * time.Minute)
		p.watch(func(write any) verdict {
			if _, ok := write.(messages.RegroupRequested); ok && time.Now().Before(recovers) {
				return verdict{err: errors.New("no stream leader")}
			}
			return verdict{}
		})
		w.until(time.Minute)
		w.say("a1", faulty("ErrorSubscriptionNotFound", "b1"))
		w.until(2 * time.Minute)
		w.say("a1", faulty("ErrorSubscriptionNotFound", "c1"))
		w.until(4 * time.Minute)
		r := w.requests()
		if len(r) != 2 || r[0].Died[address("b")] != "b1" || r[1].Died[address("c")] != "c1" {
			t.Errorf("stored: have %+v, want the losses of b and c", r)
		}
	})
}

// Two processes, or one before and after its death, make one request of one loss.
func TestOneLossHasOneRequestID(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.Drain = time.Millisecond
		p := w.start()
		w.group("g", "a=a1", "b=b1", "c=c1", "d=d1", "e=e1", "f=f1")
		var ids []string
		judge := func(write any) verdict {
			if r, ok := write.(messages.RegroupRequested); ok {
				ids = append(ids, r.ID)
			}
			return verdict{}
		}
		p.watch(judge)
		w.pass(time.Minute)
		w.say("a1", faulty("ErrorSubscriptionNotFound", "b1"))
		p.kill()

		w.pass(time.Minute)
		w.exchange.answer(answer{first: faulty("ErrorSubscriptionNotFound", "b1")})
		w.owner.set("g", false)
		p = w.start()
		p.watch(judge)
		w.owner.give("g", true)
		if len(ids) != 2 || ids[0] != ids[1] {
			t.Errorf("request ids: have %q, want one id twice", ids)
		}
		if have := len(w.requests()); have != 1 {
			t.Errorf("have %d requests stored, want 1", have)
		}
	})
}

func TestARequestThatIsNotStoredIsTriedAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.group("g", "a=a1", "b=b1", "c=c1", "d=d1", "e=e1", "f=f1")
		w.pass(time.Minute)
		var tried []messages.RegroupRequested
		p.watch(func(write any) verdict {
			if r, ok := write.(messages.RegroupRequested); ok {
				if tried = append(tried, r); len(tried) < 4 {
					return verdict{err: errors.New("no stream leader")}
				}
			}
			return verdict{}
		})
		w.say("a1", faulty("ErrorSubscriptionNotFound", "b1"))
		w.pass(time.Minute)
		if len(tried) != 4 || tried[3].ID != tried[0].ID {
			t.Errorf("tried %d times, want 4 times the same", len(tried))
		}
		if have := len(w.requests()); have != 1 {
			t.Errorf("have %d requests stored, want 1", have)
		}
	})
}
