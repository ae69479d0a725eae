package exchangesim

// controlAccess serves who may do what with a mailbox, and what Autodiscover says of it.
func (s *Server) controlAccess(c *control) {
	post(c, "impersonation", func(b struct {
		Mailbox  string   `json:"mailbox"`
		Accounts []string `json:"accounts"`
	}) (any, error) {
		return s.limitImpersonation(b.Mailbox, b.Accounts)
	})
	post(c, "delegate", func(d Delegation) (any, error) { return s.delegate(d) })
	post(c, "autodiscover", func(b struct {
		Mailbox string `json:"mailbox"`
		Discovery
	}) (any, error) {
		return s.setAutodiscover(b.Mailbox, b.Discovery)
	})
}
