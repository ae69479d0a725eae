package app

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// What may be garbage of a streamer, in percent of what lives (GOGC). Most of what is in
// its memory lives as long as its mailboxes are streamed, and it mostly waits.
const (
	leastGarbage = 10
	mostGarbage  = 100 // what Go allows by default
)

// collecting is how much of one processor the collection of garbage may take before
// more garbage is allowed. While mailboxes open it takes about as much: garbage of that
// time would leave holes among what stays.
const collecting = 0.1

// The collector's work is looked at every so often, and averaged over so many looks.
const (
	collectorEvery = time.Second
	collectorLooks = 10
)

// SaveMemory allows little garbage while there is little to do and more under load, until
// ctx ends. When a load is over it gives back what is free. It leaves that to the operator
// who said how much garbage there may be, by GOGC. It is for a process that runs the
// streamer alone.
func SaveMemory(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	c := collector{percent: leastGarbage}
	ticks := time.NewTicker(collectorEvery)
	defer ticks.Stop()
	for before, spent := time.Now(), collectorSpent(); ; {
		debug.SetGCPercent(c.percent)
		select {
		case now := <-ticks.C:
			sum := collectorSpent()
			c.look((sum - spent) / now.Sub(before).Seconds())
			if c.rests() {
				debug.FreeOSMemory()
			}
			before, spent = now, collectorSpent()
		case <-ctx.Done():
			return
		}
	}
}

// collectorSpent is the processor time that collecting has taken, in seconds.
func collectorSpent() float64 {
	sample := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(sample)
	return sample[0].Value.Float64()
}

// collector decides how much garbage is allowed. Twice as much halves the work, so that
// what the work takes at one percent tells it for all.
type collector struct {
	percent int
	work    float64 // of one processor, if one percent were allowed; an average
	loaded  bool    // twice as much as the least was allowed, and there was no rest since
}

// look takes how much of one processor collecting took since the last look.
func (c *collector) look(share float64) {
	c.work += (share*float64(c.percent) - c.work) / collectorLooks
	c.percent = min(max(int(c.work/collecting), leastGarbage), mostGarbage)
	c.loaded = c.loaded || c.percent >= 2*leastGarbage
}

// rests reports, once, that a load is over.
func (c *collector) rests() bool {
	over := c.loaded && c.percent == leastGarbage
	c.loaded = c.loaded && !over
	return over
}
