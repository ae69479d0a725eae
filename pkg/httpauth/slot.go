package httpauth

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// errLost is what a slot answers once its connection is gone and a request was not sent.
var errLost = errors.New("the connection was lost")

// slot owns one connection from its dial to its end. Its transport may dial once: a login is of a connection, and a
// request of it that went to another one would be refused, or pass for a wrong password.
type slot struct {
	transport *http.Transport
	ready     bool // requests may go without a login; owned by who has checked the slot out

	mu     sync.Mutex
	dialed bool
	closed bool
	conn   net.Conn
}

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// newSlot makes a slot with the settings of a transport, but HTTP/1.1 alone and connections kept.
func newSlot(base *http.Transport) *slot {
	s := &slot{}
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
	t.DialContext = s.once(dial)
	if t.DialTLSContext != nil {
		t.DialTLSContext = s.once(t.DialTLSContext)
	}
	s.transport = t
	return s
}

// once lets one dial pass. Its connection is the slot's, also if it comes after the slot was closed.
func (s *slot) once(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if !s.mayDial() {
			return nil, errLost
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			_ = conn.Close()
			return nil, errLost
		}
		s.conn = conn
		return conn, nil
	}
}

func (s *slot) mayDial() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	may := !s.dialed && !s.closed
	s.dialed = true
	return may
}

// close ends the connection, whatever goes on with it.
func (s *slot) close() {
	s.mu.Lock()
	s.closed = true
	conn := s.conn
	s.mu.Unlock()
	s.transport.CloseIdleConnections()
	if conn != nil {
		_ = conn.Close()
	}
}
