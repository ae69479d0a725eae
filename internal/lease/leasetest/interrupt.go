package leasetest

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/internal/lease"
)

// interruptions lets writers write while connections break, and asks that a watcher
// ends up with the newest record of every key, told in order.
func interruptions(t *testing.T, b Backend) {
	if b.Interrupt == nil {
		b.Interrupt = func() {}
	}
	const writers, times = 4, 3
	feed := watch(t, b.Open(stage))
	caughtUp(t, feed)
	ctx, stop := context.WithCancel(limited(t))
	var mu sync.Mutex
	var wg sync.WaitGroup
	newest := make(map[lease.Key]uint64)
	for i := range writers {
		key := claim(fmt.Sprint(i))
		s := b.Open(stage)
		first := put(t, s, key, "first", 0, 0)
		wg.Go(func() {
			last := write(ctx, t, s, key, first)
			mu.Lock()
			defer mu.Unlock()
			newest[key] = last
		})
	}
	told := make(map[lease.Key]uint64)
	for range times {
		for range 20 {
			note(t, told, receive(t, feed, "a record"))
		}
		b.Interrupt()
	}
	stop()
	wg.Wait()
	for !maps.Equal(told, newest) {
		note(t, told, receive(t, feed, fmt.Sprintf("told %v, stored %v", told, newest)))
	}
	if diff := cmp.Diff(writers, len(told)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

// note takes a record down; a second mark or a step back is wrong.
func note(t *testing.T, told map[lease.Key]uint64, r lease.Record) {
	t.Helper()
	if r.CaughtUp() {
		t.Error("the mark came again")
		return
	}
	if r.Sequence < told[r.Key] {
		t.Errorf("%v at %d came after %d", r.Key, r.Sequence, told[r.Key])
	}
	told[r.Key] = r.Sequence
}

// write counts a key up until ctx ends and returns the newest sequence. What was
// left open is settled by watching.
func write(ctx context.Context, t *testing.T, s lease.Store, key lease.Key, last uint64) uint64 {
	for i := 0; ctx.Err() == nil; i++ {
		sequence, err := s.Put(t.Context(), key, fmt.Append(nil, i), last, 0)
		if err == nil {
			last = sequence
			<-time.After(time.Millisecond)
			continue
		}
		last = newestOf(t, s, key)
	}
	return newestOf(t, s, key)
}

func newestOf(t *testing.T, s lease.Store, key lease.Key) (sequence uint64) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	feed, err := s.Watch(ctx)
	if err != nil {
		t.Error(err)
		return 0
	}
	for r := range feed {
		if r.CaughtUp() {
			return sequence
		}
		if r.Key == key {
			sequence = r.Sequence
		}
	}
	t.Errorf("%v: no mark came within %s", key, patience)
	return 0
}
