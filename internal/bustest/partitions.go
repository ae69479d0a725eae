package bustest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// share serves every partition but the endpoint's, which it serves while it is ours.
type share struct {
	mu      sync.Mutex
	ours    bool
	changed chan struct{}
}

func newShare(ours bool) *share { return &share{ours: ours, changed: make(chan struct{}, 1)} }

func (s *share) Serves(p messages.Partition) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ours || p != endpoint.Partition()
}

func (s *share) Changed() <-chan struct{} { return s.changed }

func (s *share) set(ours bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ours = ours
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// elsewhere is a request of another partition than the endpoint's.
func elsewhere(id string) messages.RegroupRequested {
	r := request(id, "g9")
	for i := 0; r.URL.Partition() == endpoint.Partition(); i++ {
		r.URL = messages.Endpoint(fmt.Sprintf("https://mail%d.contoso.com/EWS/Exchange.asmx", i))
	}
	return r
}

func regroupOurs(t *testing.T, b Bus) {
	ctx := limited(t)
	ours := newShare(false)
	handled := make(chan string, 10)
	serveSome(t, b, ours, func(_ context.Context, r messages.RegroupRequested) error {
		handled <- r.ID
		return nil
	})
	// step asks for a request here and one elsewhere, and tells what is handled.
	step := func(here, there string, want ...string) {
		t.Helper()
		must(t, b.RequestRegroup(ctx, request(here, "g1")))
		must(t, b.RequestRegroup(ctx, elsewhere(there)))
		got := map[string]bool{}
		for range want {
			got[receive(t, handled, fmt.Sprintf("%s and %s", here, there))] = true
		}
		for _, id := range want {
			if !got[id] {
				t.Errorf("handled %v, want %v", got, want)
			}
		}
		select {
		case id := <-handled:
			t.Errorf("%s was handled, which is not ours", id)
		case <-time.After(100 * time.Millisecond):
		}
	}
	step("r1", "e1", "e1")
	ours.set(true)
	if got := receive(t, handled, "what waited"); got != "r1" {
		t.Errorf("%s was handled, want r1", got)
	}
	step("r2", "e2", "r2", "e2")
	ours.set(false)
	step("r3", "e3", "e3")
	ours.set(true)
	if got := receive(t, handled, "what waited"); got != "r3" {
		t.Errorf("%s was handled, want r3", got)
	}
}

// regroupHandOver hands the partition over from within the handler, so that it is
// known who has to handle what comes next.
func regroupHandOver(t *testing.T, b Bus) {
	const requests, every = 24, 5
	shares := [2]*share{newShare(true), newShare(false)}
	handled := make(chan string, 2*requests)
	var count atomic.Int32 // of requests handled: one after another, whoever serves
	for i, mine := range shares {
		serveSome(t, b, mine, func(_ context.Context, r messages.RegroupRequested) error {
			if count.Add(1)%every == 0 {
				mine.set(false)
				shares[1-i].set(true)
			}
			handled <- fmt.Sprintf("%s by %d", r.ID, i)
			return nil
		})
	}
	var want, got []string
	for n := range requests {
		id := fmt.Sprint("r", n)
		want = append(want, fmt.Sprintf("%s by %d", id, n/every%2))
		must(t, b.RequestRegroup(limited(t), request(id, messages.GroupID(fmt.Sprint("g", n%3)))))
	}
	for range want {
		got = append(got, receive(t, handled, fmt.Sprintf("a request after %v", got)))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("handled (-want +got):\n%s", diff)
	}
}

func regroupForgiven(t *testing.T, b Bus) {
	former, next := newShare(true), newShare(false)
	must(t, b.RequestRegroup(limited(t), request("r1", "g1")))
	handled := make(chan string, 10)
	serveSome(t, b, former, func(context.Context, messages.RegroupRequested) error {
		former.set(false)
		next.set(true)
		return errors.New("it is not mine to decide")
	})
	serveSome(t, b, next, func(_ context.Context, r messages.RegroupRequested) error {
		handled <- r.ID
		return nil
	})
	if got := receive(t, handled, "the request at the new owner"); got != "r1" {
		t.Errorf("%s was handled, want r1", got)
	}
}

// regroupShared has two serve everything, one of which ends in the middle.
func regroupShared(t *testing.T, b Bus) {
	const requests = 20
	var inside atomic.Int32
	handled := make(chan string, 2*requests)
	handle := func(_ context.Context, r messages.RegroupRequested) error {
		if inside.Add(1) != 1 {
			t.Errorf("%s was handled beside another of its partition", r.ID)
		}
		<-time.After(5 * time.Millisecond) // long enough for another to come in
		inside.Add(-1)
		handled <- r.ID
		return nil
	}
	var want, got []string
	for n := range requests {
		want = append(want, fmt.Sprint("r", n))
		must(t, b.RequestRegroup(limited(t), request(want[n], "g1")))
	}
	stop := serve(t, b, handle)
	serve(t, b, handle)
	for range want {
		got = append(got, receive(t, handled, fmt.Sprintf("a request after %v", got)))
		if len(got) == requests/4 {
			stop()
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("handled (-want +got):\n%s", diff)
	}
}
