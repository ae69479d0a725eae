package exchange_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

var somePlace = messages.Place{URL: ews, Anchor: anna, Cookie: "ex01~1"}

// subscribeFault is what a Subscribe fails with whose request f answers.
func subscribeFault(t *testing.T, cfg exchange.Config, f roundTrip) *ewsaffinity.Fault {
	t.Helper()
	_, err := over(cfg, f).Subscribe(t.Context(), somePlace, bert)
	return asFault(t, err)
}

func failing(err error) roundTrip {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// streamFault is what the first Next of a stream fails with that brings body, or
// nothing at all where there is none.
func streamFault(t *testing.T, cfg exchange.Config, body io.Reader) *ewsaffinity.Fault {
	t.Helper()
	a := over(cfg, func(r *http.Request) (*http.Response, error) {
		answered := answer(200, "")
		if body == nil {
			body = hanging{r.Context()}
		}
		answered.ContentLength, answered.Body = -1, io.NopCloser(body)
		return answered, nil
	})
	stream, err := a.Open(t.Context(), somePlace, []messages.SubscriptionID{"s1"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	_, err = stream.Next()
	return asFault(t, err)
}

// hanging is a body that brings nothing until the request is given up.
type hanging struct{ ctx context.Context }

func (h hanging) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return 0, h.ctx.Err()
}

// conditions make every condition of package ewssoap come about.
var conditions = map[string]struct {
	want ewsaffinity.Code
	make func(t *testing.T) *ewsaffinity.Fault
}{
	"ConditionNotSOAP": {ewsaffinity.CodeNotSOAP, func(t *testing.T) *ewsaffinity.Fault {
		return subscribeFault(t, exchange.Config{}, answering(200, "<html>log in</html>"))
	}},
	"ConditionRedirect": {ewsaffinity.CodeRedirect, func(t *testing.T) *ewsaffinity.Fault {
		return subscribeFault(t, exchange.Config{}, answering(302, "", "Location", "https://elsewhere.test/EWS/Exchange.asmx"))
	}},
	"ConditionEOF": {ewsaffinity.CodeEOF, func(t *testing.T) *ewsaffinity.Fault {
		return streamFault(t, exchange.Config{}, strings.NewReader(""))
	}},
	"ConditionTruncated": {ewsaffinity.CodeTruncated, func(t *testing.T) *ewsaffinity.Fault {
		return streamFault(t, exchange.Config{}, strings.NewReader(streamed("")[:200]))
	}},
	"ConditionMalformed": {ewsaffinity.CodeMalformed, func(t *testing.T) *ewsaffinity.Fault {
		return streamFault(t, exchange.Config{}, strings.NewReader(strings.Replace(streamed(""), "</m:Resp", "<&</m:Resp", 1)))
	}},
	"ConditionSilence": {ewsaffinity.CodeSilence, func(t *testing.T) *ewsaffinity.Fault {
		return streamFault(t, exchange.Config{Silence: time.Millisecond}, nil)
	}},
	"ConditionReset": {ewsaffinity.CodeReset, func(t *testing.T) *ewsaffinity.Fault {
		return subscribeFault(t, exchange.Config{}, failing(syscall.ECONNRESET))
	}},
	"ConditionDNSNotFound": {ewsaffinity.CodeDNSNotFound, func(t *testing.T) *ewsaffinity.Fault {
		return subscribeFault(t, exchange.Config{}, failing(&net.DNSError{IsNotFound: true}))
	}},
	"ConditionDNS": {ewsaffinity.CodeDNS, func(t *testing.T) *ewsaffinity.Fault {
		return subscribeFault(t, exchange.Config{}, failing(&net.DNSError{IsTemporary: true}))
	}},
	"ConditionRefused": {ewsaffinity.CodeRefused, func(t *testing.T) *ewsaffinity.Fault {
		return subscribeFault(t, exchange.Config{}, failing(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}))
	}},
	"ConditionConnectTimeout": {ewsaffinity.CodeConnectTimeout, func(t *testing.T) *ewsaffinity.Fault {
		return subscribeFault(t, exchange.Config{}, failing(&net.OpError{Op: "dial", Err: timeoutError{}}))
	}},
	"ConditionTLS": {ewsaffinity.CodeTLS, func(t *testing.T) *ewsaffinity.Fault {
		return subscribeFault(t, exchange.Config{}, failing(&net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}))
	}},
	"ConditionTimeout": {ewsaffinity.CodeTimeout, func(t *testing.T) *ewsaffinity.Fault {
		f := roundTrip(func(r *http.Request) (*http.Response, error) {
			a := answer(200, "")
			a.ContentLength, a.Body = -1, io.NopCloser(failingReader{timeoutError{}})
			connected(r)
			return a, nil
		})
		return subscribeFault(t, exchange.Config{}, f)
	}},
	"ConditionAuthorizer": {ewsaffinity.CodeAuthorizer, func(t *testing.T) *ewsaffinity.Fault {
		client := ewssoap.NewClient(ewssoap.Options{Calls: failing(errors.New("was sent")),
			Auth: ewssoap.BasicAuth("user", func() (string, error) { return "", errors.New("no secret") })})
		_, err := exchange.New(exchange.Config{Account: someAccount(true)}, client).Subscribe(t.Context(), somePlace, bert)
		return asFault(t, err)
	}},
	"ConditionRequest": {"ErrorInvalidRequest", func(t *testing.T) *ewsaffinity.Fault {
		_, err := over(exchange.Config{}, failing(errors.New("was sent"))).Subscribe(t.Context(), messages.Place{URL: "no URL"}, bert)
		return asFault(t, err)
	}},
}

