package httpauth

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestOffersOf(t *testing.T) {
	for line, want := range map[string]string{
		"":                                 "",
		"NTLM":                             "NTLM",
		"Negotiate, NTLM":                  "Negotiate NTLM",
		"Negotiate oYG2==, NTLM":           "Negotiate:oYG2== NTLM",
		`Basic realm="a, NTLM", charset=U`: `Basic:realm="a,·NTLM"`,
		`Digest realm="a \", b", qop="auth", NTLM`: `Digest:realm="a·\",·b" NTLM`,
		`Basic realm="open, NTLM`:                  `Basic:realm="open,·NTLM`,
		" , ,NTLM ,":                               "NTLM",
		strings.Repeat("NTLM,", 100):               strings.TrimSpace(strings.Repeat("NTLM ", maxOffers)),
	} {
		var have []string
		for _, o := range offersOf(http.Header{"Www-Authenticate": {line}}) {
			text := o.scheme
			if o.token != "" {
				text += ":" + strings.ReplaceAll(o.token, " ", "·")
			}
			have = append(have, text)
		}
		if strings.Join(have, " ") != want {
			t.Errorf("%q: have %q, want %q", line, have, want)
		}
	}
}

func TestTokenOf(t *testing.T) {
	for line, want := range map[string]struct {
		token   string
		offered bool
	}{
		"NTLM YWJj":      {"abc", true},
		"ntlm YWJj":      {"abc", true},
		"NTLM":           {"", true},
		"NTLM ???":       {"", true},
		"Negotiate YQ==": {"", false},
		"NTLM " + strings.Repeat("YWJj", maxToken): {"", true},
	} {
		token, offered := tokenOf(http.Header{"Www-Authenticate": {line}}, "NTLM")
		if string(token) != want.token || offered != want.offered {
			t.Errorf("%.20q: have %q, %v", line, token, offered)
		}
	}
}

func FuzzOffers(f *testing.F) {
	f.Add(`Basic realm="a, NTLM", charset=U, NTLM YWJj`)
	f.Fuzz(func(_ *testing.T, line string) {
		h := http.Header{"Www-Authenticate": {line, line}}
		Offered(h)
		tokenOf(h, "NTLM")
	})
}

func TestNew(t *testing.T) {
	mechanism := as("anna", password)
	for want, cfg := range map[string]Config{
		"Mechanism is required": {},
		"must not be negative":  {Mechanism: mechanism, MaxIdle: -1},
		//lint:ignore SA1019 to see it refused
		"use DialContext": {Mechanism: mechanism, Transport: &http.Transport{Dial: (&net.Dialer{}).Dial}},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("have %v, want %q", err, want)
		}
	}
}

// TestCredentials: what is wrong with them is said, and they are asked for in the context of the request.
func TestCredentials(t *testing.T) {
	w := newWorld(t, false, nil, nil)
	c := w.client(t, func(cfg *Config) {
		cfg.Mechanism = NTLM(func(ctx context.Context) (Credentials, error) {
			<-ctx.Done()
			return Credentials{}, ctx.Err()
		})
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, mechanism := range []Mechanism{nil, as("", password)} {
		if mechanism != nil {
			c = w.client(t, func(cfg *Config) { cfg.Mechanism = mechanism })
		}
		if _, err := c.Do(r); err == nil || !strings.Contains(err.Error(), "credentials for NTLM") {
			t.Errorf("have %v", err)
		}
	}
	equal(t, "outcomes", w.observed(), []Outcome{Failed, Failed})
}
