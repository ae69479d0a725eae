package kerberos

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// clientOf logs in with a source of secrets.
func clientOf(t *testing.T, cfg Config, transport *http.Transport, change func(*httpauth.Config)) (*http.Client, *[]httpauth.Observation) {
	t.Helper()
	mechanism, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var seen []httpauth.Observation
	c := httpauth.Config{Mechanism: mechanism, Transport: transport, Observe: func(o httpauth.Observation) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, o)
	}}
	if change != nil {
		change(&c)
	}
	auth, err := httpauth.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(auth.CloseIdleConnections)
	return &http.Client{Transport: auth}, &seen
}

func post(t *testing.T, c *http.Client, url string) (status int, text string, err error) {
	t.Helper()
	answer, err := c.Post(url, "", strings.NewReader("hello"))
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(b), err
}

// TestMIT: the KDC, the GSSAPI and the caches of MIT judge the client. With another hash the server looks like one behind a
// proxy with another certificate.
func TestMIT(t *testing.T) {
	r := startRealm(t)
	r.run(t, "", "/usr/bin/kinit", "-k", "-t", filepath.Join(r.folder, "anna.keytab"), "-c", "FILE:"+r.folder+"/cache", "anna")
	url, transport := r.acceptor(t, "sha384", "require")
	byPassword := Config{Krb5Conf: r.conf, User: "anna", Password: secretOf(password)}
	off := func(c *httpauth.Config) { c.NoChannelBinding = true }
	for name, tt := range map[string]struct {
		cfg     Config
		change  func(*httpauth.Config)
		status  int
		outcome httpauth.Outcome
		fails   string
	}{
		"password":       {byPassword, nil, 200, httpauth.Accepted, ""},
		"keytab, mutual": {Config{Krb5Conf: r.conf, User: "anna", Keytab: r.folder + "/anna.keytab", Mutual: true}, nil, 200, httpauth.Accepted, ""},
		"cache, mutual":  {Config{Krb5Conf: r.conf, CCache: "FILE:" + r.folder + "/cache", Mutual: true}, nil, 200, httpauth.Accepted, ""},
		"not bound":      {byPassword, off, 401, httpauth.Refused, ""},
		"another SPN":    {byPassword, func(c *httpauth.Config) { c.SPN = "HTTP/nobody" }, 0, httpauth.Failed, "KDC_ERR_S_PRINCIPAL_UNKNOWN"},
		"wrong password": {Config{Krb5Conf: r.conf, User: "anna", Password: secretOf("guess")}, nil, 0, httpauth.Failed, "KDC_ERR_PREAUTH_FAILED"},
		"no password":    {Config{Krb5Conf: r.conf, User: "anna", Password: secretOf("")}, nil, 0, httpauth.Failed, "the vault is closed"},
		"no user":        {Config{Krb5Conf: r.conf, User: "berta", Password: secretOf("guess")}, nil, 0, httpauth.Failed, "KDC_ERR_C_PRINCIPAL_UNKNOWN"},
		"no keytab":      {Config{Krb5Conf: r.conf, User: "anna", Keytab: r.folder + "/none"}, nil, 0, httpauth.Failed, "none"},
		"no cache":       {Config{Krb5Conf: r.conf, CCache: r.conf}, nil, 0, httpauth.Failed, "krb5.conf"},
	} {
		t.Run(name, func(t *testing.T) {
			c, seen := clientOf(t, tt.cfg, transport, tt.change)
			status, text, err := post(t, c, url)
			if status != tt.status || status == 200 && text != "anna@EXAMPLE.TEST: hello" {
				t.Errorf("have %d %q (%v), want %d", status, text, err, tt.status)
			}
			if tt.fails != "" && (err == nil || !strings.Contains(err.Error(), tt.fails)) {
				t.Errorf("have %v, want %q", err, tt.fails)
			}
			refused := tt.fails == "KDC_ERR_PREAUTH_FAILED" || tt.fails == "KDC_ERR_C_PRINCIPAL_UNKNOWN"
			if errors.Is(err, httpauth.ErrRefused) != refused {
				t.Errorf("have %v, want refused by the KDC: %v", err, refused)
			}
			if len(*seen) != 1 || (*seen)[0].Outcome != tt.outcome || (*seen)[0].Scheme != "Negotiate" {
				t.Errorf("have %+v", *seen)
			}
		})
	}
	url, transport = r.acceptor(t, "sha256", "allow")
	for _, tt := range []struct {
		change func(*httpauth.Config)
		status int
	}{{nil, 401}, {off, 200}} {
		c, _ := clientOf(t, byPassword, transport, tt.change)
		if status, text, err := post(t, c, url); status != tt.status {
			t.Errorf("behind a proxy: have %d %q (%v), want %d", status, text, err, tt.status)
		}
	}
}

// TestOneTicket: many logins at once ask the KDC once, and later ones not at all.
func TestOneTicket(t *testing.T) {
	r := startRealm(t)
	url, transport := r.acceptor(t, "sha384", "require")
	c, _ := clientOf(t, Config{Krb5Conf: r.conf, User: "anna", Password: secretOf(password)}, transport, nil)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if status, _, err := post(t, c, url); status != 200 {
				t.Errorf("have %d, %v", status, err)
			}
		})
	}
	all.Wait()
	log := r.log(t)
	if as, tgs := strings.Count(log, "AS_REQ"), strings.Count(log, "TGS_REQ"); as != 2 || tgs != 1 { // the first AS-REQ learns how
		t.Errorf("%d AS-REQ, %d TGS-REQ", as, tgs)
	}
}

// TestBrokenFiles: files that end too early are errors.
func TestBrokenFiles(t *testing.T) {
	r := startRealm(t)
	r.run(t, "", "/usr/bin/kinit", "-k", "-t", filepath.Join(r.folder, "anna.keytab"), "-c", "FILE:"+r.folder+"/cache", "anna")
	for name, cfg := range map[string]Config{
		"cache":       {Krb5Conf: r.conf, CCache: r.folder + "/broken"},
		"anna.keytab": {Krb5Conf: r.conf, User: "anna", Keytab: r.folder + "/broken"},
	} {
		whole, err := os.ReadFile(filepath.Join(r.folder, name))
		if err != nil {
			t.Fatal(err)
		}
		for length := 0; length < len(whole)/2; length += 7 {
			r.write(t, "broken", string(whole[:length]))
			mechanism, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := mechanism.Start(t.Context(), httpauth.Target{Host: "localhost", SPN: service}); err == nil {
				t.Errorf("%d bytes of %s were enough", length, name)
			}
		}
	}
}
