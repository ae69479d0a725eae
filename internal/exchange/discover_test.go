package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/internal/discoverer"
	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

const autodiscover = base + "/autodiscover/autodiscover.svc"

func TestDiscoverOfASimulatedOrganisation(t *testing.T) {
	_, client := newSim(t, exchangesim.Config{ExternalURL: base})
	a := exchange.New(exchange.Config{AutodiscoverURL: autodiscover}, client)
	have, err := a.Discover(t.Context(), []messages.Address{cora, "nobody@sim.test", anna})
	if err != nil {
		t.Fatal(err)
	}
	checkPlaces(t, have, discoverer.Answer{Mailbox: cora, URL: ews, Grouping: "Site-B"},
		discoverer.Answer{Mailbox: "nobody@sim.test", Fault: &ewsaffinity.Fault{Code: "InvalidUser"}},
		discoverer.Answer{Mailbox: anna, URL: ews, Grouping: "Site-A"})
}

// checkPlaces compares answers; of a fault only the code.
func checkPlaces(t *testing.T, have []discoverer.Answer, want ...discoverer.Answer) {
	t.Helper()
	if len(have) != len(want) {
		t.Fatalf("want %d answers, have %+v", len(want), have)
	}
	for i, w := range want {
		h := have[i]
		if h.Mailbox != w.Mailbox || h.URL != w.URL || h.Grouping != w.Grouping || (h.Fault == nil) != (w.Fault == nil) {
			t.Errorf("want %+v, have %+v", w, h)
			continue
		}
		if w.Fault != nil && (h.Fault.Code != w.Fault.Code || h.Fault.Mailbox != w.Mailbox || h.Fault.Op != ewsaffinity.OpDiscover) {
			t.Errorf("want the fault %s of %s, have %+v", w.Fault.Code, w.Mailbox, h.Fault)
		}
	}
}

func TestAFixedEndpointAsksNobody(t *testing.T) {
	a := over(exchange.Config{URL: ews}, func(r *http.Request) (*http.Response, error) {
		t.Errorf("asked %s", r.URL)
		return answer(500, ""), nil
	})
	have, err := a.Discover(t.Context(), []messages.Address{anna, cora})
	if err != nil {
		t.Fatal(err)
	}
	checkPlaces(t, have, discoverer.Answer{Mailbox: anna, URL: ews}, discoverer.Answer{Mailbox: cora, URL: ews})
}

// settings answers GetUserSettings with a response for each of the users.
func settings(users ...string) string {
	return settingsOf("NoError", users...)
}

func settingsOf(code string, users ...string) string {
	return soap(`<GetUserSettingsResponseMessage><Response><ErrorCode>` + code + `</ErrorCode><ErrorMessage/><UserResponses>` +
		strings.Join(users, "") + `</UserResponses></Response></GetUserSettingsResponseMessage>`)
}

// user is one user's response. values alternates names and values of settings.
func user(code, redirect string, values ...string) string {
	var all strings.Builder
	for i := 0; i < len(values); i += 2 {
		fmt.Fprintf(&all, "<UserSetting><Name>%s</Name><Value>%s</Value></UserSetting>", values[i], values[i+1])
	}
	return "<UserResponse><ErrorCode>" + code + "</ErrorCode><ErrorMessage>in words</ErrorMessage><RedirectTarget>" + redirect +
		"</RedirectTarget><UserSettings>" + all.String() + "</UserSettings></UserResponse>"
}

func TestAnswersOfUsers(t *testing.T) {
	tests := []struct {
		name string
		user string
		want discoverer.Answer
		text string // of the fault
	}{
		{"a place", user("NoError", "", "ExternalEwsUrl", "https://ext/", "InternalEwsUrl", "https://int/", "GroupingInformation", "S"),
			discoverer.Answer{URL: "https://ext/", Grouping: "S"}, ""},
		{"without an external URL", user("NoError", "", "InternalEwsUrl", "https://int/", "GroupingInformation", "S"),
			discoverer.Answer{URL: "https://int/", Grouping: "S"}, ""},
		{"without grouping", user("NoError", "", "ExternalEwsUrl", "https://ext/"), discoverer.Answer{URL: "https://ext/"}, ""},
		{"without any URL", user("NoError", "", "GroupingInformation", "S"),
			discoverer.Answer{Fault: &ewsaffinity.Fault{Code: "SettingIsNotAvailable"}}, "neither ExternalEwsUrl nor InternalEwsUrl"},
		{"redirected to another domain", user("RedirectAddress", "anna@tenant.test"),
			discoverer.Answer{Fault: &ewsaffinity.Fault{Code: "RedirectAddress"}}, "no credentials are sent to tenant.test"},
		{"redirected to no address", user("RedirectAddress", "anna"),
			discoverer.Answer{Fault: &ewsaffinity.Fault{Code: "RedirectAddress"}}, "not redirected to anna"},
		{"redirected to another host", user("RedirectUrl", "https://other/autodiscover.svc"),
			discoverer.Answer{Fault: &ewsaffinity.Fault{Code: "RedirectUrl"}}, "sent to other; allow that host, or configure the URL of the service (exchange.autodiscover.allow, "},
		{"unknown", user("InvalidUser", ""), discoverer.Answer{Fault: &ewsaffinity.Fault{Code: "InvalidUser"}}, "in words"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := over(exchange.Config{AutodiscoverURL: autodiscover}, answering(200, settings(test.user)))
			have, err := a.Discover(t.Context(), []messages.Address{anna})
			if err != nil {
				t.Fatal(err)
			}
			test.want.Mailbox = anna
			checkPlaces(t, have, test.want)
			if f := have[0].Fault; f != nil {
				contains(t, f.Text, test.text)
				if f.RequestID != "4711" && f.Code != "SettingIsNotAvailable" && test.name != "redirected to another domain" {
					t.Errorf("want the request's id, have %q", f.RequestID)
				}
			}
		})
	}
}

