package ewssoap

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Conditions are the codes of an [Error] for which Exchange has none. An HTTP status without a SOAP fault has the code
// "HTTP 503" and so on, and the number in HTTPStatus.
const (
	ConditionNotSOAP        = "not-soap"        // status 200, but HTML, an answer to another operation, or a Content-Encoding nobody asked for: a login page, a proxy, a stale answer
	ConditionRedirect       = "redirect"        // a redirect, which is never followed; see Error.Location
	ConditionEOF            = "eof"             // a stream ended between envelopes without ConnectionStatus Closed
	ConditionTruncated      = "truncated"       // the body ended inside an envelope
	ConditionMalformed      = "malformed"       // an envelope that is not XML, or breaks a limit, or contradicts the request
	ConditionSilence        = "silence"         // a stream brought no envelope for StreamRequest.Silence
	ConditionOverdue        = "overdue"         // a stream outlived its ConnectionTimeout by StreamRequest.Overdue
	ConditionReset          = "reset"           // the connection broke
	ConditionDNSNotFound    = "dns-not-found"   // the host has no address
	ConditionDNS            = "dns"             // the name service failed
	ConditionRefused        = "refused"         // the connection was refused, or there is no way to the host
	ConditionConnectTimeout = "connect-timeout" // no connection, or no TLS session, in time
	ConditionTLS            = "tls"             // no TLS session: certificate, name, or protocol
	ConditionTimeout        = "timeout"         // connected, but no answer in time
	ConditionAuthorizer     = "authorizer"      // the Authorizer, or a transport that logs in, had no credentials; the request was not sent
	ConditionRequest        = "bad-request"     // the arguments make no request; nothing was sent
)

// maxErrorText limits the server's words in the text of an error, in bytes.
const maxErrorText = 500

// An Error is a call that failed, a stream that ended badly, or one part of an answer that says so. A context that was
// cancelled is not an Error: the call returns ctx.Err().
type Error struct {
	Op              string            // the operation: "Subscribe"
	Code            string            // EWS ResponseCode ("ErrorServerBusy"), Autodiscover ErrorCode ("InvalidUser"), or a Condition
	HTTPStatus      int               // 0: there was no answer
	Text            string            // the server's words, or what was wrong; localised, never to be decided upon
	Location        string            // where a redirect points
	BackOff         time.Duration     // how long the server asks to wait: BackOffMilliseconds, else Retry-After; 0: it does not say
	SubscriptionIDs []string          // ErrorSubscriptionIds
	Values          map[string]string // the t:Value elements of MessageXml by name: Policy, InnerErrorResponseCode and so on
	Meta            Meta
	Err             error // the cause below, if any
}

// Error names the operation, the code, the HTTP status, the request in the server's logs, and what is known besides. It
// holds no credentials and no cookie.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("ewssoap: " + e.Op + ": " + e.Code)
	if e.HTTPStatus != 0 && e.Code != statusCode(e.HTTPStatus) {
		b.WriteString(", " + statusCode(e.HTTPStatus))
	}
	if to := withoutSecrets(e.Location); to != "" {
		b.WriteString(" to " + to)
	}
	if e.BackOff > 0 {
		b.WriteString(", back off " + e.BackOff.String())
	}
	switch {
	case e.Meta.RequestID != "":
		b.WriteString(", request-id " + e.Meta.RequestID)
	case e.Meta.ClientRequestID != "":
		b.WriteString(", client-request-id " + e.Meta.ClientRequestID)
	}
	if e.Text != "" {
		b.WriteString(": " + clip(e.Text))
	}
	if e.Err != nil {
		b.WriteString(": " + clip(e.Err.Error()))
	}
	return b.String()
}

// Unwrap returns the cause below.
func (e *Error) Unwrap() error { return e.Err }

// statusCode is the code of an HTTP status without a SOAP fault.
func statusCode(status int) string { return "HTTP " + strconv.Itoa(status) }

// withoutSecrets reduces a URL to scheme, host and path: login pages put tokens in the query.
func withoutSecrets(location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return "an unreadable URL"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func clip(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxErrorText {
		return text
	}
	return strings.ToValidUTF8(text[:maxErrorText], "") + "…"
}
