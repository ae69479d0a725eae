package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
)

// Operation is what is asked of Exchange, as the label op has it.
type Operation string

// The operations.
const (
	GetUserSettings    Operation = "GetUserSettings" // Autodiscover, for up to discoverer.batch mailboxes
	GetFolder          Operation = "GetFolder"
	Subscribe          Operation = "Subscribe"
	Unsubscribe        Operation = "Unsubscribe"
	GetStreamingEvents Operation = "GetStreamingEvents" // up to the head of the answer
)

const (
	codeSuccess   = "NoError"
	codeCancelled = string(ewsaffinity.CodeCancelled)
)

// requestMetrics are about what is asked of Exchange.
type requestMetrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	backOff  prometheus.Counter

	forbidden prometheus.Counter // in streams
}

var requestBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 100}

func newRequestMetrics() *requestMetrics {
	r := &requestMetrics{
		requests: counters("ews_requests_total", "Requests to Exchange by response code or condition.", "op", "code"),
		duration: prometheus.NewHistogramVec(histogram("ews_request_duration_seconds",
			"Time a request took, with the wait for a place among exchange.concurrency.", requestBuckets), []string{"op"}),
		backOff: prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + "ews_backoff_seconds_total",
			Help: "Waiting time that Exchange asked for."}),
		forbidden: prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + "ews_forbidden_characters_total",
			Help: "Characters of streams that XML forbids, left out."}),
	}
	for _, op := range []Operation{GetUserSettings, GetFolder, Subscribe, Unsubscribe, GetStreamingEvents} {
		r.requests.WithLabelValues(string(op), codeSuccess)
		r.requests.WithLabelValues(string(op), string(ewsaffinity.CodeRefusedLogin))
		r.duration.WithLabelValues(string(op))
	}
	return r
}

func (r *requestMetrics) register(registry *prometheus.Registry) {
	registry.MustRegister(r.requests, r.duration, r.backOff, r.forbidden)
}

// Request counts a request that ended with err, after the time that it took.
func (m *Metrics) Request(op Operation, err error, took time.Duration) {
	m.requests.requests.WithLabelValues(string(op), codeOf(err)).Inc()
	m.requests.duration.WithLabelValues(string(op)).Observe(took.Seconds())
	var fault *ewsaffinity.Fault
	if errors.As(err, &fault) {
		m.BackOff(fault)
	}
}

// BackOff counts the wait that a fault asks for. A refused login is held back by
// ourselves.
func (m *Metrics) BackOff(fault *ewsaffinity.Fault) {
	if fault.Code != ewsaffinity.CodeRefusedLogin && fault.BackOff > 0 {
		m.requests.backOff.Add(fault.BackOff.Seconds())
	}
}

// Forbidden counts characters of a stream that had to be left out.
func (m *Metrics) Forbidden(n int) { m.requests.forbidden.Add(float64(n)) }

func codeOf(err error) string {
	var fault *ewsaffinity.Fault
	switch {
	case err == nil:
		return codeSuccess
	case errors.As(err, &fault):
		if fault.Code == ewsaffinity.CodeCancelled || knownCode(string(fault.Code)) {
			return string(fault.Code)
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return codeCancelled
	}
	return other
}