// TestAPlaceBehindARedirect: of each form, and only to where credentials may go.
func TestAPlaceBehindARedirect(t *testing.T) {
	const tenant = "https://tenant.test/autodiscover/autodiscover.svc"
	for name, first := range map[string]func() (*http.Response, error){
		"of the address": func() (*http.Response, error) {
			return answer(200, settings(user("RedirectAddress", "a@tenant.test"))), nil
		},
		"of the URL": func() (*http.Response, error) { return answer(200, settings(user("RedirectUrl", tenant))), nil },
		"of HTTP":    func() (*http.Response, error) { return answer(302, "", "Location", tenant), nil },
	} {
		for allow, want := range map[string]discoverer.Answer{
			"tenant.test": {Mailbox: anna, URL: "https://ext/"},
			"other.test":  {Mailbox: anna, Fault: &ewsaffinity.Fault{Code: "RedirectUrl"}},
		} {
			d := &domains{answers: map[string]func() (*http.Response, error){"sim.test": first, "autodiscover.sim.test": status(404), "tenant.test": works}}
			have, err := over(exchange.Config{Allow: []string{allow}}, d.RoundTrip).Discover(t.Context(), []messages.Address{anna})
			if err != nil {
				t.Fatal(err)
			}
			if name == "of the address" && want.Fault != nil {
				want.Fault = &ewsaffinity.Fault{Code: "RedirectAddress"}
			}
			checkPlaces(t, have, want)
		}
	}
}

// TestPlainXML of the simulator, which tells what its SOAP service tells.
func TestPlainXML(t *testing.T) {
	_, client := newSim(t, exchangesim.Config{ExternalURL: base})
	a := exchange.New(exchange.Config{AutodiscoverURL: base + "/autodiscover/autodiscover.xml"}, client)
	have, err := a.Discover(t.Context(), []messages.Address{cora, "nobody@sim.test", anna})
	if err != nil {
		t.Fatal(err)
	}
	checkPlaces(t, have, discoverer.Answer{Mailbox: cora, URL: ews, Grouping: "Site-B"},
		discoverer.Answer{Mailbox: "nobody@sim.test", Fault: &ewsaffinity.Fault{Code: "500"}},
		discoverer.Answer{Mailbox: anna, URL: ews, Grouping: "Site-A"})
}

// TestAShortAnswer: a throttled server's list ends early; the others are not answered.
func TestAShortAnswer(t *testing.T) {
	sim, client := newSim(t, exchangesim.Config{ExternalURL: base})
	sim.Fail(exchangesim.Fault{Operation: "GetUserSettings", Answer: exchangesim.FaultAnswer{Users: 2}})
	have, err := exchange.New(exchange.Config{AutodiscoverURL: autodiscover}, client).Discover(t.Context(), []messages.Address{bert, cora, anna})
	if err != nil {
		t.Fatal(err)
	}
	checkPlaces(t, have, discoverer.Answer{Mailbox: bert, URL: ews, Grouping: "Site-A"}, discoverer.Answer{Mailbox: cora, URL: ews, Grouping: "Site-B"})
}

func TestAnErrorOfTheWholeRequest(t *testing.T) {
	a := over(exchange.Config{AutodiscoverURL: autodiscover}, answering(200, settingsOf("ServerBusy")))
	have, err := a.Discover(t.Context(), []messages.Address{anna, bert})
	if f := asFault(t, err); have != nil || f.Op != ewsaffinity.OpDiscover || f.Code != "ServerBusy" || f.Mailbox != "" {
		t.Errorf("have %v, %+v", have, f)
	}
}

// domains is a set of Autodiscover endpoints that answer or fail by host.
type domains struct {
	answers map[string]func() (*http.Response, error)
	asked   []string
}

func (d *domains) RoundTrip(r *http.Request) (*http.Response, error) {
	d.asked = append(d.asked, r.URL.String())
	return d.answers[r.URL.Host]()
}

func works() (*http.Response, error) {
	return answer(200, settings(user("NoError", "", "ExternalEwsUrl", "https://ext/"))), nil
}

func status(code int) func() (*http.Response, error) {
	return func() (*http.Response, error) { return answer(code, ""), nil }
}

