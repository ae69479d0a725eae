package exchangesim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

const poxRequest = `<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>%s</EMailAddress>` +
	`<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`

func (c *client) pox(address string) answer {
	c.t.Helper()
	return c.do(c.post("/autodiscover/autodiscover.xml", fmt.Sprintf(poxRequest, address)))
}

// TestDiscoveries: what is said of an address, in both protocols, by the API of Go and by that of control.
func TestDiscoveries(t *testing.T) {
	const emil = "emil@sim.test" // has no mailbox
	for _, test := range []struct {
		name    string
		address string
		says    exchangesim.Discovery
		soap    string // code, target and settings
		pox     string // must be in the answer
	}{
		{"ordinary", anna, exchangesim.Discovery{}, "NoError [{ExternalEwsUrl http://mail.sim.test/EWS/Exchange.asmx} {GroupingInformation CONTOSO-1}]", "<Action>settings<"},
		{"another address", emil, exchangesim.Discovery{RedirectAddress: "emil@cloud.test"}, "RedirectAddress emil@cloud.test []", "<Action>redirectAddr</Action><RedirectAddr>emil@cloud.test<"},
		{"another service", anna, exchangesim.Discovery{RedirectURL: "https://b.test/autodiscover/autodiscover.svc"},
			"RedirectUrl https://b.test/autodiscover/autodiscover.svc []", "<Action>redirectUrl</Action><RedirectUrl>https://b.test/autodiscover/autodiscover.svc<"},
		{"unknown", anna, exchangesim.Discovery{Error: "InvalidUser"}, "InvalidUser []", "<ErrorCode>500<"},
		{"busy", anna, exchangesim.Discovery{Error: "ServerBusy"}, "ServerBusy []", "<ErrorCode>603<"},
		{"not federated", anna, exchangesim.Discovery{Error: "NotFederated"}, "NotFederated []", "<ErrorCode>501<"},
		{"nothing to offer", anna, exchangesim.Discovery{Error: "501"}, "InvalidUser []", "<ErrorCode>501<"},
		{"misconfigured", anna, exchangesim.Discovery{Error: "602"}, "InternalServerError []", "<ErrorCode>602<"},
		{"another forest", anna, exchangesim.Discovery{EWSURL: "https://b.test/EWS/Exchange.asmx", Without: []string{"GroupingInformation"}},
			"NoError [{ExternalEwsUrl https://b.test/EWS/Exchange.asmx}]", "<Type>EXPR</Type><EwsUrl>https://b.test/EWS/Exchange.asmx</EwsUrl></Protocol>"},
		{"no URL", anna, exchangesim.Discovery{Without: []string{"ExternalEwsUrl"}}, "NoError [{GroupingInformation CONTOSO-1}]",
			"<Type>EXPR</Type><GroupingInformation>CONTOSO-1</GroupingInformation></Protocol>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				check := func(by string) {
					t.Helper()
					u := c.discover(test.address).Users[0]
					if have := strings.Join(strings.Fields(fmt.Sprint(u.Code, " ", u.Redirect, " ", u.Settings)), " "); have != test.soap {
						t.Errorf("%s: SOAP: have %s, want %s", by, have, test.soap)
					}
					if a := c.pox(test.address); a.status != 200 || !strings.Contains(a.body, test.pox) {
						t.Errorf("%s: POX: have %d %s, want %s", by, a.status, a.body, test.pox)
					}
				}
				s.SetAutodiscover(strings.ToUpper(test.address), test.says)
				check("Go")
				s.SetAutodiscover(test.address, exchangesim.Discovery{Error: "InternalServerError"})
				body, err := json.Marshal(struct {
					Mailbox string `json:"mailbox"`
					exchangesim.Discovery
				}{test.address, test.says})
				if err != nil {
					t.Fatal(err)
				}
				c.control("autodiscover", string(body), nil)
				check("control")
			})
		})
	}
}

func TestRequestsOfGetUserSettingsAreRefused(t *testing.T) {
	one := settingsRequest(anna)
	const version = "<a:RequestedServerVersion>Exchange2013</a:RequestedServerVersion>"
	for _, test := range []struct{ name, request, code string }{
		{"as many as allowed", settingsRequest(anna, bert), "NoError"},
		{"one too many", settingsRequest(anna, bert, cora), "InvalidRequest"},
		{"no version", strings.Replace(one, version, "", 1), "InvalidRequest"},
		{"a version of EWS", strings.Replace(one, version, strings.Replace(version, "Exchange2013", "V2015_10_05", 1), 1), "InvalidRequest"},
		{"a late version", strings.Replace(one, version, strings.Replace(version, "Exchange2013", "Exchange2016", 1), 1), "NoError"},
		{"no users", settingsRequest(), "InvalidRequest"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{MaxDiscoveredUsers: 2}, func(t *testing.T, s *exchangesim.Server, c *client) {
				a := c.do(c.post("/autodiscover/autodiscover.svc", test.request))
				if want := "<Response xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"><ErrorCode>" + test.code + "<"; a.status != 200 || !strings.Contains(a.body, want) {
					t.Errorf("have %d %s, want %s", a.status, a.body, test.code)
				}
			})
		})
	}
}

