package discovery

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

const (
	soapOp = "GetUserSettings"
	poxOp  = "AutodiscoverPOX"
	getOp  = "AutodiscoverGET"
	ews    = " https://ews.contoso.test/EWS/Exchange.asmx SITE-1"
)

// says is what the simulator says of an address.
func says(address string, d exchangesim.Discovery) func(*world) {
	return func(w *world) { w.sim.SetAutodiscover(address, d) }
}

// whole has the answer to a request as a whole.
func whole(operation string, a exchangesim.FaultAnswer) func(*world) {
	return func(w *world) { w.at("", operation, a) }
}

// plainly asks plain XML at a configured URL.
func plainly(prepare func(*world)) func(*world) {
	return func(w *world) {
		w.options.URL = pox(mail)
		prepare(w)
	}
}

func nothing(*world) {}

// walks are single questions about anna, and where they end.
var walks = []struct {
	name    string
	prepare func(*world)
	want    string
}{
	{"at the domain", nothing, apex + ews},
	{"below the domain", func(w *world) { w.no("contoso.test", soapOp) }, sub + ews},
	{"no host of the domain", func(w *world) { w.hosts = w.hosts[1:] }, sub + ews},
	{"an apex that resets", func(w *world) { w.at("contoso.test", "", exchangesim.FaultAnswer{Reset: true}) }, sub + ews},
	{"where http redirects to", func(w *world) {
		w.no("contoso.test", "")
		w.no("autodiscover.contoso.test", soapOp)
		w.at("autodiscover.contoso.test", getOp, moved(302, pox(mail)))
	}, mail + ews},
	{"where http redirects to, by http", func(w *world) {
		w.no("contoso.test", "")
		w.no("autodiscover.contoso.test", soapOp)
		w.at("autodiscover.contoso.test", getOp, moved(301, "http://mail.contoso.test/autodiscover/autodiscover.xml"))
		w.no("", poxOp)
	}, "HTTP 404"},
	{"a SRV record", func(w *world) {
		w.no("contoso.test", "")
		w.no("autodiscover.contoso.test", "")
		w.srv = "mail.contoso.test"
	}, mail + ews},
	{"plain XML, where nobody speaks SOAP", func(w *world) { w.no("", soapOp) }, pox(apex) + ews},
	{"a redirect of HTTP", func(w *world) { w.at("contoso.test", soapOp, moved(302, mail)) }, mail + ews},
	{"a redirect of HTTP, 307", func(w *world) { w.at("contoso.test", soapOp, moved(307, mail)) }, mail + ews},
	{"a redirect of HTTP to a foreign host", func(w *world) {
		w.at("", soapOp, moved(302, other))
		w.no("", poxOp)
	}, "host-not-allowed " + other},
	{"a redirect of HTTP in a circle, then plain XML", func(w *world) {
		w.at("contoso.test", soapOp, moved(302, apex))
		w.no("autodiscover.contoso.test", soapOp)
	}, pox(sub) + ews},

	{"RedirectUrl", func(w *world) {
		w.sim.Fail(exchangesim.Fault{Operation: soapOp, Mailbox: anna, Answer: exchangesim.FaultAnswer{ResponseCode: "RedirectUrl", RedirectTarget: mail}})
	}, mail + ews},
	{"RedirectUrl for ever", says(anna, exchangesim.Discovery{RedirectURL: mail}), "redirect-loop " + mail},
	{"RedirectUrl by http", says(anna, exchangesim.Discovery{RedirectURL: strings.Replace(mail, "https", "http", 1)}), "not-https " + strings.Replace(mail, "https", "http", 1)},
	{"RedirectUrl elsewhere", says(anna, exchangesim.Discovery{RedirectURL: other}), "host-not-allowed " + other},
	{"RedirectUrl to no service", says(anna, exchangesim.Discovery{RedirectURL: "https://mail.contoso.test/owa/"}), "no-autodiscover https://mail.contoso.test/owa/"},
	{"RedirectAddress of the domain", says(anna, exchangesim.Discovery{RedirectAddress: bert}), apex + ews + " for " + bert},
	{"RedirectAddress of an allowed domain", func(w *world) {
		w.options.Allow = []string{"fabrikam.test"}
		w.sim.SetAutodiscover(anna, exchangesim.Discovery{RedirectAddress: emil})
	}, other + ews + " for " + emil},
	{"RedirectAddress of another domain", says(anna, exchangesim.Discovery{RedirectAddress: emil}), "host-not-allowed " + other},
	{"RedirectAddress to itself", says(anna, exchangesim.Discovery{RedirectAddress: anna}), "redirect-loop " + anna},
	{"RedirectAddress in a circle", func(w *world) {
		w.sim.SetAutodiscover(anna, exchangesim.Discovery{RedirectAddress: bert})
		w.sim.SetAutodiscover(bert, exchangesim.Discovery{RedirectAddress: anna})
	}, "redirect-loop " + anna},
	{"RedirectAddress to nobody", says(anna, exchangesim.Discovery{RedirectAddress: "x@contoso.test"}), "InvalidUser"},
	{"ten redirects", chain(10), apex + ews + " for a10@contoso.test"},
	{"eleven redirects", chain(11), "too-many-redirects a11@contoso.test"},

	{"an unknown user", says(anna, exchangesim.Discovery{Error: "InvalidUser"}), "InvalidUser"},
	{"a busy server, for a user", says(anna, exchangesim.Discovery{Error: "ServerBusy"}), "ServerBusy"},
	{"an internal error, for a user", says(anna, exchangesim.Discovery{Error: "InternalServerError"}), "InternalServerError"},
	{"no grouping", says(anna, exchangesim.Discovery{Without: []string{"GroupingInformation"}}), apex + strings.TrimSuffix(ews, " SITE-1")},
	{"another forest", says(anna, exchangesim.Discovery{EWSURL: "https://b.test/EWS/Exchange.asmx"}), apex + " https://b.test/EWS/Exchange.asmx SITE-1"},
	{"a busy server", whole(soapOp, exchangesim.FaultAnswer{ResponseCode: "ServerBusy"}), "ServerBusy"},
	{"a refused request", whole(soapOp, exchangesim.FaultAnswer{ResponseCode: "InvalidRequest"}), "InvalidRequest"},
	{"no federation", whole(soapOp, exchangesim.FaultAnswer{ResponseCode: "NotFederated"}), "NotFederated"},
	{"a fault", whole(soapOp, exchangesim.FaultAnswer{SOAPFault: "ErrorServerBusy"}), "ErrorServerBusy"},
	{"503", func(w *world) { w.at("", "", exchangesim.FaultAnswer{Status: 503}) }, "HTTP 503"},
	{"half an answer", whole(soapOp, exchangesim.FaultAnswer{Truncate: true}), ewssoap.ConditionTruncated},
	{"an unknown version", func(w *world) { w.access.Version = "V2015_10_05" }, "InvalidRequest"},

	{"POX", plainly(nothing), pox(mail) + ews},
	{"POX redirectAddr", plainly(says(anna, exchangesim.Discovery{RedirectAddress: bert})), pox(mail) + ews + " for " + bert},
	{"POX redirectUrl", plainly(func(w *world) {
		w.sim.Fail(exchangesim.Fault{Operation: poxOp, Answer: exchangesim.FaultAnswer{ResponseCode: "RedirectUrl", RedirectTarget: pox(sub)}, Mailbox: anna})
	}), pox(sub) + ews},
	{"POX 302", plainly(func(w *world) { w.at("mail.contoso.test", poxOp, moved(302, pox(sub))) }), pox(sub) + ews},
	{"POX of an unknown user", plainly(says(anna, exchangesim.Discovery{Error: "InvalidUser"})), "500"},
	{"POX 501", plainly(says(anna, exchangesim.Discovery{Error: "501"})), "501"},
	{"POX 600", plainly(says(anna, exchangesim.Discovery{Error: "600"})), "600"},
	{"POX 601", plainly(says(anna, exchangesim.Discovery{Error: "601"})), "601"},
	{"POX 602", plainly(says(anna, exchangesim.Discovery{Error: "602"})), "602"},
	{"POX 603", plainly(says(anna, exchangesim.Discovery{Error: "603"})), "603"},
}

