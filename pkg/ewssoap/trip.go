package ewssoap

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// Why a request was given up by this package rather than by its caller.
var (
	errTimeout = errors.New("no answer in time")
	errSilence = errors.New("no envelope in time")
	errOverdue = errors.New("the stream did not end when due")
	errClosed  = fmt.Errorf("ewssoap: stream closed: %w", net.ErrClosed)
)

// trip is one request on its way and the answer to it.
type trip struct {
	request request
	upload  *body
	trace   func(Exchange)
	traced  func(label string) bool
	record  Exchange    // as far as it is known when it is sent
	sent    http.Header // of the request, with its secrets
	body    *source     // of the answer
	meta    Meta
	parent  context.Context // the caller's
	ctx     context.Context // of the request: also ends by cancel
	cancel  context.CancelCauseFunc
	timer   *time.Timer // gives up a call that takes too long
	answer  *http.Response

	connected moment
	firstByte moment
	remote    atomic.Pointer[string]
	handshake atomic.Pointer[error] // of TLS, if it failed
}

// send sends r and waits for the head of the answer. The caller must release the trip.
func (c *Client) send(parent context.Context, rt http.RoundTripper, r request) (*trip, error) {
	if err := parent.Err(); err != nil {
		return nil, err
	}
	t := &trip{request: r, trace: c.trace, traced: c.traced, parent: parent}
	t.ctx, t.cancel = context.WithCancelCause(parent)
	t.timer = time.AfterFunc(c.callTimeout, func() { t.cancel(errTimeout) })
	hr, err := t.httpRequest(c)
	if err == nil {
		c.sent.add(t.meta.ClientRequestID)
		t.answer, err = t.roundTrip(rt, hr)
	}
	if err == nil && c.sent.stale(t.answer.Header, t.meta.ClientRequestID) {
		err = t.fail(ConditionNotSOAP, "the answer belongs to another request")
	}
	if err != nil {
		t.report(nil, err)
		t.release()
		return nil, err
	}
	return t, nil
}

// forget lets go of what the request carried, once its answer is there.
func (t *trip) forget() {
	t.upload.release()
	t.request.body = nil
}

func (t *trip) httpRequest(c *Client) (*http.Request, error) {
	ctx := httptrace.WithClientTrace(context.WithValue(t.ctx, tripKey{}, t), &httptrace.ClientTrace{
		GotConn: func(c httptrace.GotConnInfo) {
			t.connected.set()
			t.reached(c.Conn)
		},
		GotFirstResponseByte: t.firstByte.set,
		TLSHandshakeDone: func(_ tls.ConnectionState, err error) {
			if err != nil {
				t.handshake.Store(&err)
			}
		},
	})
	t.upload = &body{content: t.request.body}
	hr, err := http.NewRequestWithContext(ctx, http.MethodPost, t.request.url, t.upload.reader())
	if err != nil {
		return nil, refuse(t.request.op, fmt.Errorf("the URL is none: %q", withoutSecrets(t.request.url)))
	}
	if hr.URL.Host == "" {
		return nil, refuse(t.request.op, fmt.Errorf("the URL has no host: %q", withoutSecrets(t.request.url)))
	}
	hr.ContentLength = int64(len(t.request.body))
	hr.GetBody = func() (io.ReadCloser, error) { return t.upload.reader(), nil }
	t.meta.ClientRequestID = newGUID()
	for name, values := range t.request.header {
		hr.Header[name] = values
	}
	hr.Header.Set("Content-Type", "text/xml; charset=utf-8")
	hr.Header.Set("Accept", "text/xml")
	hr.Header.Set("Accept-Encoding", "identity") // compression would hold small envelopes back
	hr.Header.Set("User-Agent", c.agent())
	hr.Header.Set("client-request-id", t.meta.ClientRequestID)
	hr.Header.Set("return-client-request-id", "true")
	if err := t.authorize(c.auth, hr); err != nil {
		return nil, err
	}
	t.sent = hr.Header
	t.record = newRecord(t.request, hr, t.meta.ClientRequestID)
	return hr, nil
}

func (t *trip) authorize(a Authorizer, hr *http.Request) error {
	if a == nil {
		return nil
	}
	err := a.Authorize(hr)
	if err == nil {
		return nil
	}
	if t.parent.Err() != nil {
		return t.parent.Err()
	}
	e := t.fail(ConditionAuthorizer, "no credentials for the request")
	e.Err = err
	return e
}

// roundTrip uses the transport itself: no redirect is followed, no cookie kept.
func (t *trip) roundTrip(rt http.RoundTripper, hr *http.Request) (*http.Response, error) {
	t.record.Started = time.Now()
	answer, err := rt.RoundTrip(hr)
	if err != nil {
		return nil, t.transportError(err)
	}
	unpack(answer)
	t.meta = metaOf(answer.Header, t.meta.ClientRequestID)
	return answer, nil
}

// transportError says why the transport failed.
func (t *trip) transportError(err error) error {
	if t.parent.Err() != nil {
		return t.parent.Err()
	}
	var refusal *proxyStatusError
	if errors.As(err, &refusal) {
		e := t.fail(statusCode(refusal.status), "")
		e.HTTPStatus, e.Err = refusal.status, err
		return e
	}
	switch cause := context.Cause(t.ctx); cause {
	case nil:
		var handshake error
		if p := t.handshake.Load(); p != nil {
			handshake = *p
		}
		e := t.fail(condition(err, !t.connected.time().IsZero(), handshake), "")
		e.Err = err
		return e
	case errSilence:
		return t.fail(ConditionSilence, cause.Error())
	case errOverdue:
		return t.fail(ConditionOverdue, cause.Error())
	case errTimeout:
		if t.connected.time().IsZero() {
			return t.fail(ConditionConnectTimeout, "no connection in time")
		}
		return t.fail(ConditionTimeout, cause.Error())
	default:
		return cause
	}
}

// fail returns an error about this trip.
func (t *trip) fail(code, text string) *Error {
	e := &Error{Op: t.request.op, Code: code, Text: text, Meta: t.meta}
	if t.answer != nil {
		e.HTTPStatus = t.answer.StatusCode
		e.BackOff = retryAfter(t.answer.Header, t.meta)
	}
	return e
}

// release ends the trip. An answer that was not read to its end takes its connection with it; nothing is drained.
func (t *trip) release() {
	t.timer.Stop()
	t.cancel(errClosed)
	if t.answer != nil {
		_ = t.answer.Body.Close()
	}
}

// newGUID returns a random GUID (RFC 9562, version 4).
func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}
