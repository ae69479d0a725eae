package bustest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// serve runs ServeRegroups until stop is called, which waits for its end.
func serve(t *testing.T, b Bus, handle func(context.Context, messages.RegroupRequested) error) (stop func()) {
	t.Helper()
	return serveSome(t, b, nil, handle)
}

func serveSome(t *testing.T, b Bus, served Partitions, handle func(context.Context, messages.RegroupRequested) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(limited(t))
	ended := make(chan error, 1)
	go func() { ended <- b.ServeRegroups(ctx, served, handle) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := receive(t, ended, "end of serving"); !errors.Is(err, context.Canceled) {
			t.Errorf("serving ended with %v, want the context's error", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

func regroupOrder(t *testing.T, b Bus) {
	ctx := limited(t)
	want := []string{"r1", "r2", "r3", "r4"}
	for _, id := range want[:3] {
		must(t, b.RequestRegroup(ctx, request(id, "g1")))
	}
	handled := make(chan messages.RegroupRequested, 10)
	serve(t, b, func(_ context.Context, r messages.RegroupRequested) error {
		handled <- r
		return nil
	})
	must(t, b.RequestRegroup(ctx, request("r2", "g1"))) // a repeat
	must(t, b.RequestRegroup(ctx, request("r4", "g1")))
	var got []string
	for range want {
		r := receive(t, handled, "request")
		if diff := cmp.Diff(request(r.ID, "g1"), r); diff != "" {
			t.Errorf("request (-requested +handled):\n%s", diff)
		}
		got = append(got, r.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("handled (-want +got):\n%s", diff)
	}
}

func regroupRetry(t *testing.T, b Bus) {
	must(t, b.RequestRegroup(limited(t), request("r1", "g1")))
	handled := make(chan int, 10)
	tries := 0
	serve(t, b, func(context.Context, messages.RegroupRequested) error {
		if tries++; tries < 3 {
			return errors.New("not yet")
		}
		handled <- tries
		return nil
	})
	if got := receive(t, handled, "third try"); got != 3 {
		t.Errorf("it was handled at try %d, want 3", got)
	}
}

func regroupPoison(t *testing.T, b Bus) {
	ctx := limited(t)
	for _, id := range []string{"bad", "good"} {
		must(t, b.RequestRegroup(ctx, request(id, "g1")))
	}
	handled := make(chan string, 10)
	serve(t, b, func(_ context.Context, r messages.RegroupRequested) error {
		if r.ID == "bad" {
			return fmt.Errorf("no one can handle %s", r.ID)
		}
		handled <- r.ID
		return nil
	})
	if got := receive(t, handled, "the request behind the poisoned one"); got != "good" {
		t.Errorf("handled %s", got)
	}
}

func regroupInterrupted(t *testing.T, b Bus) {
	must(t, b.RequestRegroup(limited(t), request("r1", "g1")))
	began := make(chan struct{}, 1)
	stop := serve(t, b, func(ctx context.Context, _ messages.RegroupRequested) error {
		began <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	receive(t, began, "the first try")
	stop()

	handled := make(chan string, 1)
	serve(t, b, func(_ context.Context, r messages.RegroupRequested) error {
		handled <- r.ID
		return nil
	})
	if got := receive(t, handled, "the request again"); got != "r1" {
		t.Errorf("handled %s", got)
	}
}
