package ewssoap

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestCookiesOfAnswers: which cookies of an answer are told, whatever the operation answered: the caller decides.
func TestCookiesOfAnswers(t *testing.T) {
	tests := []struct {
		name               string
		lines              []string
		override, exchange Cookie
	}{
		{"absent", nil, "", ""},
		{"documented", []string{"exchangecookie=0123abcd; expires=Sat, 20 Nov 2027 00:00:00 GMT; path=/; HttpOnly", "X-BackEndOverrideCookie=BE1~1; path=/; secure; HttpOnly", "X-BackEndCookie=anna@example.com=Ox8X==; path=/EWS"}, "BE1~1", "0123abcd"},
		{"other case", []string{"ExchangeCookie=0123", "X-BackendOverrideCookie=BE1~1"}, "BE1~1", "0123"},
		{"only the one of 2010", []string{"exchangecookie=0123"}, "", "0123"},
		{"not ours to use", []string{"X-BackEndCookie=x", "OutlookSession=1", "exchangecookie2=0123"}, "", ""},
		{"taken away", []string{"exchangecookie=; expires=Thu, 01 Jan 1970 00:00:00 GMT"}, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			header := http.Header{"Set-Cookie": test.lines}
			c := NewClient(Options{
				Calls:   answering(200, header, func() io.Reader { return strings.NewReader(subscribeOK(t)) }),
				Streams: answering(200, header, func() io.Reader { return strings.NewReader(heartbeat + goodbye) }),
			})
			s, err := c.Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe)
			if err != nil || s.Cookie != test.override || s.Meta.Cookie != test.override || s.Meta.ExchangeCookie != test.exchange {
				t.Errorf("Subscribe: have %+v, %v", s, err)
			}
			if m := open(t, t.Context(), c, oneStream).Meta(); m.Cookie != test.override || m.ExchangeCookie != test.exchange {
				t.Errorf("stream: have %q, %q", m.Cookie.Value(), m.ExchangeCookie.Value())
			}
		})
	}
}

// TestCookiesAreTheCallers: two groups of one host, whose server sets other cookies with every answer. What is sent is what
// the call says, and nothing else.
func TestCookiesAreTheCallers(t *testing.T) {
	answers := 0
	var sent []string
	c, call := serve(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
		answers++
		sent = append(sent, strings.Join(r.Header.Values("Cookie"), "|"))
		for _, name := range []string{"X-BackEndOverrideCookie", "exchangecookie", "X-BackEndCookie"} {
			w.Header().Add("Set-Cookie", name+"=unasked~"+strings.Repeat("1", answers)+"; path=/")
		}
		_, _ = io.WriteString(w, subscribeOK(t))
	})
	for _, a := range []Affinity{{}, {Cookie: "BE1~1"}, {ExchangeCookie: "0123"}, {Cookie: `BE2~2" ,x`, ExchangeCookie: "4567"}, {}} {
		call.Affinity = a
		s, err := c.Subscribe(t.Context(), call, oneSubscribe)
		if want := Cookie("unasked~" + strings.Repeat("1", answers)); err != nil || s.Cookie != want || s.Meta.ExchangeCookie != want {
			t.Errorf("have %+v, %v, want the cookie of this answer", s, err)
		}
	}
	want := []string{"", "X-BackEndOverrideCookie=BE1~1", "exchangecookie=0123", `X-BackEndOverrideCookie=BE2~2" ,x; exchangecookie=4567`, ""}
	if !slices.Equal(sent, want) {
		t.Errorf("\nsent %q\nwant %q", sent, want)
	}
}
