package autodiscover_test

import (
	"net"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
)

const (
	get = "GET " + plain
	dns = "_autodiscover._tcp.contoso.com"
)

func TestEndpointOrder(t *testing.T) {
	mailRecord := []*net.SRV{{Target: "mail.contoso.com.", Port: 443}}
	html := body(200, "<html><body>Welcome</body></html>")
	tests := map[string]struct {
		o       autodiscover.Options
		replies map[string]reply
		srv     []*net.SRV
		asked   []string
		outcome string
	}{
		"the domain itself": {replies: map[string]reply{apex: settings()}, asked: []string{apex}, outcome: "ok"},
		"its autodiscover":  {replies: map[string]reply{apex: status(404), sub: settings()}, asked: []string{apex, sub}, outcome: "ok"},
		"a website on the domain": {replies: map[string]reply{apex: html, sub: settings()},
			asked: []string{apex, sub}, outcome: "ok"},
		"redirected by http": {replies: map[string]reply{plain: to(xml(mail)), mail: settings()},
			asked: []string{apex, sub, get, mail}, outcome: "ok"},
		"redirected by http, to http": {replies: map[string]reply{plain: to("//mail.contoso.com/autodiscover/autodiscover.xml")},
			asked: []string{apex, sub, get, dns}, outcome: "not-https"},
		"redirected by http to where it was": {replies: map[string]reply{apex: status(404), plain: to(xml(apex))},
			asked: []string{apex, sub, get, dns, xml(apex)}, outcome: "HTTP 404"},
		"http that answers itself": {replies: map[string]reply{plain: status(200, "Location", mail)},
			asked: []string{apex, sub, get, dns}, outcome: nowhere},
		"a SRV record": {replies: map[string]reply{mail: settings()}, srv: mailRecord,
			asked: []string{apex, sub, get, dns, mail}, outcome: "ok"},
		"plain XML last": {replies: map[string]reply{apex: html, sub: status(404), plain: status(404), mail: status(404), xml(sub): poxPlace}, srv: mailRecord,
			asked: []string{apex, sub, get, dns, mail, xml(apex), xml(sub)}, outcome: "ok"},
		"plain XML behind http": {replies: map[string]reply{plain: to(xml(mail)), mail: status(405), xml(mail): poxPlace},
			asked: []string{apex, sub, get, mail, dns, xml(mail)}, outcome: "ok"},
		"no plain XML where nothing answers": {replies: map[string]reply{apex: broken, sub: status(503)},
			asked: []string{apex, sub, get, dns}, outcome: "HTTP 503"},
		"a configured URL alone": {o: autodiscover.Options{URL: mail}, replies: map[string]reply{apex: settings(), mail: status(404)},
			asked: []string{mail}, outcome: "HTTP 404"},
		"a configured URL of any host, http, and path": {o: autodiscover.Options{URL: "http://sim.test:8080/x"},
			replies: map[string]reply{"http://sim.test:8080/x": settings()}, asked: []string{"http://sim.test:8080/x"}, outcome: "ok"},
		"a configured URL of plain XML": {o: autodiscover.Options{URL: xml(mail)}, replies: map[string]reply{xml(mail): poxPlace},
			asked: []string{xml(mail)}, outcome: "ok"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			n := on(test.replies)
			n.srv = test.srv
			results, err := n.client(test.o).Discover(t.Context(), anna)
			equal(t, "asked", n.taken(), test.asked)
			if outcome(err) != test.outcome {
				t.Errorf("have %v, want %s", err, test.outcome)
			}
			if err == nil {
				located(t, results[0])
				if last := test.asked[len(test.asked)-1]; results[0].Endpoint != last || results[0].Address != anna {
					t.Errorf("have %+v of %s", results[0], last)
				}
			}
		})
	}
}

const nowhere = "dns-not-found"
