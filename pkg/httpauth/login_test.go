package httpauth

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// TestLegs: the first message goes without the body, the last with it, all on one connection, which is then logged in.
func TestLegs(t *testing.T) {
	for name, tls := range map[string]bool{"TLS": true, "plain": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tls, nil, nil)
			c := w.client(t, nil)
			echoes(t, c, w.URL)
			echoes(t, c, w.URL)
			var lengths []int64
			for _, l := range w.legs {
				lengths = append(lengths, l.length)
			}
			equal(t, "messages", w.messages(), []int{1, 3, 0})
			equal(t, "lengths", lengths, []int64{0, 5, 5})
			equal(t, "outcomes", w.observed(), []Outcome{Accepted})
			if n := w.connections(); n != 1 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

func TestChannelBinding(t *testing.T) {
	const proxy, missing = "a proxy that terminates TLS", "requires a channel binding"
	other := otherCertificate(t)
	for name, tt := range map[string]struct {
		tls      bool
		policy   BindingPolicy
		off, mim bool
		want     Outcome
		hint     string
	}{
		"required":                           {tls: true, policy: BindingRequired, want: Accepted},
		"allowed":                            {tls: true, policy: BindingAllowed, want: Accepted},
		"ignored":                            {tls: true, policy: BindingIgnored, want: Accepted},
		"required, switched off":             {tls: true, policy: BindingRequired, off: true, want: Refused, hint: missing},
		"allowed, switched off":              {tls: true, policy: BindingAllowed, off: true, want: Accepted},
		"required, man in the middle":        {tls: true, policy: BindingRequired, mim: true, want: Refused, hint: proxy},
		"allowed, man in the middle":         {tls: true, policy: BindingAllowed, mim: true, want: Refused, hint: proxy},
		"allowed, off, man in the middle":    {tls: true, policy: BindingAllowed, off: true, mim: true, want: Accepted},
		"ignored, man in the middle":         {tls: true, policy: BindingIgnored, mim: true, want: Accepted},
		"required on a connection with none": {policy: BindingRequired, want: Refused, hint: "no TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tt.tls, nil, nil)
			w.ntlm.Binding = tt.policy
			if tt.mim {
				w.ntlm.Certificate = other
			}
			c := w.client(t, func(cfg *Config) { cfg.NoChannelBinding = tt.off })
			status, _ := post(t, c, w.URL, "hello")
			if (status == http.StatusOK) != (tt.want == Accepted) {
				t.Errorf("status %d", status)
			}
			equal(t, "outcomes", w.observed(), []Outcome{tt.want})
			o := w.seen[0]
			if sent := tt.tls && !tt.off; (o.Binding != nil) != sent || (o.WithoutBinding == "") != sent || o.Scheme != "NTLM" {
				t.Errorf("have %+v", o)
			}
			if hint := o.Hint(); (hint == "") != (tt.hint == "") || !strings.Contains(hint, tt.hint) {
				t.Errorf("hint %q, want %q", hint, tt.hint)
			}
		})
	}
}

// TestWrongPassword: one handshake, its 401 is the answer, and nothing is tried again.
func TestWrongPassword(t *testing.T) {
	w := newWorld(t, true, nil, nil)
	c := w.client(t, func(cfg *Config) { cfg.Mechanism = as("anna", "guess") })
	status, text := post(t, c, w.URL, "hello")
	if status != http.StatusUnauthorized || !strings.Contains(text, "wrong password") {
		t.Errorf("have %d %q", status, text)
	}
	equal(t, "messages", w.messages(), []int{1, 3})
	equal(t, "outcomes", w.observed(), []Outcome{Refused})
	equal(t, "offered", w.seen[0].Offered, []string{"NTLM"})
	_, _ = post(t, c, w.URL, "hello")
	equal(t, "messages", w.messages(), []int{1, 3, 1, 3})
	if n := w.connections(); n != 2 {
		t.Errorf("%d connections: one that was refused is used again", n)
	}
}

