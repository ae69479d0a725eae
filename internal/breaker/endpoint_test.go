package breaker_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/internal/breaker"
	"github.com/ewsnats/ewsnats/pkg/ewsaffinity"
)

func none() float64 { return 0 }

func newEndpoint() *breaker.Endpoint {
	return breaker.NewEndpoint(breaker.EndpointConfig{Name: "https://mail.contoso.com/EWS/Exchange.asmx", Random: none})
}

// ask makes a request with this outcome and reports whether it was allowed.
func ask(e *breaker.Endpoint, fault *ewsaffinity.Fault) (time.Duration, bool) {
	done, wait, ok := e.Allow()
	if ok {
		done(fault)
	}
	return wait, ok
}

var down = &ewsaffinity.Fault{Op: ewsaffinity.OpStream, Code: ewsaffinity.CodeRefused}

func fail(t *testing.T, e *breaker.Endpoint, times int) {
	t.Helper()
	for i := range times {
		if _, ok := ask(e, down); !ok {
			t.Fatalf("request %d was not allowed", i+1)
		}
	}
}

func TestEndpointTripsAtTheFifthFailureInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		fail(t, e, 4)
		ask(e, nil)
		fail(t, e, 4)
		if have := e.State(); have != "closed" {
			t.Errorf("after four in a row: want closed, have %s", have)
		}
		fail(t, e, 1)
		if wait, ok := ask(e, nil); ok || wait != 10*time.Second || e.State() != "open" {
			t.Errorf("after five in a row: want a wait of 10s, have %v, allowed %v, %s", wait, ok, e.State())
		}
	})
}

func TestEndpointTripsAtMoreThanHalfOfTwenty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		for range 5 { // 20 requests, 10 failures: half is not more than half
			ask(e, nil)
			ask(e, nil)
			fail(t, e, 2)
		}
		if have := e.State(); have != "closed" {
			t.Fatalf("at half: want closed, have %s", have)
		}
		fail(t, e, 1)
		if have := e.State(); have != "open" {
			t.Errorf("at more than half: want open, have %s", have)
		}
	})
}

// TestEndpointRemembersAMinute: any minute, not one by the clock.
func TestEndpointRemembersAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		time.Sleep(55 * time.Second)
		fail(t, e, 4)
		time.Sleep(10 * time.Second)
		fail(t, e, 1)
		if have := e.State(); have != "open" {
			t.Errorf("want open, have %s", have)
		}
	})
}

func TestEndpointForgetsAfterAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		fail(t, e, 4)
		time.Sleep(2 * time.Minute)
		fail(t, e, 4)
		if have := e.State(); have != "closed" {
			t.Errorf("want closed, have %s", have)
		}
	})
}

func TestEndpointDoublesItsWaitWhileProbesFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		fail(t, e, 5)
		for _, want := range []time.Duration{10, 20, 40, 80, 160, 300, 300} {
			want *= time.Second
			wait, ok := ask(e, nil)
			if ok || wait != want {
				t.Fatalf("want a wait of %v, have %v, allowed %v", want, wait, ok)
			}
			time.Sleep(wait - time.Nanosecond)
			if _, ok := ask(e, nil); ok || e.State() != "open" {
				t.Fatalf("before %v had passed: want open, have %s, allowed %v", want, e.State(), ok)
			}
			time.Sleep(time.Nanosecond)
			fail(t, e, 1)
		}
		time.Sleep(5 * time.Minute)
		if _, ok := ask(e, nil); !ok || e.State() != "closed" {
			t.Fatalf("a good probe: want closed, have %s, allowed %v", e.State(), ok)
		}
		fail(t, e, 5)
		if wait, _ := ask(e, nil); wait != 10*time.Second {
			t.Errorf("after a good probe the wait begins anew: want 10s, have %v", wait)
		}
	})
}

func TestEndpointLetsOneProbeThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		fail(t, e, 5)
		time.Sleep(10 * time.Second)
		done, _, ok := e.Allow()
		if !ok || e.State() != "half-open" {
			t.Fatalf("want a probe, have %v, %s", ok, e.State())
		}
		if wait, ok := ask(e, nil); ok || wait <= 0 {
			t.Errorf("while the probe is out: want a wait, have %v, allowed %v", wait, ok)
		}
		done(&ewsaffinity.Fault{Op: ewsaffinity.OpStream, Code: ewsaffinity.CodeCancelled})
		done, _, ok = e.Allow()
		if !ok {
			t.Fatal("a probe that was given up: want another")
		}
		done(nil)
		if have := e.State(); have != "closed" {
			t.Errorf("after a good probe: want closed, have %s", have)
		}
	})
}

