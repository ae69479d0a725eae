package lease

import (
	"fmt"
	"time"
)

// slot is an id with what is known of it.
type slot struct {
	Member        // the newest that was stored; Life: of the tombstone, where it is gone
	id     string // also where there is no record
	hash   uint64
	seq    uint64
	alive  bool
	seen   time.Duration // monotonic: when its newest record was processed
	ended  time.Duration // when its former life was last seen
	units  map[*unit]struct{}
	put    attempt
}

func (m *machine) slot(id string) *slot {
	s := m.slots[id]
	if s == nil {
		s = &slot{id: id, hash: hash(id), units: map[*unit]struct{}{}}
		m.slots[id] = s
	}
	return s
}

// free reports whether nobody can believe in a life of this slot: it is gone, or
// there never was one as far as records and claims tell. That its record expired
// proves nothing.
func (s *slot) free() bool { return !s.alive && (s.Gone || s.seq == 0) && !s.haunted() }

// haunted reports whether claims name a life that is not known to be over.
func (s *slot) haunted() bool {
	for u := range s.units {
		if s.Life <= u.claim.Life {
			return true
		}
	}
	return false
}

// stays reports whether it is in this very life and stays.
func (s *slot) stays(life uint64) bool { return s.alive && s.Life == life && !s.Leaving }

// memberRecord folds the record of a member.
func (m *machine) memberRecord(now instant, r Record) {
	s := m.slot(r.Key.Name)
	if r.Sequence <= s.seq {
		return
	}
	seen, life, shares := s.seen, s.Life, s.alive && !s.Leaving
	s.seq, s.seen = r.Sequence, now.mono
	s.put.clear()
	next, err := DecodeMember(r)
	switch {
	case err != nil:
		m.warn("cannot read the record of a member", "error", err)
	case next.ID == "": // expired: tells nothing about its life
	default:
		if next.Life != s.Life {
			s.ended = seen
			m.news(s, next)
		}
		s.Member, s.alive = next, !next.Gone
	}
	if s.id == m.own.id {
		m.ownRecord(now, s, next)
	}
	if s.Life != life || (s.alive && !s.Leaving) != shares {
		m.membersChanged(now)
	}
}

// news is told that another life began, or that the one before is over.
func (m *machine) news(s *slot, next Member) {
	for u := range s.units { // their owner may be dead now
		m.enqueue(u)
	}
	switch {
	case next.Gone && next.By != "":
		m.say("a member has not renewed its record: its units are taken", "member", s.id, "found by", next.By)
	case next.Gone && m.caughtUp:
		m.say("a member has left", "member", s.id)
	case m.caughtUp:
		m.say("a member has joined", "member", s.id)
	}
}

// bury finds members dead. A life is over when its tombstone is stored, by
// compare-and-set on its newest record, and that record had been processed here for
// the TTL before the tombstone was sent: then the member sent its last renewal even
// earlier, has been fenced since, and cannot renew any more. Everyone learns of it
// from the tombstone.
func (m *machine) bury(now instant) {
	if !m.active(now) || now.mono < m.own.resumed+m.cfg.ttl || now.mono < m.own.steady+m.cfg.ttl/2 {
		return // after an interruption the others are given time to come back, too
	}
	for _, s := range m.slots {
		if s.id == m.own.id || now.mono < s.seen+m.cfg.ttl || !s.put.ready(now) || !s.alive && !s.haunted() {
			continue
		}
		tombstone := s.Member
		tombstone.ID, tombstone.Gone, tombstone.By = s.id, true, m.own.id
		s.put.flying = true
		m.writes = append(m.writes, write{
			key: Key{KindMember, s.id}, value: encode(tombstone), expected: s.seq, ttl: recordTTL, sent: now, slot: s,
		})
	}
}

// recordTTL is how long the store keeps a member's record that nobody replaces. It
// cleans up; liveness does not rely on it. It is long, because a process that was
// frozen must find the tombstone of its life, or the record of the next one: a life
// that was not renewed for so long ends by itself.
const recordTTL = 24 * time.Hour

// DuplicateError says that another process of the stage runs under the same
// explicit id.
type DuplicateError struct {
	ID    string
	Other Member
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("another process of this stage runs under the id %q (host %s, process %d): "+
		"end it, or give this one another id", e.ID, e.Other.Host, e.Other.PID)
}
