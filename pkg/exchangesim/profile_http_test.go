package exchangesim_test

import (
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// The names of servers in the headers of an answer that failed and of one that did not.
func TestServersInHeaders(t *testing.T) {
	for _, test := range []struct {
		profile exchangesim.Profile
		want    map[string]string // by header
	}{
		{exchangesim.Exchange2019, map[string]string{"X-CalculatedBETarget": ex01, "X-BEServer": "EX01", "X-DiagInfo": "EX01", "X-FEServer": "EX01"}},
		{exchangesim.ExchangeOnline, map[string]string{"X-CalculatedBETarget": ex01, "X-BEServer": "EX01", "X-DiagInfo": "EX01",
			"X-FEServer": "EX01CA0002 EX01CA0001", "X-CalculatedFETarget": "ex01ca0002.sim.test", "X-FEProxyInfo": "EX01CA0001.SIM.TEST",
			"X-FEEFZInfo": "SIM", "X-Proxy-RoutingCorrectness": "1"}},
	} {
		t.Run(string(test.profile), func(t *testing.T) {
			bubble(t, exchangesim.Config{Profile: test.profile}, func(t *testing.T, s *exchangesim.Server, c *client) {
				wantHeaders(t, c.do(c.request(as(anna), getInbox)), test.want, "200")
				s.Fail(exchangesim.Fault{Answer: exchangesim.FaultAnswer{Busy: true}})
				wantHeaders(t, c.do(c.request(as(anna), getInbox)), test.want, "500")
				s.Fail(exchangesim.Fault{Answer: exchangesim.FaultAnswer{Status: 503}})
				wantHeaders(t, c.do(c.request(as(anna), getInbox)), test.want, "503")
				st := c.open(as(anna), 1, c.subscribe(as(anna)).subID)
				wantHeaders(t, answer{header: st.header}, test.want, "200")
				st.close()
			})
		})
	}
}

func wantHeaders(t *testing.T, a answer, want map[string]string, status string) {
	t.Helper()
	for name, value := range want {
		if have := strings.Join(a.header.Values(name), " "); have != value {
			t.Errorf("%s: have %q, want %q", name, have, value)
		}
	}
	if have := a.header.Get("X-BackEndHttpStatus"); have != "" && have != status {
		t.Errorf("X-BackEndHttpStatus: have %s, want %s", have, status)
	}
}

// The newest version of requests that each server knows, and what it says to one above.
func TestRequestVersionsOfProfiles(t *testing.T) {
	for _, test := range []struct {
		profile       exchangesim.Profile
		newest, above string
		code          string
	}{
		{exchangesim.Exchange2010, "Exchange2010_SP1", "Exchange2010_SP2", "ErrorInvalidServerVersion"},
		{exchangesim.Exchange2013, "Exchange2013_SP1", "Exchange2015", "ErrorInvalidServerVersion"},
		{exchangesim.Exchange2016, "V2016_10_10", "V2018_01_08", "ErrorInvalidServerVersion"},
		{exchangesim.Exchange2019, "V2016_10_10", "V2018_01_08", "ErrorInvalidRequest"},
		{exchangesim.ExchangeSE, "V2016_10_10", "Exchange2019", "ErrorInvalidRequest"},
		{exchangesim.ExchangeOnline, "V2016_10_10", "Exchange2019", "ErrorInvalidServerVersion"},
	} {
		t.Run(string(test.profile), func(t *testing.T) {
			bubble(t, exchangesim.Config{Profile: test.profile}, func(t *testing.T, s *exchangesim.Server, c *client) {
				o := as(anna)
				for version, code := range map[string]string{test.newest: "NoError", test.above: test.code} {
					o.version = version
					if a := c.do(c.request(o, subscribeAll)); a.code != code {
						t.Errorf("%s: have %d %s, want %s", version, a.status, a.code, code)
					}
				}
			})
		})
	}
}
