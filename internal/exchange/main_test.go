package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	anna messages.Address  = "anna@sim.test"
	bert messages.Address  = "bert@sim.test"
	cora messages.Address  = "cora@sim.test"
	base                   = "http://mail.sim.test"
	ews  messages.Endpoint = base + "/EWS/Exchange.asmx"
)

// newSim is a simulated Exchange behind pipes, with anna and bert on one server
// and cora on another, and a client for it.
func newSim(t *testing.T, cfg exchangesim.Config) (*exchangesim.Server, *ewssoap.Client) {
	t.Helper()
	return newSimFor(t, cfg, ewssoap.Options{})
}

// newSimFor does the same for a client with options.
func newSimFor(t *testing.T, cfg exchangesim.Config, o ewssoap.Options) (*exchangesim.Server, *ewssoap.Client) {
	t.Helper()
	sim := exchangesim.New(cfg)
	sim.AddMailbox(string(anna), "ex01.sim.test", "Site-A")
	sim.AddMailbox(string(bert), "ex01.sim.test", "Site-A")
	sim.AddMailbox(string(cora), "ex02.sim.test", "Site-B")
	listener := exchangesim.NewPipeListener()
	var serving sync.WaitGroup
	serving.Go(func() { _ = sim.Serve(listener) })
	transport := ewssoap.NewTransport(ewssoap.TransportConfig{DialContext: listener.DialContext})
	o.Calls, o.Streams = transport, transport
	client := ewssoap.NewClient(o)
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Errorf("close the simulator: %v", err)
		}
		serving.Wait()
		client.CloseIdleConnections()
	})
	return sim, client
}

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// over is an adapter whose requests f answers.
func over(cfg exchange.Config, f roundTrip) *exchange.Adapter {
	if cfg.Random == nil {
		cfg.Random = func() float64 { return 0.5 }
	}
	if cfg.Resolver == nil {
		cfg.Resolver = noRecords{}
	}
	if cfg.Plain == nil {
		cfg.Plain = answering(404, "")
	}
	return exchange.New(cfg, ewssoap.NewClient(ewssoap.Options{Calls: f, Streams: f}))
}

// noRecords is a name service without SRV records.
type noRecords struct{}

func (noRecords) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", nil, &net.DNSError{IsNotFound: true}
}

// date is Exchange's time of every answer of these tests, happened that of their events.
var (
	date     = time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	happened = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
)

// answer is an HTTP answer. header alternates names and values.
func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{"Date": {date.Format(http.TimeFormat)}, "Request-Id": {"4711"}}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: h,
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
}

// answering gives the same answer to every request.
func answering(status int, body string, header ...string) roundTrip {
	return func(*http.Request) (*http.Response, error) { return answer(status, body, header...), nil }
}

// soap wraps an answer in an envelope.
func soap(body string) string {
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" ` +
		`xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Body>` + body + `</s:Body></s:Envelope>`
}

// response is the answer to an operation: messages of one class and code.
func response(operation string, messages ...string) string {
	return soap(fmt.Sprintf("<m:%sResponse><m:ResponseMessages>%s</m:ResponseMessages></m:%sResponse>",
		operation, strings.Join(messages, ""), operation))
}

// message is one response message of an operation.
func message(operation, class, code, content string) string {
	return fmt.Sprintf(`<m:%sResponseMessage ResponseClass="%s"><m:ResponseCode>%s</m:ResponseCode>%s</m:%sResponseMessage>`,
		operation, class, code, content, operation)
}

// soapFault is a fault with a code and further values.
func soapFault(code, text string, values ...string) string {
	var extra strings.Builder
	for i := 0; i < len(values); i += 2 {
		fmt.Fprintf(&extra, `<t:Value Name="%s">%s</t:Value>`, values[i], values[i+1])
	}
	return soap(fmt.Sprintf(`<s:Fault><faultcode>s:Client</faultcode><faultstring>%s</faultstring><detail>`+
		`<e:ResponseCode xmlns:e="http://schemas.microsoft.com/exchange/services/2006/errors">%s</e:ResponseCode>`+
		`<t:MessageXml>%s</t:MessageXml></detail></s:Fault>`, text, code, &extra))
}

// asFault is the fault in an error; it fails the test when there is none.
func asFault(t *testing.T, err error) *ewsaffinity.Fault {
	t.Helper()
	var f *ewsaffinity.Fault
	if !errors.As(err, &f) {
		t.Fatalf("want a fault, have %v", err)
	}
	return f
}

func read(t *testing.T, r *http.Request) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

func contains(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("want %q in %s", w, text)
		}
	}
}

// someAccount logs in with Basic, or with a token.
func someAccount(basic bool) *exchange.Credentials {
	if !basic {
		return nil
	}
	return &exchange.Credentials{User: "svc", Password: func() (string, error) { return "secret", nil }}
}
