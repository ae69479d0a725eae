package breaker_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/breaker"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// half makes jitter predictable.
func half() float64 { return 0.5 }

func newGroup() *breaker.Group {
	g := breaker.NewGroup(breaker.GroupConfig{Name: "g1", Random: half})
	g.Follow("anchor", 200)
	return g
}

func fault(code ewsaffinity.Code, died ...messages.SubscriptionID) *ewsaffinity.Fault {
	return &ewsaffinity.Fault{Op: ewsaffinity.OpStream, Code: code, Died: died}
}

func ids(n int) []messages.SubscriptionID {
	died := make([]messages.SubscriptionID, n)
	for i := range died {
		died[i] = messages.SubscriptionID(fmt.Sprint("id", i))
	}
	return died
}

// moment is an outcome after a pause, and the verdict wanted of it.
type moment struct {
	after time.Duration
	fault *ewsaffinity.Fault // nil: an envelope
	want  breaker.Verdict    // without Reason
	state string             // afterwards
}

func TestGroupVerdicts(t *testing.T) {
	goOn := breaker.Verdict{Do: breaker.Continue}
	reopen := breaker.Verdict{Do: breaker.Reopen}
	reopenLater := breaker.Verdict{Do: breaker.Reopen, Wait: 1500 * time.Millisecond}
	resubscribe := breaker.Verdict{Do: breaker.Regroup, Action: messages.Resubscribe}
	rediscover := breaker.Verdict{Do: breaker.Regroup, Action: messages.Rediscover}
	regroup := breaker.Verdict{Do: breaker.Regroup, Action: messages.RegroupAll, Whole: true}
	rediscoverAll := breaker.Verdict{Do: breaker.Regroup, Action: messages.Rediscover, Whole: true}
	wait := func(d time.Duration) breaker.Verdict { return breaker.Verdict{Do: breaker.Wait, Wait: d} }

	tests := []struct {
		name    string
		moments []moment
	}{
		{"the third transport failure in a row regroups", []moment{
			{0, nil, goOn, "closed"},
			{0, fault(ewsaffinity.CodeEOF), reopen, "closed"},
			{time.Second, fault(ewsaffinity.CodeReset), reopenLater, "closed"},
			{time.Second, fault(ewsaffinity.CodeSilence), regroup, "open"},
		}},
		{"an envelope ends the row", []moment{
			{0, fault(ewsaffinity.CodeEOF), reopen, "closed"},
			{time.Second, fault(ewsaffinity.CodeEOF), reopenLater, "closed"},
			{time.Second, nil, goOn, "closed"},
			{time.Second, fault(ewsaffinity.CodeEOF), reopen, "closed"},
			{time.Second, fault(ewsaffinity.CodeEOF), reopenLater, "closed"},
		}},
		{"silence after a regroup rediscovers, until an envelope comes", []moment{
			{0, fault(ewsaffinity.CodeSilence), reopen, "closed"},
			{0, fault(ewsaffinity.CodeSilence), reopenLater, "closed"},
			{0, fault(ewsaffinity.CodeSilence), regroup, "open"},
			{2 * time.Minute, fault(ewsaffinity.CodeSilence), rediscoverAll, "open"},
			{2 * time.Minute, nil, goOn, "closed"},
			{2 * time.Minute, fault(ewsaffinity.CodeSilence), reopen, "closed"},
		}},
		{"a broken stream after a regroup regroups again", []moment{
			{0, fault(ewsaffinity.CodeReset), reopen, "closed"},
			{0, fault(ewsaffinity.CodeReset), reopenLater, "closed"},
			{0, fault(ewsaffinity.CodeReset), regroup, "open"},
			{time.Minute, fault(ewsaffinity.CodeReset), regroup, "open"},
		}},
		{"one lost subscription is repaired beside the stream", []moment{
			{0, fault("ErrorSubscriptionNotFound", "id1"), resubscribe, "closed"},
			{time.Minute, fault("ErrorReadEventsFailed", "id2"), resubscribe, "closed"},
			{time.Minute, fault("ErrorSubscriptionNotFound", "id3"), resubscribe, "closed"},
		}},
		{"a mailbox in another site is rediscovered", []moment{
			{0, fault("ErrorProxyRequestNotAllowed", "id1"), rediscover, "closed"},
		}},
		{"the anchor in another site takes the group along", []moment{
			{0, fault("ErrorProxyRequestNotAllowed", "anchor"), rediscoverAll, "open"},
		}},
		{"the anchor's lost subscription regroups", []moment{
			{0, fault("ErrorSubscriptionNotFound", "anchor"), regroup, "open"},
			{time.Second, nil, goOn, "closed"},
		}},
		{"losses without ids are everybody's", []moment{
			{0, fault("ErrorSubscriptionNotFound"), regroup, "open"},
		}},
		{"many losses in one message", []moment{
			{0, fault("ErrorSubscriptionNotFound", ids(5)...), regroup, "open"},
		}},
		{"many losses within 30 s", []moment{
			{0, fault("ErrorSubscriptionNotFound", "a", "b"), resubscribe, "closed"},
			{10 * time.Second, fault("ErrorReadEventsFailed", "c", "d"), resubscribe, "closed"},
			{10 * time.Second, fault("ErrorSubscriptionNotFound", "e"), regroup, "open"},
		}},
		{"the same losses, further apart", []moment{
			{0, fault("ErrorSubscriptionNotFound", "a", "b"), resubscribe, "closed"},
			{31 * time.Second, fault("ErrorSubscriptionNotFound", "c", "d"), resubscribe, "closed"},
			{31 * time.Second, fault("ErrorSubscriptionNotFound", "e"), resubscribe, "closed"},
		}},
		{"the same id again is one loss", []moment{
			{0, fault("ErrorSubscriptionNotFound", ids(4)...), resubscribe, "closed"},
			{time.Second, fault("ErrorSubscriptionNotFound", ids(4)...), resubscribe, "closed"},
		}},
		{"losses that pour in are one regroup; back within 10 min they are a rediscovery", []moment{
			{0, fault("ErrorSubscriptionNotFound", ids(100)...), regroup, "open"},
			{time.Second, fault("ErrorSubscriptionNotFound", "x", "y"), regroup, "open"},
			{5 * time.Minute, fault("ErrorSubscriptionNotFound", ids(100)...), rediscoverAll, "open"},
			{11 * time.Minute, fault("ErrorSubscriptionNotFound", ids(100)...), regroup, "open"},
		}},
		{"a move that began is rediscovered", []moment{
			{0, &ewsaffinity.Fault{Op: ewsaffinity.OpStream, Code: "ErrorInvalidSubscription", Text: "… MailboxMoveStarted …",
				Died: ids(1)}, rediscover, "closed"},
		}},
		{"a move in progress waits five minutes", []moment{
			{0, fault("ErrorMailboxMoveInProgress", "id1"),
				breaker.Verdict{Do: breaker.Regroup, Action: messages.Rediscover, Wait: 5 * time.Minute}, "closed"},
		}},
		{"missed events change nothing", []moment{
			{0, fault("ErrorMissedNotificationEvents", "id1"), goOn, "closed"},
		}},
		{"throttling waits and never counts", []moment{
			{0, fault(ewsaffinity.CodeEOF), reopen, "closed"},
			{0, fault("ErrorServerBusy"), wait(time.Second), "closed"},
			{0, fault("ErrorServerBusy"), wait(2 * time.Second), "closed"},
			{0, fault("ErrorServerBusy"), wait(4 * time.Second), "closed"},
			{0, fault("ErrorServerBusy"), wait(8 * time.Second), "closed"},
			{0, fault(ewsaffinity.CodeEOF), reopenLater, "closed"},
			{0, fault(ewsaffinity.CodeEOF), regroup, "open"},
		}},
		{"a hint is obeyed, and a little more", []moment{
			{0, &ewsaffinity.Fault{Op: ewsaffinity.OpStream, Code: "ErrorServerBusy", BackOff: time.Minute},
				wait(68500 * time.Millisecond), "closed"},
		}},
		{"an outage waits, however long", []moment{
			{0, fault(ewsaffinity.CodeRefused), wait(time.Second), "closed"},
			{time.Second, fault(ewsaffinity.CodeRefused), wait(2 * time.Second), "closed"},
			{time.Second, fault(ewsaffinity.CodeRefused), wait(4 * time.Second), "closed"},
			{time.Second, fault(ewsaffinity.HTTPStatus(502)), wait(time.Second), "closed"},
			{11 * time.Minute, fault(ewsaffinity.CodeRefused), wait(time.Second), "closed"},
		}},
		{"too many streams: at least half a minute", []moment{
			{0, fault("ErrorExceededConnectionCount"), wait(31 * time.Second), "closed"},
		}},
		{"a store that stays away is asked about, though streams open in between", []moment{
			{0, fault("ErrorMailboxStoreUnavailable", "id1"), wait(time.Second), "closed"},
			{time.Second, nil, goOn, "closed"},
			{time.Second, fault("ErrorMailboxStoreUnavailable", "id1"), wait(2 * time.Second), "closed"},
			{time.Second, fault("ErrorMailboxStoreUnavailable", "id1"), wait(4 * time.Second), "closed"},
			{time.Second, fault("ErrorMailboxStoreUnavailable", "id1"), rediscover, "closed"},
		}},
		{"an unknown code walks its chain", []moment{
			{0, fault("ErrorNew"), wait(time.Second), "closed"},
			{0, fault("ErrorNew"), wait(2 * time.Second), "closed"},
			{0, fault("ErrorNew"), wait(4 * time.Second), "closed"},
			{0, fault("ErrorNew"), regroup, "open"},
			{0, fault("ErrorNew"), rediscoverAll, "open"},
			{0, fault("ErrorNew"), rediscoverAll, "open"},
		}},
		{"another client's stream stops us", []moment{
			{0, fault("ErrorNewEventStreamConnectionOpened"), breaker.Verdict{Do: breaker.Stop, Wait: 5*time.Minute + 15*time.Second}, "closed"},
		}},
		{"a disabled mailbox goes to the subscriber, which parks it", []moment{
			{0, fault("ErrorAccountDisabled", "id1"), resubscribe, "closed"},
		}},
		{"a whole group that is forbidden stops", []moment{
			{0, fault(ewsaffinity.HTTPStatus(403)), breaker.Verdict{Do: breaker.Stop, Wait: 5*time.Minute + 15*time.Second}, "closed"},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { judge(t, newGroup(), test.moments) })
		})
	}
}