func TestEndpointsOfADomain(t *testing.T) {
	const first, second = "https://sim.test/autodiscover/autodiscover.svc", "https://autodiscover.sim.test/autodiscover/autodiscover.svc"
	busy := func() (*http.Response, error) { return answer(200, settingsOf("ServerBusy")), nil }
	invalid := func() (*http.Response, error) { return answer(200, settingsOf("InvalidRequest")), nil }
	broken := func() (*http.Response, error) { return nil, errors.New("no route") }
	plainXML := strings.Replace(first, ".svc", ".xml", 1)
	errorPage := func() (*http.Response, error) {
		return answer(302, "", "Location", "https://sim.test/ews/genericerrorpage.htm"), nil
	}
	tests := []struct {
		name          string
		basic         bool
		first, second func() (*http.Response, error)
		asked         []string
		code          ewsaffinity.Code // of the error; empty: none
	}{
		{"the first works", false, works, works, []string{first}, ""},
		{"the second works", false, status(404), works, []string{first, second}, ""},
		{"the first cannot be reached", false, broken, works, []string{first, second}, ""},
		{"none works: an outage counts", false, status(404), status(503), []string{first, second, plainXML}, "http-503"},
		{"busy is busy", false, busy, works, []string{first}, "ServerBusy"},
		{"a request that is refused is refused elsewhere too", false, invalid, works, []string{first}, "InvalidRequest"},
		{"a login that is refused is not tried elsewhere", true, status(401), works, []string{first}, ewsaffinity.CodeRefusedLogin},
		{"a token may be good elsewhere", false, status(401), works, []string{first, second}, ""},
		{"Exchange's error page", false, errorPage, errorPage, []string{first, second}, ewsaffinity.CodeErrorPage},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := &domains{answers: map[string]func() (*http.Response, error){"sim.test": test.first, "autodiscover.sim.test": test.second}}
			_, err := over(exchange.Config{Account: someAccount(test.basic)}, d.RoundTrip).Discover(t.Context(), []messages.Address{anna})
			if !slices.Equal(d.asked, test.asked) {
				t.Errorf("asked: want %v, have %v", test.asked, d.asked)
			}
			switch {
			case test.code == "" && err != nil:
				t.Errorf("want no error, have %v", err)
			case test.code != "" && asFault(t, err).Code != test.code:
				t.Errorf("want %s, have %v", test.code, err)
			}
			if f := new(ewsaffinity.Fault); errors.As(err, &f) && len(test.asked) > 1 {
				contains(t, f.Text, first, second)
			}
		})
	}
}

func TestWithoutCredentialsNoOtherEndpointIsTried(t *testing.T) {
	asked := 0
	client := ewssoap.NewClient(ewssoap.Options{Auth: ewssoap.BasicAuth("user", func() (string, error) {
		asked++
		return "", errors.New("no secret")
	})})
	_, err := exchange.New(exchange.Config{Account: someAccount(true)}, client).Discover(t.Context(), []messages.Address{anna})
	if f := asFault(t, err); f.Code != ewsaffinity.CodeAuthorizer || asked != 1 {
		t.Errorf("want %s after one request, have %+v after %d", ewsaffinity.CodeAuthorizer, f, asked)
	}
}

// TestTheEndpointThatWorkedIsAskedFirst, for each domain by itself, until another one works.
func TestTheEndpointThatWorkedIsAskedFirst(t *testing.T) {
	d := &domains{answers: map[string]func() (*http.Response, error){
		"sim.test": status(404), "autodiscover.sim.test": works, "other.test": works, "autodiscover.other.test": status(404)}}
	a := over(exchange.Config{}, d.RoundTrip)
	discover := func(mailbox messages.Address, want ...string) {
		t.Helper()
		d.asked = nil
		if _, err := a.Discover(t.Context(), []messages.Address{mailbox}); err != nil {
			t.Error(err)
		}
		var hosts []string
		for _, url := range d.asked {
			hosts = append(hosts, strings.TrimSuffix(strings.TrimPrefix(url, "https://"), "/autodiscover/autodiscover.svc"))
		}
		if !slices.Equal(hosts, want) {
			t.Errorf("asked: want %v, have %v", want, hosts)
		}
	}
	discover(anna, "sim.test", "autodiscover.sim.test")
	discover(bert, "autodiscover.sim.test")
	discover("someone@other.test", "other.test")
	d.answers["sim.test"], d.answers["autodiscover.sim.test"] = works, status(404)
	discover(anna, "autodiscover.sim.test", "sim.test")
	discover(anna, "sim.test")
}

func TestDiscoverStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	asked := 0
	a := over(exchange.Config{}, func(r *http.Request) (*http.Response, error) {
		asked++
		cancel()
		return nil, r.Context().Err()
	})
	if _, err := a.Discover(ctx, []messages.Address{anna}); !errors.Is(err, context.Canceled) || asked != 1 {
		t.Errorf("want one request and %v, have %d and %v", context.Canceled, asked, err)
	}
}
