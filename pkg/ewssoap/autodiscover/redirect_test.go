package autodiscover_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
)

// hop is a service under contoso.com, one of many.
func hop(n int) string {
	return fmt.Sprintf("https://h%d.contoso.com/autodiscover/autodiscover.svc", n)
}

// chain redirects from the apex n times, each time as next says, and has the place at the end.
func chain(n int, next func(url string) reply) map[string]reply {
	replies := map[string]reply{apex: next(hop(1)), hop(n): settings()}
	for i := 1; i < n; i++ {
		replies[hop(i)] = next(hop(i + 1))
	}
	return replies
}

// redirectingTo answers for the first user with a redirect to a URL.
func redirectingTo(url string) reply { return settings(user("RedirectUrl", url)) }

// domains redirects anna from domain to domain under contoso.com, n times.
func domains(n int) map[string]reply {
	replies := map[string]reply{}
	for i := range n {
		replies[fmt.Sprintf("https://%s/autodiscover/autodiscover.svc", domain(i))] = settings(user("RedirectAddress", "anna@"+domain(i+1)))
	}
	replies[fmt.Sprintf("https://%s/autodiscover/autodiscover.svc", domain(n))] = settings()
	return replies
}

func domain(i int) string {
	if i == 0 {
		return "contoso.com"
	}
	return fmt.Sprintf("d%d.contoso.com", i)
}

// mixed alternates the three forms of redirects, n times.
func mixed(n int) map[string]reply {
	replies := chain(n, to)
	for i := 1; i < n; i += 2 {
		replies[hop(i)] = redirectingTo(hop(i + 1))
	}
	replies[hop(2)] = settings(user("RedirectAddress", "anna@h3.contoso.com"))
	return replies
}

