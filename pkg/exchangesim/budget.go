package exchangesim

import "cmp"

// Budget is what Exchange's throttling lets a mailbox have; Config has the defaults. Below 0: no limit.
type Budget struct {
	HangingConnectionLimit int `json:"hangingConnectionLimit"` // streams of a charged mailbox
	MaxSubscriptions       int `json:"maxSubscriptions"`       // living subscriptions of a target mailbox, or of an account
	MaxConcurrency         int `json:"maxConcurrency"`         // unanswered ordinary requests of a charged mailbox
	ConcurrentSyncCalls    int `json:"concurrentSyncCalls"`    // those among them that synchronise a folder
}

// SetBudget changes the limits from the next request on; a field of 0 stays as it is. What is above a new limit lives
// on. It returns what is in force.
func (s *Server) SetBudget(b Budget) Budget {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := &s.org.budget
	now.HangingConnectionLimit = cmp.Or(b.HangingConnectionLimit, now.HangingConnectionLimit)
	now.MaxSubscriptions = cmp.Or(b.MaxSubscriptions, now.MaxSubscriptions)
	now.MaxConcurrency = cmp.Or(b.MaxConcurrency, now.MaxConcurrency)
	now.ConcurrentSyncCalls = cmp.Or(b.ConcurrentSyncCalls, now.ConcurrentSyncCalls)
	return *now
}
