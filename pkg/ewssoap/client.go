package ewssoap

import (
	"cmp"
	"net/http"
	"time"
)

// Defaults of [Options].
const (
	DefaultUserAgent   = "ewsnats"
	DefaultVersion     = "Exchange2013_SP1"
	DefaultCallTimeout = 100 * time.Second
	DefaultMaxEnvelope = 8 << 20
)

// Options says how a [Client] talks to Exchange. The zero value works.
type Options struct {
	// Calls carries the ordinary calls; nil means a transport of [NewTransport]. One that logs its connections in tells by an
	// error with a method LoginFailed() that it could not: [ConditionAuthorizer].
	Calls http.RoundTripper
	// Streams carries GetStreamingEvents, apart from the calls so that neither starves the other of connections;
	// nil means a transport of [NewTransport]. It must not limit the length of an answer in time.
	Streams http.RoundTripper
	// Auth puts the credentials on every request; nil sends none.
	Auth Authorizer
	// UserAgent is sent with every request; empty means [DefaultUserAgent].
	UserAgent string
	// Agent, if set, is asked for each request what to send in place of UserAgent.
	Agent func() string
	// Version is the RequestServerVersion, the schema the requests are written in; empty means [DefaultVersion].
	// Send the oldest that suffices, and never what a server reports as its own (office-developer-exchange-docs, "EWS schema versions").
	// An endpoint that refuses it is asked again in the next one of Exchange2016, Exchange2013_SP1, Exchange2013,
	// Exchange2010_SP2, Exchange2010_SP1: a lower one where it does not know the version (ErrorInvalidServerVersion,
	// ErrorInvalidSchemaVersionForMailboxVersion), a higher one where the version lacks what the request holds
	// (ErrorIncorrectSchemaVersion). Each step is one more request; the version that is left is remembered for
	// [VersionMemory].
	Version string
	// FixedVersion forbids to send any other version than Version.
	FixedVersion bool
	// ClientStatistics sends X-ClientStatistics with each call: how long the previous ordinary call to the same URL
	// took. Exchange Online evaluates it; other servers have no use for it.
	ClientStatistics bool
	// Trace, if set, is told of everything that goes over the wire, see [Exchange].
	Trace func(Exchange)
	// Traced, if set, says whether Trace is to be told at this moment of the calls with a [Call.Label]. It is asked for
	// each request and each envelope, by several goroutines at once; nil: always.
	Traced func(label string) bool
	// CallTimeout limits an ordinary call from dial to last byte, and a stream from dial to head; 0 means [DefaultCallTimeout].
	CallTimeout time.Duration
	// MaxEnvelope limits one envelope of a stream in bytes; 0 means [DefaultMaxEnvelope].
	MaxEnvelope int64
}

// A Client calls Exchange Web Services and Autodiscover. It holds its connections, which version each endpoint takes, and
// the names of its last requests; affinity and impersonation come with each [Call]. It may be used by several goroutines
// at once.
type Client struct {
	calls, streams http.RoundTripper
	auth           Authorizer
	agent          func() string
	version        string
	fixedVersion   bool
	statistics     bool
	endpoints      endpoints
	trace          func(Exchange)
	traced         func(label string) bool
	callTimeout    time.Duration
	maxEnvelope    int64
	maxAnswer      int64 // bytes of an ordinary answer
	sent           recent
}

// NewClient returns a client with o, defaults filled in.
func NewClient(o Options) *Client {
	c := &Client{
		calls: o.Calls, streams: o.Streams, auth: o.Auth, agent: o.Agent, version: o.Version,
		fixedVersion: o.FixedVersion, statistics: o.ClientStatistics,
		trace: o.Trace, traced: o.Traced, callTimeout: o.CallTimeout, maxEnvelope: o.MaxEnvelope, maxAnswer: maxAnswer,
	}
	if c.calls == nil {
		c.calls = NewTransport(TransportConfig{})
	}
	if c.streams == nil {
		c.streams = NewTransport(TransportConfig{WriteBuffer: StreamWriteBuffer})
	}
	if c.agent == nil {
		c.agent = func() string { return cmp.Or(o.UserAgent, DefaultUserAgent) }
	}
	if c.version == "" {
		c.version = DefaultVersion
	}
	if c.traced == nil {
		c.traced = func(string) bool { return true }
	}
	c.endpoints.wanted = c.version
	if c.callTimeout <= 0 {
		c.callTimeout = DefaultCallTimeout
	}
	if c.maxEnvelope <= 0 {
		c.maxEnvelope = DefaultMaxEnvelope
	}
	return c
}

// CloseIdleConnections closes the connections that wait for another request. Streams and calls under way go on.
func (c *Client) CloseIdleConnections() {
	for _, rt := range []http.RoundTripper{c.calls, c.streams} {
		if closer, ok := rt.(interface{ CloseIdleConnections() }); ok {
			closer.CloseIdleConnections()
		}
	}
}
