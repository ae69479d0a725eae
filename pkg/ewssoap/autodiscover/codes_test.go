package autodiscover_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
)

// A code of the request, a status or a condition: what it makes of the walk. Beside apex, sub and plain XML on both would
// have the place.
func TestOutcomesOfARequest(t *testing.T) {
	const soap12 = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code></s:Fault></s:Body></s:Envelope>`
	nextHost, plainToo, final := []string{apex, sub}, []string{apex, sub, get, dns, xml(apex)}, []string{apex}
	tests := map[string]struct {
		answer   reply
		bearer   bool
		asked    []string
		outcome  string
		withPlan bool // sub has no SOAP service
	}{
		"ServerBusy":           {answer: answered("ServerBusy", ""), asked: final, outcome: "ServerBusy"},
		"InternalServerError":  {answer: answered("InternalServerError", ""), asked: final, outcome: "InternalServerError"},
		"InvalidRequest":       {answer: answered("InvalidRequest", ""), asked: final, outcome: "InvalidRequest"},
		"an unknown code":      {answer: answered("Strange", ""), asked: final, outcome: "Strange"},
		"a SOAP fault":         {answer: body(500, soap12), asked: final, outcome: "Receiver"},
		"no code":              {answer: answered("", ""), asked: final, outcome: "malformed"},
		"a longer list":        {answer: answered("NoError", place+place), asked: final, outcome: "malformed"},
		"401, a password":      {answer: status(401), asked: final, outcome: "HTTP 401"},
		"401, a token":         {answer: status(401), bearer: true, asked: nextHost, outcome: "ok"},
		"401, a token, no XML": {answer: status(401), bearer: true, withPlan: true, asked: []string{apex, sub, get, dns, xml(sub)}, outcome: "ok"},
		"407":                  {answer: status(407), bearer: true, asked: final, outcome: "HTTP 407"},
		"456":                  {answer: status(456), bearer: true, asked: final, outcome: "HTTP 456"},
		"403":                  {answer: status(403), asked: nextHost, outcome: "ok"},
		"403, no XML":          {answer: status(403), withPlan: true, asked: []string{apex, sub, get, dns, xml(sub)}, outcome: "ok"},
		"440":                  {answer: status(440), asked: nextHost, outcome: "ok"},
		"404":                  {answer: status(404), asked: nextHost, outcome: "ok"},
		"404, XML":             {answer: status(404), withPlan: true, asked: plainToo, outcome: "ok"},
		"503":                  {answer: status(503), asked: nextHost, outcome: "ok"},
		"HTML":                 {answer: body(200, "<html/>"), withPlan: true, asked: plainToo, outcome: "ok"},
		"no connection":        {answer: broken, asked: nextHost, outcome: "ok"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			n := on(map[string]reply{apex: test.answer, sub: settings(), xml(apex): poxPlace, xml(sub): poxPlace})
			if test.withPlan {
				n.set(sub, status(404))
			}
			_, err := n.client(autodiscover.Options{Bearer: test.bearer}).Discover(t.Context(), anna)
			equal(t, "asked", n.taken(), test.asked)
			if outcome(err) != test.outcome {
				t.Errorf("have %v, want %s", err, test.outcome)
			}
		})
	}
}

// Nothing more is asked of a host that denied a request, at whatever URL.
func TestADeniedHostIsLeftAlone(t *testing.T) {
	const other = "https://contoso.com/other/autodiscover.svc"
	n := on(map[string]reply{apex: status(404), sub: to(other), other: status(403), xml(apex): poxPlace})
	if _, err := n.client(autodiscover.Options{}).Discover(t.Context(), anna); outcome(err) != "HTTP 403" {
		t.Errorf("have %v", err)
	}
	equal(t, "asked", n.taken(), []string{apex, sub, other, get, dns})
}

func TestTheFailureThatTellsMost(t *testing.T) {
	tests := map[string]struct {
		apex, sub reply
		outcome   string
	}{
		"nothing is there":           {nil, nil, nowhere},
		"a website":                  {status(404), nil, "HTTP 404"},
		"a website, and an outage":   {status(404), broken, "reset"},
		"the first of two":           {status(404), status(405), "HTTP 404"},
		"overloaded before refused":  {status(403), status(503), "HTTP 503"},
		"a foreign host before that": {to(cloud), status(503), "host-not-allowed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			n := on(map[string]reply{})
			n.replies[apex], n.replies[sub] = test.apex, test.sub
			_, err := n.client(autodiscover.Options{}).Discover(t.Context(), anna)
			var walk *autodiscover.WalkError
			if !errors.As(err, &walk) || walk.Domain != "contoso.com" || outcome(err) != test.outcome {
				t.Fatalf("have %v, want %s", err, test.outcome)
			}
			if text := err.Error(); !strings.Contains(text, apex) || !strings.Contains(text, sub) {
				t.Errorf("have %s, want every endpoint tried", text)
			}
		})
	}
}

// The codes about a user, and about a setting.
func TestOutcomesOfAUser(t *testing.T) {
	lacking := "<UserResponse><ErrorCode>NoError</ErrorCode><UserSettingErrors><UserSettingError><ErrorCode>SettingIsNotAvailable</ErrorCode>" +
		"<SettingName>GroupingInformation</SettingName></UserSettingError></UserSettingErrors><UserSettings/></UserResponse>"
	n := on(map[string]reply{apex: settings(user("InvalidUser", ""), user("ServerBusy", ""), user("InternalServerError", ""), lacking, place)})
	results, err := n.client(autodiscover.Options{}).Discover(t.Context(), users(5)...)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"InvalidUser", "ServerBusy", "InternalServerError", "ok", "ok"} {
		if outcome(results[i].Err) != want || !results[i].Answered {
			t.Errorf("user %d: have %+v, want %s", i, results[i], want)
		}
	}
	if _, there := results[3].Settings["GroupingInformation"]; there {
		t.Errorf("have %v, want the setting absent", results[3].Settings)
	}
	located(t, results[4])
}

func TestOutcomesOfPlainXML(t *testing.T) {
	tests := map[string]struct{ request, user string }{
		"500": {"ok", "500"}, "501": {"ok", "501"}, "404": {"ok", "404"},
		"600": {"600", ""}, "601": {"601", ""}, "602": {"602", ""}, "603": {"603", ""},
	}
	for code, want := range tests {
		n := on(map[string]reply{xml(apex): poxError(code)})
		results, err := n.client(autodiscover.Options{URL: xml(apex)}).Discover(t.Context(), anna)
		if outcome(err) != want.request {
			t.Errorf("%s: have %v, want %s", code, err, want.request)
		}
		if err == nil && outcome(results[0].Err) != want.user {
			t.Errorf("%s: have %v, want %s", code, results[0].Err, want.user)
		}
	}
}

// inTurn gives one reply after the other, and the last again.
func inTurn(replies ...reply) reply {
	next := 0
	return func(r *http.Request) (*http.Response, error) {
		answer := replies[min(next, len(replies)-1)]
		next++
		return answer(r)
	}
}

func TestPlainXMLAsksOneByOne(t *testing.T) {
	for name, test := range map[string]struct {
		third    reply
		outcome  string
		answered int
	}{
		"all":             {poxPlace, "ok", 4},
		"one is unknown":  {poxError("500"), "ok", 4},
		"then it is busy": {poxError("603"), "ok", 2},
		"then it breaks":  {broken, "ok", 2},
		"then the login":  {status(401), "HTTP 401", 0},
	} {
		t.Run(name, func(t *testing.T) {
			n := on(map[string]reply{xml(apex): inTurn(poxPlace, poxPlace, test.third, poxPlace)})
			results, err := n.client(autodiscover.Options{URL: xml(apex)}).Discover(t.Context(), users(4)...)
			have := 0
			for _, r := range results {
				if r.Answered {
					have++
				}
			}
			if outcome(err) != test.outcome || have != test.answered {
				t.Errorf("have %v and %d answered, want %s and %d", err, have, test.outcome, test.answered)
			}
		})
	}
}

func TestWhatCannotBeAsked(t *testing.T) {
	n := on(map[string]reply{apex: settings()})
	c := n.client(autodiscover.Options{})
	for _, addresses := range [][]string{{"anna"}, {"@contoso.com"}, {"anna@"}, {"anna@a/b"}, {"anna@[::1]"}, {"anna@ab..c"}, {"a b@contoso.com"}, {anna, "bert@fabrikam.com"}} {
		if _, err := c.Discover(t.Context(), addresses...); err == nil {
			t.Errorf("%q: have no error", addresses)
		}
	}
	if results, err := c.Discover(t.Context()); err != nil || len(results) > 0 || len(n.taken()) > 0 {
		t.Errorf("nobody: have %v, %v", results, err)
	}
}

// failing is a service without credentials.
type failing struct{ err error }

func (f failing) GetUserSettings(context.Context, string, ewssoap.GetUserSettingsRequest) (*ewssoap.GetUserSettingsResponse, error) {
	return nil, f.err
}

func (f failing) AutodiscoverPOX(context.Context, string, string) (*ewssoap.POXResponse, error) {
	return nil, f.err
}

// An error of the service's own, and one without a request, end the walk as they are.
func TestErrorsBeforeARequestEndTheWalk(t *testing.T) {
	for _, want := range []error{errors.New("the login waits"), &ewssoap.Error{Code: ewssoap.ConditionAuthorizer}, &ewssoap.Error{Code: ewssoap.ConditionRequest}} {
		n, steps := on(nil), 0
		c := autodiscover.New(autodiscover.Options{Service: failing{want}, Plain: n, Resolver: n, Observe: func(autodiscover.Step) { steps++ }})
		if _, err := c.Discover(t.Context(), anna); err != want || steps != 1 || len(n.taken()) > 0 {
			t.Errorf("have %v after %d steps, want %v after one", err, steps, want)
		}
	}
}

func TestCheckAllow(t *testing.T) {
	for pattern, good := range map[string]bool{"mail.hoster.test": true, "*.outlook.com": true, "localhost": true, "": false, "*": false, "*.": false,
		"*.com": false, "a.*.com": false, "https://a.b": false, "a.b:443": false, "a b": false, "*a.b": false, ".a.b": false} {
		if have := autodiscover.CheckAllow(pattern) == nil; have != good {
			t.Errorf("%q: have %v, want %v", pattern, have, good)
		}
	}
}
