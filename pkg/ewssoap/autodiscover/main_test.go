package autodiscover_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/ewssoap/autodiscover"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	anna  = "anna@contoso.com"
	apex  = "https://contoso.com/autodiscover/autodiscover.svc"
	sub   = "https://autodiscover.contoso.com/autodiscover/autodiscover.svc"
	plain = "http://autodiscover.contoso.com/autodiscover/autodiscover.xml"
	mail  = "https://mail.contoso.com/autodiscover/autodiscover.svc"
	cloud = "https://autodiscover-s.outlook.com/autodiscover/autodiscover.svc"
	ews   = "https://mail.contoso.com/EWS/Exchange.asmx"
)

// xml is the plain-XML service beside a SOAP one.
func xml(url string) string { return strings.TrimSuffix(url, ".svc") + ".xml" }

// reply answers a request.
type reply func(*http.Request) (*http.Response, error)

// network is every host there is. Hosts that it does not know do not exist.
type network struct {
	mu      sync.Mutex
	replies map[string]reply // by URL
	srv     []*net.SRV
	asked   []string // URLs, those of requests without credentials after "GET "
	logins  []string // URLs that got an Authorization header
	lookups int
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	url := r.URL.String()
	n.mu.Lock()
	answer := n.replies[url]
	if r.Method == http.MethodGet {
		n.asked = append(n.asked, "GET "+url)
	} else {
		n.asked = append(n.asked, url)
	}
	if r.Header.Get("Authorization") != "" {
		n.logins = append(n.logins, url)
	}
	n.mu.Unlock()
	if answer == nil {
		return nil, &net.DNSError{Err: "no such host", Name: r.URL.Host, IsNotFound: true}
	}
	return answer(r)
}

func (n *network) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lookups++
	n.asked = append(n.asked, "_"+service+"._"+proto+"."+name)
	if len(n.srv) == 0 {
		return "", nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return name, n.srv, nil
}

// taken returns what was asked since it was called last.
func (n *network) taken() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	asked := n.asked
	n.asked = nil
	return asked
}

func (n *network) set(url string, r reply) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.replies[url] = r
}

// on is a network with answers by URL.
func on(replies map[string]reply) *network { return &network{replies: replies} }

// client looks for services on the network, with a password, or with a token.
func (n *network) client(o autodiscover.Options) *autodiscover.Client {
	secret := func() (string, error) { return "secret", nil }
	auth := ewssoap.BasicAuth("svc", secret)
	if o.Bearer {
		auth = ewssoap.BearerAuth(func(context.Context) (string, error) { return secret() })
	}
	o.Service = ewssoap.NewClient(ewssoap.Options{Calls: n, Streams: n, Auth: auth})
	o.Plain, o.Resolver = n, n
	if o.Random == nil {
		o.Random = func() float64 { return 0.5 }
	}
	return autodiscover.New(o)
}

func status(code int, header ...string) reply { return body(code, "", header...) }

// body is an answer. header alternates names and values.
func body(code int, text string, header ...string) reply {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: code, Status: fmt.Sprint(code, " ", http.StatusText(code)), Header: h, Request: r,
			ContentLength: int64(len(text)), Body: io.NopCloser(strings.NewReader(text)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}, nil
	}
}

func to(location string) reply { return status(http.StatusFound, "Location", location) }

func broken(*http.Request) (*http.Response, error) { return nil, errors.New("reset by peer") }

// settings answers GetUserSettings about as many users as are asked about: those named in order have the parts given,
// all others a place.
func settings(parts ...string) reply {
	return func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			return status(200)(r)
		}
		request, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		var users strings.Builder
		for i := range strings.Count(string(request), "<a:Mailbox>") {
			if i < len(parts) {
				users.WriteString(parts[i])
			} else {
				users.WriteString(place)
			}
		}
		return answered("NoError", users.String())(r)
	}
}

// answered is an answer of GetUserSettings with a code of the request.
func answered(code, users string) reply {
	return body(200, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetUserSettingsResponseMessage><Response><ErrorCode>`+code+
		`</ErrorCode><ErrorMessage>in words</ErrorMessage><UserResponses>`+users+`</UserResponses></Response></GetUserSettingsResponseMessage></s:Body></s:Envelope>`)
}

const place = "<UserResponse><ErrorCode>NoError</ErrorCode><UserSettings><UserSetting><Name>ExternalEwsUrl</Name><Value>" + ews +
	"</Value></UserSetting><UserSetting><Name>GroupingInformation</Name><Value>S</Value></UserSetting></UserSettings></UserResponse>"

// user is the part of an answer about one user.
func user(code, target string) string {
	return "<UserResponse><ErrorCode>" + code + "</ErrorCode><ErrorMessage>in words</ErrorMessage><RedirectTarget>" + target + "</RedirectTarget></UserResponse>"
}

// account is the answer of plain XML with an Account.
func account(content string) reply {
	return body(200, "<Autodiscover><Response><Account>"+content+"</Account></Response></Autodiscover>")
}

var poxPlace = account("<Action>settings</Action><Protocol><Type>EXPR</Type><EwsUrl>" + ews + "</EwsUrl><GroupingInformation>S</GroupingInformation></Protocol>")

func poxError(code string) reply {
	return body(200, "<Autodiscover><Response><Error><ErrorCode>"+code+"</ErrorCode></Error></Response></Autodiscover>")
}

// outcome is what became of a user or a request: a code, a reason, or "ok".
func outcome(err error) string {
	var e *ewssoap.Error
	var r *autodiscover.RedirectError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &r):
		return string(r.Reason)
	case errors.As(err, &e):
		return e.Code
	}
	return err.Error()
}

func equal(t *testing.T, what string, have, want []string) {
	t.Helper()
	if !slices.Equal(have, want) {
		t.Errorf("%s\nhave %q\nwant %q", what, have, want)
	}
}

// located wants a result that holds the place.
func located(t *testing.T, r autodiscover.Result) {
	t.Helper()
	if r.Err != nil || !r.Answered || r.Settings["ExternalEwsUrl"] != ews || r.Settings["GroupingInformation"] != "S" {
		t.Errorf("have %+v, want the place", r)
	}
}

// clock is a time that tests move.
type clock struct{ now time.Time }

func newClock() *clock                { return &clock{time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)} }
func (c *clock) Now() time.Time       { return c.now }
func (c *clock) pass(d time.Duration) { c.now = c.now.Add(d) }
