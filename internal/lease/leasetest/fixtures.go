package leasetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/lease"
)

// patience bounds every wait of the suite: a store that needs more has failed.
const patience = 20 * time.Second

const stage = "streamer"

func member(name string) lease.Key { return lease.Key{Kind: lease.KindMember, Name: name} }
func claim(name string) lease.Key  { return lease.Key{Kind: lease.KindClaim, Name: name} }

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, s lease.Store, key lease.Key, value string, expected uint64, ttl time.Duration) uint64 {
	t.Helper()
	sequence, err := s.Put(limited(t), key, []byte(value), expected, ttl)
	if err != nil {
		t.Fatalf("put %v after %d: %v", key, expected, err)
	}
	return sequence
}

func conflict(t *testing.T, s lease.Store, key lease.Key, expected uint64) {
	t.Helper()
	if sequence, err := s.Put(limited(t), key, []byte("late"), expected, 0); !errors.Is(err, lease.ErrConflict) {
		t.Errorf("put %v after %d: stored at %d, error %v, want a conflict", key, expected, sequence, err)
	}
}

func watch(t *testing.T, s lease.Store) <-chan lease.Record {
	t.Helper()
	feed, err := s.Watch(limited(t))
	must(t, err)
	return feed
}

func receive(t *testing.T, feed <-chan lease.Record, what string) lease.Record {
	t.Helper()
	select {
	case r, ok := <-feed:
		if !ok {
			t.Fatalf("%s: the channel was closed", what)
		}
		return r
	case <-time.After(patience):
		t.Fatalf("%s: nothing came within %s", what, patience)
	}
	panic("unreachable")
}

// take receives n records as text.
func take(t *testing.T, feed <-chan lease.Record, n int) []string {
	t.Helper()
	var got []string
	for range n {
		got = append(got, text(receive(t, feed, fmt.Sprint("after ", got))))
	}
	return got
}

// quiet fails if anything comes that says something new.
func quiet(t *testing.T, feed <-chan lease.Record) {
	t.Helper()
	select {
	case r := <-feed:
		t.Errorf("after everything came %s", text(r))
	case <-time.After(50 * time.Millisecond):
	}
}

func text(r lease.Record) string {
	if r.CaughtUp() {
		return "caught up"
	}
	return fmt.Sprintf("%s %s = %s", r.Key.Kind, r.Key.Name, r.Value)
}

// caughtUp receives up to the mark.
func caughtUp(t *testing.T, feed <-chan lease.Record) {
	t.Helper()
	for !receive(t, feed, "the mark").CaughtUp() {
	}
}
