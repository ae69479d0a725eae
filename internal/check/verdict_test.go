package check

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/app/config"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/httpauth"
	"github.com/ewsnats/ewsnats/pkg/httpauth/oauth"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// said is a finding as it is shown.
func said(f Finding) string {
	var b strings.Builder
	_ = f.WriteText(&b)
	return b.String()
}

// judgement is a finding, and what it has to say.
type judgement struct {
	name string
	have Finding
	want Status
	says string
}

func (j judgement) check(t *testing.T) {
	t.Helper()
	if j.have.Status != j.want || !strings.Contains(said(j.have), j.says) {
		t.Errorf("%s: have\n%s\nwant %s with %q", j.name, said(j.have), j.want, j.says)
	}
}

func TestCertificates(t *testing.T) {
	a := newAuthority(t)
	const day = 24 * time.Hour
	of := func(life time.Duration, insecure bool) Finding {
		leaf := a.issue(t, &x509.Certificate{DNSNames: []string{"mail.sim.test"}}, life).Leaf
		c := certificate{chain: []*x509.Certificate{leaf}, roots: a.pool, name: "mail.sim.test", now: time.Now()}
		return judged(c, "TLS 1.3", config.ExchangeTLS{Insecure: insecure})
	}
	for _, j := range []judgement{
		{"long", of(31*day, false), OK, "trusted by CN=Test Authority"},
		{"a month", of(29*day, false), Warning, "expires in 28 days"},
		{"a week", of(6*day, false), Warning, "expires in 5 days: renew it now"},
		{"not verified", of(31*day, true), Warning, "exchange.tls.insecure"},
		{"expired and not verified", of(-day, true), Warning, "it would be refused: x509: certificate has expired"},
		{"none", judged(certificate{}, "TLS 1.3", config.ExchangeTLS{}), Failed, "no certificate"},
	} {
		j.check(t)
	}
}

func TestAffinity(t *testing.T) {
	const id = messages.SubscriptionID("DQBleDAxLnNpbS50ZXN0EAAAAOAEJT+JT9NBmgwDBegsMwEAaJPEakffCBAAAAAQuKdrrZ3REYC0AMBP1DDI") // ex01.sim.test
	for _, j := range []judgement{
		{"one server", affine(id, "EX01.SIM.TEST~1942128340", "ex01.sim.test", "EX01"), OK, "everything went to ex01.sim.test"},
		{"no cookie", affine(id, "", "ex01.sim.test", "ex01.sim.test"), OK, "everything went to"},
		{"a stream elsewhere", affine(id, "", "ex01.sim.test", "ex02.sim.test"), Warning, "the stream was answered by ex02.sim.test"},
		{"another site's namesake", affine(id, "", "ex01.sim.test", "ex01.other.test"), Warning, "ex01.other.test"},
		{"a cookie that leads elsewhere", affine(id, "ex02.sim.test~1", "ex01.sim.test", "ex01.sim.test"), Warning, "the cookie names ex02.sim.test"},
		{"silent servers", affine(id, "", "", ""), OK, "not every answer names"},
		{"an id without a name", affine("abc", "", "a", "b"), OK, "names no server"},
	} {
		j.check(t)
	}
}

func TestLogins(t *testing.T) {
	refused := reply{err: &ewssoap.Error{Op: "GetFolder", Code: "HTTP 401", HTTPStatus: 401}}
	bound := httpauth.Observation{Host: "mail.sim.test:443", Scheme: "NTLM", Outcome: httpauth.Accepted, Binding: httpauth.ChannelBinding("x")}
	unbound := httpauth.Observation{Host: "mail.sim.test:443", Scheme: "NTLM", Outcome: httpauth.Refused, WithoutBinding: "it is switched off"}
	missing := httpauth.Observation{Host: "mail.sim.test:443", Scheme: "Negotiate", Outcome: httpauth.NotOffered, Offered: []string{"NTLM"}}
	for _, j := range []judgement{
		{"with a binding", loggedIn(reply{}, []httpauth.Observation{bound}), OK, "NTLM at mail.sim.test:443: accepted, with channel binding"},
		{"without a binding", loggedIn(refused, []httpauth.Observation{unbound}), Failed, "none was sent: it is switched off"},
		{"not offered", loggedIn(refused, []httpauth.Observation{missing}), Failed, "not offered; offered: NTLM"},
		{"a disabled mailbox", loggedIn(reply{err: &ewssoap.Error{Code: "ErrorAccountDisabled", HTTPStatus: 500}}, nil), OK, "accepted"},
		{"another error of EWS", loggedIn(reply{err: &ewssoap.Error{Code: "ErrorServerBusy", HTTPStatus: 500}}, nil), OK, "accepted"},
		{"an expired password", loggedIn(reply{err: &ewssoap.Error{Code: "ErrorPasswordExpired", HTTPStatus: 500}}, nil), Failed, "new password"},
		{"no token", loggedIn(reply{err: &ewssoap.Error{Code: ewssoap.ConditionAuthorizer, Err: &oauth.Error{HTTPStatus: 401, Text: "AADSTS7000215"}}}, nil), Failed, "AADSTS7000215"},
		{"no ticket", loggedIn(reply{err: &ewssoap.Error{Code: ewssoap.ConditionAuthorizer, Err: httpauth.ErrRefused}}, nil), Failed, "no login could be made\n"},
	} {
		j.check(t)
		if j.have.Status == Failed && j.have.cause != causeRefused {
			t.Errorf("%s: the cause is no refused login", j.name)
		}
	}
}

