package subscriber

import (
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// busy is a throttling answer that asks for a minute.
func busy() *ewsaffinity.Fault {
	fault := refused("ErrorServerBusy")
	fault.BackOff = time.Minute
	return fault
}

// wantSilence wants nothing asked after a moment for so long, but something soon after.
func (w *world) wantSilence(from time.Time, least, most time.Duration) {
	w.t.Helper()
	for _, c := range w.exchange.asked("") {
		if pause := c.from.Sub(from); pause > 0 {
			if pause < least || pause > most {
				w.t.Errorf("%s of %s came after %s, want %s to %s", c.op, c.mailbox, pause, least, most)
			}
			return
		}
	}
	w.t.Error("nothing was asked afterwards")
}

func TestWhatWasSubscribedBeforeTheEndpointHaltedIsPublished(t *testing.T) {
	for _, c := range []struct {
		name        string
		fault       *ewsaffinity.Fault
		least, most time.Duration
	}{
		{"with a hint", busy(), 66 * time.Second, 71 * time.Second},
		{"without", refused("http-503"), time.Second, 2 * time.Second},
		{"no connection", refused(ewsaffinity.CodeRefused), time.Second, 2 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.cfg.Concurrency = 1
				w.exchange.refusing(only(opSubscribe, c.fault, "d"))
				w.start()
				w.enroll("a", "b", "c", "d", "e", "f")
				w.until(500*time.Millisecond + 6*w.exchange.takes + 4*w.exchange.takes + w.exchange.takes/2)
				w.wantGroup("1.1 a (cookie-1): a-1 b-1 c-1")
				asked := w.exchange.asked("")
				last := asked[len(asked)-1]
				if last.mailbox != address("d") {
					t.Errorf("last asked: have %s, want none after d was told to wait", last.mailbox)
				}
				w.exchange.refusing(nil)
				w.pass(2 * time.Minute)
				w.wantSilence(last.to, c.least, c.most)
				w.wantGroup("1.2 a (cookie-1): a-1 b-1 c-1 d-1 e-1 f-1")
				if parked := stored[messages.MailboxParked](w); len(parked) != 0 {
					t.Errorf("parked %+v: it is nobody's fault", parked)
				}
			})
		})
	}
}

func TestABusyEndpointWithoutAHintIsAskedLessAndLess(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.exchange.refusing(only(opSubscribe, refused("ErrorServerBusy"), "a", "b"))
		w.enroll("a")
		w.pass(time.Hour)
		if have := len(w.exchange.asked(opSubscribe)); have > 40 {
			t.Errorf("asked %d times within an hour, want 40 at most", have)
		}
		w.exchange.refusing(nil)
		w.pass(10 * time.Minute)
		w.wantGroup("1.1 a (cookie-1): a-1")

		w.exchange.forget()
		w.exchange.refusing(only(opSubscribe, refused("ErrorServerBusy"), "b"))
		w.enroll("b")
		w.pass(time.Minute)
		if have := len(w.exchange.asked(opSubscribe)); have < 4 {
			t.Errorf("asked %d times within the first minute, want the waits to begin anew after a success", have)
		}
	})
}

func TestAnAnchorThatIsToldToWaitBeginsNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.refusing(only(opSubscribe, busy(), "a"))
		w.start()
		w.enroll("a", "b", "c")
		w.pass(10 * time.Second)
		asked := w.exchange.asked(opSubscribe)
		if len(asked) != 1 || asked[0].mailbox != address("a") {
			t.Fatalf("asked %+v, want the anchor only", asked)
		}
		w.exchange.refusing(nil)
		w.pass(2 * time.Minute)
		w.wantSilence(asked[0].to, 66*time.Second, 71*time.Second)
		w.wantGroup("1.1 a (cookie-1): a-1 b-1 c-1")
	})
}

// The hint that one group's request met is the endpoint's: other groups stop too.
func TestARestThatOneGroupIsAskedForHoldsForAllOfTheEndpoint(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.Concurrency = 1
		const other messages.Endpoint = "https://other.contoso.com/EWS/Exchange.asmx"
		w.start()
		w.enrollAt(endpointA, "Site-B", numbered(20)...)
		w.enrollAt(other, "Site-C", "x")
		w.pass(time.Second) // the others' folders are being asked for
		w.exchange.refusing(only(opFolders, busy(), "a"))
		w.enroll("a")
		w.pass(30 * time.Second)

		var told time.Time
		for _, c := range w.exchange.asked("") {
			if c.mailbox == address("a") {
				told = c.to
			}
		}
		if told.IsZero() {
			t.Fatal("nobody was told to wait")
		}
		for _, c := range w.exchange.asked("") {
			if c.url == endpointA && c.from.After(told) {
				t.Fatalf("%s of %s was asked %s after the endpoint asked for a minute", c.op, c.mailbox, c.from.Sub(told))
			}
		}
		if have := describe(w.group("Site-C")); have != "1.1 x (cookie-1): x-1" {
			t.Errorf("another endpoint: have %s", have)
		}
		w.exchange.refusing(nil)
		w.pass(2 * time.Minute)
		if have := len(w.group("Site-B").Subscriptions); have != 20 {
			t.Errorf("afterwards: have %d members, want 20", have)
		}
		w.wantGroup("1.1 a (" + w.group("Site-A").Cookie.Value() + "): a-1")
	})
}

func TestAShorterRestDoesNotEndALongerOne(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.takes = time.Second
		w.start()
		longer := refused("ErrorServerBusy")
		longer.BackOff = 10 * time.Minute
		w.exchange.refusing(func(_ string, mailbox messages.Address) *ewsaffinity.Fault {
			if mailbox == address("a") {
				return longer
			}
			return refused("http-503")
		})
		w.enroll("a")
		w.enrollAt(endpointA, "Site-B", "b")
		w.pass(5 * time.Second)
		asked := w.exchange.asked("")
		if len(asked) != 2 {
			t.Fatalf("asked %d times, want 2", len(asked))
		}
		w.exchange.refusing(nil)
		w.pass(20 * time.Minute)
		w.wantSilence(asked[0].to, 10*time.Minute, 12*time.Minute)
	})
}

func TestAnEndpointThatIsDownIsAskedSeldomAndComesBack(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.refusing(func(string, messages.Address) *ewsaffinity.Fault { return refused(ewsaffinity.CodeRefused) })
		w.start()
		for _, n := range numbered(30) { // in many groups
			w.enrollAt(endpointA, messages.Grouping("Site-"+n), n)
		}
		w.pass(2 * time.Second)
		if have := len(w.exchange.asked("")); have > 30 {
			t.Errorf("asked %d times at first, want each group once at most", have)
		}
		w.exchange.forget()
		w.pass(time.Hour)
		if have := len(w.exchange.asked("")); have > 40 {
			t.Errorf("asked %d times within an hour, want 40 at most", have)
		}
		w.exchange.refusing(nil)
		w.pass(10 * time.Minute)
		if have := len(stored[messages.GroupSubscribed](w)); have != 30 {
			t.Errorf("have %d groups after it came back, want 30", have)
		}
		if parked := stored[messages.MailboxParked](w); len(parked) != 0 {
			t.Errorf("parked %d mailboxes: an outage is nobody's fault", len(parked))
		}
	})
}

func TestAStopEndsWhatIsUnderWay(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.takes = time.Hour
		p := w.start()
		w.enroll(numbered(30)...)
		w.pass(time.Minute)
		asked := time.Now()
		p.stop()
		if took := time.Since(asked); took != 0 {
			t.Errorf("took %s to stop", took)
		}
	})
}
