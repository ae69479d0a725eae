package autodiscover_test

import (
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
)

// FuzzDiscover: whatever service and redirects say, each user has a result or there is an error, no login goes elsewhere,
// and a walk ends.
func FuzzDiscover(f *testing.F) {
	f.Add(place, "", uint16(200))
	f.Add(user("RedirectUrl", mail), "", uint16(200))
	f.Add(user("RedirectAddress", "anna@tenant.test"), "", uint16(200))
	f.Add("", cloud, uint16(302))
	f.Add("", "https:\\evil.test/autodiscover/autodiscover.svc", uint16(307))
	f.Add("", "//mail.contoso.com:443/autodiscover/autodiscover.svc#", uint16(308))
	f.Fuzz(func(t *testing.T, users, location string, code uint16) {
		if strings.ContainsAny(location, "\r\n") {
			t.Skip("no header field holds a line break")
		}
		n := on(map[string]reply{apex: answered("NoError", users), plain: status(302, "Location", location), mail: settings(), cloud: settings()})
		if code != 200 {
			n.set(apex, body(int(code), users, "Location", location))
		}
		results, err := n.client(autodiscover.Options{}).Discover(t.Context(), anna)
		if (err == nil) != (len(results) == 1) {
			t.Errorf("have %+v, %v", results, err)
		}
		if len(n.asked) > 60 {
			t.Errorf("%d requests", len(n.asked))
		}
		for _, url := range n.logins {
			if !mayLogIn(t, url, autodiscover.Options{}) {
				t.Errorf("a login at %s", url)
			}
		}
	})
}

// FuzzPOX: the same of plain XML.
func FuzzPOX(f *testing.F) {
	f.Add("<Action>settings</Action><Protocol><Type>EXPR</Type><EwsUrl>x</EwsUrl></Protocol>")
	f.Add("<Action>redirectUrl</Action><RedirectUrl>" + cloud + "</RedirectUrl>")
	f.Add("<Action>redirectAddr</Action><RedirectAddr>a@evil.test</RedirectAddr>")
	f.Add("</Account><Error><ErrorCode>500</ErrorCode></Error><Account>")
	f.Fuzz(func(t *testing.T, content string) {
		n := on(map[string]reply{xml(mail): account(content), mail: settings(), cloud: settings()})
		results, err := n.client(autodiscover.Options{URL: xml(mail)}).Discover(t.Context(), anna)
		if (err == nil) != (len(results) == 1) {
			t.Errorf("have %+v, %v", results, err)
		}
		for _, url := range n.logins {
			if !mayLogIn(t, url, autodiscover.Options{}) {
				t.Errorf("a login at %s", url)
			}
		}
	})
}
