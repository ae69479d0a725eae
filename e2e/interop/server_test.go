// Package interop has EWS clients that others wrote work against the simulated Exchange, each as a program of its own.
package interop

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// What the clients are told. The certificate of httptest is for example.com.
const (
	host      = "example.com"
	mailbox   = "anna@example.com"
	colleague = "bert@example.com"
	user      = "svc@example.com"
	password  = "secret"
)

// serve starts a simulator on https, and returns its address and the file of its certificate.
func serve(t *testing.T) (sim *exchangesim.Server, address, certificate string) {
	t.Helper()
	sim = exchangesim.New(exchangesim.Config{Accounts: map[string]string{user: password}})
	sim.AddServer("ex01.example.com")
	sim.AddMailbox(mailbox, "ex01.example.com", "SITE-1")
	sim.AddMailbox(colleague, "ex02.example.com", "SITE-1")
	front := httptest.NewTLSServer(sim.Handler())
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
		front.Close()
	})
	certificate = filepath.Join(t.TempDir(), "certificate.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	if err := os.WriteFile(certificate, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return sim, front.Listener.Addr().String(), certificate
}
