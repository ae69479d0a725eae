package autodiscover_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
)

// mayLogIn is the promise, in other words than the code's: https at the default port, under the mailboxes' domain, as
// allowed, or at the host of the configured URL; and that URL as it is.
func mayLogIn(t *testing.T, address string, o autodiscover.Options) bool {
	t.Helper()
	if o.URL != "" && address == o.URL {
		return true
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if u.Scheme != "https" || u.Port() != "" {
		return false
	}
	if o.URL != "" && u.Hostname() == strings.Split(strings.Split(o.URL, "/")[2], ":")[0] || u.Hostname() == "contoso.com" || strings.HasSuffix(u.Hostname(), ".contoso.com") {
		return true
	}
	for _, pattern := range o.Allow {
		if u.Hostname() == pattern || strings.HasPrefix(pattern, "*.") && strings.HasSuffix(u.Hostname(), pattern[1:]) {
			return true
		}
	}
	return false
}

// TestCredentialsStayWhereTheyBelong: on networks whose hosts say anything at all, no login reaches another host than those
// allowed, nor http, and nothing is endless.
func TestCredentialsStayWhereTheyBelong(t *testing.T) {
	options := []autodiscover.Options{{}, {Allow: []string{"*.outlook.com", "mail.hoster.test"}}, {Bearer: true}, {URL: mail}, {URL: "http://sim.test:8080/autodiscover/autodiscover.svc"}}
	logins, refused, found := 0, 0, 0
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(seed, 1))
		n := hostile(random)
		o := options[random.IntN(len(options))]
		o.Random = random.Float64
		c := n.client(o)
		for range 3 {
			results, err := c.Discover(t.Context(), users(1+random.IntN(4))...)
			if text := fmt.Sprint(err, results); strings.Contains(text, "host-not-allowed") || strings.Contains(text, "no credentials are sent") {
				refused++
			}
			if err == nil && results[0].Err == nil {
				found++
			}
			if asked := n.taken(); len(asked) > 200 {
				t.Fatalf("seed %d: %d requests", seed, len(asked))
			}
		}
		for _, address := range n.logins {
			logins++
			if !mayLogIn(t, address, o) {
				t.Fatalf("seed %d, options %+v: a login at %s", seed, o, address)
			}
		}
	}
	if logins < 1000 || refused < 50 || found < 50 {
		t.Errorf("have %d logins, %d refusals, %d found: the networks are too tame", logins, refused, found)
	}
}

// hostile is a network of hosts, good and evil, that answer anything.
func hostile(random *rand.Rand) *network {
	hosts := []string{"contoso.com", "autodiscover.contoso.com", "mail.contoso.com", "evilcontoso.com", "contoso.com.evil.test", "evil.test",
		"autodiscover.evil.test", "mail.hoster.test", "x.outlook.com", "outlook.com", "sim.test:8080", "contoso.com:8443", "evil.test:443", "contoso.com@evil.test", "anna:x@contoso.com"}
	var urls []string
	for _, scheme := range []string{"https://", "http://"} {
		for _, host := range hosts {
			urls = append(urls, scheme+host+"/autodiscover/autodiscover.svc", scheme+host+"/autodiscover/autodiscover.xml", scheme+host+"/autodiscover/autodiscover.svc/x")
		}
	}
	n := on(map[string]reply{})
	for _, at := range urls {
		n.replies[at] = anything(random, urls)
	}
	for range random.IntN(3) {
		n.srv = append(n.srv, &net.SRV{Target: strings.Split(hosts[random.IntN(len(hosts))], ":")[0] + ".", Port: 443, Weight: uint16(random.IntN(9))})
	}
	return n
}

func anything(random *rand.Rand, urls []string) reply {
	target := urls[random.IntN(len(urls))]
	switch random.IntN(12) {
	case 0, 1:
		return settings()
	case 2, 3, 4:
		return status([]int{301, 302, 303, 307, 308}[random.IntN(5)], "Location", target)
	case 5:
		return settings(user("RedirectUrl", target), place, user("RedirectUrl", target))
	case 6:
		return settings(user("RedirectAddress", "anna@"+[]string{"evil.test", "hoster.test", "mail.contoso.com", "x.outlook.com", "evil.test/", "contoso.com@evil.test"}[random.IntN(6)]))
	case 7:
		return account("<Action>redirectUrl</Action><RedirectUrl>" + target + "</RedirectUrl>")
	case 8:
		return poxPlace
	case 9:
		return status([]int{401, 403, 404, 456, 500, 503}[random.IntN(6)])
	case 10:
		return answered([]string{"ServerBusy", "InvalidRequest"}[random.IntN(2)], "")
	}
	return broken
}

// TestARefusedLoginIsTriedOnce: whatever the other hosts would say.
func TestARefusedLoginIsTriedOnce(t *testing.T) {
	for _, at := range []string{apex, sub, mail} {
		n := on(map[string]reply{apex: status(404), sub: status(404), plain: to(mail), xml(apex): poxPlace, xml(sub): poxPlace})
		n.set(at, status(401))
		if _, err := n.client(autodiscover.Options{}).Discover(t.Context(), anna); outcome(err) != "HTTP 401" || n.logins[len(n.logins)-1] != at {
			t.Errorf("%s: have %v and logins at %q", at, err, n.logins)
		}
	}
	n := on(map[string]reply{apex: settings(user("RedirectUrl", mail), user("RedirectUrl", hop(1))), mail: status(401), hop(1): settings()})
	if _, err := n.client(autodiscover.Options{}).Discover(t.Context(), users(2)...); outcome(err) != "HTTP 401" {
		t.Errorf("behind a redirect: have %v", err)
	}
	equal(t, "logins", n.logins, []string{apex, mail})
}

func TestAllowedHosts(t *testing.T) {
	for allow, want := range map[string]string{
		"*.outlook.com": "ok", "autodiscover-s.outlook.com": "ok", "*.Outlook.COM": "ok", "*.com": "host-not-allowed",
		"outlook.com": "host-not-allowed", "*.s.outlook.com": "host-not-allowed", "*outlook.com": "host-not-allowed", "*": "host-not-allowed",
	} {
		n := on(map[string]reply{apex: to(cloud), cloud: settings()})
		_, err := n.client(autodiscover.Options{Allow: []string{allow}}).Discover(t.Context(), anna)
		if outcome(err) != want {
			t.Errorf("%s: have %v, want %s", allow, err, want)
		}
	}
	for _, url := range []string{cloud, "https://outlook.office365.com/autodiscover/autodiscover.svc"} {
		n := on(map[string]reply{apex: to(url), url: settings()})
		if _, err := n.client(autodiscover.Options{Allow: autodiscover.Online}).Discover(t.Context(), anna); err != nil {
			t.Errorf("%s: have %v", url, err)
		}
	}
}
