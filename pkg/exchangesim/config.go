package exchangesim

import (
	"fmt"
	"time"
)

// Config says what the organisation is like. The zero value is an Exchange 2019 without authentication whose minute is
// a minute long.
type Config struct {
	// Profile is the server to pass for. It decides what is left at zero in Version, NewestRequestVersion, UnknownVersion, Headers, Affinity, SubscriptionIDs,
	// Wire, Owner, Heartbeats, EndOfStolenStream, Cookies, SubscriptionLife, the four limits, and what is answered over them. Default, and for a name
	// that ParseProfile refuses: Exchange2019.
	Profile Profile
	// Minute is the length of the server's minute. ConnectionTimeout is counted in it, and the defaults of Heartbeat and
	// SubscriptionLife scale with it. Default: time.Minute.
	Minute time.Duration
	// Heartbeat is the silence on a stream after which the server writes a sign of life. Default: three quarters of a
	// Minute, because clients of Microsoft assume 45 s.
	Heartbeat time.Duration
	// SubscriptionLife is how long a subscription lives without a stream. Default: 30 Minutes for Exchange, of
	// which no document states the number.
	SubscriptionLife time.Duration
	// QueueLimit is the number of events a subscription keeps. When it is exceeded the queue is dropped and the id is
	// named once with ErrorMissedNotificationEvents; the subscription goes on. Default: 4000.
	QueueLimit int
	// Heartbeats chooses the form of the sign of life.
	Heartbeats HeartbeatForm
	// Cookies chooses when X-BackEndOverrideCookie is set.
	Cookies CookieMode
	// BadIDs chooses the fate of the good ids of a stream beside a bad one.
	BadIDs BadIDMode
	// EndOfStolenStream chooses what the older of two streams with a common id is told.
	EndOfStolenStream StolenForm
	// HangingConnectionLimit is the number of streams a charged mailbox may hold. Below 0: no limit.
	HangingConnectionLimit int
	// MaxSubscriptions is the number of living subscriptions (EWSMaxSubscriptions) of a target mailbox, or of the account
	// that subscribes, as SubscriptionsOf chooses. Below 0: no limit.
	MaxSubscriptions int
	SubscriptionsOf  ChargeMode
	// MaxConcurrency is the number of unanswered ordinary requests of a charged mailbox (EWSMaxConcurrency).
	// Below 0: no limit.
	MaxConcurrency int
	// ConcurrentSyncCalls is how many of them may synchronise folders. Below 0: no limit.
	ConcurrentSyncCalls int
	// TooManyConnections chooses what a request or stream over HangingConnectionLimit or MaxConcurrency is answered, Busy
	// what one over ConcurrentSyncCalls is, and FaultAnswer.Busy.
	TooManyConnections, Busy ThrottleForm
	// MaxDiscoveredUsers is the number of users that one GetUserSettings may name; more are answered InvalidRequest.
	// 0: no limit, as none is documented.
	MaxDiscoveredUsers int
	// Accounts holds the passwords of the users that may log in, with Basic or with NTLM. With neither Accounts nor BearerTokens no
	// authentication is asked, and everybody is the same account.
	Accounts map[string]string
	// NTLM asks the Accounts for NTLM. nil: for Basic.
	NTLM *NTLM
	// Login logs connections in by a scheme that is not this package's, such as Negotiate, in place of Basic and NTLM. The
	// names it tells need not be among the Accounts.
	Login LoginScheme
	// BearerTokens are the access tokens that are accepted. They all stand for one application account.
	BearerTokens []string
	// MayImpersonate names the accounts that hold the role ApplicationImpersonation; the application account of the
	// BearerTokens is named ApplicationAccount. nil: every account.
	MayImpersonate map[string]bool
	// Version is the server's version, shown in every answer and in the cookies.
	Version ServerVersion
	// NewestRequestVersion is the newest RequestServerVersion (types.xsd) that is taken, and UnknownVersion the code of the
	// fault for any newer or unknown one.
	NewestRequestVersion, UnknownVersion string
	// ExternalURL is the base of the URLs written in Autodiscover answers (https://mail.example.com). Default: scheme
	// and Host of the request.
	ExternalURL string
	// Headers, Affinity, SubscriptionIDs, Wire and Owner choose what else differs between servers.
	Headers         HeaderForm
	Affinity        AffinityMode
	SubscriptionIDs SubscriptionIDForm
	Wire            WireForm
	Owner           OwnerMode
	// DelegateSubscriptions chooses whose folders a delegate may subscribe to.
	DelegateSubscriptions DelegateMode
	// Framing chooses how the envelopes of a stream are cut into writes.
	Framing Framing
	// PackedFolderIDs writes the folder ids inside events run-length packed (AQMk…), while the folder operations go on
	// answering plain ones (AAMk…). Decoded both are equal, see MS-OXWSITEMID.
	PackedFolderIDs bool
	// Deletions chooses which events a deletion raises.
	Deletions DeletionForm
	// NoControl leaves the control endpoint and its page out of Handler; ControlHandler serves them elsewhere.
	NoControl bool
	// TruthLimit bounds each list of the ground truth: of more entries the oldest are forgotten. 0: keep everything.
	TruthLimit int
}

