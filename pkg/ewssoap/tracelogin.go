package ewssoap

import (
	"net/http"
	"time"
)

// tripKey names the trip in the context of its request.
type tripKey struct{}

// TraceLogin tells the trace of an answer that a transport keeps to itself on the way to the one it returns, as those do
// that log connections in. answer.Request must be one that such a transport made of a [Client]'s request, with its
// context; body is what was read of the answer. It must be called before the transport returns.
func TraceLogin(answer *http.Response, body []byte, started, received time.Time) {
	t, is := answer.Request.Context().Value(tripKey{}).(*trip)
	if !is || !t.isTraced() {
		return
	}
	x := t.record
	hide := hiding(answer.Request.Header, answer.Header)
	x.Login, x.RequestHeader = true, redact(answer.Request.Header, hide)
	if answer.Request.Body != nil && answer.Request.Body != http.NoBody {
		x.RequestBody = []byte(hide(string(t.request.body)))
	}
	x.Status, x.ResponseHeader, x.ResponseBody = answer.StatusCode, redact(answer.Header, hide), []byte(hide(string(body)))
	x.RequestID = metaOf(answer.Header, t.meta.ClientRequestID).RequestID
	x.Started, x.Connected, x.FirstByte, x.Received, x.Finished = started, t.connected.time(), t.firstByte.time(), received, time.Now()
	x.Remote = t.remoteAddress()
	t.trace(x)
}
