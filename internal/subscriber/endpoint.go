package subscriber

import (
	"sync"
	"time"

	"github.com/ewsnats/ewsnats/internal/breaker"
	"github.com/ewsnats/ewsnats/internal/pace"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// endpoint is what everything that is asked of an endpoint goes through: its
// breaker, the rest that it asked for, and the ramp after its outage. A hint that
// one request met holds for those of every group. Safe for concurrent use.
//
// An endpoint is one process's: nothing here is divided by the number of processes.
type endpoint struct {
	breaker *breaker.Endpoint
	ramp    pace.Ramp

	mu    sync.Mutex
	until time.Time // left alone before
}

// allow asks to make a request, as [breaker.Endpoint.Allow] does.
func (e *endpoint) allow() (done func(*ewsaffinity.Fault), wait time.Duration, ok bool) {
	if wait := time.Until(e.restsUntil()); wait > 0 {
		return nil, wait, false
	}
	if e.breaker.State() != breaker.Closed {
		e.ramp.Broken(time.Now())
	}
	return e.breaker.Allow()
}

// heed takes the fault of a request that the next would meet too.
func (e *endpoint) heed(fault *ewsaffinity.Fault) {
	if throttles(fault) {
		e.ramp.Throttled(time.Now())
	}
	e.rest(fault.BackOff) // at once: other groups ask too
}

// rest leaves the endpoint alone for so long. A longer rest stands.
func (e *endpoint) rest(wait time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if until := time.Now().Add(wait); until.After(e.until) {
		e.until = until
	}
}

// restsUntil is when the endpoint may be asked again; in the past: now.
func (e *endpoint) restsUntil() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.until
}

// endpoint is the one of a URL.
func (s *Subscriber) endpoint(url messages.Endpoint) *endpoint {
	e, ok := s.endpoints[url]
	if !ok {
		e = &endpoint{breaker: breaker.NewEndpoint(breaker.EndpointConfig{Name: string(url)})}
		s.endpoints[url] = e
	}
	return e
}
