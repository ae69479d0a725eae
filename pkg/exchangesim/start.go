package exchangesim

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
)

// Start serves on a free port of 127.0.0.1 until Close, and returns the URL in front of /EWS/Exchange.asmx. It is called
// once.
func (s *Server) Start() (url string, err error) { return s.startOn("http://", nil) }

// StartTLS is Start with TLS. The certificate is made for localhost and 127.0.0.1; Client trusts it.
func (s *Server) StartTLS() (url string, err error) {
	cert, authority, err := GenerateCertificate()
	if err != nil {
		return "", err
	}
	s.roots = x509.NewCertPool()
	s.roots.AppendCertsFromPEM(authority)
	return s.startOn("https://", &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"http/1.1"}})
}

// Client returns a client of its own that trusts the certificate of StartTLS. Close ends its idle connections.
func (s *Server) Client() *http.Client {
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.roots}, DisableCompression: true}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = append(s.clients, tr)
	return &http.Client{Transport: tr}
}

func (s *Server) startOn(scheme string, config *tls.Config) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("exchangesim: %w", err)
	}
	url := scheme + l.Addr().String()
	if config != nil {
		l = tls.NewListener(l, config)
	}
	if !s.start() {
		_ = l.Close()
		return "", http.ErrServerClosed
	}
	go func() {
		defer s.running.Done()
		_ = s.Serve(l) // ends with Close
	}()
	return url, nil
}
