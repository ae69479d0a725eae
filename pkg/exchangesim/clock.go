package exchangesim

import (
	"errors"
	"time"
)

// now is the simulator's clock: that of the machine, put forward by Advance.
func (s *Server) now() time.Time { return time.Now().Add(time.Duration(s.advanced.Load())) }

// Advance puts the simulator's clock forward: subscriptions without a stream grow old by that much, and open streams
// write one heartbeat or end when one of the two became due meanwhile. It panics when d is negative.
func (s *Server) Advance(d time.Duration) { must(s.advance(d)) }

func (s *Server) advance(d time.Duration) (time.Time, error) {
	if d < 0 {
		return time.Time{}, errors.New("exchangesim: the clock cannot be put back")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advanced.Add(int64(d))
	s.org.expireAll(s.now())
	for st := range s.org.streams {
		st.signal()
	}
	return s.now(), nil
}
