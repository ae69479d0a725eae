package jetbus

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// stuckAfter is how long messages may wait without progress and without a reason.
const stuckAfter = 30 * time.Second

// Stats counts what a lane did since it was opened.
type Stats struct {
	Published   uint64 // messages stored
	Duplicates  uint64 // messages that were found stored already
	Restarts    uint64 // times that what was on the way was sent again
	Regressions uint64 // times that the stream was found to have gone backwards
	Waiting     int    // messages of the calls under way
}

// laneState is what a lane tells about itself, kept apart from its owner so that
// it can be told while that is stuck.
type laneState struct {
	log         *slog.Logger
	regressions chan Regression // one slot

	mu    sync.Mutex
	stats Stats
	high  uint64
	moved time.Time // the last progress, or when something began to wait
}

func newLaneState(log *slog.Logger) *laneState {
	return &laneState{log: log, regressions: make(chan Regression, 1)}
}

func (s *laneState) begin(messages int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stats.Waiting == 0 {
		s.moved = time.Now()
	}
	s.stats.Waiting += messages
}

func (s *laneState) end(messages int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Waiting -= messages
}

func (s *laneState) stored(duplicate bool, high uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moved = time.Now()
	s.high = high
	if duplicate {
		s.stats.Duplicates++
	} else {
		s.stats.Published++
	}
}

func (s *laneState) restarted() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Restarts++
}

func (s *laneState) regressed(r Regression) {
	s.mu.Lock()
	s.stats.Regressions++
	s.mu.Unlock()
	s.log.Error("a stream has gone backwards: it holds less than it had acknowledged",
		"stream", r.Stream, "acknowledged", r.Acknowledged, "storedNow", r.Sequence,
		"hint", "was it restored from an old copy, or deleted and made again? Consumers may have to begin anew")
	select {
	case s.regressions <- r:
	default: // one that nobody took yet says it
	}
}

// stuck is the error of messages that have waited too long at now.
func (s *laneState) stuck(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if waited := now.Sub(s.moved); s.stats.Waiting > 0 && waited > stuckAfter {
		return fmt.Errorf("publish: %d messages have waited for %s, and nothing says why", s.stats.Waiting, waited.Round(time.Second))
	}
	return nil
}

// Trouble names what keeps messages from being stored; empty when nothing does. It
// also tells of acknowledgements that have not come for a second.
func (l *Lane) Trouble() string {
	if name := l.link(); name != "" {
		return name
	}
	return l.trouble.name()
}

// Progress returns an error when messages have waited for more than 30 s, none was
// stored meanwhile, and [Lane.Trouble] names no reason: the process itself may be
// stuck. It never blocks.
func (l *Lane) Progress() error {
	err := l.state.stuck(time.Now())
	if err == nil || l.Trouble() != "" {
		return nil
	}
	return err
}

// Stored is the highest stream sequence that was acknowledged to this lane; 0
// before the first. It falls when the stream goes backwards.
func (l *Lane) Stored() uint64 {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return l.state.high
}

// Stats returns the lane's counters.
func (l *Lane) Stats() Stats {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return l.state.stats
}

// Regressions receives after the stream was found to have gone backwards: what it
// acknowledged before may be gone. It has one slot and is for one receiver; more
// that happen before it is read are told as one.
func (l *Lane) Regressions() <-chan Regression { return l.state.regressions }
