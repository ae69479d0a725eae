package jetbus

import (
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// settlement is the fate of one attempt to publish.
type settlement struct {
	attempt   *nats.Msg
	stream    string
	sequence  uint64
	duplicate bool // it was stored before
	err       error
}

// settlements passes fates to a lane's owner. Nothing here blocks or calls back: it is
// called with locks held.
type settlements struct {
	ready chan struct{} // has room for one: something is to be taken

	mu   sync.Mutex
	list []settlement
}

func newSettlements() *settlements { return &settlements{ready: make(chan struct{}, 1)} }

// acked takes a PubAck. A duplicate is a success: its sequence is the first one's.
func (s *settlements) acked(attempt *nats.Msg, ack jetstream.PubAck) {
	s.add(settlement{attempt: attempt, stream: ack.Stream, sequence: ack.Sequence, duplicate: ack.Duplicate})
}

func (s *settlements) failed(attempt *nats.Msg, err error) {
	s.add(settlement{attempt: attempt, err: err})
}

func (s *settlements) add(one settlement) {
	s.mu.Lock()
	s.list = append(s.list, one)
	s.mu.Unlock()
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// take returns what has come. What was taken before is not needed any more: what comes
// next is put there.
func (s *settlements) take(before []settlement) []settlement {
	clear(before) // of attempts
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.list
	s.list = before[:0]
	return list
}
