package app

import (
	"context"
	"runtime/debug"
	"testing"
)

func TestGarbageIsCollectedAsTheOperatorSays(t *testing.T) {
	for gogc, want := range map[string]int{"": leastGarbage, "300": 333} {
		t.Setenv("GOGC", gogc)
		former := debug.SetGCPercent(333) // as the runtime does, which reads GOGC
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		SaveMemory(ctx)
		if have := debug.SetGCPercent(former); have != want {
			t.Errorf("GOGC=%q: %d %%, want %d", gogc, have, want)
		}
	}
}

// cost is what collecting takes of one processor when percent is allowed, of a process
// for which it takes so much at one percent; no more than there is.
func cost(atOne float64, percent int) float64 { return min(atOne/float64(percent), 2) }

func TestGarbageIsAllowedByWhatCollectingTakes(t *testing.T) {
	for name, test := range map[string]struct {
		atOne float64
		want  int
	}{
		"nothing to do": {0, leastGarbage},
		"little":        {0.5, leastGarbage},
		"four times what is put up with at least": {4, 40},
		"full load": {30, mostGarbage},
	} {
		c := collector{percent: leastGarbage}
		for range 20 * collectorLooks {
			c.look(cost(test.atOne, c.percent))
		}
		if off := c.percent - test.want; off < -1 || off > 1 {
			t.Errorf("%s: %d %%, want %d", name, c.percent, test.want)
		}
	}
}

func TestLoadIsMetWithinSeconds(t *testing.T) {
	c := collector{percent: leastGarbage}
	for range 5 {
		c.look(cost(30, c.percent))
	}
	if c.percent != mostGarbage {
		t.Errorf("%d %% after five looks", c.percent)
	}
}

func TestWhatIsFreeIsGivenBackWhenALoadIsOver(t *testing.T) {
	c := collector{percent: leastGarbage}
	rests := 0
	for look := range 400 {
		atOne := 0.0
		if 100 <= look && look < 200 || look == 300 { // a load, and a moment of one
			atOne = 30
		}
		c.look(cost(atOne, c.percent))
		if c.rests() {
			rests++
			if 100 <= look && look < 200 {
				t.Errorf("look %d: the load is not over", look)
			}
		}
	}
	if rests != 2 {
		t.Errorf("it rested %d times, want 2", rests)
	}
}
