package leasetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/internal/lease"
)

func putConflict(t *testing.T, b Backend) {
	s, other := b.Open(stage), b.Open(stage)
	first := put(t, s, claim("u"), "1", 0, 0)
	conflict(t, other, claim("u"), 0)
	between := put(t, other, claim("v"), "1", 0, 0)
	second := put(t, other, claim("u"), "2", first, 0)
	conflict(t, s, claim("u"), first)
	conflict(t, s, claim("u"), second+1)
	if first == 0 || between <= first || second <= between {
		t.Errorf("sequences %d, %d, %d do not grow", first, between, second)
	}
	feed := watch(t, s)
	if diff := cmp.Diff([]string{"claim v = 1", "claim u = 2", "caught up"}, take(t, feed, 3)); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

func putRace(t *testing.T, b Backend) {
	stores := make([]lease.Store, 6)
	for i := range stores {
		stores[i] = b.Open(stage)
	}
	expected := uint64(0)
	for range 8 {
		won := race(t, stores, claim("u"), expected)
		if won <= expected {
			t.Fatalf("after %d was stored %d", expected, won)
		}
		expected = won
	}
}

// race lets every store put after expected, until one is stored and the others are
// told so, and returns the sequence.
func race(t *testing.T, stores []lease.Store, key lease.Key, expected uint64) uint64 {
	t.Helper()
	ctx := limited(t)
	won := make(chan uint64, len(stores))
	var wg sync.WaitGroup
	for _, s := range stores {
		wg.Go(func() {
			for ctx.Err() == nil {
				sequence, err := s.Put(ctx, key, []byte("mine"), expected, 0)
				if err == nil {
					won <- sequence
				}
				if err == nil || errors.Is(err, lease.ErrConflict) {
					return
				}
				<-time.After(time.Millisecond) // it is open whether it was stored
			}
		})
	}
	wg.Wait()
	must(t, ctx.Err())
	if len(won) != 1 {
		t.Fatalf("of %d puts after %d were stored %d, want one", len(stores), expected, len(won))
	}
	return <-won
}

func putEmpty(t *testing.T, b Backend) {
	s := b.Open(stage)
	feed := watch(t, s)
	caughtUp(t, feed)
	first := put(t, s, claim("u"), "mine", 0, 0)
	got := take(t, feed, 1) // at once: a record that is replaced need not be told
	emptied := put(t, s, claim("u"), "", first, 0)
	got = append(got, take(t, feed, 1)...)
	conflict(t, s, claim("u"), 0)
	conflict(t, s, claim("u"), first)
	put(t, s, claim("u"), "yours", emptied, 0)
	got = append(got, take(t, feed, 1)...)
	if diff := cmp.Diff([]string{"claim u = mine", "claim u = ", "claim u = yours"}, got); diff != "" {
		t.Errorf("delivered (-want +got):\n%s", diff)
	}
}

func putEnded(t *testing.T, b Backend) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Open(stage).Put(ctx, claim("u"), []byte("1"), 0, 0); err == nil || errors.Is(err, lease.ErrConflict) {
		t.Errorf("error %v, want one that leaves open whether it was stored", err)
	}
}
