package exchange_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// gate holds every request until it is opened.
type gate struct {
	running atomic.Int32
	opened  chan struct{}
}

func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	g.running.Add(1)
	defer g.running.Add(-1)
	select {
	case <-g.opened:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return answer(200, subscribed("s1")), nil
}

func TestCallsToAnEndpointAreBounded(t *testing.T) {
	other := messages.Endpoint(strings.Replace(string(ews), "mail", "other", 1))
	for _, test := range []struct {
		name        string
		concurrency int
		want        int32 // at a time to one endpoint
	}{{"by default", 0, 10}, {"as configured", 3, 3}} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &gate{opened: make(chan struct{})}
				a := over(exchange.Config{Concurrency: test.concurrency}, g.RoundTrip)
				var calls sync.WaitGroup
				start := func(ctx context.Context, url messages.Endpoint) {
					calls.Go(func() { _, _ = a.Subscribe(ctx, messages.Place{URL: url, Anchor: anna}, bert) })
				}
				ctx, cancel := context.WithCancel(t.Context())
				for range 25 {
					start(ctx, ews)
				}
				checkRunning(t, g, test.want)
				start(t.Context(), other)
				checkRunning(t, g, test.want+1)

				cancel() // those that wait for a place give up too
				checkRunning(t, g, 1)
				for range 25 {
					start(t.Context(), ews)
				}
				checkRunning(t, g, test.want+1)
				close(g.opened)
				calls.Wait()
			})
		})
	}
}

func checkRunning(t *testing.T, g *gate, want int32) {
	t.Helper()
	synctest.Wait()
	if have := g.running.Load(); have != want {
		t.Errorf("want %d calls under way, have %d", want, have)
	}
}

func TestAWaitForAPlaceEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{opened: make(chan struct{})}
		a := over(exchange.Config{Concurrency: 1}, g.RoundTrip)
		place := messages.Place{URL: ews, Anchor: anna}
		var running sync.WaitGroup
		running.Go(func() { _, _ = a.Subscribe(t.Context(), place, anna) })
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		waiting := make(chan error, 1)
		running.Go(func() { _, err := a.Subscribe(ctx, place, bert); waiting <- err })
		synctest.Wait()
		cancel()
		synctest.Wait()
		select {
		case err := <-waiting:
			if err != context.Canceled {
				t.Errorf("want %v, have %v", context.Canceled, err)
			}
		default:
			t.Error("the call waits on")
		}
		close(g.opened)
		running.Wait()
	})
}

// TestEveryCallTakesItsPlace: with one place, each kind of call waits for the other.
func TestEveryCallTakesItsPlace(t *testing.T) {
	place := messages.Place{URL: ews, Anchor: anna}
	calls := map[string]func(context.Context, *exchange.Adapter){
		"Subscribe":   func(ctx context.Context, a *exchange.Adapter) { _, _ = a.Subscribe(ctx, place, bert) },
		"Unsubscribe": func(ctx context.Context, a *exchange.Adapter) { _ = a.Unsubscribe(ctx, place, bert, "s1") },
		"Folders":     func(ctx context.Context, a *exchange.Adapter) { _, _ = a.Folders(ctx, ews, bert) },
		"Discover":    func(ctx context.Context, a *exchange.Adapter) { _, _ = a.Discover(ctx, []messages.Address{bert}) },
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &gate{opened: make(chan struct{})}
				a := over(exchange.Config{Concurrency: 1, AutodiscoverURL: string(ews)}, g.RoundTrip)
				var running sync.WaitGroup
				running.Go(func() { call(t.Context(), a) })
				running.Go(func() { call(t.Context(), a) })
				checkRunning(t, g, 1)
				close(g.opened)
				running.Wait()
			})
		})
	}
}

// The bound is one of all processes together, and throttling lowers it.
func TestTheBoundIsSharedAndHalvedByThrottling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{opened: make(chan struct{})}
		busy := false
		a := over(exchange.Config{}, func(r *http.Request) (*http.Response, error) {
			if busy {
				return answer(503, ""), nil
			}
			return g.RoundTrip(r)
		})
		check := func(want int32) {
			t.Helper()
			ctx, cancel := context.WithCancel(t.Context())
			var calls sync.WaitGroup
			for range 25 {
				calls.Go(func() { _, _ = a.Subscribe(ctx, messages.Place{URL: ews, Anchor: anna}, bert) })
			}
			checkRunning(t, g, want)
			cancel()
			calls.Wait()
		}
		a.SetMembers(3)
		check(3)
		a.SetMembers(1)
		check(10)
		busy = true
		_, _ = a.Subscribe(t.Context(), messages.Place{URL: ews, Anchor: anna}, bert)
		busy = false
		check(5)
	})
}
