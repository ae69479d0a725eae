package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/internal/wiretrace"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// protected is an Exchange with Extended Protection, whose user is EXAMPLE\svc.
type protected struct {
	*httptest.Server
	mu     sync.Mutex
	logins int               // whole handshakes
	agents map[string]bool   // that any request named
	tracer *wiretrace.Tracer // of the last process
}

func newProtected(t *testing.T) *protected {
	t.Helper()
	p := &protected{agents: map[string]bool{}}
	ntlm := &httpauth.NTLMServer{Binding: httpauth.BindingRequired, Password: func(user, domain string) (string, bool) {
		return thePassword, user == "svc" && domain == "EXAMPLE"
	}}
	inner := ntlm.Handler(http.HandlerFunc(answerInOneStream))
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.agents[r.UserAgent()] = true
		if message, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Authorization"), "NTLM ")); err == nil && len(message) > 8 && message[8] == 3 {
			p.logins++
		}
		p.mu.Unlock()
		inner.ServeHTTP(w, r)
	}))
	p.Config.ConnContext = ntlm.ConnContext
	p.StartTLS()
	t.Cleanup(p.Close)
	ntlm.Certificate = p.Certificate()
	writePEM(t, "ca.pem", "CERTIFICATE", p.Certificate().Raw)
	return p
}

// answerInOneStream answers GetStreamingEvents with a sign of life, and all else with a fault.
func answerInOneStream(w http.ResponseWriter, r *http.Request) {
	const soap = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Body>`
	if body, _ := io.ReadAll(r.Body); bytes.Contains(body, []byte("<m:GetStreamingEvents>")) {
		_, _ = io.WriteString(w, soap+`<m:GetStreamingEventsResponse><m:ResponseMessages><m:GetStreamingEventsResponseMessage ResponseClass="Success">`+
			`<m:ResponseCode>NoError</m:ResponseCode><m:ConnectionStatus>OK</m:ConnectionStatus></m:GetStreamingEventsResponseMessage>`+
			`</m:ResponseMessages></m:GetStreamingEventsResponse></s:Body></s:Envelope>`)
		return
	}
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = io.WriteString(w, soap+`<s:Fault><faultcode>s:Client</faultcode><faultstring>no</faultstring><detail>`+
		`<e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">ErrorNoPublicFolderServerAvailable</e:ResponseCode>`+
		`</detail></s:Fault></s:Body></s:Envelope>`)
}

// sharedLogins is what processes know together of refused logins.
type sharedLogins struct {
	mu       sync.Mutex
	record   []byte
	sequence uint64
}

func (l *sharedLogins) Load(context.Context, string) ([]byte, uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.record, l.sequence, nil
}

func (l *sharedLogins) Store(_ context.Context, _ string, record []byte, expected uint64) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if expected != l.sequence {
		return false, nil
	}
	l.record, l.sequence = record, expected+1
	return true, nil
}

// process is what a stage asks Exchange with, and its log.
func (p *protected) process(t *testing.T, logins exchange.Logins, change func(*config.Account)) (*exchange.Adapter, *bytes.Buffer) {
	t.Helper()
	cfg := config.Default()
	cfg.Exchange.TLS.CA, cfg.Exchange.Autodiscover.URL = "ca.pem", p.URL+"/autodiscover/autodiscover.svc"
	cfg.Exchange.Account.User, cfg.Exchange.Account.Password.File = `EXAMPLE\svc`, "password"
	cfg.Exchange.Account.Method = config.MethodNTLM
	if change != nil {
		change(&cfg.Exchange.Account)
	}
	var out bytes.Buffer
	named := &agent{}
	p.tracer = wiretrace.Start(wiretrace.Config{Dir: "trace", Only: []string{"all"}, MaxBytes: 1 << 20, MaxFiles: 9}, StageStreamer, slog.New(slog.DiscardHandler))
	t.Cleanup(p.tracer.Close)
	named.names(StageStreamer, func() string { return "a-0" })
	adapter, client, err := newExchange(cfg, logins, named, p.tracer, NewLogger(config.Log{}, StageStreamer, &out), NewObservation(cfg))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return adapter, &out
}

func (p *protected) subscribe(t *testing.T, a *exchange.Adapter) ewsaffinity.Code {
	t.Helper()
	_, err := a.Subscribe(t.Context(), messages.Place{URL: messages.Endpoint(p.URL + "/EWS/Exchange.asmx")}, "anna@contoso.com")
	return faultCode(t, err)
}