func judge(t *testing.T, g *breaker.Group, moments []moment) {
	for i, m := range moments {
		time.Sleep(m.after)
		have := g.Record(m.fault)
		if reasoned := have.Reason != ""; reasoned != (m.fault != nil) {
			t.Errorf("moment %d: reason %q", i, have.Reason)
		}
		have.Reason = ""
		if have != m.want {
			t.Errorf("moment %d, %v:\nwant %+v\nhave %+v", i, m.fault, m.want, have)
		}
		if state := g.State(); state != m.state {
			t.Errorf("moment %d, %v: want %s, have %s", i, m.fault, m.state, state)
		}
	}
}

// TestRefusedLoginIsProbedSlowly: whoever follows the verdicts for a day never
// sends credentials more than three times in ten minutes.
func TestRefusedLoginIsProbedSlowly(t *testing.T) {
	for _, code := range []ewsaffinity.Code{ewsaffinity.CodeRefusedLogin, "ErrorPasswordExpired", ewsaffinity.HTTPStatus(456)} {
		synctest.Test(t, func(t *testing.T) {
			g := breaker.NewGroup(breaker.GroupConfig{Name: "g1"})
			var logins []time.Time
			for begun := time.Now(); time.Since(begun) < 24*time.Hour; {
				logins = append(logins, time.Now())
				v := g.Record(fault(code))
				if v.Do != breaker.Stop || g.State() != "closed" {
					t.Fatalf("%s: want stop and a closed breaker, have %+v, %s", code, v, g.State())
				}
				time.Sleep(v.Wait)
			}
			for i := 3; i < len(logins); i++ {
				if spent := logins[i].Sub(logins[i-3]); spent <= 10*time.Minute {
					t.Fatalf("%s: four logins within %v", code, spent)
				}
			}
		})
	}
}

