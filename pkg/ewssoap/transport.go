package ewssoap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Limits of a transport made by [NewTransport].
const (
	dialTimeout         = 30 * time.Second
	tlsHandshakeTimeout = 30 * time.Second
	idleConnTimeout     = 90 * time.Second
	keepAliveIdle       = 30 * time.Second
	keepAliveInterval   = 15 * time.Second
	keepAliveCount      = 4
	maxIdlePerHost      = 32
)

// StreamWriteBuffer is a [TransportConfig.WriteBuffer] for streams, which are many and write one request.
const StreamWriteBuffer = 1 << 10

// TransportConfig shapes a transport for Exchange. The zero value works.
type TransportConfig struct {
	// TLS is the base of the TLS settings; it is copied. Its MinVersion is raised to TLS 1.2 if below.
	TLS *tls.Config
	// RootCAs, if set, replaces the authorities of TLS and of the system.
	RootCAs *x509.CertPool
	// DialContext, if set, replaces the TCP dialer, and with it the TCP keep-alive and the limit of 30 s on a dial.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// WriteBuffer is the size in bytes of the buffer in which a connection keeps what it writes; 0 means net/http's.
	WriteBuffer int
}

// NewTransport returns a transport fit for Exchange: HTTP/1.1 only (NTLM authenticates a connection, and IIS offers
// NTLM on HTTP/1.1 alone), TLS 1.2 or later, the proxy of the environment, no compression, no limit on the number of
// connections nor on the length of an answer, TCP keep-alive below the idle limits usual in balancers.
func NewTransport(cfg TransportConfig) *http.Transport {
	dial := cfg.DialContext
	if dial == nil {
		dial = newDialer().DialContext
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: refuseProxyStatus,
		DialContext:            dial,
		TLSClientConfig:        tlsConfig(cfg),
		TLSHandshakeTimeout:    tlsHandshakeTimeout,
		Protocols:              protocols,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		IdleConnTimeout:        idleConnTimeout,
		WriteBufferSize:        cfg.WriteBuffer,
	}
}

func newDialer() *net.Dialer {
	return &net.Dialer{
		Timeout: dialTimeout,
		KeepAliveConfig: net.KeepAliveConfig{
			Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount,
		},
	}
}

func tlsConfig(cfg TransportConfig) *tls.Config {
	t := &tls.Config{}
	if cfg.TLS != nil {
		t = cfg.TLS.Clone()
	}
	if t.MinVersion < tls.VersionTLS12 {
		t.MinVersion = tls.VersionTLS12
	}
	if cfg.RootCAs != nil {
		t.RootCAs = cfg.RootCAs
	}
	return t
}

// proxyStatusError is a proxy's refusal to open a tunnel.
type proxyStatusError struct {
	status int
	text   string
}

func (e *proxyStatusError) Error() string { return "proxy refused the tunnel: " + e.text }

// refuseProxyStatus keeps the status code of a proxy's refusal, which the transport itself reduces to text.
func refuseProxyStatus(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyStatusError{status: answer.StatusCode, text: answer.Status}
}
