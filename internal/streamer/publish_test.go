package streamer

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestSequencesHaveNoHoleOverEventsGapsAndStopped(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1", "b=b1")
		w.pass(time.Minute)
		w.say("a1", mail("a1", "m1", "m2"), mail("b1", "n1"), mail("a1", "m3"))
		w.say("a1", faulty("ErrorMissedNotificationEvents", "a1"))
		w.say("a1", mail("a1", "m4"))
		w.groupLeft("g", left("a", messages.StopWithdrawn, ""), "b=b1")

		w.wantHistory("a", "streaming subscribed", "1 newmail inbox m1", "2 newmail inbox m2", "3 newmail inbox m3",
			"4 gap 1m0s-1m0s ErrorMissedNotificationEvents (stream)", "5 newmail inbox m4", "6 stopped withdrawn 1m0s")
		w.wantHistory("b", "streaming subscribed", "1 newmail inbox n1")
	})
}

func TestAnEventThatCanNeverBeStoredBecomesAGapWithItsSequence(t *testing.T) {
	inWorld(t, func(w *world) {
		w.bus.Refuse(func(e messages.Event) string {
			if m, ok := e.(messages.MailboxEvent); ok && m.Item.ID == "m2" {
				return "too large"
			}
			return ""
		})
		w.start()
		w.group("g", "a=a1", "b=b1")
		w.pass(time.Minute)
		w.say("a1", mail("a1", "m1", "m2", "m3"), mail("b1", "n1"))

		w.wantHistory("a", "streaming subscribed", "1 newmail inbox m1", "2 gap 1m0s-1m0s too large (stream)", "3 newmail inbox m3")
		w.wantHistory("b", "streaming subscribed", "1 newmail inbox n1")
		w.pass(time.Second)
		w.say("a1", mail("a1", "m4"))
		if have := w.history("a"); have[len(have)-1] != "4 newmail inbox m4" {
			t.Errorf("afterwards: have %q", have)
		}
		if dead := w.bus.DeadLetters(); len(dead) != 1 {
			t.Errorf("dead letters: have %d, want the event", len(dead))
		}
	})
}

// Trying for ever would keep the group from being read.
func TestAGapThatCannotBeStoredEitherIsLeftOut(t *testing.T) {
	inWorld(t, func(w *world) {
		w.bus.Refuse(func(e messages.Event) string {
			if e.Meta().Sequence == 2 {
				return "too large"
			}
			return ""
		})
		w.start()
		w.group("g", "a=a1")
		w.pass(time.Minute)
		w.say("a1", mail("a1", "m1", "m2", "m3"))
		w.wantHistory("a", "streaming subscribed", "1 newmail inbox m1", "3 newmail inbox m3")
	})
}

// lateRefusal is a lane whose server stored what came after the event it refuses.
type lateRefusal struct {
	*port
	refused bool
	batches [][]string // the message ids of each call
}

func (l *lateRefusal) Publish(ctx context.Context, events []messages.Event) ([]uint64, error) {
	var ids []string
	for _, e := range events {
		ids = append(ids, messages.MsgID(e))
	}
	l.batches = append(l.batches, ids)
	if len(events) < 3 || l.refused {
		return l.port.Publish(ctx, events)
	}
	l.refused = true
	if _, err := l.port.Publish(ctx, slices.Delete(slices.Clone(events), 1, 2)); err != nil {
		return nil, err
	}
	return nil, &outcome.UnstorableError{Index: 1, Reason: "too large"}
}

func TestEventsPublishedAgainKeepTheirIDs(t *testing.T) {
	inWorld(t, func(w *world) {
		w.pass(time.Second)
		lane := &lateRefusal{port: newPort(w.bus)}
		stage := New(w.cfg, lane.port, lane, w.exchange, w.owner)
		ctx, cancel := context.WithCancel(w.t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = stage.Run(ctx) }()
		w.group("g", "a=a1")
		w.pass(time.Minute)
		w.say("a1", mail("a1", "m1", "m2", "m3", "m4"))
		cancel()
		<-ended

		first, again := lane.batches[0], lane.batches[1]
		if !slices.Equal(first[1:], again) {
			t.Errorf("published again as %q, want the ids they had: %q", again, first[1:])
		}
		have := w.history("a")
		slices.Sort(have)
		want := []string{"1 newmail inbox m1", "2 gap 1m1s-1m1s too large (stream)", "3 newmail inbox m3", "4 newmail inbox m4", "streaming subscribed"}
		if fmt.Sprint(have) != fmt.Sprint(want) {
			t.Errorf("stored: have %q, want %q", have, want)
		}
	})
}

func TestABurstIsPublishedInOneGo(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.group("g", "a=a1")
		w.pass(time.Second)
		batches := 0
		release := make(chan struct{})
		p.watch(func(write any) verdict {
			if holds[messages.MailboxEvent](write) {
				if batches++; batches == 1 {
					<-release
				}
			}
			return verdict{}
		})
		for i := range 10 {
			w.say("a1", mail("a1", fmt.Sprint("m", i)))
		}
		close(release)
		synctest.Wait()
		if batches != 2 {
			t.Errorf("ten envelopes took %d batches, want the first and one with the rest", batches)
		}
		if have := len(w.history("a")); have != 11 {
			t.Errorf("stored %d events, want 11", have)
		}
	})
}
