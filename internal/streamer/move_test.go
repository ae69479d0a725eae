package streamer

import (
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// twoGroups has a and c in g1, b in g2, all covered up to 1m0s.
func twoGroups(w *world) *process {
	p := w.start()
	w.group("g1", "a=a1", "c=c1")
	w.group("g2", "b=b1")
	w.until(time.Minute)
	w.say("a1", heartbeat)
	w.say("b1", heartbeat)
	return p
}

func TestAMovedMailboxStopsInItsOldGroupBeforeItStreamsInTheNew(t *testing.T) {
	for _, c := range []struct {
		name  string
		moves time.Duration
		want  []string
	}{
		{"covered up to the new subscription", time.Minute, []string{"streaming moved, after 2 of epoch 1"}},
		{"covered less far", 90 * time.Second, []string{"streaming moved, after 2 of epoch 1", "1 gap 1m0s-1m30s moved (stopped)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				p := twoGroups(w)
				w.say("a1", mail("a1", "m1"))
				p.watch(func(write any) verdict {
					if holds[messages.MailboxStopped](write) {
						time.Sleep(3 * time.Second) // of the lane
					}
					return verdict{}
				})
				w.until(c.moves)
				w.group("g2", "b=b1", "a=a2")
				w.pass(2 * time.Second)
				w.wantHistory("a", "streaming subscribed", "1 newmail inbox m1")
				w.wantOpenings(2)

				w.pass(2 * time.Second)
				want := append([]string{"streaming subscribed", "1 newmail inbox m1", "2 stopped moved 1m0s"}, c.want...)
				w.wantHistory("a", want...)
				w.say("a2", mail("a2", "m2"))
				if have := w.history("a"); len(have) != len(want)+1 {
					t.Errorf("the moved mailbox does not stream: %q", have)
				}
				w.say("c1", mail("a1", "late"), mail("c1", "m3"))
				w.wantHistory("c", "streaming subscribed", "1 newmail inbox m3")
				w.wantHistory("b", "streaming subscribed")
				if have := len(w.history("a")); have != len(want)+1 {
					t.Error("the old group stored an event of a mailbox that moved away")
				}
			})
		})
	}
}

func TestAMovedMailboxDoesNotWaitForEverForItsOldGroup(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.Drain = time.Millisecond
		p := twoGroups(w)
		w.until(75 * time.Second)
		p.kill()
		w.owner.set("g1", false)

		w.start()
		w.group("g2", "b=b1", "a=a2")
		moved := since(exchangeNow())
		w.until(84 * time.Second)
		w.wantHistory("a", "streaming subscribed")
		w.until(86 * time.Second)
		w.wantHistory("a", "streaming subscribed",
			"streaming taken over from another group, after 0 of epoch 1", "1 gap 1m0s-"+moved.String()+" takeover (coverage)")
	})
}

func TestALostSubscriptionStopsAndItsSuccessorAnnouncesTheGap(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1", "b=b1", "c=c1", "d=d1", "e=e1", "f=f1")
		w.until(time.Minute)
		w.say("a1", mail("b1", "m1"))
		w.until(65 * time.Second)
		w.say("a1", heartbeat)
		w.until(2 * time.Minute)
		w.say("a1", faulty("ErrorSubscriptionNotFound", "b1"))

		requests := w.requests()
		if len(requests) != 1 {
			t.Fatalf("have %d requests, want 1", len(requests))
		}
		if r := requests[0]; r.Action != messages.Resubscribe || len(r.Died) != 1 || r.Died[address("b")] != "b1" ||
			r.Code != "ErrorSubscriptionNotFound" || r.Group != "g" || r.Generation != 1 || r.URL != endpointURL {
			t.Errorf("request: have %+v", r)
		}
		w.groupLeft("g", left("b", messages.StopLost, "ErrorSubscriptionNotFound"), "a=a1", "c=c1", "d=d1", "e=e1", "f=f1")
		w.until(3 * time.Minute)
		w.group("g", "a=a1", "b=b2", "c=c1", "d=d1", "e=e1", "f=f1")
		w.wantHistory("b", "streaming subscribed", "1 newmail inbox m1", "2 stopped lost 1m5s ErrorSubscriptionNotFound",
			"streaming subscribed anew, after 2 of epoch 1", "1 gap 1m5s-3m0s ErrorSubscriptionNotFound (stopped)")
		w.wantHistory("a", "streaming subscribed")
		if have := len(w.requests()); have != 1 {
			t.Errorf("have %d requests, want no more", have)
		}
	})
}

// A new subscription replaces a lost one in one revision: nobody says why the old one left.
func TestASubscriptionThatIsReplacedUnseenIsLost(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1", "b=b1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		w.until(2 * time.Minute)
		w.group("g", "a=a2", "b=b1")
		w.wantHistory("a", "streaming subscribed", "1 stopped lost 1m0s replaced",
			"streaming subscribed anew, after 1 of epoch 1", "1 gap 1m0s-2m0s replaced (stopped)")
		w.wantHistory("b", "streaming subscribed")
	})
}
