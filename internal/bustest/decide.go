package bustest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func decideConflict(t *testing.T, b Bus) {
	ctx := limited(t)
	first, err := b.Decide(ctx, group("d1", "g1", 1), 0)
	must(t, err)
	if _, err := b.Decide(ctx, group("x", "g2", 1), 0); err != nil {
		t.Fatalf("another group is another subject: %v", err)
	}
	second, err := b.Decide(ctx, group("d2", "g1", 2), first)
	must(t, err)
	for _, stale := range []uint64{0, first} {
		_, err := b.Decide(ctx, group(fmt.Sprint("late", stale), "g1", 9), stale)
		var conflict *outcome.ConflictError
		if !errors.As(err, &conflict) {
			t.Fatalf("expecting sequence %d: %v, want a conflict", stale, err)
		}
		want := outcome.ConflictError{Group: "g1", Expected: stale, Actual: second}
		if *conflict != want {
			t.Errorf("conflict %+v, want %+v", *conflict, want)
		}
	}
	var got []string
	for _, r := range read(ctx, t, b.Groups) {
		got = append(got, nameOf(r))
	}
	if diff := cmp.Diff([]string{"d1@1", "x@2", "d2@3"}, got); diff != "" {
		t.Errorf("stored decisions (-want +got):\n%s", diff)
	}
}

func decideRace(t *testing.T, b Bus) {
	ctx := limited(t)
	const deciders = 8
	var mu sync.Mutex
	var won []uint64
	var wg sync.WaitGroup
	for i := range deciders {
		wg.Go(func() {
			sequence, err := b.Decide(ctx, group(fmt.Sprint("d", i), "g1", 1), 0)
			var conflict *outcome.ConflictError
			if err != nil && !errors.As(err, &conflict) {
				t.Errorf("decider %d: %v", i, err)
			}
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				won = append(won, sequence)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 {
		t.Errorf("%d of %d deciders won: %v", len(won), deciders, won)
	}
	if stored := read(ctx, t, b.Groups); len(stored) != 1 {
		t.Errorf("stored are %d decisions, want 1", len(stored))
	}
}

func decideRepeat(t *testing.T, b Bus) {
	ctx := limited(t)
	want, err := b.Decide(ctx, group("d1", "g1", 1), 0)
	must(t, err)
	for range 2 {
		got, err := b.Decide(ctx, group("d1", "g1", 1), 0)
		if err != nil || got != want {
			t.Errorf("one's own decision again: %d, %v; want %d", got, err, want)
		}
	}
	_, err = b.Decide(ctx, group("d2", "g1", 2), want)
	must(t, err)
	if got, err := b.Decide(ctx, group("d1", "g1", 1), 0); err != nil || got != want {
		t.Errorf("one's own decision after the next: %d, %v; want %d", got, err, want)
	}
}

func decideDissolve(t *testing.T, b Bus) {
	ctx := limited(t)
	first, err := b.Decide(ctx, group("d1", "g1", 1), 0)
	must(t, err)
	dissolved := group("d2", "g1", 2)
	dissolved.Subscriptions = nil
	_, err = b.Decide(ctx, dissolved, first)
	must(t, err)
	stored := read(ctx, t, b.Groups)
	if len(stored) != 1 || nameOf(stored[0]) != "d2@2" {
		t.Errorf("stored are %v, want the dissolution alone", stored)
	}
}

// read returns what a feed delivers up to its mark.
func read(ctx context.Context, t *testing.T, open func(context.Context) (<-chan messages.Recorded, error)) []messages.Recorded {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	feed, err := open(ctx)
	must(t, err)
	var all []messages.Recorded
	for {
		r := receive(t, feed, "feed")
		if r.CaughtUp() {
			return all
		}
		all = append(all, r)
	}
}