func faultCode(t *testing.T, err error) ewsaffinity.Code {
	t.Helper()
	var fault *ewsaffinity.Fault
	if !errors.As(err, &fault) {
		t.Fatalf("have %v, want a fault", err)
	}
	return fault.Code
}

func writeSecret(t *testing.T, secret string) {
	t.Helper()
	if err := os.WriteFile("password", []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestExchangeIsLoggedInToByNTLMWithChannelBinding(t *testing.T) {
	t.Chdir(t.TempDir())
	p := newProtected(t)
	writeSecret(t, thePassword)
	a, log := p.process(t, nil, nil)
	const want = "ErrorNoPublicFolderServerAvailable" // what Exchange answers here to those who are let in
	for range 3 {
		if have := p.subscribe(t, a); have != want {
			t.Errorf("have %s, want %s", have, want)
		}
	}
	if _, err := a.Discover(t.Context(), []messages.Address{"anna@contoso.com"}); faultCode(t, err) != want {
		t.Errorf("have %v, want %s", err, want)
	}
	stream, err := a.Open(t.Context(), messages.Place{URL: messages.Endpoint(p.URL + "/EWS/Exchange.asmx")}, []messages.SubscriptionID{"s1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Next(); err != nil {
		t.Error(err)
	}
	_ = stream.Close()
	if p.logins > 5 || len(p.agents) != 1 || !p.agents["ewsnats/streamer/a-0"] {
		t.Errorf("have %d logins, asked by %v; want them of each connection alone, and every request named", p.logins, p.agents)
	}
	if have := strings.Count(log.String(), "logged in to Exchange"); have != 1 {
		t.Errorf("the login is told %d times, want once: %s", have, log)
	}
}

func TestTheConfiguredVersionAndStatisticsAreSent(t *testing.T) {
	var versions, statistics []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		versions = append(versions, regexp.MustCompile(`Version="(\w+)"`).FindStringSubmatch(string(body))[1])
		statistics = append(statistics, r.Header.Get("X-ClientStatistics"))
		w.Header().Set("request-id", "r1")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><detail>`+
			`<ResponseCode>ErrorInvalidServerVersion</ResponseCode></detail></s:Fault></s:Body></s:Envelope>`)
	}))
	defer server.Close()
	cfg := config.Default()
	cfg.Exchange.Version, cfg.Exchange.FixedVersion, cfg.Exchange.Statistics = "Exchange2016", true, true
	tracer := wiretrace.Start(wiretrace.Config{}, StageSubscriber, slog.New(slog.DiscardHandler))
	defer tracer.Close()
	a, client, err := newExchange(cfg, nil, &agent{}, tracer, slog.New(slog.DiscardHandler), NewObservation(cfg))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	for range 2 {
		_, err := a.Subscribe(t.Context(), messages.Place{URL: messages.Endpoint(server.URL)}, "anna@contoso.com")
		if have := faultCode(t, err); have != "ErrorInvalidServerVersion" {
			t.Errorf("have %s", have)
		}
	}
	if !slices.Equal(versions, []string{"Exchange2016", "Exchange2016"}) || statistics[0] != "" || !strings.Contains(statistics[1], "MessageId=r1") {
		t.Errorf("have %q, %q", versions, statistics)
	}
}

// Each step of a login is a record of its own: the request without a body, the challenge; then the request that counts.
func TestTheTraceHoldsTheStepsOfALogin(t *testing.T) {
	t.Chdir(t.TempDir())
	p := newProtected(t)
	writeSecret(t, thePassword)
	a, _ := p.process(t, nil, nil)
	p.subscribe(t, a)
	p.tracer.Close()
	text, err := os.ReadFile("trace/streamer-anna@contoso.com.trace")
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for line := range strings.Lines(string(text)) {
		for _, mark := range []string{"=== ", "> Authorization", "< Www-Authenticate", "< 401", "< 500", "> <s:Envelope"} {
			if strings.HasPrefix(line, mark) {
				have = append(have, strings.TrimSpace(regexp.MustCompile(`=== \S+ |label.*|xmlns.*`).ReplaceAllString(line, "")))
			}
		}
	}
	want := []string{
		"Subscribe login status=401", "> Authorization: NTLM REDACTED", "< 401 Unauthorized", "< Www-Authenticate: NTLM REDACTED",
		"Subscribe status=500", "> Authorization: NTLM REDACTED", "> <s:Envelope", "< 500 Internal Server Error",
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("want -, have +\n%s\n%s", diff, text)
	}
	if strings.Contains(string(text), "TlRMTVNTUA") {
		t.Errorf("messages of the login are shown: %s", text)
	}
}

func TestRefusedNTLMLoginsAreFew(t *testing.T) {
	tests := map[string]struct {
		secret string
		change func(*config.Account)
		hint   string
	}{
		"a wrong password":   {"wrong", nil, "user or password is wrong, or Extended Protection is on and the certificate"},
		"no channel binding": {thePassword, func(a *config.Account) { a.ChannelBinding = false }, "none was sent: it is switched off"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			p, logins := newProtected(t), &sharedLogins{}
			writeSecret(t, tt.secret)
			for process := range 4 {
				a, log := p.process(t, logins, tt.change)
				for range 3 {
					if have := p.subscribe(t, a); have != ewsaffinity.CodeRefusedLogin {
						t.Errorf("have %s, want %s", have, ewsaffinity.CodeRefusedLogin)
					}
				}
				if want := min(process+1, 3); p.logins != want {
					t.Errorf("have %d logins of %d processes, want %d", p.logins, process+1, want)
				}
				if have := a.Trouble(); !strings.Contains(have, `refused the login of EXAMPLE\svc`) {
					t.Errorf("have the trouble %q, want that the login was refused", have)
				}
				if have := strings.Count(log.String(), tt.hint); process < 3 && have != 1 {
					t.Errorf("the hint is told %d times, want once: %s", have, log)
				}
			}
		})
	}
}

func TestACorrectedPasswordLogsInByNTLM(t *testing.T) {
	t.Chdir(t.TempDir())
	p := newProtected(t)
	writeSecret(t, "wrong")
	a, _ := p.process(t, nil, nil)
	if have := p.subscribe(t, a); have != ewsaffinity.CodeRefusedLogin {
		t.Errorf("have %s, want %s", have, ewsaffinity.CodeRefusedLogin)
	}
	writeSecret(t, thePassword)
	if have := p.subscribe(t, a); have == ewsaffinity.CodeRefusedLogin || a.Trouble() != "" {
		t.Errorf("have %s and the trouble %q, want the corrected password taken", have, a.Trouble())
	}
}

// Kerberos is asked for each ticket, and what keeps it from giving one is told.
func TestExchangeIsLoggedInToByNegotiate(t *testing.T) {
	t.Chdir(t.TempDir())
	p := newProtected(t)
	for name, change := range map[string]func(*config.Account){
		"krb5.conf": func(a *config.Account) { a.Kerberos.Config = "krb5.conf" },
		"keytab": func(a *config.Account) {
			a.Kerberos, a.Password = config.Kerberos{Config: "empty", Keytab: "keytab"}, config.Secret{}
		},
	} {
		if err := os.WriteFile("empty", nil, 0o600); err != nil {
			t.Fatal(err)
		}
		writeSecret(t, thePassword)
		a, log := p.process(t, nil, func(c *config.Account) { c.Method = config.MethodNegotiate; change(c) })
		if have := p.subscribe(t, a); have != ewsaffinity.CodeAuthorizer {
			t.Errorf("%s: have %s, want %s", name, have, ewsaffinity.CodeAuthorizer)
		}
		if have := log.String(); !strings.Contains(have, "login to Exchange failed") || !strings.Contains(have, "open "+name) || strings.Contains(have, thePassword) {
			t.Errorf("%s is missing, which is not told: %s", name, have)
		}
	}
}

func TestAKeytabIsWhatLoginsAreCountedBy(t *testing.T) {
	t.Chdir(t.TempDir())
	secret := lockable(config.Account{User: "svc", Kerberos: config.Kerberos{Keytab: "password"}})
	for _, want := range []string{"old\n", "new\n"} {
		writeSecret(t, strings.TrimSpace(want))
		if have, err := secret(); have != want || err != nil {
			t.Errorf("have %q, %v, want %q", have, err, want)
		}
	}
	if lockable(config.Account{Kerberos: config.Kerberos{CCache: "cache"}}) != nil {
		t.Error("a credential cache locks no account")
	}
}

func TestPrincipal(t *testing.T) {
	for user, want := range map[string][2]string{
		"svc": {"svc", "R"}, `EXAMPLE\svc`: {"svc", "R"}, "svc@EXAMPLE.COM": {"svc", "EXAMPLE.COM"},
	} {
		name, realm := principal(config.Account{User: user, Kerberos: config.Kerberos{Realm: "R"}})
		if have := [2]string{name, realm}; have != want {
			t.Errorf("%s: have %v, want %v", user, have, want)
		}
	}
}