// overdue needs 28 minutes; see TestAStreamThatOutlivesItsTime.
const conditionOverdue = "ConditionOverdue"

type timeoutError struct{}

func (timeoutError) Error() string   { return "timed out" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

func TestEveryConditionHasACodeOfTheTable(t *testing.T) {
	for name, condition := range conditions {
		t.Run(name, func(t *testing.T) {
			f := condition.make(t)
			if f.Code != condition.want {
				t.Errorf("want %s, have %+v", condition.want, f)
			}
			if !ewsaffinity.Recover(f.Op, f.Code).Known {
				t.Errorf("the recovery table does not know %s", f.Code)
			}
		})
	}
}

// TestNoConditionIsForgotten reads the conditions from the source of ewssoap.
func TestNoConditionIsForgotten(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../pkg/ewssoap/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Condition") {
			return true
		}
		found++
		if name := spec.Names[0].Name; conditions[name].make == nil && name != conditionOverdue {
			t.Errorf("%s is not tested", name)
		}
		return true
	})
	if found != len(conditions)+1 {
		t.Errorf("ewssoap has %d conditions, tested are %d", found, len(conditions)+1)
	}
}

func TestStatuses(t *testing.T) {
	type want struct{ bearer, basic ewsaffinity.Code }
	tests := map[int]want{http.StatusUnauthorized: {"http-401", ewsaffinity.CodeRefusedLogin}}
	for _, status := range []int{400, 403, 404, 405, 407, 408, 413, 429, 440, 449, 456, 500, 501, 502, 503, 504} {
		code := ewsaffinity.Code("http-" + strconv.Itoa(status))
		tests[status] = want{code, code}
	}
	for status, want := range tests {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			for basic, code := range map[bool]ewsaffinity.Code{false: want.bearer, true: want.basic} {
				f := subscribeFault(t, exchange.Config{Account: someAccount(basic)}, answering(status, "<html>no</html>", "Retry-After", "7"))
				if f.Code != code || f.BackOff != 7*time.Second || f.RequestID != "4711" {
					t.Errorf("basic %v: want %s, have %+v", basic, code, f)
				}
				if !ewsaffinity.Recover(f.Op, f.Code).Known {
					t.Errorf("the recovery table does not know %s", f.Code)
				}
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	tests := []struct {
		location string
		want     ewsaffinity.Code
	}{
		{"https://mail.sim.test/EWS/GenericErrorPage.htm?x=1", ewsaffinity.CodeErrorPage},
		{"/ews/genericerrorpage.htm", ewsaffinity.CodeErrorPage},
		{"https://gateway.test/InternalSite/Validate.asp", ewsaffinity.CodeLoginPage},
		{"https://mail.sim.test/owa/auth/logon.aspx?url=…", ewsaffinity.CodeLoginPage},
		{"https://new.test/EWS/Exchange.asmx", ewsaffinity.CodeRedirect},
	}
	for _, test := range tests {
		for _, status := range []int{301, 302, 307, 308} {
			f := subscribeFault(t, exchange.Config{}, answering(status, "", "Location", test.location))
			if f.Code != test.want {
				t.Errorf("%d to %s: want %s, have %s", status, test.location, test.want, f.Code)
			}
		}
	}
}

func TestCodesOfExchange(t *testing.T) {
	tests := []struct {
		name string
		f    roundTrip
		want ewsaffinity.Fault
	}{
		{"a response message", answering(200, response("Subscribe", message("Subscribe", "Error", "ErrorNonExistentMailbox", ""))),
			ewsaffinity.Fault{Code: "ErrorNonExistentMailbox"}},
		{"a SOAP fault of status 500", answering(500, soapFault("ErrorServerBusy", "in words", "BackOffMilliseconds", "1500")),
			ewsaffinity.Fault{Code: "ErrorServerBusy", Text: "in words", BackOff: 1500 * time.Millisecond}},
		{"an inner code", answering(500, soapFault("ErrorInternalServerError", "in words", "InnerErrorResponseCode", "ErrorADUnavailable")),
			ewsaffinity.Fault{Code: "ErrorADUnavailable", Text: "in words"}},
		{"a fault of a refused login's status", answering(401, soapFault("ErrorPasswordExpired", "in words")),
			ewsaffinity.Fault{Code: "ErrorPasswordExpired", Text: "in words"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := subscribeFault(t, exchange.Config{Account: someAccount(true)}, test.f)
			var below *ewssoap.Error
			if f.Code != test.want.Code || f.BackOff != test.want.BackOff || f.Text != test.want.Text && test.want.Text != "" {
				t.Errorf("want %+v, have %+v", test.want, f)
			}
			if f.Op != ewsaffinity.OpSubscribe || f.Mailbox != bert || f.RequestID != "4711" || !errors.As(f, &below) {
				t.Errorf("want it of a Subscribe of %s with the request's id and its cause, have %+v", bert, f)
			}
		})
	}
}

func TestTheClientsOwnRequestIDServesWhereTheServerGivesNone(t *testing.T) {
	var sent string
	f := subscribeFault(t, exchange.Config{}, func(r *http.Request) (*http.Response, error) {
		sent = r.Header.Get("client-request-id")
		return answer(503, "", "Request-Id", ""), nil
	})
	if sent == "" || f.RequestID != sent {
		t.Errorf("want %q, have %q", sent, f.RequestID)
	}
}

func TestACancelledContextIsNoFault(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := over(exchange.Config{}, answering(200, ""))
	_, subscribing := a.Subscribe(ctx, somePlace, bert)
	_, opening := a.Open(ctx, somePlace, []messages.SubscriptionID{"s1"})
	_, asking := a.Folders(ctx, ews, bert)
	errs := []error{subscribing, opening, asking, a.Unsubscribe(ctx, somePlace, bert, "s1")}
	if i := slices.IndexFunc(errs, func(err error) bool { return err != context.Canceled }); i >= 0 {
		t.Errorf("want %v of every call, have %v", context.Canceled, errs)
	}
}

func TestAStreamIsOpenedForNoMailbox(t *testing.T) {
	_, err := over(exchange.Config{}, answering(503, "")).Open(t.Context(), somePlace, []messages.SubscriptionID{"s1"})
	if f := asFault(t, err); f.Op != ewsaffinity.OpStream || f.Mailbox != "" || f.Code != "http-503" {
		t.Errorf("want a fault of the group, have %+v", f)
	}
}
