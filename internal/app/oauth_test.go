package app

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/wiretrace"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// rsaPair writes a certificate and its key.
func rsaPair(t *testing.T, certFile, keyFile string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, certFile, "CERTIFICATE", der)
	writePEM(t, keyFile, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
}

// An application gets its tokens from a server of its own authority, and a new one
// after a reload.
func TestExchangeIsAskedWithTokens(t *testing.T) {
	t.Chdir(t.TempDir())
	rsaPair(t, "app.pem", "app.key")
	tokens, authorizations := 0, []string{}
	given := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("client_id") != "app" || r.FormValue("client_assertion") == "" && r.FormValue("client_secret") != "hunter2" {
			t.Errorf("have %v", r.Form)
		}
		tokens++
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"token-%d"}`, tokens)
	}))
	defer given.Close()
	asked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorizations = append(authorizations, r.Header.Get("Authorization"))
	}))
	defer asked.Close()
	tracer := wiretrace.Start(wiretrace.Config{}, StageDiscoverer, slog.New(slog.DiscardHandler))
	defer tracer.Close()
	writePEM(t, "ca.pem", "CERTIFICATE", given.Certificate().Raw)
	if err := os.WriteFile("secret", []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*config.OAuth){
		func(o *config.OAuth) { o.Secret.File = "secret" },
		func(o *config.OAuth) { o.Certificate = config.Certificate{Cert: "app.pem", Key: "app.key"} },
	} {
		tokens, authorizations = 0, nil
		cfg := config.Default()
		cfg.Exchange.TLS.CA, cfg.Exchange.Autodiscover.URL = "ca.pem", asked.URL+"/autodiscover"
		cfg.Exchange.Account.OAuth.TokenURL, cfg.Exchange.Account.OAuth.ClientID = given.URL, "app"
		change(&cfg.Exchange.Account.OAuth)
		o := NewObservation(cfg)
		adapter, client, err := newExchange(cfg, nil, &agent{}, tracer, slog.New(slog.DiscardHandler), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, reload := range []bool{false, true, false} {
			if _, err := adapter.Discover(t.Context(), []messages.Address{"anna@contoso.com"}); err == nil || strings.Contains(err.Error(), "token") {
				t.Errorf("have %v, want that nothing was answered", err)
			}
			if reload {
				o.reloaded(cfg)
			}
		}
		client.CloseIdleConnections()
		if have, want := strings.Join(authorizations, ","), "Bearer token-1,Bearer token-1,Bearer token-2"; have != want {
			t.Errorf("have %s, want %s", have, want)
		}
	}
}
