package ewsaffinity

import (
	"fmt"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

const benchMailboxes = 10_000

// crowd is a world with 10 000 mailboxes of 20 keys, known but in no group yet.
func crowd() *world {
	w := newWorld(MaxGroupSize)
	for n := range benchMailboxes {
		a := messages.Address(fmt.Sprintf("m%05d@x.test", n))
		w.enrol(a, "file")
		w.discover(a, Key{east.URL, messages.Grouping(fmt.Sprint(n % 20))})
	}
	return w
}

func grouped() *world {
	w := crowd()
	for _, c := range w.plan().Changes {
		w.carryOut(c, nil)
	}
	return w
}

// BenchmarkPlan measures a plan over 10 000 mailboxes.
func BenchmarkPlan(b *testing.B) {
	joined := grouped()
	joined.enrol("aaron@x.test", "file")
	joined.discover("aaron@x.test", Key{east.URL, "7"})
	for _, bench := range []struct {
		name  string
		world *world
		want  int // changes
	}{
		{"first grouping", crowd(), 60},
		{"nothing to do", grouped(), 0},
		{"one joins", joined, 1},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if have := len(bench.world.plan().Changes); have != bench.want {
					b.Fatalf("want %d changes, have %d", bench.want, have)
				}
			}
		})
	}
}

// BenchmarkFold measures reading the facts of 10 000 grouped mailboxes at start.
func BenchmarkFold(b *testing.B) {
	facts := grouped().stored
	b.ReportAllocs()
	for b.Loop() {
		fold(facts).Plan(time.Time{}, MaxGroupSize)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(facts)), "ns/fact")
}
