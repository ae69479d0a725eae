package jetbus

import (
	"cmp"
	"slices"
)

// lines are the messages a lane has taken and not stored yet: one line for each
// ordering key, of which only the first message may be on the way. A server that
// refuses single messages can then not store the second of a line before the
// first. The messages of a batch are sent in its order. The lane's owner alone
// touches them.
type lines struct {
	byKey map[string]*line
	ready []*entry // may be sent: the first not sent of their batches, the first of their lines; oldest first
	taken uint64   // messages ever taken
	held  int      // batches of which messages are left
}

// line is never empty.
type line struct {
	key     string
	entries []*entry
}

func newLines() *lines { return &lines{byKey: make(map[string]*line)} }

func (s *lines) empty() bool { return len(s.byKey) == 0 }

// add appends the messages of a batch to the lines of their keys.
func (s *lines) add(b *batch, keyOf func(subject string) string) {
	s.held++
	for i := range b.entries {
		e := &b.entries[i]
		s.taken++
		e.place, e.key = s.taken, keyOf(e.msg.Subject)
		s.append(e)
	}
	s.offer(b.unsent[0])
}

func (s *lines) append(e *entry) {
	l := s.byKey[e.key]
	if l == nil {
		l = &line{key: e.key}
		s.byKey[e.key] = l
	}
	e.line = l
	l.entries = append(l.entries, e)
	e.batch.unsent = append(e.batch.unsent, e)
}

// offer makes a message ready if nothing stands before it, neither in its line nor
// in its batch.
func (s *lines) offer(e *entry) {
	if e.line.entries[0] != e || len(e.batch.unsent) == 0 || e.batch.unsent[0] != e {
		return
	}
	at, _ := slices.BinarySearchFunc(s.ready, e, byPlace)
	s.ready = slices.Insert(s.ready, at, e)
}

func byPlace(a, b *entry) int { return cmp.Compare(a.place, b.place) }

// next takes the message that is to be sent next, or nil. Those that are not to be
// sent any more are left out.
func (s *lines) next() *entry {
	for len(s.ready) > 0 {
		e := s.ready[0]
		s.ready = s.ready[1:]
		e.batch.unsent = e.batch.unsent[1:]
		if len(e.batch.unsent) > 0 {
			s.offer(e.batch.unsent[0])
		}
		if !e.dropped() {
			return e
		}
		s.leave(e)
	}
	return nil
}

// leave takes the first message of a line out for good.
func (s *lines) leave(e *entry) {
	s.release(e)
	l := e.line
	if l.entries = l.entries[1:]; len(l.entries) > 0 {
		s.offer(l.entries[0])
	} else {
		delete(s.byKey, l.key)
	}
}

func (s *lines) release(e *entry) {
	if e.batch.left--; e.batch.left == 0 {
		s.held--
	}
}

// restart puts everything back in the order in which it was taken, when nothing is
// on the way. What can never be stored ends its batch, and what is not to be sent
// any more is left out.
func (s *lines) restart() {
	var all []*entry
	for _, l := range s.byKey {
		if e := l.entries[0]; unstorable(e.err) {
			e.refuse(e.err)
		}
		all = append(all, l.entries...)
	}
	slices.SortFunc(all, byPlace)
	clear(s.byKey)
	s.ready = nil
	for _, e := range all {
		e.batch.unsent = nil
	}
	for _, e := range all {
		if e.dropped() {
			s.release(e)
		} else {
			s.append(e)
		}
	}
	for _, l := range s.byKey {
		s.offer(l.entries[0])
	}
}