// TestRepeated401IsProbedSlowly: one fresh login, then as slowly as a refused one.
func TestRepeated401IsProbedSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup()
		if v := g.Record(fault(ewsaffinity.HTTPStatus(401))); v.Do != breaker.Wait || v.Wait > 5*time.Second {
			t.Errorf("first: want a fresh login soon, have %+v", v)
		}
		for range 5 {
			if v := g.Record(fault(ewsaffinity.HTTPStatus(401))); v.Do != breaker.Wait || v.Wait < 5*time.Minute {
				t.Errorf("repeated: want a wait of 5 min, have %+v", v)
			}
		}
	})
}

// TestNewAnchorForgetsLosses: losses of a former generation do not make a single
// loss of the new one the group's.
func TestNewAnchorForgetsLosses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGroup()
		g.Record(fault("ErrorSubscriptionNotFound", ids(6)...))
		g.Follow("new anchor", 200)
		g.Record(nil)
		if v := g.Record(fault("ErrorSubscriptionNotFound", "other")); v.Whole {
			t.Errorf("want a single repair, have %+v", v)
		}
	})
}

// TestUnknownSize: two losses at once are the group's while its size is unknown.
func TestUnknownSize(t *testing.T) {
	g := breaker.NewGroup(breaker.GroupConfig{Name: "g1"})
	if v := g.Record(fault("ErrorSubscriptionNotFound", "a", "b")); !v.Whole {
		t.Errorf("want the whole group, have %+v", v)
	}
}
