package lease_test

import (
	"slices"
	"testing"
	"time"
)

func TestUnitsAreSharedAndTakenFromTheDead(t *testing.T) {
	inWorld(t, 64, func(w *world) {
		a, b, c := w.start(""), w.start(""), w.start("")
		w.settled(a, b, c)
		if ids := []string{a.ID(), b.ID(), c.ID()}; !slices.Equal(ids, []string{"host", "host-2", "host-3"}) {
			t.Errorf("have the ids %v", ids)
		}
		if c.Members() != 3 {
			t.Errorf("have %d members, want 3", c.Members())
		}
		had := w.owned(b)
		b.kill()
		took := w.eventually(8*time.Second, "those of the dead are taken", func() bool { return w.owned(a)+w.owned(c) == 64 })
		if took < 4*time.Second {
			t.Errorf("taken after %v: the dead one may have believed", took)
		}
		w.wantAll(a, c)
		if n := a.State().Takeovers + c.State().Takeovers; int(n) != had {
			t.Errorf("have %d takeovers, want %d", n, had)
		}
		if last := a.State().LastTakeover; last < 6*time.Second || last > 7*time.Second {
			t.Errorf("the last was taken %v after it was seen", last)
		}
	})
}

func TestAnOutageMovesNothing(t *testing.T) {
	inWorld(t, 64, func(w *world) {
		a, b := w.start("a"), w.start("b")
		w.settled(a, b)
		before := w.tokens(a, b)
		w.log.Outage(true)
		w.pass(4 * time.Second)
		w.wantAll(a, b)
		w.pass(16 * time.Second)
		if n := w.owned(a) + w.owned(b); n != 0 || !a.State().Suspended || !a.Role("unit-0").Suspended && !b.Role("unit-0").Suspended {
			t.Errorf("%d units are decided about during the outage", n)
		}
		w.log.Outage(false)
		w.eventually(2*time.Second, "all go on", func() bool { return w.owned(a)+w.owned(b) == 64 })
		w.pass(20 * time.Second)
		if after := w.tokens(a, b); !slices.Equal(before, after) {
			t.Errorf("units moved: tokens %v, then %v", before, after)
		}
	})
}
