package ewssoap

import (
	"net/http"
	"strings"
	"time"
)

// Exchange is one request and its answer as they went over the wire, without secrets: the credentials of Authorization
// headers and the values of cookies are replaced. A stream is told in parts: its head first, then every envelope when it
// arrived, then its end if it was a bad one. The receiver owns what it is given; it is called on the goroutine of the
// call and should return soon.
type Exchange struct {
	Op             string
	Label          string // of the [Call]
	Method, URL    string
	RequestHeader  http.Header
	RequestBody    []byte // nil in the envelopes of a stream
	Status         int    // 0: no answer
	ResponseHeader http.Header
	ResponseBody   []byte // as far as it was read; nil in the head of a stream
	Envelope       int    // counts the envelopes of a stream from 1; 0: its head, or an ordinary answer

	Started  time.Time // when the request was given to the transport; zero if it never was
	Received time.Time // when the head of the answer arrived; zero without one
	Finished time.Time // when the call, the head of the stream, or the envelope was complete

	ClientRequestID, RequestID string
	Err                        error // why the exchange failed, if it did
}

// maxForeign limits how much of a refused answer is read for the trace alone.
const maxForeign = 64 << 10

func newRecord(r request, hr *http.Request, clientRequestID string) Exchange {
	return Exchange{
		Op: r.op, Label: r.label, Method: hr.Method, URL: hr.URL.Redacted(), RequestHeader: redact(hr.Header), RequestBody: r.body,
		ClientRequestID: clientRequestID,
	}
}

// isTraced reports whether the trace hook is to be told at this moment.
func (t *trip) isTraced() bool { return t.trace != nil && t.traced(t.request.label) }

func (x *Exchange) answered(answer *http.Response, m Meta) {
	x.Status, x.ResponseHeader = answer.StatusCode, redact(answer.Header)
	x.Received, x.RequestID = m.Received, m.RequestID
}

// report tells the trace hook of the trip as it stands.
func (t *trip) report(body []byte, err error) {
	if !t.isTraced() || t.record.Method == "" {
		return
	}
	x := t.record
	x.RequestHeader, x.ResponseHeader = x.RequestHeader.Clone(), x.ResponseHeader.Clone()
	x.RequestBody = append([]byte(nil), x.RequestBody...)
	x.ResponseBody, x.Err, x.Finished = body, err, time.Now()
	t.trace(x)
}

// source returns the body of the answer, recorded if there is a trace to be told.
func (t *trip) source(limit int64) *source {
	t.body = newSource(t.answer.Body, limit)
	t.body.recorded(t.isTraced())
	return t.body
}

// reportAnswer tells the trace hook of an answer read from src. Of one that was refused it shows more than was decoded,
// but the last byte is never read for that: it would put the connection up for the next request.
func (t *trip) reportAnswer(src *source, err error) {
	if !t.isTraced() {
		return
	}
	if err != nil {
		src.drain(min(maxForeign, src.spare(t.answer.ContentLength)))
	}
	t.report(src.mark(), err)
}

// reportEnvelope tells the trace hook of the n-th envelope of a stream, or of what came in its place. A stream lives so
// long that it is asked for each envelope whether the next is to be recorded.
func (t *trip) reportEnvelope(n int, body []byte, err error) {
	traced := t.isTraced()
	t.body.recorded(traced)
	if !traced {
		return
	}
	x := t.record
	x.RequestHeader, x.ResponseHeader = x.RequestHeader.Clone(), x.ResponseHeader.Clone()
	x.RequestBody = nil
	x.Envelope, x.ResponseBody, x.Err, x.Finished = n, body, err, time.Now()
	t.trace(x)
}

// redact returns a copy of h without secrets. The scheme of credentials and the names of cookies stay.
func redact(h http.Header) http.Header {
	clean := h.Clone()
	for name, values := range clean {
		hide := hiderOf(name)
		for i := range values {
			values[i] = hide(values[i])
		}
	}
	return clean
}

func hiderOf(header string) func(string) string {
	switch http.CanonicalHeaderKey(header) {
	case "Authorization", "Proxy-Authorization":
		return hideCredentials
	case "Cookie":
		return hideCookies
	case "Set-Cookie":
		return hideSetCookie
	case http.CanonicalHeaderKey(overrideCookie):
		return func(string) string { return redacted }
	}
	return func(value string) string { return value }
}

func hideCredentials(value string) string {
	scheme, _, found := strings.Cut(value, " ")
	if !found {
		return redacted
	}
	return scheme + " " + redacted
}

func hideCookies(value string) string {
	pairs := strings.Split(value, ";")
	for i, pair := range pairs {
		pairs[i] = hidePair(pair)
	}
	return strings.Join(pairs, ";")
}

func hideSetCookie(value string) string {
	pair, attributes, found := strings.Cut(value, ";")
	if !found {
		return hidePair(pair)
	}
	return hidePair(pair) + ";" + attributes
}

func hidePair(pair string) string {
	name, _, found := strings.Cut(pair, "=")
	if !found {
		return redacted
	}
	return name + "=" + redacted
}
