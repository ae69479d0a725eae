package exchangesim

import (
	"strings"
	"time"
)

// LimitImpersonation lets only the named accounts impersonate a mailbox, as the scope of a management role assignment
// does; with none, nobody. They need Config.MayImpersonate as well. It panics when there is no such mailbox.
func (s *Server) LimitImpersonation(address string, accounts ...string) {
	must(act(s, address, func(mb *mailbox, _ time.Time) (struct{}, error) {
		allowed := map[string]bool{}
		for _, a := range accounts {
			allowed[a] = true
		}
		s.org.impersonators[mb.address] = allowed
		return struct{}{}, nil
	}))
}

// mayImpersonate tells whether an account holds the role for a mailbox.
func (o *organisation) mayImpersonate(account, address string) bool {
	if o.cfg.MayImpersonate != nil && !o.cfg.MayImpersonate[account] {
		return false
	}
	allowed, limited := o.impersonators[strings.ToLower(address)]
	return !limited || allowed[account]
}
