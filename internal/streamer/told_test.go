package streamer

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// sixMembers has a to f stream, covered up to 1m0s; now it is 2m0s.
func sixMembers(w *world) {
	w.start()
	w.group("g", "a=a1", "b=b1", "c=c1", "d=d1", "e=e1", "f=f1")
	w.until(time.Minute)
	w.say("a1", heartbeat)
	w.until(2 * time.Minute)
}

// died are the ids that the only request so far names, in order.
func (w *world) died() []messages.SubscriptionID {
	w.t.Helper()
	requests := w.requests()
	if len(requests) != 1 {
		w.t.Fatalf("have %d regroup requests, want 1", len(requests))
	}
	return slices.Sorted(maps.Values(requests[0].Died))
}

func TestEventsBesideAnErrorAreStored(t *testing.T) {
	inWorld(t, func(w *world) {
		sixMembers(w)
		e := faulty("ErrorSubscriptionNotFound", "b1")
		e.Notifications = append(mail("b1", "m1").Notifications, mail("c1", "m2").Notifications...)
		w.say("a1", e)
		w.wantHistory("b", "streaming subscribed", "1 newmail inbox m1")
		w.wantHistory("c", "streaming subscribed", "1 newmail inbox m2")
		w.wantOpenings(2)
		want := []messages.SubscriptionID{"a1", "c1", "d1", "e1", "f1"}
		if have := w.exchange.opened()[1].ids; !slices.Equal(have, want) {
			t.Errorf("the others got a connection with %q, want %q", have, want)
		}
		if have := w.died(); !slices.Equal(have, []messages.SubscriptionID{"b1"}) {
			t.Errorf("died: have %q, want b1", have)
		}
	})
}

func TestAClosedAfterAnErrorReopensWithoutTheDead(t *testing.T) {
	for name, envelopes := range map[string][]Envelope{
		"in one envelope":  {{Faults: []*ewsaffinity.Fault{inBand("ErrorSubscriptionNotFound", "b1")}, Closed: true}},
		"in two envelopes": {faulty("ErrorSubscriptionNotFound", "b1"), {Closed: true}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				sixMembers(w)
				w.say("a1", envelopes...)
				w.wantOpenings(2)
				want := []messages.SubscriptionID{"a1", "c1", "d1", "e1", "f1"}
				if have := w.exchange.opened()[1].ids; !slices.Equal(have, want) {
					t.Errorf("reopened with %q, want %q", have, want)
				}
				w.say("a1", mail("c1", "m1"))
				w.wantHistory("c", "streaming subscribed", "1 newmail inbox m1")
				w.pass(time.Minute)
				w.wantOpenings(2)
				if have := w.died(); !slices.Equal(have, []messages.SubscriptionID{"b1"}) {
					t.Errorf("died: have %q, want b1", have)
				}
			})
		})
	}
}

func TestAnErrorForAnIDThatIsNotCurrentOnlyReopens(t *testing.T) {
	inWorld(t, func(w *world) {
		sixMembers(w)
		w.groupLeft("g", left("b", messages.StopWithdrawn, ""), "a=a1", "c=c1", "d=d1", "e=e1", "f=f1")
		before := w.history("b")
		w.say("a1", faulty("ErrorSubscriptionNotFound", "b1"))
		w.wantOpenings(2)
		if have := len(w.requests()); have != 0 {
			t.Errorf("have %d requests, want none", have)
		}
		for _, name := range []string{"a", "c"} {
			w.wantHistory(name, "streaming subscribed")
		}
		w.wantHistory("b", before...)
		w.say("a1", mail("a1", "m1"))
		w.wantHistory("a", "streaming subscribed", "1 newmail inbox m1")
	})
}

