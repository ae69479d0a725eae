package check

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"flag"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(m)
}

const password = "hunter2"

// authority issues the certificates of the tests.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{pool: x509.NewCertPool()}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "Test Authority"}, IsCA: true, BasicConstraintsValid: true}
	pair := a.issue(t, template, time.Hour)
	a.key, a.cert = pair.PrivateKey.(*ecdsa.PrivateKey), pair.Leaf
	a.pool.AddCert(a.cert)
	return a
}

// issue makes a certificate that ends after a time; the first one signs itself.
func (a *authority) issue(t *testing.T, template *x509.Certificate, life time.Duration) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-100*24*time.Hour), time.Now().Add(life)
	parent, signer := a.cert, a.key
	if signer == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// world is a simulated Exchange behind TLS, and the check of it.
type world struct {
	t         *testing.T
	sim       *exchangesim.Server
	authority *authority
	cert      *x509.Certificate // template of the server's
	life      time.Duration     // of the server's certificate
	before    func(http.Handler) http.Handler
	ntlm      *httpauth.NTLMServer // nil: Basic
	names     resolver
	apex      bool // the mailboxes' domain itself leads to the server too
	clear     bool // no TLS is spoken
	closed    bool // nothing listens
	cfg       Config
	trusted   bool
	tried     atomic.Int32 // requests with a password, or what proves that one is known
	out       bytes.Buffer
}

// newWorld has the mailbox anna@sim.test, and the account svc that may impersonate.
func newWorld(t *testing.T, sim exchangesim.Config) *world {
	t.Helper()
	sim.Accounts = map[string]string{"svc": password}
	w := &world{t: t, names: resolver{"mail.sim.test", "autodiscover.sim.test"}, sim: exchangesim.New(sim), authority: newAuthority(t), life: 90 * 24 * time.Hour, trusted: true,
		before: func(h http.Handler) http.Handler { return h },
		cert:   &x509.Certificate{DNSNames: []string{"mail.sim.test", "autodiscover.sim.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}}
	w.sim.AddMailbox("anna@sim.test", "ex01.sim.test", "SITE-1")
	t.Setenv("EWSNATS_TEST_PASSWORD", password)
	settings := config.Default()
	settings.Exchange.Account = config.Account{User: "svc", Password: config.Secret{Env: "EWSNATS_TEST_PASSWORD"}}
	settings.Exchange.URL = "https://" + address + "/EWS/Exchange.asmx"
	settings.Subscribe.Folders, settings.Subscribe.Events = []string{"inbox"}, []string{"NewMailEvent"}
	w.cfg = Config{Settings: settings, Mailbox: "anna@sim.test", Timeout: 5 * time.Second, Linger: time.Millisecond, Open: w.open}
	return w
}

func (w *world) open(observe func(httpauth.Observation)) (*Access, error) {
	secured := &tls.Config{}
	if w.trusted {
		secured.RootCAs = w.authority.pool
	}
	transport := func() *http.Transport {
		return ewssoap.NewTransport(ewssoap.TransportConfig{TLS: secured, DialContext: w.cfg.Dial})
	}
	a := w.cfg.Settings.Exchange.Account
	access := &Access{Calls: transport(), Streams: transport(), Plain: transport(), TLS: secured, Lockable: true}
	if a.Method != config.MethodNTLM {
		access.Auth = ewssoap.BasicAuth(a.User, a.Password.Read)
		return access, nil
	}
	login := httpauth.NTLM(func(context.Context) (httpauth.Credentials, error) {
		password, err := a.Password.Read()
		return httpauth.Credentials{User: a.User, Password: password}, err
	})
	for _, carrier := range []*http.RoundTripper{&access.Calls, &access.Streams} {
		var err error
		if *carrier, err = httpauth.New(httpauth.Config{Mechanism: login, Transport: transport(), NoChannelBinding: !a.ChannelBinding, Observe: observe}); err != nil {
			return nil, err
		}
	}
	return access, nil
}

// address is where the server is, over pipes: so time is the test's own.
const address = "127.0.0.1:8443"

// farewell is how long crypto/tls tries to say goodbye to a pipe that nobody reads any more.
const farewell = 6 * time.Second

// serve starts the server; the EWS endpoint is fixed.
func (w *world) serve() {
	handler := w.before(w.sim.Handler())
	server := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if proves(r.Header.Get("Authorization")) {
			w.tried.Add(1)
		}
		handler.ServeHTTP(rw, r)
	})}
	pair := w.authority.issue(w.t, w.cert, w.life)
	if w.ntlm != nil {
		w.ntlm.Certificate, server.ConnContext = pair.Leaf, w.ntlm.ConnContext
	}
	pipes := exchangesim.NewPipeListener()
	listener := net.Listener(pipes)
	if !w.clear {
		listener = tls.NewListener(pipes, &tls.Config{Certificates: []tls.Certificate{pair}})
	}
	go func() { _ = server.Serve(listener) }() // until it is closed
	w.t.Cleanup(func() {
		synctest.Wait() // two that say goodbye at once over a pipe wait for each other, and the server does with its lock held
		if err := errors.Join(server.Close(), w.sim.Close()); err != nil {
			w.t.Error(err)
		}
		time.Sleep(farewell)
	})
	w.cfg.Resolver = w.names
	w.cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		switch host, _, _ := net.SplitHostPort(address); {
		case w.closed:
			return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
		case net.ParseIP(host) == nil && !slices.Contains(w.names, host) && !(w.apex && host == "sim.test"):
			return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
		}
		return pipes.DialContext(ctx, network, address)
	}
}

