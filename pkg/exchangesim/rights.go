package exchangesim

import (
	"strings"
	"time"
)

// LimitImpersonation lets only the named accounts impersonate a mailbox, as the scope of a management role assignment
// does; with none, nobody. They need Config.MayImpersonate as well. It panics when there is no such mailbox.
func (s *Server) LimitImpersonation(address string, accounts ...string) {
	must(s.limitImpersonation(address, accounts))
}

func (s *Server) limitImpersonation(address string, accounts []string) (struct{}, error) {
	return act(s, address, func(mb *mailbox, _ time.Time) (struct{}, error) {
		allowed := map[string]bool{}
		for _, a := range accounts {
			allowed[a] = true
		}
		s.org.impersonators[mb.address] = allowed
		return struct{}{}, nil
	})
}

// owner is who owns the subscriptions of a call.
func (c *call) owner() string {
	if c.s.cfg.Owner == OwnerImpersonated && c.target != nil {
		return c.target.address
	}
	return c.account
}

// mayImpersonate tells whether an account holds the role for a mailbox.
func (o *organisation) mayImpersonate(account, address string) bool {
	if o.cfg.MayImpersonate != nil && !o.cfg.MayImpersonate[account] {
		return false
	}
	allowed, limited := o.impersonators[strings.ToLower(address)]
	return !limited || allowed[account]
}
