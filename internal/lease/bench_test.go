package lease

import (
	"fmt"
	"testing"
	"time"
)

// crowd is a machine among five members, with 2000 units that are owned.
func crowd(b *testing.B) (*machine, instant, uint64) {
	b.Helper()
	m := newMachine(machineConfig{id: "m0", ttl: DefaultTTL}, Member{Incarnation: "0"})
	for i := range 2000 {
		m.ask(m.unit(fmt.Sprint("group-", i)))
	}
	now, sequence := instant{}, uint64(0)
	member := func(id string) {
		sequence++
		m.record(now, Record{Key{KindMember, id}, encode(Member{ID: id, Incarnation: id[1:]}), sequence})
	}
	for i := 1; i < 5; i++ {
		member(fmt.Sprint("m", i))
	}
	m.record(now, Record{})
	member("m0")
	for _, u := range m.units {
		sequence++
		m.record(now, Record{Key{KindClaim, u.name}, encode(Claim{Owner: u.desired.id, Life: u.desired.Life}), sequence})
	}
	return m, now, sequence
}

func BenchmarkRenewalOfAnother(b *testing.B) {
	m, now, sequence := crowd(b)
	value := encode(Member{ID: "m1", Incarnation: "1", Life: 1})
	for b.Loop() {
		sequence++
		now.mono += time.Millisecond
		m.record(now, Record{Key{KindMember, "m1"}, value, sequence})
		m.flush(now)
		m.changed()
	}
}

func BenchmarkTick(b *testing.B) {
	m, now, _ := crowd(b)
	for b.Loop() {
		m.tick(now, false)
		m.flush(now)
	}
}

func BenchmarkMemberJoinsAndLeaves(b *testing.B) {
	m, now, sequence := crowd(b)
	for b.Loop() {
		for _, gone := range []bool{false, true} {
			sequence++
			now.mono += time.Second
			m.record(now, Record{Key{KindMember, "m9"}, encode(Member{ID: "m9", Incarnation: "9", Gone: gone}), sequence})
			m.tick(now, false)
			m.flush(now)
			m.changed()
		}
	}
}
