package bench

import (
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
)

// cost is what a round took.
type cost struct {
	rate float64       // events a second
	cpu  time.Duration // of the whole process, for an event: a busy machine changes it less
}

// begin begins a round, without the garbage of the one before; call its result with
// the number of events.
func begin() func(events int) cost {
	runtime.GC()
	used, began := processTime(), time.Now()
	return func(events int) cost {
		return cost{float64(events) / time.Since(began).Seconds(), (processTime() - used) / time.Duration(events)}
	}
}

// processTime is the time that this process spent on processors.
func processTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// ways are the costs of one way, round by round.
type ways []cost

func (w ways) report(b *testing.B, name string) {
	b.ReportMetric(medianOf(w, func(i int) float64 { return w[i].rate }), name+"-events/s")
	b.ReportMetric(medianOf(w, func(i int) float64 { return float64(w[i].cpu) / 1000 }), name+"-cpu-µs/event")
}

// compare reports the median ratio to another way, of rates and of what a processor
// would do in the same time. names has both names.
func (w ways) compare(b *testing.B, other ways, names string) {
	b.ReportMetric(medianOf(w, func(i int) float64 { return w[i].rate / other[i].rate }), names)
	b.ReportMetric(medianOf(w, func(i int) float64 { return float64(other[i].cpu) / float64(w[i].cpu) }), names+"-by-cpu")
}

func medianOf(w ways, value func(i int) float64) float64 {
	values := make([]float64, len(w))
	for i := range w {
		values[i] = value(i)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