// chain redirects anna from address to address, n times.
func chain(n int) func(*world) {
	return func(w *world) {
		from := anna
		for i := 1; i <= n; i++ {
			to := fmt.Sprintf("a%d@contoso.test", i)
			w.sim.SetAutodiscover(from, exchangesim.Discovery{RedirectAddress: to})
			from = to
		}
		w.sim.AddMailbox(from, "ex01.contoso.test", "SITE-1")
	}
}

func TestWalk(t *testing.T) {
	for _, test := range walks {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, exchangesim.Config{}, func(w *world) {
				test.prepare(w)
				if have := w.ask(anna); have != test.want {
					t.Errorf("have %s\nwant %s", have, test.want)
				}
			})
		})
	}
}

// A refused login ends the walk for a password, and one host for a token.
func TestWalkWithCredentials(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(*world)
		want    string
	}{
		{"right", func(w *world) { w.password("secret") }, apex + ews},
		{"wrong password", func(w *world) { w.password("guess") }, "HTTP 401"},
		{"401 at one host, to a password", func(w *world) {
			w.password("secret")
			w.at("contoso.test", "", exchangesim.FaultAnswer{Status: 401})
		}, "HTTP 401"},
		{"401 at one host, to a token", func(w *world) {
			w.access.Auth = ewssoap.BearerAuth(func(context.Context) (string, error) { return "token", nil })
			w.options.Bearer = true
			w.at("contoso.test", "", exchangesim.FaultAnswer{Status: 401})
		}, sub + ews},
		{"the redirect by http needs no login", func(w *world) {
			w.password("secret")
			w.no("contoso.test", "")
			w.no("autodiscover.contoso.test", soapOp)
			w.at("autodiscover.contoso.test", getOp, moved(302, pox(mail)))
		}, mail + ews},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := exchangesim.Config{Accounts: map[string]string{"svc": "secret"}, BearerTokens: []string{"token"}}
			inWorld(t, cfg, func(w *world) {
				test.prepare(w)
				if have := w.ask(anna); have != test.want {
					t.Errorf("have %s\nwant %s", have, test.want)
				}
			})
		})
	}
}

