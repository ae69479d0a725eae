package httpauth

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/httpauth/internal/ntlm"
)

func header(scheme string, token []byte) string { return authorization(scheme, token) }

// answerTo makes the last message for the challenge of a verdict.
func answerTo(t *testing.T, v NTLMVerdict, secret string) []byte {
	t.Helper()
	_, text, _ := strings.Cut(v.Authenticate[0], " ")
	challenge, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	token, err := ntlm.Login{User: "anna", Password: secret}.NewAuthenticate(ntlm.NewNegotiate(), challenge)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestConn: what a connection makes of headers out of their order.
func TestConn(t *testing.T) {
	s := &NTLMServer{
		Password: func(user, _ string) (string, bool) { return password, user == "anna" },
		Schemes:  []string{"Negotiate", "NTLM"},
	}
	first := header("NTLM", ntlm.NewNegotiate())
	c := s.NewConn()
	refused := func(step, authorization, why string) {
		t.Helper()
		v := c.Judge(authorization)
		equal(t, step, v.Authenticate, s.Schemes)
		if v.User != nil || (v.Err == nil) != (why == "") || v.Err != nil && !strings.Contains(v.Err.Error(), why) {
			t.Errorf("%s: have %+v, want %q", step, v, why)
		}
	}
	refused("nothing", "", "")
	refused("another scheme", "Basic YTpi", "")
	refused("no base64", "NTLM !", "no base64")
	refused("no message", "NTLM YWJj", "not an NTLM message")
	last := header("NTLM", answerTo(t, c.Judge(first), password))
	if v := c.Judge(last); v.User == nil || v.User.User != "anna" {
		t.Errorf("have %+v", v)
	}
	if v := c.Judge(""); v.User == nil {
		t.Errorf("the connection is not logged in: %+v", v)
	}
	refused("replay", last, "type 3, not 1")
	refused("after the replay", "", "")
	c.Judge(first)
	v := c.Judge(first)
	refused("answer to another challenge", last, "wrong password")
	refused("answer to a challenge used up", header("NTLM", answerTo(t, v, password)), "type 3, not 1")
	if v := c.Judge(header("negotiate", answerTo(t, c.Judge(first), password))); v.User == nil {
		t.Errorf("have %+v", v)
	}
	c.Judge(first)
	refused("begun anew", "", "")
}

// TestHandler: wiring that cannot work is said, not guessed.
func TestHandler(t *testing.T) {
	s := &NTLMServer{}
	for want, change := range map[int]func(*http.Request) *http.Request{
		http.StatusInternalServerError: func(r *http.Request) *http.Request { return r },
		http.StatusHTTPVersionNotSupported: func(r *http.Request) *http.Request {
			r = r.WithContext(s.ConnContext(r.Context(), nil))
			r.ProtoMajor = 2
			return r
		},
	} {
		w := httptest.NewRecorder()
		s.Handler(nil).ServeHTTP(w, change(httptest.NewRequest(http.MethodGet, "/", nil)))
		if w.Code != want {
			t.Errorf("have %d, want %d", w.Code, want)
		}
	}
}

func FuzzJudge(f *testing.F) {
	f.Add("NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAGNFAAAADw==")
	f.Add("NTLM")
	f.Add("")
	s := &NTLMServer{Password: func(string, string) (string, bool) { return password, true }, Binding: BindingRequired}
	f.Fuzz(func(t *testing.T, authorization string) {
		c := s.NewConn()
		c.Judge(header("NTLM", ntlm.NewNegotiate()))
		if v := c.Judge(authorization); v.User != nil {
			t.Errorf("%q logs in", authorization)
		}
		c.Judge(authorization)
	})
}
