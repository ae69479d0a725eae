package lease

import (
	"testing"
	"time"
)

// alone is a machine whose first record was sent, and what it sent.
func alone(t *testing.T) (*machine, write) {
	t.Helper()
	m := newMachine(machineConfig{host: "host", ttl: 6 * time.Second}, Member{Incarnation: "this"})
	m.tick(instant{}, true)
	m.record(instant{}, Record{})
	return m, only(t, m.flush(instant{}))
}

func only(t *testing.T, writes []write) write {
	t.Helper()
	if len(writes) != 1 {
		t.Fatalf("%d writes, want one: %+v", len(writes), writes)
	}
	return writes[0]
}

func memberAt(sequence uint64, m Member) Record {
	m.ID = "host"
	return Record{Key: Key{KindMember, "host"}, Value: encode(m), Sequence: sequence}
}

// at is an instant of clocks that run alike.
func at(seconds int) instant {
	d := time.Duration(seconds) * time.Second
	return instant{d, d}
}

// A process that was frozen while its record was under way may hear first that its
// life is over, and then that it began.
func TestALifeThatEndedBeforeItBegan(t *testing.T) {
	m, first := alone(t)
	m.record(at(20), memberAt(17, Member{Incarnation: "this", Life: 8, Gone: true, By: "other"}))
	m.result(at(20), first, 8, nil)
	if m.own.life != 0 || m.believes(at(20)) {
		t.Fatalf("it lives: %+v", m.own)
	}
	m.tick(at(20), true)
	second := only(t, m.flush(at(20)))
	if second.expected != 17 || second.own.Life != 0 {
		t.Errorf("it does not begin anew: %+v", second)
	}
}

// A record that expired may hide that this life was found over, and that another
// process had its place since: the life is not renewed, and nothing of it stored late
// revives it.
func TestALifeWhoseRecordExpired(t *testing.T) {
	m, first := alone(t)
	m.result(at(0), first, 1, nil)
	m.record(at(0), memberAt(1, Member{Incarnation: "this"}))
	if m.own.life != 1 {
		t.Fatalf("it does not live: %+v", m.own)
	}
	m.record(at(1), Record{Key: Key{KindMember, "host"}, Sequence: 25})
	m.record(at(1), memberAt(26, Member{Incarnation: "this", Life: 1}))
	if m.own.life != 0 {
		t.Fatalf("it lives: %+v", m.own)
	}
	m.tick(at(8), true)
	if again := only(t, m.flush(at(8))); again.key.Kind != KindMember || again.own.Life != 0 {
		t.Errorf("it does not begin anew: %+v", again)
	}
}
