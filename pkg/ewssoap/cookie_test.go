package ewssoap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

func TestCookieOf(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  Cookie
	}{
		{"none", nil, ""},
		{"others", []string{"exchangecookie=0123; expires=Sat, 20 Nov 2027 00:00:00 GMT; path=/; HttpOnly", "X-BackEndCookie=anna@example.com=Ox8X==; path=/EWS"}, ""},
		{"documented", []string{"X-BackEndOverrideCookie=BE1.example.local~1941996295; path=/; secure; HttpOnly"}, "BE1.example.local~1941996295"},
		{"other case", []string{"X-BackendOverrideCookie=BE1~1"}, "BE1~1"},
		{"blanks", []string{" x-backendoverridecookie = BE1~1 ; path=/"}, "BE1~1"},
		{"among others", []string{"a=1", "X-BackEndOverrideCookie=BE1~1", "X-BackEndCookie=x"}, "BE1~1"},
		{"twice", []string{"X-BackEndOverrideCookie=BE1~1", "X-BackEndOverrideCookie=BE2~2"}, "BE2~2"},
		{"equals signs", []string{"X-BackEndOverrideCookie=a=b=; path=/"}, "a=b="},
		{"a name in a value", []string{"other=X-BackEndOverrideCookie=BE1~1"}, ""},
		{"two in a line are one", []string{"a=1, X-BackEndOverrideCookie=BE1~1"}, ""},
		{"no value", []string{"X-BackEndOverrideCookie"}, ""},
	}
	for _, test := range tests {
		if have := cookieOf(http.Header{"Set-Cookie": test.lines}, overrideCookie); have != test.want {
			t.Errorf("%s: have %q, want %q", test.name, have.Value(), test.want.Value())
		}
	}
}

// TestCookieRedacts prints a cookie in every usual way.
func TestCookieRedacts(t *testing.T) {
	const secret = "BE1.example.local~1941996295"
	call := Call{Affinity: Affinity{Cookie: secret}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&out, verb+verb, call, call.Affinity.Cookie)
	}
	fmt.Fprintln(&out, call, &call, SubscribeResponse{Cookie: secret})
	if err := json.NewEncoder(&out).Encode(call); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("call", "call", call, "cookie", call.Affinity.Cookie)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("call", "call", call, "cookie", call.Affinity.Cookie)
	hex := fmt.Sprintf("%x", secret)
	for _, form := range []string{secret, "1941996295", hex, strings.ToUpper(hex)} {
		if strings.Contains(out.String(), form) {
			t.Errorf("%q shows in %s", form, out.String())
		}
	}
	if n := strings.Count(out.String(), redacted); n < 15 {
		t.Errorf("only %d marks in %s", n, out.String())
	}
	if have := Cookie(secret).Value(); have != secret {
		t.Errorf("Value is %q", have)
	}
	if have := Cookie("").String(); have != "" {
		t.Errorf("no cookie prints as %q", have)
	}
}