func TestRedirects(t *testing.T) {
	cloudAllowed := autodiscover.Options{Allow: []string{"*.outlook.com"}}
	target := func(url string) map[string]reply { return map[string]reply{apex: to(url), mail: settings()} }
	tests := map[string]struct {
		o       autodiscover.Options
		replies map[string]reply
		outcome string // of the request, or else of the user
		last    string // endpoint asked last; empty: does not matter
	}{
		"301":                      {replies: map[string]reply{apex: status(301, "Location", mail), mail: settings()}, outcome: "ok", last: mail},
		"302":                      {replies: map[string]reply{apex: status(302, "Location", mail), mail: settings()}, outcome: "ok", last: mail},
		"303":                      {replies: map[string]reply{apex: status(303, "Location", mail), mail: settings()}, outcome: "ok", last: mail},
		"307":                      {replies: map[string]reply{apex: status(307, "Location", mail), mail: settings()}, outcome: "ok", last: mail},
		"308":                      {replies: map[string]reply{apex: status(308, "Location", mail), mail: settings()}, outcome: "ok", last: mail},
		"another 3xx":              {replies: map[string]reply{apex: status(305, "Location", mail), mail: settings()}, outcome: "redirect"},
		"relative":                 {replies: map[string]reply{apex: to("/other/Autodiscover.svc"), "https://contoso.com/other/Autodiscover.svc": settings()}, outcome: "ok"},
		"to plain XML":             {replies: target(xml(mail)), outcome: "ok", last: mail}, // SOAP is beside it
		"upper case and port":      {replies: target("HTTPS://MAIL.Contoso.com:443/autodiscover/autodiscover.svc#x"), outcome: "ok", last: mail},
		"to http":                  {replies: target(strings.Replace(mail, "https", "http", 1)), outcome: "not-https", last: dns},
		"to another port":          {replies: target("https://mail.contoso.com:8443/autodiscover/autodiscover.svc"), outcome: "not-https"},
		"with a login":             {replies: target("https://a:b@mail.contoso.com/autodiscover/autodiscover.svc"), outcome: "not-https"},
		"to a web page":            {replies: target("https://mail.contoso.com/owa/auth/logon.aspx"), outcome: "no-autodiscover"},
		"to nonsense":              {replies: target("https://mail contoso/%zz"), outcome: "no-autodiscover"},
		"to itself":                {replies: target(apex), outcome: "redirect-loop"},
		"in a circle":              {replies: map[string]reply{apex: to(mail), mail: to(apex)}, outcome: "redirect-loop"},
		"to a foreign host":        {replies: map[string]reply{apex: to(cloud), cloud: settings()}, outcome: "host-not-allowed"},
		"to an allowed host":       {o: cloudAllowed, replies: map[string]reply{apex: to(cloud), cloud: settings()}, outcome: "ok", last: cloud},
		"a host that looks it":     {replies: target("https://mail.notcontoso.com/autodiscover/autodiscover.svc"), outcome: "host-not-allowed"},
		"ten by HTTP":              {replies: chain(10, to), outcome: "ok", last: hop(10)},
		"eleven by HTTP":           {replies: chain(11, to), outcome: "too-many-redirects"},
		"RedirectUrl":              {replies: map[string]reply{apex: redirectingTo(mail), mail: settings()}, outcome: "ok", last: mail},
		"RedirectUrl, WSSecurity":  {replies: map[string]reply{apex: redirectingTo(mail + "/wssecurity"), mail + "/wssecurity": settings()}, outcome: "ok"},
		"RedirectUrl to plain XML": {replies: map[string]reply{apex: redirectingTo(xml(mail)), xml(mail): poxPlace}, outcome: "ok", last: xml(mail)},
		"RedirectUrl to http":      {replies: map[string]reply{apex: redirectingTo("http://mail.contoso.com/autodiscover/autodiscover.svc")}, outcome: "not-https", last: apex},
		"RedirectUrl to itself":    {replies: map[string]reply{apex: redirectingTo(apex)}, outcome: "redirect-loop", last: apex},
		"RedirectUrl, a circle":    {replies: map[string]reply{apex: redirectingTo(mail), mail: redirectingTo(apex)}, outcome: "redirect-loop"},
		"RedirectUrl, foreign":     {replies: map[string]reply{apex: redirectingTo(cloud), cloud: settings()}, outcome: "host-not-allowed", last: apex},
		"RedirectUrl, gone":        {replies: map[string]reply{apex: redirectingTo(mail)}, outcome: nowhere},
		"RedirectUrl, nonsense":    {replies: map[string]reply{apex: redirectingTo("")}, outcome: "redirect-loop"},
		"RedirectUrl, ten":         {replies: chain(10, redirectingTo), outcome: "ok", last: hop(10)},
		"RedirectUrl, eleven":      {replies: chain(11, redirectingTo), outcome: "too-many-redirects", last: hop(10)},
		"RedirectAddress, ten":     {replies: domains(10), outcome: "ok"},
		"RedirectAddress, eleven":  {replies: domains(11), outcome: "too-many-redirects"},
		"RedirectAddress, none":    {replies: map[string]reply{apex: settings(user("RedirectAddress", "nobody"))}, outcome: "no-autodiscover"},
		"RedirectAddress in a circle": {replies: map[string]reply{apex: settings(user("RedirectAddress", "anna@d1.contoso.com")),
			"https://d1.contoso.com/autodiscover/autodiscover.svc": settings(user("RedirectAddress", "Anna@Contoso.com"))}, outcome: "redirect-loop"},
		"RedirectAddress from a configured service": {o: autodiscover.Options{URL: mail}, replies: map[string]reply{
			mail: settings(user("RedirectAddress", "anna@h1.contoso.com")), hop(1): settings()}, outcome: "ok", last: hop(1)},
		"RedirectAddress to itself: the endpoint is invalid": {replies: map[string]reply{apex: settings(user("RedirectAddress", anna)), sub: settings()}, outcome: "ok", last: sub},
		"RedirectAddress to a foreign domain": {replies: map[string]reply{apex: settings(user("RedirectAddress", "anna@tenant.test")),
			"https://tenant.test/autodiscover/autodiscover.svc": settings()}, outcome: "host-not-allowed"},
		"RedirectAddress, allowed by http's redirect": {o: cloudAllowed, replies: map[string]reply{apex: settings(user("RedirectAddress", "anna@tenant.test")),
			"http://autodiscover.tenant.test/autodiscover/autodiscover.xml": to(xml(cloud)), cloud: settings()}, outcome: "ok", last: cloud},
		"ten of all forms":    {replies: mixed(10), outcome: "ok", last: hop(10)},
		"eleven of all forms": {replies: mixed(11), outcome: "too-many-redirects", last: hop(10)},
		"plain XML, to a URL": {replies: map[string]reply{apex: status(404), xml(apex): account("<Action>redirectUrl</Action><RedirectUrl>" + xml(mail) + "</RedirectUrl>"),
			xml(mail): poxPlace}, outcome: "ok", last: xml(mail)},
		"plain XML, to an address": {replies: map[string]reply{apex: status(404), xml(apex): account("<Action>redirectAddr</Action><RedirectAddr>a@d1.contoso.com</RedirectAddr>"),
			"https://d1.contoso.com/autodiscover/autodiscover.svc": settings()}, outcome: "ok"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			n := on(test.replies)
			results, err := n.client(test.o).Discover(t.Context(), anna)
			if err == nil {
				err = results[0].Err
			}
			if outcome(err) != test.outcome {
				t.Errorf("have %v, want %s", err, test.outcome)
			}
			asked := n.taken()
			if last := asked[len(asked)-1]; test.last != "" && last != test.last {
				t.Errorf("asked %q, want %s last", asked, test.last)
			}
		})
	}
}

