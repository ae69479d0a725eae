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
	x := t.snapshotWith(answer, metaOf(answer.Header, t.meta.ClientRequestID), body, nil)
	x.Login, x.Started, x.Received = true, started, received
	if answer.Request.Body == nil || answer.Request.Body == http.NoBody {
		x.RequestBody = nil
	}
	t.trace(x)
}
