package jetbus

import (
	"cmp"
	"slices"
)

// lines are the messages a lane has taken and not stored yet: one line for each
// ordering key, of which only the first message may be on the way. A server that
// refuses single messages can then not store the second of a line before the first.
// The lane's owner alone touches them.
type lines struct {
	byKey map[string]*line
	ready []*line // whose first message may be sent, in the order to send
	taken uint64  // messages ever taken
	held  int     // batches of which messages are left
}

// line is never empty.
type line struct {
	key     string
	entries []*entry
}

func newLines() *lines { return &lines{byKey: make(map[string]*line)} }

func (s *lines) empty() bool { return len(s.byKey) == 0 }

// add appends what a batch holds, each message to the line of its key.
func (s *lines) add(b *batch, keyOf func(subject string) string) {
	s.held++
	for i := range b.entries {
		e := &b.entries[i]
		s.taken++
		e.place = s.taken
		key := keyOf(e.msg.Subject)
		l := s.byKey[key]
		if l == nil {
			l = &line{key: key}
			s.byKey[key] = l
			s.ready = append(s.ready, l)
		}
		e.line = l
		l.entries = append(l.entries, e)
	}
}

// next is the message to be sent next, or nil. Those that are not to be sent any
// more are left out.
func (s *lines) next() *entry {
	for len(s.ready) > 0 {
		e := s.ready[0].entries[0]
		if !e.dropped() {
			return e
		}
		s.ready = s.ready[1:]
		s.leave(e)
	}
	return nil
}

// depart notes that what next returned is on the way.
func (s *lines) depart() { s.ready = s.ready[1:] }

// leave takes the first message of a line out for good, and makes the line ready.
func (s *lines) leave(e *entry) {
	l := e.line
	l.entries = l.entries[1:]
	s.release(e)
	if len(l.entries) == 0 {
		delete(s.byKey, l.key)
		return
	}
	s.ready = append(s.ready, l)
}

func (s *lines) release(e *entry) {
	if e.batch.left--; e.batch.left == 0 {
		s.held--
	}
}

// restart makes every line ready, in the order in which their first messages were
// taken, when nothing is on the way. What can never be stored ends its batch, and
// what is not to be sent any more is left out.
func (s *lines) restart() {
	for _, l := range s.byKey {
		if e := l.entries[0]; unstorable(e.err) {
			e.refuse(e.err)
		}
	}
	s.ready = s.ready[:0]
	for key, l := range s.byKey {
		l.entries = slices.DeleteFunc(l.entries, func(e *entry) bool {
			if e.dropped() {
				s.release(e)
				return true
			}
			return false
		})
		if len(l.entries) == 0 {
			delete(s.byKey, key)
			continue
		}
		s.ready = append(s.ready, l)
	}
	slices.SortFunc(s.ready, func(a, b *line) int { return cmp.Compare(a.entries[0].place, b.entries[0].place) })
}