func TestOtherVerdicts(t *testing.T) {
	offer := func(status int, schemes ...string) probe {
		return probe{status: status, header: http.Header{"Www-Authenticate": schemes}}
	}
	for _, j := range []judgement{
		{"offered", offered(offer(401, "Negotiate", "NTLM"), nil), OK, "Negotiate, NTLM"},
		{"not offered", offered(offer(401, "Negotiate", "NTLM"), []string{"Basic"}), Warning, "not Basic"},
		{"no offer", offered(offer(401), nil), Warning, "without an offer"},
		{"cut", offered(probe{err: io.EOF}, nil), Failed, "EOF"},
		{"clocks agree", skewed(-time.Minute), OK, ""},
		{"ahead", skewed(-61 * time.Second), Warning, "1m1s ahead"},
		{"behind", skewed(61 * time.Second), Warning, "1m1s behind"},
		{"one address is dead", connected([]string{"10.0.0.1:443", "10.0.0.2:443"}, []error{nil, syscall.ECONNREFUSED}), Warning, "10.0.0.2:443: connection refused"},
		{"no IPv6 here", connected([]string{"10.0.0.1:443", "[::2]:443"}, []error{nil, syscall.ENETUNREACH}), OK, "network is unreachable"},
		{"a firewall", connected([]string{"10.0.0.1:443"}, []error{context.DeadlineExceeded}), Failed, "no answer in time"},
		{"another server", serves(reply{}), OK, "does not tell its version"},
		{"no version is taken", serves(reply{err: &ewssoap.Error{Code: "ErrorInvalidServerVersion", HTTPStatus: 500}}), Failed, "exchange.version"},
		{"gone subscription", unsubscribed(reply{err: &ewssoap.Error{Code: "ErrorSubscriptionNotFound", HTTPStatus: 200}}), Warning, "gone already"},
		{"kept subscription", unsubscribed(reply{err: &ewssoap.Error{Code: "HTTP 503", HTTPStatus: 503}}), Failed, "left behind"},
		{"lines of others", ok("a\r\nb\x1b[2Jc"), OK, "a b [2Jc\n"},
	} {
		j.check(t)
	}
}

func TestTarget(t *testing.T) {
	through := func(proxy string) func(*http.Request) (*url.URL, error) {
		return func(*http.Request) (*url.URL, error) {
			if proxy == "" {
				return nil, nil
			}
			return url.Parse(proxy)
		}
	}
	for _, c := range []struct{ url, proxy, want string }{
		{"https://mail.sim.test/EWS/Exchange.asmx", "", "mail.sim.test 443 false"},
		{"http://[::1]/EWS/Exchange.asmx", "", "::1 80 false"},
		{"https://mail.sim.test:8443/EWS/Exchange.asmx", "", "mail.sim.test 8443 false"},
		{"https://mail.sim.test/EWS/Exchange.asmx", "http://user:hunter2@proxy.sim.test:3128", "proxy.sim.test 3128 true"},
	} {
		host, port, proxy, err := target(c.url, through(c.proxy))
		if have := fmt.Sprint(host, " ", port, " ", proxy); have != c.want || err != nil {
			t.Errorf("%s by %q: have %s, %v, want %s", c.url, c.proxy, have, err, c.want)
		}
	}
	if _, _, _, err := target("mail.sim.test", through("")); err == nil {
		t.Error("a name without a scheme is no URL")
	}
}
