package e2e

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// secureSimulator serves a simulated Exchange inside the test, over TLS, that logs in by a scheme made for its
// certificate. It returns the simulator; its authority is in ca.pem.
func (s *system) secureSimulator(cfg exchangesim.Config, scheme func(certificate []byte) exchangesim.LoginScheme) *exchangesim.Server {
	s.t.Helper()
	certificate, authority, err := exchangesim.GenerateCertificate()
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("ca.pem", string(authority))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	s.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	cfg.Login = scheme(certificate.Certificate[0])
	sim := exchangesim.New(cfg)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		served <- sim.Serve(tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}}))
	}()
	s.t.Cleanup(func() { sim.Close(); <-served; s.client.CloseIdleConnections() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s.simURL = "https://localhost:" + port
	s.ewsURL = s.simURL
	return sim
}

// TestTheWholeLogsInByNegotiate: every stage gets a ticket of a real KDC by a keytab, and MIT's GSSAPI accepts it, bound to
// the TLS connection.
func TestTheWholeLogsInByNegotiate(t *testing.T) {
	t.Parallel()
	const account = "svc@EXAMPLE.TEST"
	r := startRealm(t)
	s := emptySystem(t)
	sim := s.secureSimulator(exchangesim.Config{Minute: time.Second, MayImpersonate: map[string]bool{account: true}},
		func(certificate []byte) exchangesim.LoginScheme { return r.acceptor(t, sha256.Sum256(certificate)) })
	for i, address := range names(1, 6) {
		sim.AddMailbox(address, fmt.Sprintf("ex%02d.sim.test", i%2+1), "SITE-1")
	}
	s.startNATS("127.0.0.1:0")
	s.write("ewsnats.yaml", fmt.Sprintf(`
nats: {url: %q}
exchange:
  autodiscover: {url: %s/autodiscover/autodiscover.svc}
  tls: {ca: %s}
  account:
    method: negotiate
    user: %s
    kerberos: {config: %s, keytab: %s, spn: HTTP/localhost}
mailboxes: {list: %s}
log: {format: text}
`, s.natsURL, s.ewsURL, s.path("ca.pem"), account, r.path("krb5.conf"), r.path("svc.keytab"), s.path("mailboxes.txt")))
	s.observe()
	s.list(names(1, 6))
	s.startStages(stageNames...)
	s.untilStreaming(6, 60*time.Second)
	s.wantBoundLogins()
	for _, request := range sim.Truth().Requests {
		if request.HTTPStatus == http.StatusOK && request.Account != account {
			t.Errorf("%s is of the account %q, want %q", request.Operation, request.Account, account)
		}
	}
}
