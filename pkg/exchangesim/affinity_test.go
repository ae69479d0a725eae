package exchangesim_test

import (
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// onEx01 and onEx02 are the cookies of the two servers.
const (
	onEx01 = ex01 + "~1942128136"
	onEx02 = ex02 + "~1942128136"
)

func TestWrongServerKnowsNoSubscription(t *testing.T) {
	for _, test := range []struct {
		name string
		call call
		want string
	}{
		{"anchor", call{anchor: anna, impersonate: anna}, opened},
		{"cookie", group(cora, anna, onEx01), opened},
		{"wrong anchor", call{anchor: cora, impersonate: anna}, "Error ErrorSubscriptionNotFound Closed 1 ids"},
		{"wrong cookie", group(anna, anna, onEx02), "Error ErrorSubscriptionNotFound Closed 1 ids"},
		{"cookie without prefer", call{anchor: cora, impersonate: anna, cookie: onEx01}, "Error ErrorSubscriptionNotFound Closed 1 ids"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				c.open(test.call, 1, c.subscribe(as(anna)).subID).want(test.want)
			})
		})
	}
}

func TestSubscribeFollowsTheCookieInsideTheSite(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		a := c.subscribe(group(anna, anna, ""))
		b := c.subscribe(group(anna, cora, a.cookie)) // cora lives on ex02
		st := c.open(group(anna, anna, a.cookie), 1, a.subID, b.subID)
		st.want(opened)
		s.AddMailbox("dora@sim.test", "ex03.sim.test", "FABRIKAM-1")
		if have := c.do(c.request(group(anna, "dora@sim.test", a.cookie), subscribeAll)).code; have != "ErrorProxyRequestNotAllowed" {
			t.Errorf("another site: have %s", have)
		}
	})
}

func TestCookies(t *testing.T) {
	for _, test := range []struct {
		name string
		mode exchangesim.CookieMode
		call call
		body string
		want string
	}{
		{"anchor", exchangesim.CookieOnAnchor, group(anna, anna, ""), subscribeAll, onEx01},
		{"anchor elsewhere", exchangesim.CookieOnAnchor, group(cora, cora, ""), subscribeAll, onEx02},
		{"member", exchangesim.CookieOnAnchor, group(anna, bert, onEx01), subscribeAll, ""},
		{"stale", exchangesim.CookieOnAnchor, group(anna, bert, "ex77.sim.test~1942128136"), subscribeAll, onEx01},
		{"upper case", exchangesim.CookieOnAnchor, group(anna, bert, strings.ToUpper(onEx01)), subscribeAll, ""},
		{"not asked", exchangesim.CookieOnAnchor, as(anna), subscribeAll, ""},
		{"no Subscribe", exchangesim.CookieOnAnchor, group(anna, anna, ""), getInbox, ""},
		{"never", exchangesim.CookieNever, group(anna, anna, ""), subscribeAll, ""},
		{"always", exchangesim.CookieAlways, as(anna), getInbox, onEx01},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{Cookies: test.mode}, func(t *testing.T, s *exchangesim.Server, c *client) {
				a := c.do(c.request(test.call, test.body))
				if a.cookie != test.want {
					t.Errorf("have %q, want %q", a.cookie, test.want)
				}
				for _, line := range a.header.Values("Set-Cookie") {
					if strings.HasPrefix(line, "X-BackEndOverrideCookie=") && !strings.HasSuffix(line, "; path=/; secure; HttpOnly") {
						t.Errorf("attributes: %s", line)
					}
				}
			})
		})
	}
}

func TestParseCookieMode(t *testing.T) {
	for _, test := range []struct {
		in   string
		want exchangesim.CookieMode
		ok   bool
	}{{"", "", true}, {"always", exchangesim.CookieAlways, true}, {"never", exchangesim.CookieNever, true}, {"sometimes", "", false}} {
		have, err := exchangesim.ParseCookieMode(test.in)
		if have != test.want || (err == nil) != test.ok {
			t.Errorf("%q: have %q, %v", test.in, have, err)
		}
	}
}
