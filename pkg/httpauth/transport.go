package httpauth

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Defaults of a [Config].
const (
	DefaultMaxIdle     = 32
	DefaultIdleTimeout = 90 * time.Second
)

// Config shapes a [Transport]. Mechanism is required.
type Config struct {
	// Mechanism logs in, and with it the account: a Transport is of one.
	Mechanism Mechanism
	// Transport has the settings of the connections: TLS, proxy, dialer. It is copied for each connection and carries no
	// request itself; its limits on connections and its HTTP/2 are not used. Nil means those of [http.DefaultTransport]. The
	// deprecated Dial and DialTLS must not be set.
	Transport *http.Transport
	// NoChannelBinding switches channel binding off, for servers that cannot stand it.
	NoChannelBinding bool
	// SPN replaces HTTP/<host of the URL>.
	SPN string
	// MaxIdle is how many idle connections are kept in all, DefaultMaxIdle if zero.
	MaxIdle int
	// IdleTimeout is how long a connection may be idle, DefaultIdleTimeout if zero.
	IdleTimeout time.Duration
	// Trace, if set, is told of each answer within a login that RoundTrip does not return. It is called on the goroutine of
	// RoundTrip.
	Trace func(Leg)
	// Observe, if set, is told of each login. It may be called by several goroutines at once, and must not block.
	Observe func(Observation)
}

// Transport is an [http.RoundTripper] that logs its connections in. See the package's guarantees.
type Transport struct {
	cfg     Config
	pool    *pool
	refused atomic.Bool // the last login
}

// New returns a transport. It fails if the configuration is not complete.
func New(cfg Config) (*Transport, error) {
	if cfg.Mechanism == nil {
		return nil, errors.New("httpauth: Config.Mechanism is required")
	}
	if cfg.MaxIdle < 0 || cfg.IdleTimeout < 0 {
		return nil, fmt.Errorf("httpauth: MaxIdle (%d) and IdleTimeout (%v) must not be negative", cfg.MaxIdle, cfg.IdleTimeout)
	}
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport.(*http.Transport)
	}
	//lint:ignore SA1019 they would pass by the ownership of connections
	if cfg.Transport.Dial != nil || cfg.Transport.DialTLS != nil {
		return nil, errors.New("httpauth: Config.Transport has Dial or DialTLS: use DialContext or DialTLSContext")
	}
	cfg.Transport = cfg.Transport.Clone()
	return &Transport{
		cfg:  cfg,
		pool: newPool(cmp.Or(cfg.MaxIdle, DefaultMaxIdle), cmp.Or(cfg.IdleTimeout, DefaultIdleTimeout)),
	}, nil
}

// CloseIdleConnections closes the connections that no request uses now.
func (t *Transport) CloseIdleConnections() { t.pool.closeAll() }

// maxLost is how many connections may be lost within their handshakes before a request fails.
const maxLost = 3

// RoundTrip sends a request on a connection that is logged in. The request needs GetBody if it has a body. A 401 after a
// whole handshake is returned as it is, and its login is not repeated. The connection is the answer's until its body is
// closed. An Authorization header of the request is replaced.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }() // each leg sends a copy of its own
	}
	if hasBody(r) && r.GetBody == nil {
		return nil, fmt.Errorf("httpauth: %s %s: a request with a body needs GetBody, since a login may have to send it again", r.Method, r.URL.Host)
	}
	key := r.URL.Scheme + "://" + strings.ToLower(r.URL.Host)
	c := call{t: t, r: r, renew: t.refused.Load()}
	for lost := 0; ; {
		s := t.pool.take(key)
		reused := s != nil
		if !reused {
			s = newSlot(t.cfg.Transport)
		}
		answer, err := c.on(s)
		if err == nil {
			return t.lend(key, s, answer), nil
		}
		s.close()
		if !errors.Is(err, errLost) {
			return nil, err
		}
		if reused {
			continue
		}
		if lost++; lost == maxLost {
			return nil, fmt.Errorf("httpauth: %s ends its connection within the login (%d tries): a server or proxy that does not "+
				"keep connections cannot be logged in to by %s", r.URL.Host, lost, strings.Join(t.cfg.Mechanism.Schemes(), " or "))
		}
	}
}

func hasBody(r *http.Request) bool { return r.Body != nil && r.Body != http.NoBody }
