package app

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

// issue writes a certificate for a name, and its key.
func (a *authority) issue(t *testing.T, name, certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, certFile, "CERTIFICATE", der)
	writePEM(t, keyFile, "PRIVATE KEY", secret)
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tlsServer answers with the name in the client's certificate. Its own is mail.example.com's.
func tlsServer(t *testing.T, a *authority, maxVersion uint16) *httptest.Server {
	t.Helper()
	dir := t.TempDir()
	a.issue(t, "mail.example.com", filepath.Join(dir, "s.pem"), filepath.Join(dir, "s.key"))
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "s.pem"), filepath.Join(dir, "s.key"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	clients := x509.NewCertPool()
	clients.AddCert(a.cert)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, MaxVersion: maxVersion}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// ask makes one request on a connection of its own.
func ask(t *testing.T, transport *http.Transport, url string) (string, error) {
	t.Helper()
	transport.CloseIdleConnections()
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return string(body), err
}

func TestExchangeTLS(t *testing.T) {
	t.Chdir(t.TempDir())
	ours, theirs := newAuthority(t), newAuthority(t)
	writePEM(t, "ca.pem", "CERTIFICATE", ours.cert.Raw)
	writePEM(t, "other-ca.pem", "CERTIFICATE", theirs.cert.Raw)
	ours.issue(t, "ewsnats", "c.pem", "c.key")
	good := config.ExchangeTLS{CA: "ca.pem", Cert: "c.pem", Key: "c.key", ServerName: "mail.example.com", MinVersion: "1.2"}
	tests := map[string]struct {
		change     func(*config.ExchangeTLS)
		maxVersion uint16
		want       string // of the error; empty: the client's name is answered
	}{
		"all of it":                 {func(*config.ExchangeTLS) {}, tls.VersionTLS13, ""},
		"an old server":             {func(*config.ExchangeTLS) {}, tls.VersionTLS12, ""},
		"too old a server":          {func(c *config.ExchangeTLS) { c.MinVersion = "1.3" }, tls.VersionTLS12, "protocol version"},
		"another name":              {func(c *config.ExchangeTLS) { c.ServerName = "" }, tls.VersionTLS13, "127.0.0.1"},
		"another authority":         {func(c *config.ExchangeTLS) { c.CA = "other-ca.pem" }, tls.VersionTLS13, "unknown authority"},
		"no certificate of our own": {func(c *config.ExchangeTLS) { c.Cert, c.Key = "", "" }, tls.VersionTLS13, "certificate required"},
		"a certificate that went":   {func(c *config.ExchangeTLS) { c.Cert = "gone.pem" }, tls.VersionTLS13, "exchange.tls.cert gone.pem"},
		"insecure":                  {func(c *config.ExchangeTLS) { c.CA, c.ServerName, c.Insecure = "", "", true }, tls.VersionTLS13, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := good
			tt.change(&c)
			secured, err := exchangeTLS(c)
			if err != nil {
				t.Fatal(err)
			}
			transport := ewssoap.NewTransport(ewssoap.TransportConfig{TLS: secured})
			have, err := ask(t, transport, tlsServer(t, ours, tt.maxVersion).URL)
			if tt.want == "" && (err != nil || have != "ewsnats") {
				t.Errorf("have %q, %v, want the client's name", have, err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("have %q, %v, want an error about %s", have, err, tt.want)
			}
		})
	}
}

func TestExchangeTLSTakesARenewedCertificate(t *testing.T) {
	t.Chdir(t.TempDir())
	a := newAuthority(t)
	writePEM(t, "ca.pem", "CERTIFICATE", a.cert.Raw)
	secured, err := exchangeTLS(config.ExchangeTLS{CA: "ca.pem", Cert: "c.pem", Key: "c.key", ServerName: "mail.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	server, transport := tlsServer(t, a, tls.VersionTLS13), ewssoap.NewTransport(ewssoap.TransportConfig{TLS: secured})
	for _, want := range []string{"old", "new"} {
		a.issue(t, want, "c.pem", "c.key")
		if have, err := ask(t, transport, server.URL); have != want || err != nil {
			t.Errorf("have %q, %v, want %q", have, err, want)
		}
	}
}

func TestInsecurityIsSaidAgainAndAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Minute)
		defer cancel()
		warnOfInsecurity(ctx, NewLogger(config.Log{}, StageStreamer, &out))
		if have := strings.Count(out.String(), `"level":"WARN"`); have != 3 {
			t.Errorf("have %d warnings in 150 min, want 3: %s", have, out.String())
		}
	})
	cfg := config.Default()
	cfg.Exchange.TLS.Insecure = true
	o := NewObservation(cfg)
	if w := get(o, "/readyz"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "not verified") {
		t.Errorf("have %d %s, want ready, and the insecurity told", w.Code, w.Body)
	}
	wantShown(t, o, "ewsnats_tls_insecure 1")
}
