package breaker

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
)

// When an endpoint's breaker trips, and for how long.
const (
	failuresInARow = 5
	enoughRequests = 20 // within window, to judge by the share of failures
	window         = time.Minute
	bucket         = 6 * time.Second

	firstWait   = 10 * time.Second
	longestWait = 5 * time.Minute
	waitSpread  = 0.2         // of the wait, so that processes do not probe together
	probeWait   = time.Second // until asking again while another's probe is out
)

// EndpointConfig configures an [Endpoint].
type EndpointConfig struct {
	Name   string         // the URL
	Random func() float64 // in [0, 1); nil: math/rand
}

// Endpoint is the breaker around what is asked of an endpoint: Subscribe, and a
// stream's opening up to its first envelope. It trips at five failures in a row,
// or when more than half of at least twenty requests failed, both within a minute.
// Safe for concurrent use.
type Endpoint struct {
	random  func() float64
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]

	mu    sync.Mutex // never held while gobreaker is called
	wait  time.Duration
	until time.Time // open before; gobreaker's own time-out cannot grow
}

// NewEndpoint is a closed breaker.
func NewEndpoint(cfg EndpointConfig) *Endpoint {
	e := &Endpoint{random: cfg.Random}
	if e.random == nil {
		e.random = rand.Float64
	}
	e.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name:          cfg.Name,
		MaxRequests:   1,
		Interval:      window,
		BucketPeriod:  bucket,
		Timeout:       time.Nanosecond,
		ReadyToTrip:   down,
		OnStateChange: e.changed,
		IsExcluded:    excluded,
		IsSuccessful:  func(err error) bool { return err == nil },
	})
	return e
}

func down(counts gobreaker.Counts) bool {
	judged := counts.TotalSuccesses + counts.TotalFailures
	return counts.ConsecutiveFailures >= failuresInARow ||
		judged >= enoughRequests && counts.TotalFailures*2 > judged
}

// Allow asks to make a request. When ok, call done once with its outcome: nil is
// an answer, also one that refuses; a request that was given up is a fault with
// [ewsaffinity.CodeCancelled]. When not, ask again after wait.
func (e *Endpoint) Allow() (done func(*ewsaffinity.Fault), wait time.Duration, ok bool) {
	if wait := e.closedFor(); wait > 0 {
		return nil, wait, false
	}
	report, err := e.breaker.Allow()
	if err != nil { // half-open, and the probe is out
		return nil, probeWait, false
	}
	return func(fault *ewsaffinity.Fault) { report(outcome(fault)) }, 0, true
}

// Closed is the state of an endpoint that answers.
var Closed = gobreaker.StateClosed.String()

// State is [Closed], open or half-open.
func (e *Endpoint) State() string {
	if e.closedFor() > 0 {
		return gobreaker.StateOpen.String()
	}
	return e.breaker.State().String()
}

func (e *Endpoint) closedFor() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return time.Until(e.until)
}

// changed sets the wait when the breaker opens: doubled when a probe failed.
// gobreaker calls it with its mutex held.
func (e *Endpoint) changed(_ string, from, to gobreaker.State) {
	if to != gobreaker.StateOpen {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if from == gobreaker.StateHalfOpen {
		e.wait = min(2*e.wait, longestWait)
	} else {
		e.wait = firstWait
	}
	spread := time.Duration(e.random() * waitSpread * float64(e.wait))
	e.until = time.Now().Add(e.wait + spread)
}