// TestEndpointIgnoresLateOutcomes: what was asked before it opened says nothing
// about the endpoint afterwards.
func TestEndpointIgnoresLateOutcomes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		late, _, _ := e.Allow()
		fail(t, e, 5)
		late(nil)
		if have := e.State(); have != "open" {
			t.Errorf("a late success: want open, have %s", have)
		}
		time.Sleep(10 * time.Second)
		if _, ok := ask(e, down); !ok {
			t.Fatal("want a probe")
		}
		if wait, _ := ask(e, nil); wait != 20*time.Second {
			t.Errorf("want 20s after the failed probe, have %v", wait)
		}
	})
}

func TestEndpointSpreadsItsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := breaker.NewEndpoint(breaker.EndpointConfig{Name: "url", Random: half})
		fail(t, e, 5)
		if wait, _ := ask(e, nil); wait != 11*time.Second {
			t.Errorf("want 11s, have %v", wait)
		}
	})
}

// TestWhatCountsAgainstAnEndpoint: each outcome five times in a row, on an
// endpoint that failed four times before.
func TestWhatCountsAgainstAnEndpoint(t *testing.T) {
	tests := []struct {
		op   ewsaffinity.Operation
		code ewsaffinity.Code
		want string // failure, success, neither
	}{
		{ewsaffinity.OpStream, ewsaffinity.CodeSilence, "failure"},
		{ewsaffinity.OpStream, ewsaffinity.CodeTruncated, "failure"},
		{ewsaffinity.OpSubscribe, ewsaffinity.CodeReset, "failure"},
		{ewsaffinity.OpSubscribe, ewsaffinity.CodeConnectTimeout, "failure"},
		{ewsaffinity.OpSubscribe, ewsaffinity.CodeTLS, "failure"},
		{ewsaffinity.OpSubscribe, ewsaffinity.HTTPStatus(503), "failure"},
		{ewsaffinity.OpSubscribe, ewsaffinity.HTTPStatus(429), "failure"},
		{ewsaffinity.OpSubscribe, "ErrorInsufficientResources", "failure"},
		{ewsaffinity.OpSubscribe, "ErrorServerBusy", "neither"},
		{ewsaffinity.OpSubscribe, "ErrorMailboxStoreUnavailable", "neither"},
		{ewsaffinity.OpSubscribe, "ErrorPasswordExpired", "neither"},
		{ewsaffinity.OpSubscribe, ewsaffinity.HTTPStatus(401), "neither"},
		{ewsaffinity.OpSubscribe, ewsaffinity.CodeCancelled, "neither"},
		{ewsaffinity.OpSubscribe, "ErrorAccessDenied", "success"},
		{ewsaffinity.OpStream, "ErrorSubscriptionNotFound", "success"},
		{ewsaffinity.OpSubscribe, "ErrorNonExistentMailbox", "success"},
		{ewsaffinity.OpSubscribe, "ErrorSchemaValidation", "success"},
	}
	for _, test := range tests {
		t.Run(string(test.code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEndpoint()
				fail(t, e, 4)
				ask(e, &ewsaffinity.Fault{Op: test.op, Code: test.code})
				have := "failure"
				if e.State() == "closed" {
					have = "success"
					if fail(t, e, 1); e.State() == "open" {
						have = "neither"
					}
				}
				if have != test.want {
					t.Errorf("want %s, have %s", test.want, have)
				}
			})
		})
	}
}

// TestEndpointFromManyGoroutines is for the race detector, and holds the promise
// of one probe at a time.
func TestEndpointFromManyGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint()
		fail(t, e, 5)
		time.Sleep(10 * time.Second)
		var asking sync.WaitGroup
		var mu sync.Mutex
		probes := 0
		release := make(chan struct{})
		for range 50 {
			asking.Go(func() {
				done, _, ok := e.Allow()
				e.State()
				if !ok {
					return
				}
				mu.Lock()
				probes++
				mu.Unlock()
				<-release
				done(down)
			})
		}
		synctest.Wait()
		close(release)
		asking.Wait()
		if probes != 1 {
			t.Errorf("want one probe, have %d", probes)
		}
	})
}
