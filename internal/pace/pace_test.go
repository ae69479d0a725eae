package pace

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// passing has n wait at once and returns when each passed, since the beginning.
func passing(n int, wait func(i int)) []time.Duration {
	began := time.Now()
	var mu sync.Mutex
	var all sync.WaitGroup
	var passed []time.Duration
	for i := range n {
		all.Go(func() {
			wait(i)
			mu.Lock()
			defer mu.Unlock()
			passed = append(passed, time.Since(began).Round(time.Millisecond))
		})
		synctest.Wait() // they come in this order
	}
	all.Wait()
	return passed
}

// within counts those that passed from a time on, before another.
func within(passed []time.Duration, from, to time.Duration) int {
	n := 0
	for _, p := range passed {
		if p >= from && p < to {
			n++
		}
	}
	return n
}

func TestAFewOpeningsGoAtOnceAndManyWithinHalfAMinute(t *testing.T) {
	for _, c := range []struct {
		members, groups int
		atOnce          int
		last            time.Duration
	}{
		{1, 5, 5, 0},
		{1, 10, 5, time.Second},
		{1, 600, 5, 29750 * time.Millisecond}, // 20 a second
		{5, 2, 1, time.Second},                // its share of 5 a second
		{10, 2, 1, 2 * time.Second},
	} {
		t.Run(fmt.Sprintf("%d members, %d groups", c.members, c.groups), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := NewOpenings()
				o.SetMembers(c.members)
				o.SetGroups(c.groups)
				passed := passing(c.groups, func(int) { _ = o.Wait(t.Context(), time.Time{}) })
				if have := within(passed, 0, 1); have != c.atOnce {
					t.Errorf("%d opened at once, want %d", have, c.atOnce)
				}
				if have := slices.Max(passed); have != c.last {
					t.Errorf("the last opened after %s, want %s", have, c.last)
				}
			})
		})
	}
}

func TestWhoWaitsLongestOpensFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOpenings()
		passing(5, func(int) { _ = o.Wait(t.Context(), time.Now()) })
		var mu sync.Mutex
		var order []int
		since := []int{3, 1, 4, 0, 2}
		passing(5, func(i int) {
			_ = o.Wait(t.Context(), time.Unix(int64(since[i]), 0))
			mu.Lock()
			defer mu.Unlock()
			order = append(order, since[i])
		})
		if !slices.IsSorted(order) {
			t.Errorf("opened in the order %v", order)
		}
	})
}

func TestAWaitEndsWithItsContextAndTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOpenings()
		o.SetMembers(10) // one at once, then one in 2 s
		_ = o.Wait(t.Context(), time.Now())
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp := make(chan error, 1)
		go func() { gaveUp <- o.Wait(ctx, time.Unix(0, 0)) }()
		synctest.Wait()
		passed := passing(1, func(int) {
			go func() { time.Sleep(time.Second); cancel() }()
			_ = o.Wait(t.Context(), time.Now())
		})
		if err := <-gaveUp; err != context.Canceled {
			t.Errorf("have %v, want %v", err, context.Canceled)
		}
		if passed[0] != 2*time.Second {
			t.Errorf("the next opened after %s, want 2s", passed[0])
		}
		if err := o.Wait(ctx, time.Now()); err != context.Canceled {
			t.Errorf("with a context that has ended: have %v", err)
		}
	})
}

func TestMoreMembersSlowWhoWaitsAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOpenings()
		go func() { time.Sleep(100 * time.Millisecond); o.SetMembers(10) }()
		passed := passing(7, func(int) { _ = o.Wait(t.Context(), time.Time{}) })
		if have := slices.Max(passed); have < 2*time.Second {
			t.Errorf("the last opened after %s, want the slower pace to count at once", have)
		}
	})
}

func TestWithoutAnOutageNothingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Ramp
		r.Lost(time.Now(), 25)
		time.Sleep(31 * time.Second)
		r.Lost(time.Now(), 50) // not more than 50 within 30 s
		if have := slices.Max(passing(200, func(int) { _ = r.Wait(t.Context(), Member) })); have != 0 {
			t.Errorf("the last waited for %s", have)
		}
	})
}