// proves recognises Basic, and the last message of NTLM.
func proves(authorization string) bool {
	scheme, token, _ := strings.Cut(authorization, " ")
	message, _ := base64.StdEncoding.DecodeString(token)
	return scheme == "Basic" || len(message) > 8 && message[8] == 3
}

// withNTLM asks for NTLM with a channel binding.
func (w *world) withNTLM() {
	w.ntlm = &httpauth.NTLMServer{Binding: httpauth.BindingRequired, Password: func(user, _ string) (string, bool) { return password, user == "svc" }}
	a := &w.cfg.Settings.Exchange.Account
	a.Method, a.ChannelBinding = config.MethodNTLM, true
	w.before = func(next http.Handler) http.Handler {
		return w.ntlm.Handler(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			r.SetBasicAuth("svc", password) // the simulator knows no other login
			next.ServeHTTP(rw, r)
		}))
	}
}

// named has Autodiscover found from the mailbox's domain.
func (w *world) named() { w.cfg.Settings.Exchange.URL = "" }

// resolver knows some hosts.
type resolver []string

func (r resolver) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if slices.Contains(r, host) {
		return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (resolver) LookupSRV(_ context.Context, _, _, name string) (string, []*net.SRV, error) {
	return "", nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// run runs the check.
func (w *world) run(ctx context.Context) error {
	return Run(ctx, w.cfg, func(f Finding) error { return f.WriteText(&w.out) })
}

// normal replaces what differs from run to run.
var normal = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "ID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d(T[\d:]+Z)?`), "DATE"},
	{regexp.MustCompile(`\b[\d.]+(ms|µs|s)\b`), "TIME"},
}

// golden compares what the check said with the file of that name, and looks for secrets.
func (w *world) golden(name string) {
	w.t.Helper()
	have := w.out.String()
	if strings.Contains(have, password) || strings.Contains(have, "~19") {
		w.t.Errorf("a secret is in\n%s", have)
	}
	for _, n := range normal {
		have = n.pattern.ReplaceAllString(have, n.by)
	}
	path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(have), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), have); diff != "" {
		w.t.Errorf("want -, have +\n%s", diff)
	}
}
