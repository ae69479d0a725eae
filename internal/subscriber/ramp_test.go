package subscriber

import (
	"fmt"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// wantPace wants at most so many requests to begin within any second after a moment.
func (w *world) wantPace(op string, after time.Time, most int) {
	w.t.Helper()
	var begun []time.Time
	for _, c := range w.exchange.asked(op) {
		if c.from.After(after) {
			begun = append(begun, c.from)
		}
	}
	for i, from := range begun {
		n := 0
		for _, other := range begun[i:] {
			if other.Sub(from) >= 0 && other.Sub(from) < time.Second {
				n++
			}
		}
		if n > most {
			w.t.Errorf("%d of %q within a second at %s, want %d at most", n, op, from.Sub(after), most)
			return
		}
	}
}

// died are all members with their subscriptions.
func died(g messages.GroupSubscribed) []string {
	var all []string
	for a, s := range g.Subscriptions {
		all = append(all, name(a)+"="+string(s.ID))
	}
	return all
}

func TestAMassLossIsSubscribedAnewStepByStep(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.enroll(numbered(120)...)
		w.pass(10 * time.Second)
		if have := len(w.group("Site-A").Subscriptions); have != 120 {
			t.Fatalf("have %d subscribed after 10 s, want all: nothing was lost yet", have)
		}
		lost := time.Now()
		w.lose("r1", w.group("Site-A"), messages.RegroupAll, "ErrorSubscriptionNotFound", died(w.group("Site-A"))...)
		w.pass(14 * time.Second)
		if have := len(w.group("Site-A").Subscriptions); have != 120 {
			t.Errorf("have %d subscribed again after 14 s, want 120", have)
		}
		w.wantPace(opSubscribe, lost, 10)
	})
}

func TestAnEndpointThatComesBackIsAskedStepByStep(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.exchange.refusing(func(string, messages.Address) *ewsaffinity.Fault { return refused(ewsaffinity.CodeRefused) })
		for site := range 10 {
			var names []string
			for i := range 20 {
				names = append(names, fmt.Sprintf("u%d-%02d", site, i))
			}
			w.enrollAt(endpointA, messages.Grouping(fmt.Sprint("Site-", site)), names...)
		}
		w.pass(30 * time.Minute)
		back := time.Now()
		w.exchange.refusing(nil)
		w.pass(15 * time.Minute) // the longest wait, then 200 folders and 200 subscriptions
		if have := len(w.exchange.asked(opSubscribe)); have != 200 {
			t.Errorf("subscribed %d, want 200", have)
		}
		w.wantPace("", back, 23) // 10 a second, grown twice
	})
}

func TestThrottlingSlowsTheRampDown(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.enroll(numbered(120)...)
		w.pass(10 * time.Second)
		w.exchange.refusing(only(opSubscribe, refused("ErrorServerBusy"), "u000"))
		w.lose("r1", w.group("Site-A"), messages.RegroupAll, "ErrorSubscriptionNotFound", died(w.group("Site-A"))...)
		w.pass(time.Second)
		w.exchange.refusing(nil)
		throttled := time.Now()
		w.pass(40 * time.Second)
		if have := len(w.group("Site-A").Subscriptions); have != 120 {
			t.Errorf("have %d subscribed again, want 120", have)
		}
		w.wantPace(opSubscribe, throttled, 5)
	})
}
