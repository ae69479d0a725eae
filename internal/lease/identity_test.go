package lease_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/lease"
)

func TestAnExplicitIDIsUsedOnce(t *testing.T) {
	inWorld(t, 8, func(w *world) {
		first := w.start("a")
		w.settled(first)
		second := w.start("a")
		err := w.wantEnd(second, 2*time.Second)
		if !isDuplicate(err) || !strings.Contains(err.Error(), `under the id "a" (host host, process `) {
			t.Errorf("have %v, want that the id is taken", err)
		}
		w.pass(10 * time.Second)
		w.wantAll(first)
	})
}

func TestARestartTakesItsPlaceBack(t *testing.T) {
	inWorld(t, 32, func(w *world) {
		a, b := w.start("a"), w.start("b")
		w.settled(a, b)
		had := w.owned(b)
		b.kill()
		again := w.start("b")
		w.eventually(8*time.Second, "it has its share again", func() bool { return w.owned(again) == had && w.owned(a) == 32-had })
		w.wantAll(a, again)
	})
}

func TestARestartAloneWaitsForTheTTLOnly(t *testing.T) {
	inWorld(t, 8, func(w *world) {
		a := w.start("a")
		w.settled(a)
		a.kill()
		again := w.start("a")
		w.pass(5 * time.Second)
		if again.State().Registered {
			t.Error("registered while the former process may believe")
		}
		w.eventually(2*time.Second, "it has everything", func() bool { return w.owned(again) == 8 })
	})
}

func TestAnOrderlyEndIsTakenOverAtOnce(t *testing.T) {
	inWorld(t, 32, func(w *world) {
		a, b := w.start(""), w.start("")
		w.settled(a, b)
		a.stop()
		if err := w.wantEnd(a, time.Second); err != nil {
			t.Error(err)
		}
		w.eventually(time.Second, "the other has everything", func() bool { return w.owned(b) == 32 })
		if s := b.State(); s.Takeovers != 0 || s.Members != 1 {
			t.Errorf("have %+v, want no takeover", s)
		}
		c := w.start("")
		w.settled(b, c)
		if c.ID() != "host" {
			t.Errorf("have the id %q, want the slot that is free again", c.ID())
		}
	})
}

func TestAnEndWithoutTheStoreIsAnEnd(t *testing.T) {
	inWorld(t, 8, func(w *world) {
		a := w.start("a")
		w.settled(a)
		w.log.Outage(true)
		a.stop()
		if err := w.wantEnd(a, 5*time.Second); err != nil {
			t.Error(err)
		}
		if r := a.Role("unit-0"); r != (lease.Role{}) {
			t.Errorf("have %+v after the end", r)
		}
	})
}

func TestWithoutProgressOthersTakeOver(t *testing.T) {
	inWorld(t, 32, func(w *world) {
		var stuck atomic.Bool
		a := w.start("a")
		b := w.startWith(lease.Config{ID: "b", Progress: func() error {
			if stuck.Load() {
				return errors.New("the lane stands still")
			}
			return nil
		}})
		w.settled(a, b)
		stuck.Store(true)
		w.eventually(8*time.Second, "the other has everything", func() bool { return w.owned(a) == 32 })
		if s := b.State(); s.Lost == 0 || s.Held != 0 {
			t.Errorf("have %+v, want all lost", s)
		}
		stuck.Store(false)
		w.settled(a, b)
	})
}

func TestTheStoreIsAwayAtTheStart(t *testing.T) {
	inWorld(t, 8, func(w *world) {
		w.log.Outage(true)
		a := w.start("a")
		w.pass(time.Minute)
		select {
		case <-a.Ready():
			t.Error("ready without a store")
		default:
		}
		w.log.Outage(false)
		w.settled(a)
		<-a.Ready()
	})
}
