package ewssoap

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestTransport: what NewTransport promises, against a server that offers HTTP/2 and an older TLS.
func TestTransport(t *testing.T) {
	var protocol int
	var encoding string
	var version uint16
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocol, version, encoding = r.ProtoMajor, r.TLS.Version, r.Header.Get("Accept-Encoding")
		_, _ = io.WriteString(w, subscribeOK(t))
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	given := &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12}
	dialed := 0
	for _, cfg := range []TransportConfig{
		{RootCAs: roots},
		{TLS: &tls.Config{RootCAs: roots}},
		{TLS: given, RootCAs: roots},
		{RootCAs: roots, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialed++
			return new(net.Dialer).DialContext(ctx, network, address)
		}},
	} {
		transport := NewTransport(cfg)
		if _, err := NewClient(Options{Calls: transport}).Subscribe(t.Context(), Call{URL: server.URL}, oneSubscribe); err != nil {
			t.Fatal(err)
		}
		if protocol != 1 || version < tls.VersionTLS12 || encoding != "identity" {
			t.Errorf("%+v: HTTP/%d, TLS version %#x, encoding %q", cfg, protocol, version, encoding)
		}
		if lowest := transport.TLSClientConfig.MinVersion; lowest != tls.VersionTLS12 {
			t.Errorf("TLS from version %#x", lowest)
		}
		if !transport.DisableCompression || transport.MaxConnsPerHost != 0 || transport.ResponseHeaderTimeout != 0 || transport.Proxy == nil {
			t.Errorf("have %+v", transport)
		}
		transport.CloseIdleConnections()
	}
	if given.MinVersion != tls.VersionTLS10 || given.RootCAs != nil {
		t.Error("the caller's TLS settings were changed")
	}
	if dialed != 1 {
		t.Errorf("the caller's dialer was used %d times", dialed)
	}
}

// TestKeepAlive: TCP must notice a dead peer, and keep balancers awake.
func TestKeepAlive(t *testing.T) {
	d := newDialer()
	if k := d.KeepAliveConfig; !k.Enable || k.Idle > 30*time.Second || k.Interval > 30*time.Second || d.Timeout == 0 {
		t.Errorf("have %+v", d)
	}
}

// TestDefaults: the zero Options give a client that works over transports of its own.
func TestDefaults(t *testing.T) {
	c := NewClient(Options{})
	if c.calls == c.streams {
		t.Error("calls and streams share their connections")
	}
	if c.callTimeout != DefaultCallTimeout || c.maxEnvelope != DefaultMaxEnvelope || c.version != DefaultVersion || c.agent() != DefaultUserAgent {
		t.Errorf("have %+v", c)
	}
	o := Options{Version: "Exchange2016", CallTimeout: time.Second, MaxEnvelope: 1, UserAgent: "u"}
	if c := NewClient(o); c.callTimeout != time.Second || c.maxEnvelope != 1 || c.version != "Exchange2016" || c.agent() != "u" {
		t.Errorf("have %+v", c)
	}
}
