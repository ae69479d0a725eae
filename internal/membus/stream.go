package membus

import (
	"maps"
	"slices"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// How many messages a subject keeps; the streams of jetbus have the same limits.
const (
	mailboxFactsKept = 16
	groupFactsKept   = 2
	unlimited        = 0
)

// stream is an ordered log with JetStream's rules: repeats of an id are dropped,
// and a subject keeps its newest messages.
type stream struct {
	perSubject int
	last       uint64
	stored     []entry
	ids        map[string]uint64
}

type entry struct {
	sequence uint64
	message  messages.Message
}

func newStream(perSubject int) *stream {
	return &stream{perSubject: perSubject, ids: make(map[string]uint64)}
}

// append stores m and returns its sequence, or that of the message whose id it repeats.
func (s *stream) append(m messages.Message) uint64 {
	id := msgID(m)
	if sequence, repeat := s.ids[id]; repeat && id != "" {
		return sequence
	}
	s.last++
	s.stored = append(s.stored, entry{s.last, m})
	s.ids[id] = s.last
	s.trim(m.Subject)
	return s.last
}

func (s *stream) trim(subject string) {
	if s.perSubject == unlimited {
		return
	}
	first, kept := -1, 0
	for i, e := range s.stored {
		if e.message.Subject == subject {
			if first < 0 {
				first = i
			}
			kept++
		}
	}
	if kept > s.perSubject {
		s.stored = slices.Delete(s.stored, first, first+1)
	}
}

// forget drops what the subject held before sequence.
func (s *stream) forget(subject string, before uint64) {
	s.stored = slices.DeleteFunc(s.stored, func(e entry) bool {
		return e.message.Subject == subject && e.sequence < before
	})
}

// truncate drops everything after sequence, as if it had never been stored.
func (s *stream) truncate(sequence uint64) {
	s.last = sequence
	s.stored = slices.DeleteFunc(s.stored, func(e entry) bool { return e.sequence > sequence })
	maps.DeleteFunc(s.ids, func(_ string, stored uint64) bool { return stored > sequence })
}

// from returns what is stored from sequence on.
func (s *stream) from(sequence uint64) []entry {
	i, _ := slices.BinarySearchFunc(s.stored, sequence, func(e entry, sequence uint64) int {
		return int(e.sequence) - int(sequence)
	})
	return slices.Clone(s.stored[i:])
}

// newest returns the last message that match accepts.
func (s *stream) newest(match func(messages.Message) bool) (entry, bool) {
	for _, e := range slices.Backward(s.stored) {
		if match(e.message) {
			return e, true
		}
	}
	return entry{}, false
}

func onSubject(subject string) func(messages.Message) bool {
	return func(m messages.Message) bool { return m.Subject == subject }
}

func msgID(m messages.Message) string {
	if values := m.Header[messages.HeaderMsgID]; len(values) > 0 {
		return values[0]
	}
	return ""
}