func TestARefusalNamesTheHost(t *testing.T) {
	n := on(map[string]reply{apex: to(cloud + "?token=secret")})
	_, err := n.client(autodiscover.Options{}).Discover(t.Context(), anna)
	var refused *autodiscover.RedirectError
	if !errors.As(err, &refused) || refused.Host != "autodiscover-s.outlook.com" || refused.Address {
		t.Fatalf("have %+v", err)
	}
	var answer *ewssoap.Error
	if !errors.As(refused.Err, &answer) || answer.HTTPStatus != 302 {
		t.Errorf("have %v, want the answer that redirected", refused.Err)
	}
	if text := refused.Error(); !strings.Contains(text, "no credentials are sent to autodiscover-s.outlook.com") || strings.Contains(text, "secret") {
		t.Errorf("have %s", text)
	}
}

func TestRedirectedUsersOfABatchGoTheirWays(t *testing.T) {
	const tenant = "https://d1.contoso.com/autodiscover/autodiscover.svc"
	n := on(map[string]reply{
		apex: settings(place, user("RedirectUrl", mail), user("InvalidUser", ""), user("RedirectUrl", mail), user("RedirectAddress", "e@d1.contoso.com"), user("RedirectUrl", cloud)),
		mail: settings(), tenant: settings(user("InvalidUser", "")),
	})
	results, err := n.client(autodiscover.Options{}).Discover(t.Context(), users(7)...)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "asked", n.taken(), []string{apex, mail, tenant})
	var have []string
	for _, r := range results {
		have = append(have, outcome(r.Err))
	}
	equal(t, "outcomes", have, []string{"ok", "ok", "InvalidUser", "ok", "InvalidUser", "host-not-allowed", "ok"})
	for i, want := range map[int]string{0: apex, 1: mail, 3: mail, 4: tenant, 6: apex} {
		if results[i].Endpoint != want {
			t.Errorf("user %d: have the answer of %s, want %s", i, results[i].Endpoint, want)
		}
	}
	if results[4].User != "user4@contoso.com" || results[4].Address != "e@d1.contoso.com" {
		t.Errorf("have %+v", results[4])
	}
}

func users(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("user%d@contoso.com", i))
	}
	return all
}

func TestSRVOrder(t *testing.T) {
	record := func(priority, weight, port uint16, host string) *net.SRV {
		return &net.SRV{Target: host, Port: port, Priority: priority, Weight: weight}
	}
	records := []*net.SRV{record(20, 0, 443, "late.contoso.com."), record(10, 70, 443, "big.contoso.com."), record(10, 0, 443, "none.contoso.com."),
		record(10, 30, 443, "small.contoso.com."), record(0, 0, 8443, "port.contoso.com."), record(0, 0, 443, "."), record(5, 0, 443, "foreign.test.")}
	for random, want := range map[float64][]string{
		0:    {"none", "small", "big", "late"}, // of 0, 30, 70 the running sum reaches 0 at once, then 30, then 70
		0.2:  {"small", "big", "none", "late"},
		0.99: {"big", "small", "none", "late"},
	} {
		n := on(map[string]reply{})
		n.srv = records
		o := autodiscover.Options{Random: func() float64 { return random }}
		_, err := n.client(o).Discover(t.Context(), anna)
		if outcome(err) != "host-not-allowed" {
			t.Errorf("have %v, want the foreign host refused", err)
		}
		var have []string
		for _, url := range n.taken()[4:] {
			have = append(have, strings.TrimSuffix(strings.TrimPrefix(url, "https://"), ".contoso.com/autodiscover/autodiscover.svc"))
		}
		equal(t, fmt.Sprint("random ", random), have, want)
	}
}
