package app

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/internal/wiretrace"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// Secrets of a session, none of which may be shown anywhere.
const (
	thePassword  = "correct-horse-battery"
	theToken     = "eyJ0eXAiOiJKV1Qi.payload.signature"
	theCookie    = "ex01~1941996295~0123456789"
	theSession   = "fedcba9876543210"
	theHandshake = "TlRMTVNTUAACAAAAEAAQADgAAAA"
)

// tattler is an Exchange that gives tokens, sets cookies, and repeats every secret in
// its headers, in the text of a fault, and in a stream.
func tattler(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/token" {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"%s"}`, theToken)
		return
	}
	_, password, _ := r.BasicAuth()
	echo := strings.Join([]string{r.Header.Get("Authorization"), password, r.Header.Get("Cookie"), theSession}, " ")
	w.Header().Add("Set-Cookie", "X-BackEndOverrideCookie="+theCookie+"; path=/")
	w.Header().Add("Set-Cookie", "exchangecookie="+theSession)
	w.Header().Set("WWW-Authenticate", "NTLM "+theHandshake)
	w.Header().Set("X-DiagInfo", echo)
	body, _ := io.ReadAll(r.Body)
	if bytes.Contains(body, []byte("GetStreamingEvents")) {
		_, _ = io.WriteString(w, "<html>"+echo)
		return
	}
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = io.WriteString(w, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode>`+
		`<faultstring>`+echo+`</faultstring></s:Fault></s:Body></s:Envelope>`)
}

// session asks Exchange for one of everything, and returns all that is to be seen of it.
func session(t *testing.T, cfg *config.Config, format string) string {
	t.Helper()
	var out bytes.Buffer
	log := NewLogger(config.Log{Level: "debug", Format: format}, StageStreamer, &out)
	o := NewObservation(cfg, StageDiscoverer, StageSubscriber, StageStreamer)
	tracer := wiretrace.Start(traceConfig(cfg), StageStreamer, log)
	adapter, client, err := newExchange(cfg, nil, &agent{}, tracer, log, o)
	if err != nil {
		t.Fatal(err)
	}
	access, err := NewAccess(cfg.Exchange, nil)
	if err != nil {
		t.Fatal(err)
	}
	observed := o.of(StageStreamer).exchange(adapter)
	place := messages.Place{Group: "a-1", URL: messages.Endpoint(cfg.Exchange.Autodiscover.URL), Anchor: "anna@contoso.com", Cookie: theCookie}
	_, discovered := observed.Discover(t.Context(), []messages.Address{"anna@contoso.com"})
	_, resolved := observed.Folders(t.Context(), place.URL, "anna@contoso.com")
	_, subscribed := observed.Subscribe(t.Context(), place, "anna@contoso.com")
	stream, opened := observed.Open(t.Context(), place, []messages.SubscriptionID{"s1"})
	if opened == nil {
		_, opened = stream.Next()
		_ = stream.Close()
	}
	client.CloseIdleConnections()
	tracer.Close()
	for _, err := range []error{discovered, resolved, subscribed, opened} {
		var fault *ewsaffinity.Fault
		if !errors.As(err, &fault) {
			t.Errorf("have %v, want a fault", err)
		}
		log.Error("request failed", "err", err, "fault", fault, "text", fault.Text, "place", fmt.Sprint(place))
		for _, shape := range []string{"%v", "%+v", "%#v"} {
			fmt.Fprintf(&out, shape+" "+shape+" "+shape+"\n", err, fault, errors.Unwrap(fault))
		}
	}
	for _, thing := range []any{adapter, client, cfg, place, tracer, o, observed, access} {
		fmt.Fprintf(&out, "%v %+v\n", thing, thing)
	}
	out.WriteString(shown(o))
	names, err := filepath.Glob(filepath.Join(cfg.Trace.Dir, "*"))
	if err != nil || len(names) != 3 {
		t.Errorf("have the files %v, want the group's, the mailbox's and the others'", names)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(data, []byte("\n< ")) || !bytes.Contains(data, []byte("REDACTED")) {
			t.Errorf("%s: %v, %s", name, err, data)
		}
		out.Write(data)
	}
	return out.String()
}

func TestNoOutputShowsSecrets(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(tattler))
	defer server.Close()
	t.Setenv("EWSNATS_TEST_PASSWORD", thePassword)
	t.Setenv("EWSNATS_TEST_TOKEN", theToken)
	accounts := map[string]config.Account{
		"basic":  {User: "svc", Password: config.Secret{Env: "EWSNATS_TEST_PASSWORD"}},
		"ntlm":   {User: "svc", Password: config.Secret{Env: "EWSNATS_TEST_PASSWORD"}, Method: config.MethodNTLM},
		"bearer": {Bearer: config.Secret{Env: "EWSNATS_TEST_TOKEN"}},
		"oauth":  {OAuth: config.OAuth{TokenURL: server.URL + "/token", ClientID: "app", Secret: config.Secret{Env: "EWSNATS_TEST_PASSWORD"}}},
	}
	for name, account := range accounts {
		for _, format := range []string{"json", "text"} {
			t.Run(name+" "+format, func(t *testing.T) {
				cfg := config.Default()
				cfg.Exchange.Autodiscover.URL = server.URL + "/autodiscover"
				cfg.Exchange.Account = account
				cfg.Trace.Dir, cfg.Trace.Only = t.TempDir(), []string{"all"}
				have := session(t, cfg, format)
				basic := base64.StdEncoding.EncodeToString([]byte("svc:" + thePassword))
				for _, secret := range []string{thePassword, basic, theToken, theCookie, theSession, theHandshake} {
					for line := range strings.Lines(have) {
						if strings.Contains(line, secret) {
							t.Errorf("%q is shown: %s", secret, line)
						}
					}
				}
			})
		}
	}
}
