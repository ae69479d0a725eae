package exchangesim

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// FailoverOptions say how a failover shows.
type FailoverOptions struct {
	NewGrouping string `json:"newGrouping,omitempty"` // GroupingInformation of the mailboxes from now on; empty: as before, a failover inside the site
	Silent      bool   `json:"silent,omitempty"`      // open streams learn it only at their next heartbeat
	Code        string `json:"code,omitempty"`        // in-band code inside the site; default ErrorReadEventsFailed
}

// Failover moves all mailboxes of a server to another one, which is added if it is not there. The subscriptions of the
// mailboxes, and all that the server holds, die; open streams are told ErrorProxyRequestNotAllowed when the grouping
// is a new one. The server is down from then on, and cookies that name it are stale, until AddServer, Restart or a
// mailbox brings it back. It panics when there is no such server.
func (s *Server) Failover(server, to string, opts FailoverOptions) {
	must(s.failover(server, to, opts))
}

// Restart restarts the EWS process of a server: its subscriptions die, and the streams it serves are cut without Closed.
// The cookie names host and build only, so it stays valid. It panics when there is no such server.
func (s *Server) Restart(server string) {
	must(s.restart(server))
}

// MoveMailbox moves one mailbox; its subscriptions die with ErrorProxyRequestNotAllowed. It panics when there is none.
func (s *Server) MoveMailbox(address, server, grouping string) {
	must(s.moveMailbox(address, server, grouping))
}

// DropSubscriptions loses the subscriptions of mailboxes, of all when none is given; streams are told
// ErrorSubscriptionNotFound.
func (s *Server) DropSubscriptions(addresses ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted, now := addressSet(addresses), s.now()
	for _, sub := range sorted(maps.Values(s.org.subscriptions)) {
		if len(wanted) == 0 || wanted[sub.Mailbox] {
			s.org.kill(sub, newDeath("dropped", "ErrorSubscriptionNotFound"), now)
		}
	}
}

// CutStreams cuts the streams that carry one of the mailboxes, or all when none is given, with a reset and without
// Closed. Their subscriptions live and queue.
func (s *Server) CutStreams(addresses ...string) {
	s.endStreams(ending{why: "cut", abrupt: true}, addresses)
}

// CloseStreams has the same streams end early, with Closed.
func (s *Server) CloseStreams(addresses ...string) {
	s.endStreams(ending{why: "closed", closed: true}, addresses)
}

func (s *Server) endStreams(e ending, addresses []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.org.streamsOf(addressSet(addresses)) {
		st.finish(e)
	}
}

func addressSet(addresses []string) map[string]bool {
	set := map[string]bool{}
	for _, a := range addresses {
		set[strings.ToLower(a)] = true
	}
	return set
}

func (s *Server) failover(server, to string, opts FailoverOptions) (struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.org.knownServer(server)
	if err != nil {
		return struct{}{}, err
	}
	s.org.failover(from, s.org.server(to), opts, s.now())
	return struct{}{}, nil
}

func (s *Server) restart(server string) (struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, err := s.org.knownServer(server)
	if err != nil {
		return struct{}{}, err
	}
	s.org.restart(m, s.now())
	return struct{}{}, nil
}

func (s *Server) moveMailbox(address, server, grouping string) (struct{}, error) {
	return act(s, address, func(mb *mailbox, now time.Time) (struct{}, error) {
		s.org.rehome(mb, s.org.server(server), grouping)
		for _, sub := range slices.Clone(mb.subscriptions) {
			s.org.kill(sub, newDeath("moved", "ErrorProxyRequestNotAllowed"), now)
		}
		return struct{}{}, nil
	})
}

func (o *organisation) failover(from, to *mailboxServer, opts FailoverOptions, now time.Time) {
	lost := newDeath("failover", cmp.Or(opts.Code, "ErrorReadEventsFailed"))
	moved := newDeath("failover", "ErrorProxyRequestNotAllowed")
	lost.late, moved.late = opts.Silent, opts.Silent
	for _, mb := range from.sortedMailboxes() {
		d, grouping := lost, mb.grouping
		if opts.NewGrouping != "" && opts.NewGrouping != grouping {
			d, grouping = moved, opts.NewGrouping
		}
		o.rehome(mb, to, grouping)
		for _, sub := range slices.Clone(mb.subscriptions) {
			o.kill(sub, d, now)
		}
	}
	o.killHeld(from, lost, now)
	from.up = from == to
}

func (o *organisation) restart(m *mailboxServer, now time.Time) {
	m.up = true
	for _, st := range o.streamsOf(nil) {
		if st.Server == m.name {
			st.finish(ending{why: "restart", abrupt: true})
		}
	}
	o.killHeld(m, newDeath("restart", "ErrorSubscriptionNotFound"), now)
	if o.cfg.SubscriptionIDs == SubscriptionIDCounter && len(o.subscriptions) == 0 {
		o.created = 0 // ids come again, as they do with gromox
	}
}

// killHeld ends all that a server holds.
func (o *organisation) killHeld(m *mailboxServer, d death, now time.Time) {
	for _, sub := range sorted(maps.Keys(m.held)) {
		o.kill(sub, d, now)
	}
}

// sorted puts subscriptions into the order of their ids, so that runs repeat.
func sorted(subs iter.Seq[*subscription]) []*subscription {
	return slices.SortedFunc(subs, func(a, b *subscription) int { return strings.Compare(a.ID, b.ID) })
}

func (m *mailboxServer) sortedMailboxes() []*mailbox {
	return slices.SortedFunc(maps.Keys(m.mailboxes), func(a, b *mailbox) int { return strings.Compare(a.address, b.address) })
}
