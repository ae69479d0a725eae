package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// serve runs the command until the test ends, and returns the URL in front of /EWS. The transport, if there is one, is
// left without idle connections.
func serve(t *testing.T, tr *http.Transport, args ...string) string {
	t.Helper()
	base, _, _ := strings.Cut(strings.TrimPrefix(announced(t, tr, args...), "ews="), "/EWS/")
	return base
}

// announced is the line that the command prints.
func announced(t *testing.T, tr *http.Transport, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), w)
		w.CloseWithError(err)
		ended <- err
	}()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if tr != nil {
			tr.CloseIdleConnections()
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("ended with %v", err)
		}
	})
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// trusting is a transport that trusts the certificates of a PEM file alone.
func trusting(t *testing.T, pemText []byte) *http.Transport {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pemText) {
		t.Fatalf("no certificate in %q", pemText)
	}
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
}

func TestGeneratedCertificate(t *testing.T) {
	ca := filepath.Join(t.TempDir(), "ca.pem")
	tr := &http.Transport{}
	base := serve(t, tr, "-tls", "-tls-names", "mail.example.com,127.0.0.1", "-tls-ca-out", ca, "-rate", "0")
	authority, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	tr.TLSClientConfig = trusting(t, authority).TLSClientConfig
	tr.ForceAttemptHTTP2 = true
	c := &http.Client{Transport: tr}
	res, err := c.Get(base + "/sim/counts")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if !strings.HasPrefix(base, "https://127.0.0.1:") || res.Proto != "HTTP/1.1" {
		t.Errorf("%s over %s", base, res.Proto)
	}
	if err := res.TLS.PeerCertificates[0].VerifyHostname("mail.example.com"); err != nil {
		t.Error(err)
	}
}

func TestGivenCertificate(t *testing.T) {
	cert, authority, err := exchangesim.GenerateCertificate()
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: cert.Certificate[0]}, keyFile: {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tr := trusting(t, authority)
	res, err := (&http.Client{Transport: tr}).Get(serve(t, tr, "-tls-cert", certFile, "-tls-key", keyFile, "-rate", "0") + "/sim/counts")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

func TestControlStandsAlone(t *testing.T) {
	line := announced(t, nil, "-rate", "0", "-control", "127.0.0.1:0")
	base, _, _ := strings.Cut(strings.TrimPrefix(line, "ews="), "/EWS/")
	_, page, _ := strings.Cut(strings.TrimSpace(line), "page=")
	for url, want := range map[string]int{page: 200, page + "sim/counts": 200, base + "/sim/counts": 404, base + "/": 404} {
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: have %s, want %d", url, res.Status, want)
		}
	}
}