func TestTheRamp(t *testing.T) {
	begin := map[string]func(*Ramp){
		"the breaker opened": func(r *Ramp) { r.Broken(time.Now()) },
		"many were lost":     func(r *Ramp) { r.Lost(time.Now(), 30); time.Sleep(29 * time.Second); r.Lost(time.Now(), 21) },
	}
	for name, begin := range begin {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r Ramp
				begin(&r)
				passed := passing(3000, func(int) { _ = r.Wait(t.Context(), Member) })
				for minute, rate := range []int{10, 15, 22} {
					from := time.Duration(minute) * time.Minute
					if have := within(passed, from, from+time.Minute); have < 60*rate-2 || have > 60*rate+32 {
						t.Errorf("minute %d: %d passed, want %d a second", minute+1, have, rate)
					}
					if have := within(passed, from+time.Second/2, from+3*time.Second/2); have > rate+1 {
						t.Errorf("minute %d: %d passed within a second, want %d", minute+1, have, rate)
					}
				}
			})
		})
	}
}

func TestAnchorsTakeHalfOfTheRamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Ramp
		r.Broken(time.Now())
		passed := passing(50, func(int) { _ = r.Wait(t.Context(), Anchor) })
		if have := slices.Max(passed); have < 9700*time.Millisecond || have > 10*time.Second {
			t.Errorf("50 anchors took %s, want 5 a second", have)
		}
	})
}

func TestThrottlingHalvesTheRampOncePerSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Ramp
		r.Broken(time.Now())
		for range 10 { // under way together
			r.Throttled(time.Now())
		}
		passed := passing(400, func(int) { _ = r.Wait(t.Context(), Member) })
		if have := within(passed, 0, time.Minute); have < 299 || have > 301 {
			t.Errorf("%d passed in the first minute, want 5 a second", have)
		}
	})
}

func TestTheRampEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Ramp
		r.Broken(time.Now())
		time.Sleep(59 * time.Second)
		if have := slices.Max(passing(20, func(int) { _ = r.Wait(t.Context(), Member) })); have == 0 {
			t.Error("it ended before a minute without anyone who waits")
		}
		time.Sleep(time.Minute)
		if have := slices.Max(passing(20, func(int) { _ = r.Wait(t.Context(), Member) })); have != 0 {
			t.Errorf("a minute later the last still waited for %s", have)
		}
		r.Broken(time.Now())
		for range 12 * 61 {
			_ = r.Wait(t.Context(), Member)
			time.Sleep(500 * time.Millisecond)
		}
		if have := slices.Max(passing(500, func(int) { _ = r.Wait(t.Context(), Member) })); have != 0 {
			t.Errorf("after six clean minutes (beyond 100 a second) the last still waited for %s", have)
		}
	})
}

func TestSlotsAreSharedHalvedAndGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSlots(10, 1)
		at := func() (n int) { // how many go at a time
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var mu sync.Mutex
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					if release, err := s.Acquire(ctx); err == nil {
						mu.Lock()
						n++
						mu.Unlock()
						<-ctx.Done()
						release()
					}
				})
			}
			synctest.Wait()
			mu.Lock()
			have := n
			mu.Unlock()
			cancel()
			all.Wait()
			return have
		}
		check := func(when string, want int) {
			t.Helper()
			if have := at(); have != want {
				t.Errorf("%s: %d at a time, want %d", when, have, want)
			}
		}
		check("alone", 10)
		s.SetMembers(3)
		check("of three", 3)
		s.SetMembers(30)
		check("of thirty", 1)
		s.SetMembers(1)
		for range 5 {
			s.Throttled(time.Now())
		}
		check("throttled", 5)
		time.Sleep(time.Minute)
		check("after a clean minute", 6)
		time.Sleep(10 * time.Minute)
		check("in the end", 10)
	})
}
