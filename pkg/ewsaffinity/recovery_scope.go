package ewsaffinity

// Ops is a set of operations.
type Ops uint8

const (
	subscribe Ops = 1 << iota
	stream
	readBack
	unsubscribe
	discover

	anywhere = subscribe | stream | readBack | unsubscribe | discover
)

// Has reports whether op is in the set.
func (o Ops) Has(op Operation) bool { return o&opsOf[op] != 0 }

var opsOf = map[Operation]Ops{
	OpSubscribe:   subscribe,
	OpStream:      stream,
	OpReadBack:    readBack,
	OpUnsubscribe: unsubscribe,
	OpDiscover:    discover,
}

// Scope is a set of things a fault may concern.
type Scope uint8

// What a fault may concern.
const (
	ScopeMailbox  Scope = 1 << iota // one mailbox
	ScopeGroup                      // an affinity group: its anchor, cookie, server
	ScopeEndpoint                   // everything behind an ExternalEwsUrl
	ScopeAccount                    // the service account
	ScopeClient                     // our own requests
)

// Has reports whether s holds all of part.
func (s Scope) Has(part Scope) bool { return s&part == part }
