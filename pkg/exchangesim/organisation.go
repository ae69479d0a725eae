package exchangesim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// organisation is the whole state: servers, mailboxes, subscriptions, streams and what happened. It decides and
// remembers, but has no clock and never waits; Server guards it with one mutex.
type organisation struct {
	cfg       Config
	servers   map[string]*mailboxServer
	order     []*mailboxServer // as added, for the round robin
	turn      int
	mailboxes map[string]*mailbox
	byGUID    map[string]*mailbox
	inOrder   []*mailbox // as added

	subscriptions map[string]*subscription // the living ones
	streams       map[*stream]struct{}     // the open ones
	hanging       map[string]int           // open streams by charged mailbox
	ordinary      map[string]int           // unanswered requests by charged mailbox
	syncing       map[string]int           // those among them that synchronise
	faults        []*FaultInForce
	nextFault     int
	budget        Budget
	impersonators map[string]map[string]bool   // accounts by address, of mailboxes that not every account may impersonate
	delegates     map[string]map[string]grants // by address and account
	discoveries   map[string]Discovery         // by address

	changes     history[Change]
	events      history[*event]
	everySub    history[*Subscription]
	writes      history[Write]
	connections history[*Connection]
	requests    history[Request]
	counts      Counts
	created     uint64 // subscriptions ever created
	composed    uint64 // message ids ever given
	opened      int    // connections ever opened
}

func newOrganisation(cfg Config) *organisation {
	n := cfg.TruthLimit
	return &organisation{
		cfg: cfg, servers: map[string]*mailboxServer{}, mailboxes: map[string]*mailbox{}, byGUID: map[string]*mailbox{},
		subscriptions: map[string]*subscription{}, streams: map[*stream]struct{}{},
		hanging: map[string]int{}, ordinary: map[string]int{}, syncing: map[string]int{},
		impersonators: map[string]map[string]bool{}, delegates: map[string]map[string]grants{}, discoveries: map[string]Discovery{},
		changes: history[Change]{limit: n}, events: history[*event]{limit: n}, everySub: history[*Subscription]{limit: n},
		writes: history[Write]{limit: n}, connections: history[*Connection]{limit: n}, requests: history[Request]{limit: n},
		budget: Budget{HangingConnectionLimit: cfg.HangingConnectionLimit, MaxSubscriptions: cfg.MaxSubscriptions,
			MaxConcurrency: cfg.MaxConcurrency, ConcurrentSyncCalls: cfg.ConcurrentSyncCalls},
		counts: Counts{Requests: map[string]uint64{}},
	}
}

// mailboxServer is a server that holds mailboxes and subscriptions. A server that failed over is down: cookies that name
// it are stale.
type mailboxServer struct {
	name      string // FQDN in lower case
	up        bool
	mailboxes map[*mailbox]struct{}
	held      map[*subscription]struct{}
}

// shortName is the server's host name as diagnostic headers write it.
func (m *mailboxServer) shortName() string {
	host, _, _ := strings.Cut(m.name, ".")
	return strings.ToUpper(host)
}

// inSite tells whether the server belongs to the site that a GroupingInformation stands for: whether it is home to a
// mailbox of that grouping.
func (m *mailboxServer) inSite(grouping string) bool {
	for mb := range m.mailboxes {
		if mb.grouping == grouping {
			return true
		}
	}
	return false
}

// server returns the server of that name, made if need be, and up.
func (o *organisation) server(name string) *mailboxServer {
	name = strings.ToLower(name)
	m := o.servers[name]
	if m == nil {
		m = &mailboxServer{name: name, mailboxes: map[*mailbox]struct{}{}, held: map[*subscription]struct{}{}}
		o.servers[name] = m
		o.order = append(o.order, m)
	}
	m.up = true
	return m
}

// knownServer returns a server that exists.
func (o *organisation) knownServer(name string) (*mailboxServer, error) {
	if m := o.servers[strings.ToLower(name)]; m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("exchangesim: no server %q; there are %s", name, strings.Join(slices.Sorted(maps.Keys(o.servers)), ", "))
}

// mailbox returns the mailbox of an address.
func (o *organisation) mailbox(address string) (*mailbox, error) {
	if mb := o.mailboxes[strings.ToLower(address)]; mb != nil {
		return mb, nil
	}
	return nil, fmt.Errorf("exchangesim: no mailbox %q; add it first", address)
}

// addMailbox makes a mailbox, or moves the one that is there.
func (o *organisation) addMailbox(address, server, grouping string, now time.Time) {
	address = strings.ToLower(address)
	if mb := o.mailboxes[address]; mb != nil {
		o.rehome(mb, o.server(server), grouping)
		return
	}
	mb := newMailbox(address, now)
	o.mailboxes[address] = mb
	o.byGUID[mb.guidText] = mb
	o.inOrder = append(o.inOrder, mb)
	o.rehome(mb, o.server(server), grouping)
}

func (o *organisation) removeMailbox(mb *mailbox, now time.Time) {
	for _, sub := range slices.Clone(mb.subscriptions) {
		o.kill(sub, newDeath("mailbox removed", "ErrorSubscriptionNotFound"), now)
	}
	delete(mb.server.mailboxes, mb)
	delete(o.mailboxes, mb.address)
	delete(o.byGUID, mb.guidText)
	delete(o.impersonators, mb.address)
	delete(o.delegates, mb.address)
	o.inOrder = slices.DeleteFunc(o.inOrder, func(other *mailbox) bool { return other == mb })
}

func (o *organisation) rehome(mb *mailbox, to *mailboxServer, grouping string) {
	if mb.server != nil {
		delete(mb.server.mailboxes, mb)
	}
	mb.server, mb.grouping = to, grouping
	to.mailboxes[mb] = struct{}{}
}
