package config

import (
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Config is what every command is configured by. Build it with [Loader.Load] or,
// in programs that need no file, begin with [Default].
type Config struct {
	ID    string        // of the process among those of its stage; empty: the host name and the first free slot
	Drain time.Duration // longest orderly shutdown

	NATS       NATS
	Exchange   Exchange
	Mailboxes  Mailboxes
	Discoverer Discoverer
	Groups     Groups
	Subscribe  Subscribe
	Streamer   Streamer
	Lease      Lease
	HTTP       HTTP
	Log        Log
	Trace      Trace

	origins map[string]string
}

// NATS says where facts and events are kept.
type NATS struct {
	URL         string
	Prefix      string // first token of every subject
	Credentials string // path of a .creds file
	NKey        string // path of a seed file
	User        string
	Password    Secret
	TLS         NATSTLS
	Replicas    int
	Embedded    Embedded
	Events      Events
}

// NATSTLS is the client side of TLS towards NATS. Paths of PEM files.
type NATSTLS struct {
	CA         string
	Cert       string
	Key        string
	ServerName string
}

// Embedded is the NATS server that runs inside the all-in-one command.
type Embedded struct {
	Dir    string // JetStream's store
	Listen string // host:port of its client listener
}

// Events bounds the stream of events. What is older or beyond the size is discarded.
type Events struct {
	MaxBytes Size
	MaxAge   time.Duration
}

// Exchange says where Exchange is and who asks it.
type Exchange struct {
	URL           messages.Endpoint // fixed EWS endpoint of every mailbox; wins over Autodiscover
	Autodiscover  Autodiscover
	Account       Account
	Impersonation bool
	Version       string // RequestServerVersion
	FixedVersion  bool   // never another one
	Statistics    bool   // X-ClientStatistics
	TLS           ExchangeTLS
	Concurrency   int // requests at a time to one endpoint, streams apart
}

// Autodiscover says where mailboxes' endpoints are asked for.
type Autodiscover struct {
	URL   string   // asked alone; empty: found from each mailbox's domain
	Allow []string // hosts beyond the mailbox's domain that may get the credentials
}

// Account is the service account: a user with a password or with Kerberos, a bearer
// token, or an application that is given tokens.
type Account struct {
	User           string
	Password       Secret
	Method         string // basic, ntlm or negotiate; empty: basic for a user
	ChannelBinding bool   // of ntlm and negotiate
	Kerberos       Kerberos
	Bearer         Secret
	OAuth          OAuth
}

// The values of Account.Method.
const (
	MethodBasic     = "basic"
	MethodNTLM      = "ntlm"
	MethodNegotiate = "negotiate"
)

// Kerberos says how a ticket is got for the method negotiate: by the account's password,
// or by one of Keytab and CCache. Paths of files.
type Kerberos struct {
	Config string // krb5.conf; empty: $KRB5_CONFIG, else /etc/krb5.conf
	Realm  string // of the user; empty: the one in its name, else the default of krb5.conf
	Keytab string
	CCache string // says who the user is
	SPN    string // of Exchange; empty: HTTP/ and the host of the URL
}

// OAuth is an application that is given tokens by a secret or a certificate.
type OAuth struct {
	Tenant      string // of Microsoft Entra; or
	TokenURL    string // of another server
	ClientID    string
	Secret      Secret
	Certificate Certificate
	Scope       string
}

// Set reports whether tokens are to be got.
func (o OAuth) Set() bool {
	return o.Tenant != "" || o.TokenURL != "" || o.ClientID != "" || o.Secret.Set() || o.Certificate != (Certificate{})
}

// Certificate is one with its key. Paths of PEM files.
type Certificate struct {
	Cert string
	Key  string
}

// ExchangeTLS is the client side of TLS towards Exchange. Paths of PEM files.
type ExchangeTLS struct {
	CA         string // empty: the system's authorities
	Cert       string
	Key        string
	ServerName string // that certificates must carry; empty: the host of the URL
	MinVersion string // 1.2 or 1.3
	Insecure   bool   // certificates are not verified
}

// Mailboxes says which mailboxes are wanted.
type Mailboxes struct {
	List               string // path of the list
	ConfirmWithdrawals bool   // accept a list at start that withdraws many mailboxes at once
}

// Discoverer tunes the discoverer stage.
type Discoverer struct {
	Batch   int           // mailboxes in one Autodiscover request
	Refresh time.Duration // age at which an answer is asked for again
}

// Groups tunes how mailboxes are grouped.
type Groups struct {
	Size  int           // most mailboxes of a group
	Quiet time.Duration // how long the facts must be at rest before a plan is made
}

// Subscribe says what is subscribed in each mailbox.
type Subscribe struct {
	Folders []string // well-known names or folder ids; empty: all folders
	Events  []string // EWS event elements, such as NewMailEvent
}

// Streamer tunes the streamer stage.
type Streamer struct {
	ConnectionTimeout ConnectionTimeout
	Silence           time.Duration // a connection without a byte for that long is cut
}

// ConnectionTimeout is the span over which the ConnectionTimeout of
// GetStreamingEvents is spread. Whole minutes; Exchange accepts 1 to 30.
type ConnectionTimeout struct {
	Min time.Duration
	Max time.Duration
}

// Lease tunes how the processes of a stage share its work.
type Lease struct {
	TTL time.Duration // a process that did not renew its membership for so long is taken for dead
}

// HTTP says where probes and metrics are answered.
type HTTP struct {
	Listen string // host:port; empty: nowhere
}

// Log says what is logged on standard error, and how.
type Log struct {
	Level  string // debug, info, warn or error
	Format string // json or text
}

// Trace says what of the requests to Exchange is written to files, and where.
type Trace struct {
	Dir      string   // folder of the files
	Only     []string // groups, mailboxes, other, or all; empty: nothing
	MaxBytes Size     // of a file
	MaxFiles int
}
