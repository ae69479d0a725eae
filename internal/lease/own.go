package lease

import (
	"errors"
	"fmt"
	"time"
)

// own is what a member knows of its own record.
type own struct {
	id      string // the slot taken or tried
	life    uint64 // 0: not registered
	over    uint64 // the newest life that ended: a renewal of it may still be stored, and revives nothing
	seq     uint64
	acked   bool
	sent    instant // of the newest renewal that was stored
	due     time.Duration
	resumed time.Duration // when it last began to believe
	steady  time.Duration // when renewals last began to be stored again
	failing bool
	left    bool // the tombstone is stored
	put     attempt
	refused map[string]uint64 // slots lost to others, with the sequence expected
}

// believes reports whether the member may believe in its claims: for 5/6 of
// the TTL since it sent the last renewal that was stored. As long as it renews by compare-and-set on
// its own last record nobody has found it dead, and so nobody has taken anything.
func (m *machine) believes(now instant) bool {
	return m.own.life != 0 && m.own.acked && now.since(m.own.sent) < m.fence()
}

// look ends belief when the fence has passed, until another renewal is stored,
// whatever the clocks say meanwhile. It gives up a life that may be over without
// a trace.
func (m *machine) look(now instant) {
	m.own.acked = m.believes(now)
	if m.own.life != 0 && now.since(m.own.sent) > recordTTL {
		m.end("not renewed for too long")
	}
}

// active reports whether the member takes part in deciding.
func (m *machine) active(now instant) bool { return m.caughtUp && !m.stopped && m.believes(now) }

// renew writes the own record when it is due.
func (m *machine) renew(now instant) {
	switch {
	case m.fatal != nil || m.own.left || !m.own.put.ready(now):
	case m.stopped:
		if len(m.held) == 0 && m.flying == 0 || now.mono >= m.stopAt {
			m.bow(now)
		}
	case !m.progress || !m.caughtUp:
	case m.own.life == 0:
		m.register(now)
	case now.mono >= m.own.due:
		m.putOwn(now, m.own.seq, false)
	}
}

// bow writes the own tombstone.
func (m *machine) bow(now instant) {
	if m.own.life == 0 {
		m.own.left = true
		return
	}
	m.putOwn(now, m.own.seq, true)
}

func (m *machine) putOwn(now instant, expected uint64, gone bool) {
	r := m.self
	r.ID, r.Life, r.Leaving, r.Gone = m.own.id, m.own.life, m.leaving || gone, gone
	m.own.put.flying = true
	m.own.due = now.mono + m.cfg.ttl/6
	m.writes = append(m.writes, write{
		key: Key{KindMember, r.ID}, value: encode(r), expected: expected, ttl: recordTTL, sent: now, own: r,
	})
}

// register takes a slot. The slot of a process that ended without leaving is free
// when it has not been renewed for the TTL: to take it is to find that one dead.
func (m *machine) register(now instant) {
	if m.cfg.id == "" {
		m.own.id = m.freeSlot()
	}
	s := m.slot(m.own.id)
	if !s.free() && now.mono < s.seen+m.cfg.ttl {
		return
	}
	m.putOwn(now, s.seq, false)
}

// freeSlot is the slot that was held before, the host's name, or the first one after
// it that is free.
func (m *machine) freeSlot() string {
	if m.own.id != "" && m.free(m.own.id) {
		return m.own.id
	}
	for n := 1; ; n++ {
		id := m.cfg.host
		if n > 1 {
			id = fmt.Sprintf("%s-%d", m.cfg.host, n)
		}
		if m.free(id) {
			return id
		}
	}
}

// free reports whether a slot can be taken as far as is known.
func (m *machine) free(id string) bool {
	s := m.slot(id)
	at, lost := m.own.refused[id]
	return s.free() && !(lost && at == s.seq)
}

// ownResult takes the outcome of a write of the own record.
func (m *machine) ownResult(now instant, w write, sequence uint64, err error) {
	m.own.put.flying = false
	life := w.own.Life
	if life == 0 && err == nil && m.own.life != 0 { // the feed was faster
		life = sequence
	}
	switch {
	case w.own.ID != m.own.id || life != m.own.life: // of a life that is over
	case err == nil && w.own.Gone:
		m.own.left, m.own.life, m.own.acked = true, 0, false
	case err == nil:
		m.renewed(now, w, sequence)
	case errors.Is(err, ErrConflict) && w.own.Life == 0 && m.cfg.id == "":
		if m.own.refused == nil {
			m.own.refused = map[string]uint64{}
		}
		m.own.refused[m.own.id] = w.expected
		m.renew(now)
	default: // after a conflict the feed tells what is stored
		m.own.failing = m.own.failing || !errors.Is(err, ErrConflict)
		m.own.put.fail(now, m.cfg.ttl/6)
		m.own.due = 0
	}
}

// renewed takes that a renewal is stored.
func (m *machine) renewed(now instant, w write, sequence uint64) {
	believed := m.believes(now)
	m.own.put.clear()
	if m.own.life == 0 && m.slot(m.own.id).seq > sequence { // the feed has shown what ended this life
		m.own.over, m.own.due = sequence, 0
		return
	}
	m.own.seq = max(m.own.seq, sequence)
	if m.own.life == 0 {
		m.begin(sequence, w.sent)
	}
	m.own.acked, m.own.sent = true, w.sent
	if w.own.Leaving != m.leaving {
		m.own.due = 0
	}
	if m.own.failing {
		m.own.failing, m.own.steady = false, now.mono
	}
	if !believed && m.believes(now) {
		m.resume(now)
	}
}

// begin begins a life.
func (m *machine) begin(life uint64, sent instant) {
	m.own.life, m.own.seq, m.own.acked, m.own.sent = life, life, false, sent
	m.say("registered", "id", m.own.id, "life", life)
	for u := range m.slot(m.own.id).units {
		m.sort(u)
	}
}

// resume looks at everything that was left alone while the member was fenced.
func (m *machine) resume(now instant) {
	m.own.resumed = now.mono
	for _, u := range m.units {
		m.enqueue(u)
	}
}

// ownRecord takes what the feed shows of the own slot.
func (m *machine) ownRecord(now instant, s *slot, r Member) {
	foreign := r.ID != "" && (r.Incarnation != m.self.Incarnation || r.Gone)
	switch {
	case m.own.left || s.seq < m.own.seq:
	case m.own.life == 0 && foreign:
		if m.cfg.id != "" && m.caughtUp && s.alive && !s.Leaving {
			m.fatal = &DuplicateError{m.own.id, r}
		}
	case m.own.life == 0 && r.ID != "" && r.Life > m.own.over:
		m.begin(r.Life, now)
	case m.own.life == 0:
	case r.ID == "": // it may hide the tombstone, and the record of another life
		m.end("its record expired")
	case foreign:
		m.end("another says so: " + r.By)
		if s.alive && m.cfg.id != "" {
			m.fatal = &DuplicateError{m.own.id, r}
		}
	case s.seq > m.own.seq: // stored without an answer
		m.own.seq, m.own.due = s.seq, 0
		m.own.put.clear()
	}
}

// end ends the own life: everything held is lost.
func (m *machine) end(why string) {
	m.warn("the member was found dead: it gives up what it holds", "id", m.own.id, "why", why, "held", len(m.held))
	m.own.over, m.own.life, m.own.acked, m.own.due = m.own.life, 0, false, 0
	m.own.put.clear()
	for u := range m.held {
		m.counts.lost++
		m.sort(u)
	}
}
