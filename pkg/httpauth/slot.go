package httpauth

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// errLost is what a slot answers once its connection is gone and a request was not sent.
var errLost = errors.New("the connection was lost")

// slot owns one connection from its dial to its end. Its transport may dial once: a login is of a connection, and a
// request of it that went to another one would be refused, or pass for a wrong password.
type slot struct {
	transport *http.Transport
	ready     bool // requests may go without a login; owned by who has checked the slot out
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// newSlot makes a slot with the settings of a transport, but HTTP/1.1 alone and connections kept.
func newSlot(base *http.Transport) *slot {
	t := base.Clone()
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	t.ForceAttemptHTTP2 = false
	if t.TLSClientConfig != nil {
		t.TLSClientConfig.NextProtos = nil
	}
	t.DisableKeepAlives, t.MaxIdleConns, t.MaxIdleConnsPerHost, t.IdleConnTimeout = false, 0, 1, 0
	dial := t.DialContext
	if dial == nil {
		dial = (&net.Dialer{Timeout: 30 * time.Second}).DialContext
	}
	var dialed atomic.Bool
	t.DialContext = once(&dialed, dial)
	if t.DialTLSContext != nil {
		t.DialTLSContext = once(&dialed, t.DialTLSContext)
	}
	return &slot{transport: t}
}

// once lets one dial of all that share the mark pass.
func once(dialed *atomic.Bool, dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if dialed.Swap(true) {
			return nil, errLost
		}
		return dial(ctx, network, address)
	}
}

// close ends the connection. One that a request fails on, or that is still being dialed, the transport ends itself.
func (s *slot) close() { s.transport.CloseIdleConnections() }
