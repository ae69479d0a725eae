package lease_test

import (
	"slices"
	"testing"
	"time"
)

// A feed that is later than the TTL must not let the dead be seen where they are not.
func TestAFeedThatLagsTakesNothing(t *testing.T) {
	inWorld(t, 32, func(w *world) {
		a, b := w.start("a"), w.start("b")
		w.settled(a, b)
		before := w.tokens(a, b)
		b.store.DelayFeed(9 * time.Second)
		for range 60 {
			w.pass(time.Second)
			if n := w.owned(a) + w.owned(b); n > 32 {
				t.Fatalf("%d units are owned, of 32", n)
			}
		}
		b.store.DelayFeed(0)
		w.pass(15 * time.Second)
		if after := w.tokens(a, b); !slices.Equal(before, after) {
			t.Errorf("units moved: tokens %v, then %v", before, after)
		}
	})
}

func TestLostAnswersAreReadBack(t *testing.T) {
	inWorld(t, 32, func(w *world) {
		a := w.start("a")
		a.store.LoseAcks(true)
		w.pass(10 * time.Second)
		a.store.LoseAcks(false)
		w.eventually(3*time.Second, "everything is claimed", func() bool { return w.owned(a) == 32 })
		a.store.DelayAcks(time.Second)
		w.pass(time.Minute)
		w.wantAll(a)
	})
}

// One that cannot reach the store is suspended before the others take its units.
func TestTheOneCutOffIsSuspendedFirst(t *testing.T) {
	inWorld(t, 32, func(w *world) {
		a, b := w.start("a"), w.start("b")
		w.settled(a, b)
		b.store.Outage(true)
		for range 100 {
			w.pass(100 * time.Millisecond)
			if n := w.owned(a) + w.owned(b); n > 32 {
				t.Fatalf("%d units are owned, of 32", n)
			}
		}
		if w.owned(a) != 32 || !b.State().Suspended {
			t.Errorf("%d of 32 were taken", w.owned(a))
		}
		b.store.Outage(false)
		w.settled(a, b)
	})
}

// After an outage not all come back at once: those that are first wait for the rest.
func TestTheLastToComeBackLosesNothing(t *testing.T) {
	inWorld(t, 32, func(w *world) {
		a, b := w.start("a"), w.start("b")
		w.settled(a, b)
		before := w.tokens(a, b)
		b.store.Outage(true)
		w.log.Outage(true)
		w.pass(20 * time.Second)
		w.log.Outage(false)
		w.pass(5 * time.Second)
		b.store.Outage(false)
		w.pass(10 * time.Second)
		if after := w.tokens(a, b); !slices.Equal(before, after) {
			t.Errorf("units moved: tokens %v, then %v", before, after)
		}
	})
}