func TestAnErrorWithoutIDsConcernsTheWholeGroup(t *testing.T) {
	inWorld(t, func(w *world) {
		sixMembers(w)
		w.say("a1", faulty("ErrorSubscriptionNotFound"))
		want := []messages.SubscriptionID{"a1", "b1", "c1", "d1", "e1", "f1"}
		if have := w.died(); !slices.Equal(have, want) {
			t.Errorf("died: have %q, want %q", have, want)
		}
		if have := w.requests()[0].Action; have != messages.RegroupAll {
			t.Errorf("action: have %s, want %s", have, messages.RegroupAll)
		}
	})
}

func TestTheLossOfTheAnchorIsTheGroups(t *testing.T) {
	inWorld(t, func(w *world) {
		sixMembers(w)
		w.say("a1", faulty("ErrorSubscriptionNotFound", "a1"))
		w.pass(10 * time.Second)
		w.wantCovered("b", time.Minute) // no one knows how long the others lived
		if have := w.died(); len(have) != 6 || w.requests()[0].Action != messages.RegroupAll {
			t.Errorf("have %s of %q, want %s of all six", w.requests()[0].Action, have, messages.RegroupAll)
		}
	})
}

func TestMissedEventsAreAGapAtOnceAndTheSubscriptionIsKept(t *testing.T) {
	for name, ids := range map[string][]messages.SubscriptionID{"of one": {"b1"}, "of all": nil} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				sixMembers(w)
				w.say("a1", faulty("ErrorMissedNotificationEvents", ids...))
				w.say("a1", mail("b1", "m1"))
				w.wantHistory("b", "streaming subscribed",
					"1 gap 1m0s-2m0s ErrorMissedNotificationEvents (stream)", "2 newmail inbox m1")
				if len(ids) > 0 {
					w.wantHistory("a", "streaming subscribed")
				} else {
					w.wantHistory("a", "streaming subscribed", "1 gap 1m0s-2m0s ErrorMissedNotificationEvents (stream)")
				}
				w.pass(10 * time.Second)
				if have := w.covered("g", "b"); have != 2*time.Minute {
					t.Errorf("covered after the gap: have %s, want 2m0s", have)
				}
				w.wantOpenings(1)
				if have := len(w.requests()); have != 0 {
					t.Errorf("have %d requests, want none", have)
				}
			})
		})
	}
}

// The first envelope may tell of events that were missed before the epoch opened.
func TestMissedEventsToldAtTheOpeningAreAGap(t *testing.T) {
	inWorld(t, func(w *world) {
		w.owner.set("g", false)
		w.start()
		w.group("g", "a=a1", "b=b1")
		w.pass(time.Minute)
		w.exchange.answer(answer{first: faulty("ErrorMissedNotificationEvents", "a1")})
		w.owner.give("g", true)
		w.wantHistory("a", "streaming subscribed", "1 gap 0s-1m0s ErrorMissedNotificationEvents (stream)")
		w.wantHistory("b", "streaming subscribed")
	})
}

func TestAnIDThatIsDeadAtTheOpeningIsLeftOut(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.goodbye = saysNothing
		w.exchange.answer(answer{first: faulty("ErrorSubscriptionNotFound", "b1")})
		w.start()
		w.group("g", "a=a1", "b=b1", "c=c1", "d=d1", "e=e1", "f=f1")
		w.wantHistory("b")
		w.wantHistory("a", "streaming subscribed")
		if have := w.died(); !slices.Equal(have, []messages.SubscriptionID{"b1"}) {
			t.Errorf("died: have %q, want b1", have)
		}
		w.exchange.opened()[0].stream.say(mail("b1", "strange"))
		w.pass(time.Minute)
		w.groupLeft("g", left("b", messages.StopLost, "ErrorSubscriptionNotFound"), "a=a1", "c=c1", "d=d1", "e=e1", "f=f1")
		w.group("g", "a=a1", "b=b2", "c=c1", "d=d1", "e=e1", "f=f1")
		w.pass(10 * time.Second) // no goodbye comes
		w.wantHistory("b", "streaming taken over", "1 gap 0s-1m0s takeover (coverage)")
	})
}
