package ewssoap

import (
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Exchange is one request and its answer as they went over the wire, without secrets: credentials, also those of a
// handshake, and the values of cookies are replaced, wherever in it they stand. A stream is told in parts: its head first,
// then every envelope when it arrived, then its end if it was a bad one. The receiver owns what it is given; it is called
// on the goroutine of the call and should return soon.
type Exchange struct {
	Op             string
	Label          string // of the [Call]; of Autodiscover [AutodiscoverLabel] and the addresses, separated by spaces
	Login          bool   // a step of the login that came before, see [TraceLogin]
	Method, URL    string
	RequestHeader  http.Header
	RequestBody    []byte // nil in the envelopes of a stream
	Status         int    // 0: no answer
	ResponseHeader http.Header
	ResponseBody   []byte // as far as it was read; nil in the head of a stream
	Envelope       int    // counts the envelopes of a stream from 1; 0: its head, or an ordinary answer

	Started   time.Time // when the request was given to the transport; zero if it never was
	Connected time.Time // when it was given a connection; zero if there was none, or the transport does not say
	FirstByte time.Time // when the first byte of the answer arrived, as far as the transport says
	Received  time.Time // when the head of the answer arrived; zero without one
	Finished  time.Time // when the call, the head of the stream, or the envelope was complete
	Remote    string    // address at the other end of the connection, as far as the transport says

	ClientRequestID, RequestID string
	Err                        error // why the exchange failed, if it did
}

// AutodiscoverLabel begins the label of requests to Autodiscover in the trace.
const AutodiscoverLabel = "autodiscover"

// maxForeign limits how much of a refused answer is read for the trace alone.
const maxForeign = 64 << 10

func newRecord(r request, hr *http.Request, clientRequestID string) Exchange {
	return Exchange{
		Op: r.op, Label: r.label, Method: hr.Method, URL: hr.URL.Redacted(), ClientRequestID: clientRequestID,
	}
}

// isTraced reports whether the trace hook is to be told at this moment.
func (t *trip) isTraced() bool { return t.trace != nil && t.traced(t.request.label) }

// moment is when something happened last. The transport tells it on a goroutine of its own.
type moment struct{ at atomic.Pointer[time.Time] }

func (m *moment) set() {
	now := time.Now()
	m.at.Store(&now)
}

// time is zero if it never happened.
func (m *moment) time() time.Time {
	if at := m.at.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// reached notes the address at the other end, as far as a transport knows one.
func (t *trip) reached(conn net.Conn) {
	if conn == nil {
		return
	}
	if address := conn.RemoteAddr(); address != nil {
		remote := address.String()
		t.remote.Store(&remote)
	}
}

// remoteAddress is empty until there is one.
func (t *trip) remoteAddress() string {
	if remote := t.remote.Load(); remote != nil {
		return *remote
	}
	return ""
}

// snapshot is the trip as it stands, in memory of its own.
func (t *trip) snapshot(body []byte, err error) Exchange {
	return t.snapshotWith(t.answer, t.meta, body, err)
}

// snapshotWith is the trip with an answer that need not be its last one.
func (t *trip) snapshotWith(answer *http.Response, meta Meta, body []byte, err error) Exchange {
	x := t.record
	hide := t.hider(answer)
	x.RequestHeader, x.RequestBody = redact(t.requestHeader(answer), hide), []byte(hide(string(t.request.body)))
	if answer != nil {
		x.Status, x.ResponseHeader = answer.StatusCode, redact(answer.Header, hide)
		x.Received, x.RequestID = meta.Received, meta.RequestID
	}
	if body != nil {
		x.ResponseBody = []byte(hide(string(body)))
	}
	x.Connected, x.FirstByte, x.Finished, x.Err = t.connected.time(), t.firstByte.time(), time.Now(), err
	x.Remote = t.remoteAddress()
	return x
}

// report tells the trace hook of the trip as it stands.
func (t *trip) report(body []byte, err error) {
	t.clean(err)
	if t.isTraced() && t.record.Method != "" {
		t.trace(t.snapshot(body, err))
	}
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
	if err != nil && t.isTraced() {
		src.drain(min(maxForeign, src.spare(t.answer.ContentLength)))
	}
	t.report(src.mark(), err)
}

// reportEnvelope tells the trace hook of the n-th envelope of a stream, or of what came in its place. A stream lives so
// long that it is asked for each envelope whether the next is to be recorded.
func (t *trip) reportEnvelope(n int, body []byte, err error) {
	t.clean(err)
	traced := t.isTraced()
	t.body.recorded(traced)
	if !traced {
		return
	}
	x := t.snapshot(body, err)
	x.RequestBody, x.Envelope = nil, n
	t.trace(x)
}
