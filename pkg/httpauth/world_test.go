package httpauth

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const password = "pässword"

// world is a server that wants NTLM, and what it saw.
type world struct {
	*httptest.Server
	ntlm *NTLMServer

	mu   sync.Mutex
	legs []leg
	seen []Observation
}

// leg is a request as it came in.
type leg struct {
	connection string // the client's address
	message    int    // the type of the NTLM message, 0: none
	length     int64
}

// newWorld starts a server, over TLS or not, whose user is anna. The requests of those who logged in go to next, all of
// them first through outer, if there is one.
func newWorld(t *testing.T, tls bool, next http.HandlerFunc, outer func(http.Handler) http.Handler) *world {
	t.Helper()
	w := unstarted(next, outer)
	if tls {
		w.EnableHTTP2 = true // to be declined
		w.StartTLS()
		w.ntlm.Certificate = w.Certificate()
	} else {
		w.Start()
	}
	t.Cleanup(w.Close)
	return w
}

func unstarted(next http.HandlerFunc, outer func(http.Handler) http.Handler) *world {
	w := &world{ntlm: &NTLMServer{
		NetBIOSDomain: "EXAMPLE", NetBIOSComputer: "EX01", DNSDomain: "example.com", DNSComputer: "ex01.example.com",
		Password: func(user, _ string) (string, bool) { return password, user == "anna" },
	}}
	if next == nil {
		next = func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }
	}
	h := w.ntlm.Handler(next)
	if outer != nil {
		h = outer(h)
	}
	w.Server = httptest.NewUnstartedServer(w.recorded(h))
	w.Config.ConnContext = w.ntlm.ConnContext
	return w
}

func (w *world) recorded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		message := 0
		if _, token, found := strings.Cut(r.Header.Get("Authorization"), " "); found {
			if b, err := base64.StdEncoding.DecodeString(token); err == nil && len(b) > 8 {
				message = int(b[8])
			}
		}
		w.mu.Lock()
		w.legs = append(w.legs, leg{r.RemoteAddr, message, r.ContentLength})
		w.mu.Unlock()
		h.ServeHTTP(rw, r)
	})
}

// messages are the types of the NTLM messages that came, in order.
func (w *world) messages() (types []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.legs {
		types = append(types, l.message)
	}
	return types
}

func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.legs, w.seen = nil, nil
}

func (w *world) connections() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	different := map[string]bool{}
	for _, l := range w.legs {
		different[l.connection] = true
	}
	return len(different)
}

// observed are the outcomes so far.
func (w *world) observed() (outcomes []Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.seen {
		outcomes = append(outcomes, o.Outcome)
	}
	return outcomes
}

func as(user, password string) Mechanism {
	return NTLM(func(context.Context) (Credentials, error) {
		return Credentials{User: user, Domain: "EXAMPLE", Password: password}, nil
	})
}

// client is one of anna's, with changes to its configuration.
func (w *world) client(t *testing.T, change func(*Config)) *http.Client {
	t.Helper()
	cfg := Config{Mechanism: as("anna", password), Transport: &http.Transport{}, Observe: func(o Observation) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen = append(w.seen, o)
	}}
	if w.TLS != nil {
		cfg.Transport = w.Client().Transport.(*http.Transport).Clone()
	}
	if change != nil {
		change(&cfg)
	}
	transport, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Transport: transport}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// post sends a text and returns status and text of the answer.
func post(t *testing.T, c *http.Client, url, text string) (int, string) {
	t.Helper()
	answer, err := c.Post(url, "text/plain", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}

// echoes checks that a text comes back.
func echoes(t *testing.T, c *http.Client, url string) {
	t.Helper()
	if status, text := post(t, c, url, "hello"); status != http.StatusOK || text != "hello" {
		t.Errorf("have %d %q, want 200 and the echo", status, text)
	}
}

func equal[E comparable](t *testing.T, what string, have, want []E) {
	t.Helper()
	if !slices.Equal(have, want) {
		t.Errorf("%s: have %v, want %v", what, have, want)
	}
}

// hangUp ends the connection of a request without an answer.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.Close()
	}
}
