package lease_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/lease"
)

// The stage of these stories acts by hand.
func byHand(t *testing.T, overlap bool, story func(w *world)) {
	t.Helper()
	inWorld(t, 1, func(w *world) {
		w.overlap, w.idle = overlap, true
		story(w)
	})
}

const it = "unit-0"

// pair starts the owner of the unit, then the one that it should belong to.
func (w *world) pair() (owner, heir *process) {
	w.t.Helper()
	owner = w.start("a")
	w.settled(owner)
	for _, id := range []string{"b", "c", "d", "e", "f", "g"} {
		heir = w.start(id)
		w.pass(time.Second)
		if r := owner.Role(it); r.Leaving {
			return owner, heir
		}
		heir.stop()
		w.pass(time.Second)
	}
	w.t.Fatal("the unit is the owner's whoever joins")
	return nil, nil
}

func wantRole(t *testing.T, who string, p *process, want lease.Role) {
	t.Helper()
	have := p.Role(it)
	if have.Token = 0; have != want {
		t.Errorf("%s: have %+v, want %+v", who, have, want)
	}
}

func TestHandOverByOverlap(t *testing.T) {
	byHand(t, true, func(w *world) {
		a, b := w.pair()
		token := a.Role(it).Token
		wantRole(t, "owner", a, lease.Role{Part: lease.Owner, Leaving: true, To: b.ID()})
		wantRole(t, "heir", b, lease.Role{Part: lease.Successor})
		if a.Owns(it) || b.Owns(it) || !a.Role(it).Decides() {
			t.Error("the owner decides still, but does not keep the unit")
		}
		w.pass(time.Minute)
		b.Opened(it)
		w.pass(100 * time.Millisecond)
		wantRole(t, "owner", a, lease.Role{Part: lease.Owner, Leaving: true, To: b.ID(), Taken: true})
		w.pass(time.Minute)
		a.Release(it)
		wantRole(t, "released", a, lease.Role{})
		w.pass(100 * time.Millisecond)
		wantRole(t, "former", a, lease.Role{})
		wantRole(t, "heir", b, lease.Role{Part: lease.Owner, Inherited: true})
		if b.Role(it).Token <= token || a.State().HandedOver != 1 {
			t.Errorf("token %d after %d, %d handed over", b.Role(it).Token, token, a.State().HandedOver)
		}
	})
}

func TestAnOfferIsWithdrawnWhenTheSuccessorDies(t *testing.T) {
	byHand(t, true, func(w *world) {
		a, b := w.pair()
		b.Opened(it)
		w.pass(time.Second)
		b.kill()
		w.pass(8 * time.Second)
		wantRole(t, "owner", a, lease.Role{Part: lease.Owner})
	})
}

func TestTheSuccessorThatOpenedTakesOverWhenTheOwnerDies(t *testing.T) {
	byHand(t, true, func(w *world) {
		a, b := w.pair()
		b.Opened(it)
		w.pass(time.Second)
		a.kill()
		w.pass(8 * time.Second)
		wantRole(t, "heir", b, lease.Role{Part: lease.Owner})
	})
}

// Whoever ends its work early does not leave the unit to a race.
func TestAUnitReleasedEarlyGoesToTheSuccessor(t *testing.T) {
	byHand(t, true, func(w *world) {
		a, b := w.pair()
		a.Release(it)
		w.pass(100 * time.Millisecond)
		wantRole(t, "former", a, lease.Role{})
		wantRole(t, "heir", b, lease.Role{Part: lease.Owner, Inherited: true})
	})
}

func TestTheSuccessorThatOpenedGoesBeforeTheDesiredOne(t *testing.T) {
	byHand(t, true, func(w *world) {
		a, b := w.pair()
		b.Opened(it)
		w.pass(time.Second)
		w.start("late-54") // it should be this one's now
		w.pass(time.Second)
		wantRole(t, "owner", a, lease.Role{Part: lease.Owner, Leaving: true, To: b.ID(), Taken: true})
		a.kill()
		w.pass(8 * time.Second)
		if r := b.Role(it); r.Part != lease.Owner || r.Inherited || !r.Leaving || r.To != "late-54" {
			t.Errorf("heir: have %+v, want the owner that is to hand it over", r)
		}
	})
}

func TestHandOverWithoutOverlap(t *testing.T) {
	byHand(t, false, func(w *world) {
		a, b := w.pair()
		wantRole(t, "owner", a, lease.Role{Part: lease.Owner, Leaving: true})
		wantRole(t, "heir", b, lease.Role{})
		a.Release(it)
		w.pass(100 * time.Millisecond)
		wantRole(t, "heir", b, lease.Role{Part: lease.Owner})
	})
}

func TestLeaveOffersEverythingToTheOthers(t *testing.T) {
	byHand(t, true, func(w *world) {
		a := w.start("a")
		w.settled(a)
		b := w.start("not-it")
		w.pass(time.Second)
		owner, other := a, b
		if a.Role(it).Leaving { // it should be b's: hand it over first
			b.Opened(it)
			w.pass(time.Second)
			a.Release(it)
			w.pass(time.Second)
			owner, other = b, a
		}
		owner.Leave()
		w.pass(time.Second)
		wantRole(t, "leaving", owner, lease.Role{Part: lease.Owner, Inherited: owner == b, Leaving: true, To: other.ID()})
		wantRole(t, "other", other, lease.Role{Part: lease.Successor})
	})
}

func TestLeaveWithoutOthersSaysSo(t *testing.T) {
	byHand(t, true, func(w *world) {
		a := w.start("a")
		w.settled(a)
		a.Leave()
		w.pass(time.Second)
		wantRole(t, "leaving", a, lease.Role{Part: lease.Owner, Leaving: true})
		a.Release(it)
		w.pass(time.Minute)
		wantRole(t, "released", a, lease.Role{})
	})
}

func TestForgetReleasesAndIsNotForever(t *testing.T) {
	byHand(t, false, func(w *world) {
		a := w.start("a")
		w.settled(a)
		a.Forget(it)
		w.pass(time.Second)
		if s := a.State(); s.Held != 0 || s.Wanted != 0 {
			t.Errorf("have %+v", s)
		}
		wantRole(t, "asked again", a, lease.Role{})
		w.pass(time.Second)
		wantRole(t, "asked again", a, lease.Role{Part: lease.Owner})
	})
}

func TestChangesAreTold(t *testing.T) {
	byHand(t, false, func(w *world) {
		a := w.start("a")
		w.settled(a)
		<-a.Changes()
		other := a.Watch()
		wantTold := func(when string, want bool) {
			t.Helper()
			synctest.Wait()
			for name, c := range map[string]<-chan struct{}{"Changes": a.Changes(), "Watch": other} {
				select {
				case <-c:
					if !want {
						t.Errorf("%s: %s told for nothing", when, name)
					}
				default:
					if want {
						t.Errorf("%s: %s was not told", when, name)
					}
				}
			}
		}
		w.pass(time.Minute)
		wantTold("renewed", false)
		w.log.Outage(true)
		w.pass(10 * time.Second)
		wantTold("suspended", true)
		w.log.Outage(false)
		w.pass(5 * time.Second)
		wantTold("going on", true)
		a.Release(it)
		w.pass(time.Second)
		wantTold("released and claimed again", true)
		a.stop()
		w.pass(time.Second)
		wantTold("ended", true)
	})
}