// ApplicationAccount is the account of everybody who comes with one of Config.BearerTokens.
const ApplicationAccount = "application"

// HeartbeatForm is the form of the sign of life on a quiet stream.
type HeartbeatForm string

const (
	HeartbeatOK          HeartbeatForm = "ok"           // a bare ConnectionStatus OK, as the EWS Managed API expects; the default
	HeartbeatStatusEvent HeartbeatForm = "status-event" // a Notification with one StatusEvent for each id, as the reference page says
)

// CookieMode says when an answer sets X-BackEndOverrideCookie.
type CookieMode string

const (
	CookieOnAnchor CookieMode = "on-anchor" // on a Subscribe that asks for affinity and brings no valid cookie, as documented; the default
	CookieNever    CookieMode = "never"     // as reported of Office 365
	CookieAlways   CookieMode = "always"    // on every answer, unasked, as reported of Exchange 2016
)

// BadIDMode says what becomes of the good ids of a stream when another one is bad. No document says; both were seen.
type BadIDMode string

const (
	BadIDGoodGoOn       BadIDMode = "good-go-on"       // the good ids deliver; the default
	BadIDGoodFallSilent BadIDMode = "good-fall-silent" // the stream beats on, but delivers nothing more; events queue
)

// StolenForm says how a stream ends of which a newer stream has taken a subscription.
type StolenForm string

const (
	StolenErrorCode StolenForm = "error-code" // ErrorNewEventStreamConnectionOpened in-band, then the end; the default
	StolenClosed    StolenForm = "closed"     // a Success with ConnectionStatus Closed, as gromox does
)

// DelegateMode says which permission a subscription to another's folders needs. Microsoft's articles refuse delegates
// altogether, with ErrorSubscriptionDelegateAccessNotSupported; public reports have them succeed.
type DelegateMode string

const (
	DelegatesSubscribeWithFullAccess DelegateMode = "full-access" // as if the owner did; the default
	DelegatesSubscribeAsReaders      DelegateMode = "readers"     // who may read a folder may subscribe to it; gromox
)

// Framing says how the envelopes of a stream are cut into flushed writes. A client must not depend on it.
type Framing string

const (
	FramingEnvelope Framing = "envelope" // one write for each envelope; the default
	FramingSplit    Framing = "split"    // each envelope over several writes, cut at odd places
	FramingBatch    Framing = "batch"    // an envelope for each notification, all that wait in one write
)

// ServerVersion is what ServerVersionInfo of an answer says.
type ServerVersion struct {
	Major, Minor, MajorBuild, MinorBuild int
	Name                                 string // the schema version, "V2017_07_11"
}

// withDefaults fills what was left at zero.
func (c Config) withDefaults() Config {
	setDefault(&c.Minute, time.Minute)
	setDefault(&c.Heartbeat, c.Minute*45/60)
	setDefault(&c.QueueLimit, 4000)
	setDefault(&c.BadIDs, BadIDGoodGoOn)
	setDefault(&c.Framing, FramingEnvelope)
	if c.Profile == Gromox {
		setDefault(&c.DelegateSubscriptions, DelegatesSubscribeAsReaders)
	}
	setDefault(&c.DelegateSubscriptions, DelegatesSubscribeWithFullAccess)
	setDefault(&c.Profile, Exchange2019)
	row, known := profiles[c.Profile]
	if !known {
		row = profiles[Exchange2019]
	}
	row.apply(&c)
	return c
}

func setDefault[T comparable](field *T, value T) {
	if *field == *new(T) {
		*field = value
	}
}

// ParseCookieMode reads the name of a cookie mode as a command line gives it; empty is as the profile has it.
func ParseCookieMode(s string) (CookieMode, error) {
	switch m := CookieMode(s); m {
	case "", CookieOnAnchor, CookieNever, CookieAlways:
		return m, nil
	}
	return "", fmt.Errorf("cookie mode %q: use %s, %s or %s", s, CookieOnAnchor, CookieNever, CookieAlways)
}
