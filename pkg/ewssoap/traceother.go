package ewssoap

import (
	"net/http"
	"time"
)

// Traced returns a transport that tells the trace of the client, too, of requests that are not the client's own: such as
// Autodiscover's without credentials (see the package autodiscover). Of bodies nothing is told.
func (c *Client) Traced(rt http.RoundTripper, op, label string) http.RoundTripper {
	return tracedTransport{rt, c, op, label}
}

type tracedTransport struct {
	http.RoundTripper
	client    *Client
	op, label string
}

// RoundTrip carries a request.
func (t tracedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	started := time.Now()
	answer, err := t.RoundTripper.RoundTrip(r)
	trip := trip{trace: t.client.trace, traced: t.client.traced, request: request{op: t.op, label: t.label}, sent: r.Header, answer: answer}
	if !trip.isTraced() {
		return answer, err
	}
	trip.record = newRecord(trip.request, r, "")
	trip.record.Started = started
	if answer != nil {
		trip.meta = metaOf(answer.Header, "")
	}
	trip.trace(trip.snapshot(nil, err))
	return answer, err
}