// TestMidLife: a 401 on a connection that was logged in leads to one login with the secrets of now.
func TestMidLife(t *testing.T) {
	for name, tt := range map[string]struct {
		now  string
		want int
		next []int
	}{"rotated": {password, http.StatusOK, []int{0}}, "wrong": {"guess", http.StatusUnauthorized, []int{1, 3}}} {
		t.Run(name, func(t *testing.T) {
			var expire atomic.Bool
			w := newWorld(t, true, nil, func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if r.Header.Get("Authorization") == "" && expire.Swap(false) {
						rw.Header().Set("WWW-Authenticate", "NTLM")
						http.Error(rw, "once more", http.StatusUnauthorized)
						return
					}
					h.ServeHTTP(rw, r)
				})
			})
			secret := password
			c := w.client(t, func(cfg *Config) {
				cfg.Mechanism = NTLM(func(context.Context) (Credentials, error) {
					return Credentials{User: `EXAMPLE\anna`, Password: secret}, nil
				})
			})
			echoes(t, c, w.URL)
			w.forget()
			expire.Store(true)
			secret = tt.now
			if status, _ := post(t, c, w.URL, "hello"); status != tt.want {
				t.Errorf("have %d, want %d", status, tt.want)
			}
			equal(t, "messages", w.messages(), []int{0, 1, 3})
			if n := w.connections(); n != 1 {
				t.Errorf("%d connections", n)
			}
			w.forget()
			if status, _ := post(t, c, w.URL, "hello"); status != tt.want {
				t.Errorf("have %d, want %d", status, tt.want)
			}
			equal(t, "next messages", w.messages(), tt.next)
		})
	}
}

// TestTrace: what RoundTrip keeps to itself is told: the challenges, and the 401 to a whole request in mid-life.
func TestTrace(t *testing.T) {
	var told []string
	w := newWorld(t, true, nil, func(h http.Handler) http.Handler {
		return atLeg("none", times(1), func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("WWW-Authenticate", "NTLM")
			http.Error(rw, "once more", http.StatusUnauthorized)
		})(h)
	})
	c := w.client(t, func(cfg *Config) {
		cfg.Trace = func(l Leg) {
			r := l.Answer.Request
			told = append(told, fmt.Sprintf("%s %t %d %q", legOf(r), r.Body != nil && r.Body != http.NoBody, l.Answer.StatusCode, l.Body))
			if l.Received.Before(l.Started) || l.Started.IsZero() {
				t.Errorf("sent %v, answered %v", l.Started, l.Received)
			}
		}
	})
	echoes(t, c, w.URL)
	equal(t, "login", told, []string{`first false 401 "\n"`})
	told = nil
	echoes(t, c, w.URL)
	equal(t, "in mid-life", told, []string{`none true 401 "once more\n"`, `first false 401 "\n"`})
	told = nil
	echoes(t, c, w.URL)
	equal(t, "logged in", told, nil)
}

// TestOffers: what happens with a server that offers other things.
func TestOffers(t *testing.T) {
	for name, tt := range map[string]struct {
		schemes  []string
		status   int
		outcome  Outcome
		scheme   string
		messages []int
	}{
		"both":           {[]string{"Negotiate", "NTLM"}, 200, Accepted, "NTLM", []int{1, 3}},
		"Negotiate only": {[]string{"Negotiate"}, 200, Accepted, "Negotiate", []int{1, 1, 3}},
		"neither":        {[]string{`Basic realm="NTLM, Negotiate"`, "Bearer"}, 401, NotOffered, "NTLM", []int{1}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, true, nil, nil)
			w.ntlm.Schemes = tt.schemes
			if status, _ := post(t, w.client(t, nil), w.URL, "hello"); status != tt.status {
				t.Errorf("have %d, want %d", status, tt.status)
			}
			equal(t, "outcomes", w.observed(), []Outcome{tt.outcome})
			equal(t, "messages", w.messages(), tt.messages)
			if w.seen[0].Scheme != tt.scheme {
				t.Errorf("have %+v", w.seen[0])
			}
		})
	}
}

// TestNotAsked: a server without authentication gets the request with its body.
func TestNotAsked(t *testing.T) {
	w := newWorld(t, true, nil, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.ContentLength == 0 {
				http.Error(rw, "no body", http.StatusBadRequest)
				return
			}
			_, _ = rw.Write([]byte("hello"))
		})
	})
	c := w.client(t, nil)
	echoes(t, c, w.URL)
	echoes(t, c, w.URL)
	equal(t, "messages", w.messages(), []int{1, 0, 0})
	equal(t, "outcomes", w.observed(), []Outcome{NotAsked})
}

// otherCertificate is not that of the servers of these tests.
func otherCertificate(t *testing.T) (c certificate) {
	t.Helper()
	_, c = selfSigned(t)
	return c
}
