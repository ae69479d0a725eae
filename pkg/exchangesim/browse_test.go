package exchangesim_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// DavMail tries the address of EWS with a GET before anybody logs in, and goes on only when it is asked who calls.
func TestBrowse(t *testing.T) {
	_, c := newSim(t, exchangesim.Config{Accounts: map[string]string{"svc": "secret"}})
	for name, test := range map[string]struct {
		method, password string
		status           int
		contentType      string
	}{
		"not logged in": {"GET", "", 401, ""},
		"logged in":     {"GET", "secret", 200, "text/html; charset=utf-8"},
		"head alone":    {"HEAD", "secret", 200, "text/html; charset=utf-8"},
		"other method":  {"PUT", "secret", 405, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequest(test.method, c.base+"/EWS/Exchange.asmx", nil)
			if err != nil {
				t.Fatal(err)
			}
			if test.password != "" {
				r.SetBasicAuth("svc", test.password)
			}
			a := c.do(r)
			if a.status != test.status || test.contentType != "" && a.header.Get("Content-Type") != test.contentType {
				t.Errorf("have %d %q", a.status, a.header.Get("Content-Type"))
			}
		})
	}
}

// The date of exchangecookie has hyphens; clients that read cookies by the first draft take no other.
func TestExpiryOfTheExchangeCookie(t *testing.T) {
	_, c := newSim(t, exchangesim.Config{})
	a := c.do(c.request(as(anna), getInbox))
	if have := a.header.Get("Set-Cookie"); !regexp.MustCompile(`^exchangecookie=[0-9a-f]{32}; expires=\w{3}, \d\d-\w{3}-\d{4} \d\d:\d\d:\d\d GMT; path=/; HttpOnly$`).MatchString(have) {
		t.Error(have)
	}
}
