package app

import (
	"context"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

func TestGarbageIsCollectedAsTheOperatorSays(t *testing.T) {
	for gogc, want := range map[string]int{"": mostGarbage, "300": 333} {
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

func TestOfAProcessThatWaitsLittleIsGarbage(t *testing.T) {
	t.Setenv("GOGC", "")
	defer debug.SetGCPercent(debug.SetGCPercent(mostGarbage))
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		go SaveMemory(ctx)
		time.Sleep(time.Hour) // in which nothing is collected, by the bubble's clock
		cancel()
		synctest.Wait()
	})
	if have := debug.SetGCPercent(mostGarbage); have != leastGarbage {
		t.Errorf("%d %%, want %d", have, leastGarbage)
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
		"nothing to do":             {0, leastGarbage},
		"little":                    {0.1, leastGarbage},
		"twice what is put up with": {0.8, 40},
		"full load":                 {30, mostGarbage},
	} {
		c := newCollector()
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
	for range 4 {
		c.look(cost(30, c.percent))
	}
	if c.percent != mostGarbage {
		t.Errorf("%d %% after four looks", c.percent)
	}
}
