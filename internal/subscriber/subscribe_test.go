package subscriber

import (
	"slices"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestTheAnchorIsSubscribedAndAwaitedFirst(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.takes = time.Second
		w.start()
		w.enroll("a", "b", "c", "d")
		w.pass(10 * time.Second)

		asked := w.exchange.asked(opSubscribe)
		if len(asked) != 4 {
			t.Fatalf("have %d Subscribes, want 4", len(asked))
		}
		anchor := asked[0]
		if want := (messages.Place{Group: "4a82b80d-1", URL: endpointA, Anchor: address("a")}); anchor.mailbox != address("a") || anchor.place != want {
			t.Errorf("first: have %s at %+v, want a at %+v", anchor.mailbox, anchor.place, want)
		}
		for _, c := range asked[1:] {
			if c.from.Before(anchor.to) {
				t.Errorf("%s was asked before the anchor was answered", c.mailbox)
			}
			if want := (messages.Place{Group: "4a82b80d-1", URL: endpointA, Anchor: address("a"), Cookie: "cookie-1"}); c.place != want {
				t.Errorf("%s: asked at %+v, want %+v", c.mailbox, c.place, want)
			}
		}
		for _, c := range w.exchange.asked(opFolders) {
			if c.to.After(anchor.from) {
				t.Errorf("the anchor was subscribed before the folders of %s were known", c.mailbox)
			}
		}
		g := w.group("Site-A")
		if want := anchor.to.Add(skew); !g.Since.Equal(want) || g.URL != endpointA {
			t.Errorf("generation since %s at %s, want %s at %s", g.Since, g.URL, want, endpointA)
		}
	})
}

func TestAServerWithoutCookiesIsFine(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.bare = true
		w.start()
		w.enroll("a", "b")
		w.pass(5 * time.Second)
		w.wantGroup("1.1 a (): a-1 b-1")
	})
}

// TestTheCookieOfAnOldExchangeIsTheNewest: Exchange 2010 replaces its cookie at will.
// Each request carries the newest, the group's message too, and a generation begins
// without one.
func TestTheCookieOfAnOldExchangeIsTheNewest(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.old = true
		w.exchange.takes = time.Second
		w.start()
		w.enroll("a", "b")
		w.pass(10 * time.Second)
		w.wantExchangeCookie("old-2", "", "old-1")
		w.enroll("c")
		w.pass(10 * time.Second)
		w.wantExchangeCookie("old-3", "", "old-1", "old-2")
		w.withdraw("c")
		w.pass(10 * time.Second)
		w.wantExchangeCookie("old-3", "", "old-1", "old-2")
		ended := w.exchange.asked(opUnsubscribe)
		if len(ended) != 1 || ended[0].place.ExchangeCookie != "old-3" {
			t.Errorf("unsubscribed at %+v, want the cookie old-3", ended)
		}
		w.lose("r1", w.group("Site-A"), messages.RegroupAll, "reset", "b=b-1")
		w.pass(10 * time.Second)
		w.wantExchangeCookie("old-5", "", "old-1", "old-2", "", "old-4")
	})
}

// wantExchangeCookie expects the exchangecookie in the group's message, and in each
// Subscribe so far.
func (w *world) wantExchangeCookie(recorded string, sent ...string) {
	w.t.Helper()
	var have []string
	for _, c := range w.exchange.asked(opSubscribe) {
		have = append(have, c.place.ExchangeCookie.Value())
	}
	if g := w.group("Site-A"); g.ExchangeCookie.Value() != recorded || g.Place().ExchangeCookie != g.ExchangeCookie || !slices.Equal(have, sent) {
		w.t.Errorf("recorded %q, sent %q, want %q and %q", g.ExchangeCookie.Value(), have, recorded, sent)
	}
}

func TestWhenTheAnchorIsRejectedTheNextIsAnchor(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.refusing(only(opSubscribe, refused("ErrorAccessDenied"), "a", "b"))
		w.start()
		w.enroll("a", "b", "c", "d")
		w.pass(5 * time.Second)
		w.wantGroup("1.1 c (cookie-1): c-1 d-1")
		parked := stored[messages.MailboxParked](w)
		if len(parked) != 2 {
			t.Fatalf("have %d parked, want 2", len(parked))
		}
		for i, n := range []string{"a", "b"} {
			f := parked[i]
			wait := f.NextAttempt.Sub(begin)
			if f.Mailbox != address(n) || f.Code != "ErrorAccessDenied" || f.Text != "in the server's words" || f.Attempts != 1 ||
				wait < 15*time.Minute || wait > 16*time.Minute {
				t.Errorf("parked: have %+v for %s, want %s for 15 min", f, wait, n)
			}
		}
		w.exchange.refusing(nil)
		w.exchange.forget()
		w.pass(14 * time.Minute)
		if have := len(w.exchange.asked("")); have != 0 {
			t.Errorf("asked %d times while parked", have)
		}
		w.pass(3 * time.Minute)
		w.wantGroup("1.2 c (cookie-1): a-1 b-1 c-1 d-1")
	})
}

