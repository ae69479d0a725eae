package ewssoap

import (
	"errors"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// quiet keeps the complaints of test servers to itself.
var quiet = log.New(io.Discard, "", 0)

// TestStatus says what an answer with a status other than 200 is called, for a call and for a stream.
func TestStatus(t *testing.T) {
	const date = "Sat, 21 Nov 2026 01:00:00 GMT"
	tests := []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   Error
	}{
		{"unavailable", 503, nil, "Service Unavailable", Error{Code: "HTTP 503", Text: "503 Service Unavailable"}},
		{"retry after seconds", 503, map[string]string{"Retry-After": "30"}, "", Error{Code: "HTTP 503", Text: "503 Service Unavailable", BackOff: 30 * time.Second}},
		{"retry after a date", 429, map[string]string{"Date": date, "Retry-After": "Sat, 21 Nov 2026 01:02:00 GMT"}, "", Error{Code: "HTTP 429", Text: "429 Too Many Requests", BackOff: 2 * time.Minute}},
		{"retry after a date gone by", 429, map[string]string{"Date": date, "Retry-After": "Sat, 21 Nov 2026 00:02:00 GMT"}, "", Error{Code: "HTTP 429", Text: "429 Too Many Requests"}},
		{"retry after nonsense", 429, map[string]string{"Retry-After": "soon"}, "", Error{Code: "HTTP 429", Text: "429 Too Many Requests"}},
		{"retry after an age", 429, map[string]string{"Retry-After": "9223372036854775807"}, "", Error{Code: "HTTP 429", Text: "429 Too Many Requests", BackOff: (1<<63 - 1) / time.Second * time.Second}},
		{
			"unauthorised", 401, map[string]string{"x-ms-diagnostics": "2000002;reason=token_expired", "X-CasErrorCode": "UnauthenticatedRequest"}, "<html>",
			Error{Code: "HTTP 401", Text: "401 Unauthorized; x-ms-diagnostics: 2000002;reason=token_expired; X-CasErrorCode: UnauthenticatedRequest"},
		},
		{"empty", 400, nil, "", Error{Code: "HTTP 400", Text: "400 Bad Request"}},
		{"no content", 204, nil, "", Error{Code: "HTTP 204", Text: "204 No Content"}},
		{"redirect", 302, map[string]string{"Location": "https://other.example.com/ews/genericerrorpage.htm"}, "", Error{Code: ConditionRedirect, Location: "https://other.example.com/ews/genericerrorpage.htm"}},
		{"permanent redirect", 308, map[string]string{"Location": "/owa"}, "", Error{Code: ConditionRedirect, Location: "/owa"}},
		{"redirect to nowhere", 302, nil, "", Error{Code: "HTTP 302", Text: "302 Found"}},
		{"crash", 500, nil, "<html><head><title>Server Error in '/EWS' Application.</title>", Error{Code: "HTTP 500", Text: "500 Internal Server Error"}},
		{"fault", 500, nil, `<s:Envelope xmlns:s="S"><s:Body><s:Fault><faultcode>a:ErrorInvalidRequest</faultcode><faultstring> Bad. </faultstring></s:Fault></s:Body></s:Envelope>`, Error{Code: "ErrorInvalidRequest", Text: "Bad."}},
		{"fault and header", 503, map[string]string{"Retry-After": "7"}, `<s:Envelope xmlns:s="S"><s:Body><s:Fault><faultcode>a:ErrorServerBusy</faultcode></s:Fault></s:Body></s:Envelope>`, Error{Code: "ErrorServerBusy", BackOff: 7 * time.Second}},
		{"half a fault", 500, nil, `<s:Envelope xmlns:s="S"><s:Body><s:Fault><faultcode>a:ErrorServerBusy</faultcode>`, Error{Code: "HTTP 500", Text: "500 Internal Server Error"}},
		{"an answer in place of a fault", 500, nil, subscribeOK(t), Error{Code: "HTTP 500", Text: "500 Internal Server Error"}},
		{"inner code", 500, nil, innerFault, Error{Code: "ErrorServerBusy", Text: "Internal.", Values: map[string]string{"InnerErrorResponseCode": "ErrorServerBusy"}}},
		{"inner code of another", 500, nil, otherFault, Error{Code: "ErrorAccessDenied", Text: "Denied.", Values: map[string]string{"InnerErrorResponseCode": "ErrorServerBusy"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, call := serve(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
				for name, value := range test.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			_, asCall := c.Subscribe(t.Context(), call, oneSubscribe)
			_, asStream := c.GetStreamingEvents(t.Context(), call, oneStream)
			for op, err := range map[string]error{"Subscribe": asCall, "GetStreamingEvents": asStream} {
				var have *Error
				if !errors.As(err, &have) {
					t.Fatalf("%s: have %v", op, err)
				}
				want := test.want
				want.Op, want.HTTPStatus = op, test.status
				if diff := cmp.Diff(want, *have, cmpopts.IgnoreTypes(Meta{}), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s (-want +have):\n%s", op, diff)
				}
			}
		})
	}
}

const (
	innerFault = `<s:Envelope xmlns:s="S"><s:Body><s:Fault><faultcode>a:ErrorInternalServerError</faultcode><faultstring>Internal.</faultstring>` +
		`<detail><e:ResponseCode xmlns:e="E">ErrorInternalServerError</e:ResponseCode><t:MessageXml xmlns:t="T"><t:Value Name="InnerErrorResponseCode">ErrorServerBusy</t:Value></t:MessageXml></detail></s:Fault></s:Body></s:Envelope>`
	otherFault = `<s:Envelope xmlns:s="S"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>Denied.</faultstring>` +
		`<detail><e:ResponseCode xmlns:e="E">ErrorAccessDenied</e:ResponseCode><t:MessageXml xmlns:t="T"><t:Value Name="InnerErrorResponseCode">ErrorServerBusy</t:Value></t:MessageXml></detail></s:Fault></s:Body></s:Envelope>`
)

// TestErrorText: an error says what is needed to act and to find the request, and nothing secret.
func TestErrorText(t *testing.T) {
	tests := []struct {
		err  Error
		want string
	}{
		{
			Error{Op: "Subscribe", Code: "ErrorServerBusy", HTTPStatus: 500, Text: "Busy.\r\n  Later.", BackOff: time.Second, Meta: Meta{RequestID: "r1", ClientRequestID: "c1"}},
			"ewssoap: Subscribe: ErrorServerBusy, HTTP 500, back off 1s, request-id r1: Busy. Later.",
		},
		{
			Error{Op: "Subscribe", Code: "HTTP 503", HTTPStatus: 503, Meta: Meta{ClientRequestID: "c1"}},
			"ewssoap: Subscribe: HTTP 503, client-request-id c1",
		},
		{
			Error{Op: "Unsubscribe", Code: ConditionRedirect, HTTPStatus: 302, Location: "https://u:p@sso.example.com/login?token=secret#secret"},
			"ewssoap: Unsubscribe: redirect, HTTP 302 to https://sso.example.com/login",
		},
		{Error{Op: "Unsubscribe", Code: ConditionRedirect, HTTPStatus: 302, Location: "http://[::1"}, "ewssoap: Unsubscribe: redirect, HTTP 302 to an unreadable URL"},
		{Error{Op: "GetFolder", Code: ConditionRefused, Err: errors.New("dial tcp: refused")}, "ewssoap: GetFolder: refused: dial tcp: refused"},
	}
	for _, test := range tests {
		if have := test.err.Error(); have != test.want {
			t.Errorf("have %s\nwant %s", have, test.want)
		}
	}
	long := Error{Op: "GetFolder", Code: "ErrorX", Text: strings.Repeat("ä", 400)}
	if n := len(long.Error()); n > maxErrorText+50 {
		t.Errorf("the text has %d bytes", n)
	}
}
