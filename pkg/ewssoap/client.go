package ewssoap

import (
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
	// Calls carries the ordinary calls; nil means a transport of [NewTransport].
	Calls http.RoundTripper
	// Streams carries GetStreamingEvents, apart from the calls so that neither starves the other of connections;
	// nil means a transport of [NewTransport]. It must not limit the length of an answer in time.
	Streams http.RoundTripper
	// Auth puts the credentials on every request; nil sends none.
	Auth Authorizer
	// UserAgent is sent with every request; empty means [DefaultUserAgent].
	UserAgent string
	// Version is the RequestServerVersion, the schema the requests are written in; empty means [DefaultVersion].
	// Send the oldest that suffices, and never what a server reports as its own (office-developer-exchange-docs, "EWS schema versions").
	Version string
	// Trace, if set, is told of everything that goes over the wire, see [Exchange].
	Trace func(Exchange)
	// CallTimeout limits an ordinary call from dial to last byte, and a stream from dial to head; 0 means [DefaultCallTimeout].
	CallTimeout time.Duration
	// MaxEnvelope limits one envelope of a stream in bytes; 0 means [DefaultMaxEnvelope].
	MaxEnvelope int64
}

// A Client calls Exchange Web Services and Autodiscover. It holds no state beyond its connections and the names of its
// last requests: affinity and impersonation come with each [Call]. It may be used by several goroutines at once.
type Client struct {
	calls, streams http.RoundTripper
	auth           Authorizer
	userAgent      string
	version        string
	trace          func(Exchange)
	callTimeout    time.Duration
	maxEnvelope    int64
	maxAnswer      int64 // bytes of an ordinary answer
	sent           recent
}

// NewClient returns a client with o, defaults filled in.
func NewClient(o Options) *Client {
	c := &Client{
		calls: o.Calls, streams: o.Streams, auth: o.Auth, userAgent: o.UserAgent, version: o.Version,
		trace: o.Trace, callTimeout: o.CallTimeout, maxEnvelope: o.MaxEnvelope, maxAnswer: maxAnswer,
	}
	if c.calls == nil {
		c.calls = NewTransport(TransportConfig{})
	}
	if c.streams == nil {
		c.streams = NewTransport(TransportConfig{})
	}
	if c.userAgent == "" {
		c.userAgent = DefaultUserAgent
	}
	if c.version == "" {
		c.version = DefaultVersion
	}
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