// EXHTTP is for who asks, of servers that know it. gromox has one form for all, as recorded.
func TestProtocolsOfPOX(t *testing.T) {
	for _, test := range []struct {
		profile exchangesim.Profile
		asks    string
		want    string
	}{
		{exchangesim.Exchange2019, "", "EXCH EXPR"},
		{exchangesim.Exchange2019, "Negotiate, exhttpinfo", "EXCH EXPR EXHTTP"},
		{exchangesim.Exchange2019, "Negotiate", "EXCH EXPR"},
		{exchangesim.Exchange2013, "ExHttpInfo", "EXCH EXPR"}, // 15.0.847
		{exchangesim.Exchange2010, "ExHttpInfo", "EXCH EXPR"},
		{exchangesim.Gromox, "", "EXHTTP EXCH EXPR"},
	} {
		t.Run(string(test.profile)+" "+test.asks, func(t *testing.T) {
			bubble(t, exchangesim.Config{Profile: test.profile}, func(t *testing.T, s *exchangesim.Server, c *client) {
				r := c.post("/autodiscover/autodiscover.xml", fmt.Sprintf(poxRequest, anna))
				r.Header.Set("X-ClientCanHandle", test.asks)
				var kinds []string
				for _, part := range strings.Split(c.do(r).body, "<Type>")[1:] {
					kind, _, _ := strings.Cut(part, "<")
					kinds = append(kinds, kind)
				}
				if have := strings.Join(kinds, " "); have != test.want {
					t.Errorf("have %s, want %s", have, test.want)
				}
				unknown := map[bool]string{true: "<ErrorCode>404<", false: "<ErrorCode>500<"}[test.profile == exchangesim.Gromox]
				if a := c.pox("nobody@sim.test"); !strings.Contains(a.body, unknown) {
					t.Errorf("unknown: have %s, want %s", a.body, unknown)
				}
			})
		})
	}
}

// TestGETIsAnsweredWithoutCredentials: a fault answers it, at the host it is for alone, before anybody logs in.
func TestGETIsAnsweredWithoutCredentials(t *testing.T) {
	bubble(t, exchangesim.Config{Accounts: map[string]string{"svc": "x"}}, func(t *testing.T, s *exchangesim.Server, c *client) {
		c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		const target = "https://mail.sim.test/autodiscover/autodiscover.xml"
		s.Fail(exchangesim.Fault{Operation: "AutodiscoverGET", Host: "Autodiscover.sim.test", Times: -1,
			Answer: exchangesim.FaultAnswer{Status: 302, Header: map[string]string{"Location": target}}})
		s.Fail(exchangesim.Fault{Answer: exchangesim.FaultAnswer{ResponseCode: "ServerBusy"}}) // is nothing for a GET
		for host, want := range map[string]int{"autodiscover.sim.test:80": 302, "sim.test": 401} {
			r, err := http.NewRequest(http.MethodGet, "http://"+host+"/autodiscover/autodiscover.xml", nil)
			if err != nil {
				t.Fatal(err)
			}
			a := c.do(r)
			if a.status != want || (a.header.Get("Location") == target) != (want == 302) || a.header.Get("X-SOAP-Enabled") == "" {
				t.Errorf("%s: have %d %v, want %d", host, a.status, a.header, want)
			}
		}
		if faults := s.Faults(); len(faults) != 2 {
			t.Errorf("have %+v, want both", faults)
		}
		if last := s.Truth().Requests[0]; last.Operation != "AutodiscoverGET" {
			t.Errorf("recorded as %q", last.Operation)
		}
	})
}

// A fault is for requests to its host, of EWS too.
func TestFaultOfAHost(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		s.Fail(exchangesim.Fault{Host: "other.test", Times: -1, Answer: exchangesim.FaultAnswer{SOAPFault: "ErrorServerBusy"}})
		for base, want := range map[string]string{"http://mail.sim.test": "NoError", "http://OTHER.test:81": "ErrorServerBusy"} {
			c.base = base
			if have := c.do(c.request(as(anna), getInbox)).code; have != want {
				t.Errorf("%s: have %s, want %s", base, have, want)
			}
		}
	})
}

// TestControlOfAccess: impersonation and delegates by the control API.
func TestControlOfAccess(t *testing.T) {
	bubble(t, exchangesim.Config{Accounts: map[string]string{"svc": "x"}}, func(t *testing.T, s *exchangesim.Server, c *client) {
		svc := call{user: "svc:x"}
		c.control("delegate", `{"mailbox":"bert@sim.test","account":"svc","permission":"reviewer","folders":["inbox"]}`, nil)
		if have := c.do(c.request(svc, getFolder(ofBert("inbox")))).code; have != "NoError" {
			t.Errorf("delegate: have %s", have)
		}
		c.control("impersonation", `{"mailbox":"anna@sim.test","accounts":[]}`, nil)
		svc.impersonate = anna
		if have := c.do(c.request(svc, getInbox)).code; have != "ErrorImpersonateUserDenied" {
			t.Errorf("impersonation: have %s", have)
		}
	})
}
