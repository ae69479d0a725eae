package autodiscover_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
)

func TestEveryStepIsObserved(t *testing.T) {
	now := newClock()
	n := on(map[string]reply{apex: status(404), sub: to("http://mail.contoso.com/autodiscover/autodiscover.svc"), plain: to(xml(mail) + "?secret"),
		mail + "?secret": status(405), xml(apex): broken, xml(mail) + "?secret": poxPlace})
	for url, r := range n.replies {
		n.set(url, taking(now, r))
	}
	var have []string
	c := n.client(autodiscover.Options{Now: now.Now, Observe: func(s autodiscover.Step) {
		if s.Domain != "contoso.com" || s.Began.IsZero() || (s.Err == nil) != (s.Outcome == "ok" || strings.HasPrefix(s.Outcome, "redirect to https://mail")) {
			t.Errorf("have %+v", s)
		}
		have = append(have, s.String())
	}})
	for range 2 {
		if _, err := c.Discover(t.Context(), anna); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, "steps", have, []string{
		"SOAP https://contoso.com/autodiscover/autodiscover.svc (domain): HTTP 404, 12ms",
		"SOAP https://autodiscover.contoso.com/autodiscover/autodiscover.svc (autodiscover): redirect to http://mail.contoso.com/autodiscover/autodiscover.svc, 12ms",
		"SOAP http://mail.contoso.com/autodiscover/autodiscover.svc (redirect): not-https, 0s",
		"GET http://autodiscover.contoso.com/autodiscover/autodiscover.xml (http-redirect): redirect to https://mail.contoso.com/autodiscover/autodiscover.xml, 12ms",
		"SOAP https://mail.contoso.com/autodiscover/autodiscover.svc (http-redirect): HTTP 405, 12ms",
		"DNS _autodiscover._tcp.contoso.com (srv): no record with port 443, 0s",
		"POX https://contoso.com/autodiscover/autodiscover.xml (domain): reset, 12ms",
		"POX https://mail.contoso.com/autodiscover/autodiscover.xml (http-redirect): ok, 12ms",
		"POX https://mail.contoso.com/autodiscover/autodiscover.xml (known): ok, 12ms",
	})
}

func TestARefusedUserIsObserved(t *testing.T) {
	var have []string
	c := on(map[string]reply{mail: settings(user("RedirectUrl", cloud), user("RedirectAddress", "x"))}).client(autodiscover.Options{
		URL: mail, Now: newClock().Now, Observe: func(s autodiscover.Step) { have = append(have, s.String()) }})
	if _, err := c.Discover(t.Context(), users(2)...); err != nil {
		t.Fatal(err)
	}
	equal(t, "steps", have, []string{"SOAP " + mail + " (configured): ok, 0s", "SOAP " + cloud + " (redirect): host-not-allowed, 0s", "SOAP x (redirect): no-autodiscover, 0s"})
}

// taking moves the clock before it answers.
func taking(c *clock, answer reply) reply {
	return func(r *http.Request) (*http.Response, error) {
		c.pass(12 * time.Millisecond)
		return answer(r)
	}
}
