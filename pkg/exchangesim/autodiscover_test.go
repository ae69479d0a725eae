package exchangesim_test

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

const settingsFormat = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="http://schemas.microsoft.com/exchange/2010/Autodiscover">
<s:Header><a:RequestedServerVersion>Exchange2013</a:RequestedServerVersion></s:Header><s:Body><a:GetUserSettingsRequestMessage><a:Request>
<a:Users>%s</a:Users><a:RequestedSettings><a:Setting>ExternalEwsUrl</a:Setting><a:Setting>GroupingInformation</a:Setting><a:Setting>Colour</a:Setting></a:RequestedSettings>
</a:Request></a:GetUserSettingsRequestMessage></s:Body></s:Envelope>`

// discovered is the answer of GetUserSettings.
type discovered struct {
	Code  string `xml:"Body>GetUserSettingsResponseMessage>Response>ErrorCode"`
	Users []struct {
		Code     string                         `xml:"ErrorCode"`
		Redirect string                         `xml:"RedirectTarget"`
		Settings []struct{ Name, Value string } `xml:"UserSettings>UserSetting"`
		Errors   []struct {
			Code string `xml:"ErrorCode"`
			Name string `xml:"SettingName"`
		} `xml:"UserSettingErrors>UserSettingError"`
	} `xml:"Body>GetUserSettingsResponseMessage>Response>UserResponses>UserResponse"`
}

func settingsRequest(users ...string) string {
	var b strings.Builder
	for _, u := range users {
		b.WriteString("<a:User><a:Mailbox>" + u + "</a:Mailbox></a:User>")
	}
	return fmt.Sprintf(settingsFormat, &b)
}

func (c *client) discover(users ...string) discovered {
	c.t.Helper()
	a := c.do(c.post("/autodiscover/autodiscover.svc", settingsRequest(users...)))
	var d discovered
	if err := xml.Unmarshal([]byte(a.body), &d); err != nil || a.status != 200 {
		c.t.Fatalf("%d %v: %s", a.status, err, a.body)
	}
	return d
}

// codes returns the level-2 codes.
func (d discovered) codes() []string {
	var codes []string
	for _, u := range d.Users {
		codes = append(codes, u.Code)
	}
	return codes
}

func TestGetUserSettings(t *testing.T) {
	bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
		s.AddMailbox("emil@sim.test", ex01, "")
		d := c.discover(anna, "nobody@sim.test", "EMIL@sim.test")
		if want := []string{"NoError", "InvalidUser", "NoError"}; d.Code != "NoError" || !slices.Equal(d.codes(), want) {
			t.Fatalf("codes: have %s %q, want %q", d.Code, d.codes(), want)
		}
		if have, want := fmt.Sprint(d.Users[0].Settings), "[{ExternalEwsUrl http://mail.sim.test/EWS/Exchange.asmx} {GroupingInformation CONTOSO-1}]"; have != want {
			t.Errorf("settings: have %s, want %s", have, want)
		}
		if have, want := fmt.Sprint(d.Users[2].Errors), "[{SettingIsNotAvailable GroupingInformation} {InvalidSetting Colour}]"; have != want {
			t.Errorf("errors: have %s, want %s", have, want)
		}
	})
}

func TestExternalURL(t *testing.T) {
	bubble(t, exchangesim.Config{ExternalURL: "https://mail.example.com/"}, func(t *testing.T, s *exchangesim.Server, c *client) {
		if have, want := c.discover(anna).Users[0].Settings[0].Value, "https://mail.example.com/EWS/Exchange.asmx"; have != want {
			t.Errorf("have %s, want %s", have, want)
		}
	})
}

func TestFaultsOfAutodiscover(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault exchangesim.Fault
		code  string
		users []string
	}{
		{"request", exchangesim.Fault{Answer: exchangesim.FaultAnswer{ResponseCode: "ServerBusy"}}, "ServerBusy", nil},
		{"user", exchangesim.Fault{Mailbox: bert, Answer: exchangesim.FaultAnswer{ResponseCode: "ServerBusy"}}, "NoError", []string{"NoError", "ServerBusy", "NoError"}},
		{"redirect", exchangesim.Fault{Mailbox: anna, Answer: exchangesim.FaultAnswer{ResponseCode: "RedirectAddress", RedirectTarget: "anna@cloud.test"}},
			"NoError", []string{"RedirectAddress", "NoError", "NoError"}},
		{"short list", exchangesim.Fault{Answer: exchangesim.FaultAnswer{Users: 2}}, "NoError", []string{"NoError", "NoError"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				test.fault.Operation = "GetUserSettings"
				s.Fail(test.fault)
				d := c.discover(anna, bert, cora)
				if d.Code != test.code || !slices.Equal(d.codes(), test.users) {
					t.Errorf("have %s %q, want %s %q", d.Code, d.codes(), test.code, test.users)
				}
				if test.name == "redirect" && d.Users[0].Redirect != "anna@cloud.test" {
					t.Errorf("redirect to %q", d.Users[0].Redirect)
				}
				if have := c.discover(anna).codes(); !slices.Equal(have, []string{"NoError"}) {
					t.Errorf("afterwards: %q", have)
				}
			})
		})
	}
}

func TestAutodiscoverAsksForCredentials(t *testing.T) {
	bubble(t, exchangesim.Config{Accounts: map[string]string{"svc": "x"}}, func(t *testing.T, s *exchangesim.Server, c *client) {
		r := c.post("/autodiscover/autodiscover.svc", settingsRequest(anna))
		if a := c.do(r); a.status != 401 || a.header.Get("X-SOAP-Enabled") == "" {
			t.Errorf("have %d %v", a.status, a.header)
		}
		r = c.post("/Autodiscover/Autodiscover.svc", settingsRequest(anna))
		r.SetBasicAuth("svc", "x")
		if a := c.do(r); a.status != 200 {
			t.Errorf("have %d %s", a.status, a.body)
		}
	})
}

func TestPOX(t *testing.T) {
	const request = `<Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>%s</EMailAddress>` +
		`<AcceptableResponseSchema>http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a</AcceptableResponseSchema></Request></Autodiscover>`
	for _, test := range []struct {
		name, request string
		answer        exchangesim.FaultAnswer
		want          string
	}{
		{"settings", fmt.Sprintf(request, anna), exchangesim.FaultAnswer{}, "<Type>EXPR</Type><EwsUrl>http://mail.sim.test/EWS/Exchange.asmx</EwsUrl><GroupingInformation>CONTOSO-1</GroupingInformation>"},
		{"unknown", fmt.Sprintf(request, "nobody@sim.test"), exchangesim.FaultAnswer{}, "<ErrorCode>500</ErrorCode>"},
		{"no request", "<Autodiscover/>", exchangesim.FaultAnswer{}, "<ErrorCode>600</ErrorCode>"},
		{"other schema", strings.ReplaceAll(fmt.Sprintf(request, anna), "2006a", "2010"), exchangesim.FaultAnswer{}, "<ErrorCode>601</ErrorCode>"},
		{"redirect", fmt.Sprintf(request, anna), exchangesim.FaultAnswer{ResponseCode: "RedirectAddress", RedirectTarget: "a@b.test"}, "<Action>redirectAddr</Action><RedirectAddr>a@b.test</RedirectAddr>"},
		{"redirect to a URL", fmt.Sprintf(request, anna), exchangesim.FaultAnswer{ResponseCode: "RedirectUrl", RedirectTarget: "https://b.test/"}, "<Action>redirectUrl</Action><RedirectUrl>https://b.test/</RedirectUrl>"},
		{"error", fmt.Sprintf(request, anna), exchangesim.FaultAnswer{ResponseCode: "603"}, "<ErrorCode>603</ErrorCode>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, exchangesim.Config{}, func(t *testing.T, s *exchangesim.Server, c *client) {
				if test.answer.ResponseCode != "" {
					s.Fail(exchangesim.Fault{Operation: "AutodiscoverPOX", Mailbox: anna, Answer: test.answer})
				}
				if a := c.do(c.post("/autodiscover/autodiscover.xml", test.request)); a.status != 200 || !strings.Contains(a.body, test.want) {
					t.Errorf("have %d %s, want %s", a.status, a.body, test.want)
				}
			})
		})
	}
}
