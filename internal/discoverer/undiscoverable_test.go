package discoverer

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestUndiscoverableMailboxes(t *testing.T) {
	tests := map[string]struct {
		code  ewsaffinity.Code
		hint  time.Duration
		waits []time.Duration // between attempts; random is 0.5
	}{
		"unknown mailbox: ever rarer, then daily": {"InvalidUser", 0,
			[]time.Duration{15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 24 * time.Hour}},
		"transient: a ladder up to 5 min": {"InternalServerError", 0,
			[]time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, 64 * time.Second, 128 * time.Second, 150 * time.Second, 150 * time.Second}},
		"throttled: the server's hint": {"ServerBusy", 100 * time.Second,
			[]time.Duration{112500 * time.Millisecond, 112500 * time.Millisecond}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.answerWith(func(batch []messages.Address) ([]Answer, error) {
					f := faultOf(tt.code)
					f.BackOff = tt.hint
					return []Answer{{Mailbox: batch[0], Fault: f}}, nil
				})
				w.run()
				w.list(anna)
				w.pass(100 * time.Hour)
				facts := recorded[messages.MailboxUndiscoverable](w)
				if len(facts) <= len(tt.waits) {
					t.Fatalf("have %d attempts, want more than %d", len(facts), len(tt.waits))
				}
				enrolled := recorded[messages.MailboxEnrolled](w)[0]
				for i, wait := range tt.waits {
					fact := facts[i]
					want := messages.MailboxUndiscoverable{
						Meta:    messages.Meta{ID: fact.ID, Time: fact.Time, Cause: messages.Cause{ID: enrolled.ID, Reason: "enrolled"}},
						Mailbox: anna, Code: string(tt.code), Text: "in the server's words", Attempts: i + 1, NextAttempt: fact.Time.Add(wait),
					}
					if diff := cmp.Diff(want, fact); diff != "" {
						t.Errorf("attempt %d: want - have +:\n%s", i+1, diff)
					}
					if next := facts[i+1].Time; !next.Equal(fact.NextAttempt.Add(gathering + w.takes)) {
						t.Errorf("attempt %d came at %s, want %s", i+2, next, fact.NextAttempt)
					}
				}
			})
		})
	}
}

func TestUndiscoverableIsTriedAtOnceWhenEnrolledAgainOrStale(t *testing.T) {
	inWorld(t, func(w *world) {
		w.answerWith(func(batch []messages.Address) ([]Answer, error) {
			return []Answer{{Mailbox: batch[0], Fault: faultOf("InvalidUser")}}, nil
		})
		w.run()
		w.list(anna)
		w.pass(time.Second)
		w.taken()
		w.list()
		w.list(anna)
		w.pass(time.Second)
		if have := w.asked(); len(have) != 1 {
			t.Errorf("enrolled again: asked about %v, want anna", have)
		}
		w.tell(messages.MailboxStale{Meta: w.meta("stale-1"), Mailbox: anna})
		w.pass(time.Second)
		if have := w.asked(); len(have) != 1 {
			t.Errorf("stale: asked about %v, want anna", have)
		}
	})
}

func TestASuccessEndsTheCountOfAttempts(t *testing.T) {
	inWorld(t, func(w *world) {
		fail := func(batch []messages.Address) ([]Answer, error) {
			return []Answer{{Mailbox: batch[0], Fault: faultOf("InternalServerError")}}, nil
		}
		w.answerWith(fail)
		w.run()
		w.list(anna)
		w.pass(time.Minute)
		w.answerWith(answerAll)
		w.pass(time.Hour)
		before := len(recorded[messages.MailboxUndiscoverable](w))
		w.answerWith(fail)
		w.pass(24 * time.Hour)
		if have := recorded[messages.MailboxUndiscoverable](w)[before]; have.Attempts != 1 || have.Cause.Reason != "refresh" {
			t.Errorf("have %+v, want the first attempt of a refresh", have)
		}
	})
}

// The feed may bring a fact of this process's own after it has recorded a newer one.
func TestALateFeedDoesNotTurnBackTheCount(t *testing.T) {
	inWorld(t, func(w *world) {
		w.lag = 5 * time.Second
		w.answerWith(func(batch []messages.Address) ([]Answer, error) {
			return []Answer{{Mailbox: batch[0], Fault: faultOf("InternalServerError")}}, nil
		})
		w.run()
		w.list(anna)
		w.pass(10 * time.Minute)
		facts := recorded[messages.MailboxUndiscoverable](w)
		for i, fact := range facts {
			if fact.Attempts != i+1 {
				t.Fatalf("have attempt %d as the %dth", fact.Attempts, i+1)
			}
		}
		if len(facts) < 5 {
			t.Errorf("have %d attempts, want some", len(facts))
		}
	})
}
