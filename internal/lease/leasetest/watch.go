package leasetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/internal/lease"
)

func watchNothing(t *testing.T, b Backend) {
	s := b.Open(stage)
	feed := watch(t, s)
	put(t, s, member("a"), "1", 0, 0)
	// The record may be stored before watching begins.
	first := receive(t, feed, "first")
	second := receive(t, feed, "second")
	if !first.CaughtUp() && !second.CaughtUp() {
		t.Errorf("came %s and %s, want the mark among them", text(first), text(second))
	}
	feed = watch(t, b.Open("other"))
	if got := receive(t, feed, "first of an empty stage"); !got.CaughtUp() {
		t.Errorf("came %s, want the mark", text(got))
	}
	quiet(t, feed)
}

func watchOrder(t *testing.T, b Backend) {
	s := b.Open(stage)
	first := put(t, s, member("a"), "a1", 0, 0)
	put(t, s, claim("u"), "u1", 0, 0)
	put(t, s, member("b"), "b1", 0, 0)
	newest := put(t, s, member("a"), "a2", first, 0)
	feed := watch(t, s)
	got := take(t, feed, 4)
	put(t, s, claim("v"), "v1", 0, 0)
	put(t, s, member("a"), "a3", newest, 0)
	got = append(got, take(t, feed, 2)...)
	want := []string{"claim u = u1", "member b = b1", "member a = a2", "caught up", "claim v = v1", "member a = a3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("delivered (-want +got):\n%s", diff)
	}
	quiet(t, feed)
}

func watchStage(t *testing.T, b Backend) {
	mine, other := b.Open(stage), b.Open("subscriber")
	put(t, mine, member("a"), "mine", 0, 0)
	put(t, other, member("a"), "another", 0, 0)
	put(t, other, claim("u"), "another", 0, 0)
	feed := watch(t, mine)
	put(t, other, claim("v"), "another", 0, 0)
	if diff := cmp.Diff([]string{"member a = mine", "caught up"}, take(t, feed, 2)); diff != "" {
		t.Errorf("delivered (-want +got):\n%s", diff)
	}
	quiet(t, feed)
}

func watchEnds(t *testing.T, b Backend) {
	ctx, cancel := context.WithCancel(limited(t))
	s := b.Open(stage)
	put(t, s, member("a"), "1", 0, 0)
	feed, err := s.Watch(ctx)
	must(t, err)
	cancel()
	for deadline := time.After(patience); ; {
		select {
		case _, open := <-feed:
			if !open {
				return
			}
		case <-deadline:
			t.Fatal("the channel is still open")
		}
	}
}

func watchTwo(t *testing.T, b Backend) {
	s := b.Open(stage)
	early := watch(t, b.Open(stage))
	caughtUp(t, early)
	var sequences []uint64
	for i, key := range []lease.Key{member("a"), claim("u"), member("b")} {
		sequences = append(sequences, put(t, s, key, string(rune('0'+i)), 0, 0))
	}
	late := watch(t, b.Open(stage))
	for i, want := range sequences {
		one, two := receive(t, early, "early"), receive(t, late, "late")
		if diff := cmp.Diff(one, two); diff != "" || one.Sequence != want {
			t.Errorf("record %d: sequence %d, want %d; (-early +late):\n%s", i, one.Sequence, want, diff)
		}
	}
	caughtUp(t, late)
}

func names(t *testing.T, b Backend) {
	s := b.Open(stage)
	odd := []string{"0", "1a2b3c4d-17", "host-1.example.com", "a_b", "pod/7 (x)*>", "müller"}
	feed := watch(t, s)
	caughtUp(t, feed)
	for _, name := range odd {
		for _, key := range []lease.Key{member(name), claim(name)} {
			put(t, s, key, "v", 0, 0)
			if got := receive(t, feed, name); got.Key != key {
				t.Errorf("came key %+v, want %+v", got.Key, key)
			}
		}
	}
	if _, err := s.Put(limited(t), lease.Key{Kind: "weather", Name: "x"}, []byte("v"), 0, 0); err == nil {
		t.Error("a record of an unknown kind was stored")
	}
}
