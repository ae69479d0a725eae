package e2e

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// certificate writes a certificate for 127.0.0.1 that is its own authority, and its key.
func (s *system) certificate() (cert, key string) {
	s.t.Helper()
	self := httptest.NewTLSServer(http.NotFoundHandler())
	defer self.Close()
	s.client.Transport = self.Client().Transport
	der, err := x509.MarshalPKCS8PrivateKey(self.TLS.Certificates[0].PrivateKey)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: self.Certificate().Raw})))
	s.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	return s.path("cert.pem"), s.path("key.pem")
}

// Exchange as many have it: NTLM over TLS, and Extended Protection.
func TestTheWholeLogsInByNTLMWithChannelBinding(t *testing.T) {
	t.Parallel()
	s := emptySystem(t)
	cert, key := s.certificate()
	s.startNATS("127.0.0.1:0")
	s.startSimulator("-mailboxes", "6", "-auth", "ntlm", "-binding", "required", "-tls-cert", cert, "-tls-key", key)
	s.configure("")
	s.observe()
	s.list(names(1, 6))
	for _, name := range stageNames {
		s.stages[name] = start(t, name, "--config", s.path("ewsnats.yaml"), "--exchange-account-method=ntlm", "--exchange-tls-ca="+cert)
	}
	s.untilStreaming(6, 30*time.Second)
	s.wantBoundLogins()
}

// wantBoundLogins has users work, and wants what happened stored, by stages that logged
// in with channel bindings and were never refused.
func (s *system) wantBoundLogins() {
	s.t.Helper()
	s.control("produce", map[string]any{"rate": 20, "seed": 1, "duration": "3s"})
	<-time.After(3 * time.Second)
	if report := s.sound(); report.Events == 0 {
		s.t.Error("no event was stored: the test shows nothing")
	}
	for name, p := range s.stages {
		if refused := p.log.lines("refused"); len(refused) > 0 || !strings.Contains(p.log.String(), "channel_binding=true") {
			s.t.Errorf("%s: want a login with a channel binding, and none refused: %v", name, refused)
		}
	}
}