// Batches: what the service leaves out, refuses as too many, or wants to be asked later, has an answer in the end.
func TestBatches(t *testing.T) {
	for _, test := range []struct {
		name     string
		cfg      exchangesim.Config
		prepare  func(*world)
		want     string // of anna, bert and cora
		requests uint64
	}{
		{"whole", exchangesim.Config{}, nothing, "ok ok ok", 1},
		{"one unknown", exchangesim.Config{}, says(bert, exchangesim.Discovery{Error: "InvalidUser"}), "ok InvalidUser ok", 1},
		{"too many", exchangesim.Config{MaxDiscoveredUsers: 1}, nothing, "ok ok ok", 4},
		{"cut short", exchangesim.Config{}, func(w *world) {
			w.sim.Fail(exchangesim.Fault{Operation: soapOp, Answer: exchangesim.FaultAnswer{Users: 1}})
		}, "ok ok ok", 2},
		{"one busy", exchangesim.Config{}, func(w *world) {
			w.sim.Fail(exchangesim.Fault{Operation: soapOp, Mailbox: cora, Answer: exchangesim.FaultAnswer{ResponseCode: "ServerBusy"}})
		}, "ok ok ok", 2},
		{"busy once", exchangesim.Config{}, func(w *world) {
			w.sim.Fail(exchangesim.Fault{Operation: soapOp, Answer: exchangesim.FaultAnswer{ResponseCode: "ServerBusy"}})
		}, "ok ok ok", 2},
		{"plain XML", exchangesim.Config{Profile: exchangesim.Gromox}, says(cora, exchangesim.Discovery{Error: "InvalidUser"}), "ok ok 404", 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, test.cfg, func(w *world) {
				test.prepare(w)
				results, err := w.client().All(w.t.Context(), []string{anna, bert, cora}, autodiscover.Pace{})
				if err != nil {
					t.Fatal(err)
				}
				var have []string
				for _, r := range results {
					line := tell(r)
					if strings.Contains(line, strings.TrimSuffix(ews, " SITE-1")) {
						line = "ok"
					}
					have = append(have, line)
				}
				counts := w.sim.Counts().Requests
				if have := strings.Join(have, " "); have != test.want || counts[soapOp]+counts[poxOp] != test.requests {
					t.Errorf("have %s after %d requests, want %s after %d", have, counts[soapOp]+counts[poxOp], test.want, test.requests)
				}
			})
		})
	}
}