func TestARejectedMailboxIsParkedLongerEachTimeAndBlocksNobody(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.refusing(only(opSubscribe, refused("ErrorAccessDenied"), "b"))
		w.start()
		w.enroll("a", "b", "c")
		w.pass(5 * time.Second)
		w.wantGroup("1.1 a (cookie-1): a-1 c-1")
		w.pass(100 * time.Hour)
		w.wantGroup("1.1 a (cookie-1): a-1 c-1")
		want := []time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 24 * time.Hour, 24 * time.Hour}
		parked := stored[messages.MailboxParked](w)
		if len(parked) < len(want) {
			t.Fatalf("parked %d times, want %d at least", len(parked), len(want))
		}
		for i, wait := range want {
			f := parked[i]
			if have := f.NextAttempt.Sub(f.Time).Round(time.Second); have != wait || f.Attempts != i+1 {
				t.Errorf("attempt %d: parked for %s, want %s", f.Attempts, have, wait)
			}
		}
	})
}

func TestAGroupOfWhichAllAreRejectedIsNotPublished(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.refusing(only(opSubscribe, refused("ErrorAccessDenied"), "a", "b"))
		w.start()
		w.enroll("a", "b")
		w.pass(5 * time.Second)
		if g := stored[messages.GroupSubscribed](w); len(g) != 0 {
			t.Errorf("published %+v", g)
		}
		if have := len(stored[messages.MailboxParked](w)); have != 2 {
			t.Errorf("have %d parked, want 2", have)
		}
	})
}

func TestAMailboxWithoutFoldersIsNotSubscribed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.refusing(only(opFolders, refused("ErrorAccessDenied"), "a"))
		w.start()
		w.enroll("a", "b")
		w.pass(5 * time.Second)
		w.wantGroup("1.1 b (cookie-1): b-1")
		if parked := stored[messages.MailboxParked](w); len(parked) != 1 || parked[0].Mailbox != address("a") {
			t.Errorf("parked: have %+v, want a", parked)
		}
	})
}

func TestFoldersAreAskedOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.enroll("a", "b")
		w.pass(5 * time.Second)
		w.withdraw("b")
		w.pass(5 * time.Second)
		w.enroll("b")
		w.pass(5 * time.Second)
		w.wantGroup("1.3 a (cookie-1): a-1 b-2")
		if have := len(w.exchange.asked(opFolders)); have != 2 {
			t.Errorf("asked for folders %d times, want once a mailbox", have)
		}
	})
}

func TestAMailboxThatMayHaveMovedIsDiscoveredAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.refusing(only(opSubscribe, refused("ErrorProxyRequestNotAllowed"), "b"))
		w.start()
		w.enroll("a", "b")
		w.pass(5 * time.Second)
		if stale := stored[messages.MailboxStale](w); len(stale) != 1 || stale[0].Mailbox != address("b") || stale[0].Code != "ErrorProxyRequestNotAllowed" {
			t.Fatalf("stale: have %+v, want b", stale)
		}
		w.exchange.refusing(nil)
		w.exchange.forget()
		w.pass(time.Hour)
		if asked := w.exchange.asked(""); len(asked) != 0 {
			t.Errorf("asked %+v before the discoverer answered", asked)
		}
		w.discover(endpointA, "Site-A", "b")
		w.pass(5 * time.Second)
		w.wantGroup("1.2 a (cookie-1): a-1 b-1")
	})
}

func TestSubscribesOfAGroupRunSideBySideUpToABound(t *testing.T) {
	for _, c := range []struct{ given, want int }{{3, 3}, {0, 10}} {
		inWorld(t, func(w *world) {
			w.cfg.Concurrency = c.given
			w.start()
			w.enroll(numbered(40)...)
			w.pass(30 * time.Second)
			if have := len(w.group("Site-A").Subscriptions); have != 40 {
				t.Errorf("have %d members, want 40", have)
			}
			if w.exchange.busiest != c.want {
				t.Errorf("at most %d requests at a time, want %d", w.exchange.busiest, c.want)
			}
		})
	}
}

func TestAnErrorOfAnotherKindParksItsMailbox(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.refusing(only(opSubscribe, &ewsaffinity.Fault{Op: ewsaffinity.OpSubscribe, Code: "ErrorOfTomorrow"}, "b"))
		w.start()
		w.enroll("a", "b")
		w.pass(1500 * time.Millisecond)
		w.wantGroup("1.1 a (cookie-1): a-1")
		if parked := stored[messages.MailboxParked](w); len(parked) != 1 || parked[0].Code != "ErrorOfTomorrow" {
			t.Errorf("parked: have %+v", parked)
		}
	})
}
