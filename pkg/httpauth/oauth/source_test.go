package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "correct horse+battery"

// server answers requests for tokens, after a second: token-1, token-2 and so on, for an hour each.
type server struct {
	mu     sync.Mutex
	forms  []url.Values
	status int    // 0: a token
	body   string // besides status
	err    error
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(time.Second)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	s.forms = append(s.forms, form)
	if s.err != nil {
		return nil, s.err
	}
	answer := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}}, Request: r}
	text := fmt.Sprintf(`{"token_type":"Bearer","expires_in":3600,"access_token":"token-%d"}`, len(s.forms))
	if s.status != 0 {
		answer.StatusCode, text = s.status, s.body
		answer.Header.Set("Location", "https://elsewhere.example.com/")
	}
	answer.Body = io.NopCloser(strings.NewReader(text))
	return answer, nil
}

func (s *server) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.forms)
}

func newSource(t *testing.T, s *server) *Source {
	t.Helper()
	source, err := New(Config{TokenURL: EntraURL("contoso.com"), ClientID: "app", Scope: ExchangeScope,
		Secret: func() (string, error) { return secret, nil }, Client: &http.Client{Transport: s}})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func wantToken(t *testing.T, s *Source, want string) {
	t.Helper()
	if have, err := s.Token(t.Context()); have != want || err != nil {
		t.Errorf("have %q, %v, want %s", have, err, want)
	}
}

func TestTokenIsFetchedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		source := newSource(t, s)
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { wantToken(t, source, "token-1") })
		}
		all.Wait()
		want := url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {secret}, "scope": {ExchangeScope}}
		if s.asked() != 1 || s.forms[0].Encode() != want.Encode() {
			t.Errorf("have %v, want one request with %v", s.forms, want)
		}
	})
}

// The one who asks when it is time has the old token at once.
func TestTokenIsRenewedBeforeItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		source := newSource(t, s)
		wantToken(t, source, "token-1")
		time.Sleep(54 * time.Minute)
		wantToken(t, source, "token-1")
		if s.asked() != 1 {
			t.Error("renewed too early")
		}
		time.Sleep(time.Minute)
		wantToken(t, source, "token-1")
		time.Sleep(2 * time.Second)
		wantToken(t, source, "token-2")
	})
}

func TestTokenOutlivesAFailureToRenewIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		source := newSource(t, s)
		wantToken(t, source, "token-1")
		s.err = errors.New("unreachable")
		for range 40 { // to 4 min before it expires
			time.Sleep(84 * time.Second)
			wantToken(t, source, "token-1")
		}
		time.Sleep(215 * time.Second) // to 25 s
		if have, err := source.Token(t.Context()); err == nil {
			t.Errorf("have %s, which would expire on its way", have)
		}
	})
}

func TestFailureIsSaidAndNotRepeatedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{status: 401, body: `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret ` +
			secret + ` provided.\r\nTrace ID: 1","error_codes":[7000215]}`}
		source := newSource(t, s)
		for range 2 {
			_, err := source.Token(t.Context())
			const want = "oauth: no token from login.microsoftonline.com: invalid_client: AADSTS7000215: Invalid client secret redacted provided. Trace ID: 1"
			var e *Error
			if !errors.As(err, &e) || e.Error() != want || e.HTTPStatus != 401 {
				t.Errorf("have %v, want %s", err, want)
			}
		}
		if s.asked() != 1 {
			t.Errorf("asked %d times", s.asked())
		}
		s.status = 0
		time.Sleep(failurePause)
		wantToken(t, source, "token-2")
	})
}

func TestOtherFailures(t *testing.T) {
	tests := map[string]struct {
		server *server
		want   string
	}{
		"no answer":  {&server{err: errors.New("connection refused")}, "connection refused"},
		"a gateway":  {&server{status: 502, body: "<p>client_secret=" + secret}, "HTTP 502, not an answer of OAuth"},
		"a redirect": {&server{status: 307}, "HTTP 307, not an answer of OAuth"},
		"no token":   {&server{status: 200, body: "{}"}, "missing access_token"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, err := newSource(t, tt.server).Token(t.Context())
				if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), secret) || tt.server.asked() != 1 {
					t.Errorf("have %v after %d requests, want it to say %s", err, tt.server.asked(), tt.want)
				}
			})
		})
	}
}

func TestWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newSource(t, &server{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := source.Token(ctx); err != context.Canceled {
			t.Errorf("have %v, want %v", err, context.Canceled)
		}
		wantToken(t, source, "token-1") // of the same fetch
	})
}

func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		source := newSource(t, s)
		wantToken(t, source, "token-1")
		old := time.Now()
		if source.Refused(old) {
			t.Error("a token that is new is replaced")
		}
		time.Sleep(youngest)
		begun := time.Now()
		if !source.Refused(begun) {
			t.Error("a token is kept that is refused")
		}
		wantToken(t, source, "token-2")
		if !source.Refused(begun) {
			t.Error("a request with the token before is not repeated")
		}
		wantToken(t, source, "token-2")
	})
}

// A fetch under way may have the old secret.
func TestDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		source := newSource(t, s)
		wantToken(t, source, "token-1")
		source.Drop()
		ask := func() { _, _ = source.Token(t.Context()) }
		go ask()
		time.Sleep(500 * time.Millisecond)
		source.Drop()
		go ask()
		time.Sleep(600 * time.Millisecond) // the first has landed
		wantToken(t, source, "token-3")
	})
}

func TestPrintedSourceHidesTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newSource(t, &server{})
		wantToken(t, source, "token-1")
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			if have := fmt.Sprintf(format, source); strings.Contains(have, "token-1") || strings.Contains(have, secret) {
				t.Errorf("%s shows %s", format, have)
			}
		}
	})
}

func TestNew(t *testing.T) {
	given := func() (string, error) { return secret, nil }
	for name, cfg := range map[string]Config{
		"no URL":    {TokenURL: "login", ClientID: "app", Secret: given},
		"no client": {TokenURL: EntraURL("t"), Secret: given},
		"no proof":  {TokenURL: EntraURL("t"), ClientID: "app"},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
