package bustest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func feedEmpty(t *testing.T, b Bus) {
	for name, open := range map[string]func(context.Context) (<-chan messages.Recorded, error){
		"mailboxes": b.Mailboxes, "groups": b.Groups,
	} {
		feed, err := open(limited(t))
		must(t, err)
		if got := receive(t, feed, name); !got.CaughtUp() {
			t.Errorf("%s: first came %+v, want the mark", name, got)
		}
	}
}

func feedOrder(t *testing.T, b Bus) {
	ctx := limited(t)
	must(t, b.Record(ctx, enrolled("f1", anna), enrolled("f2", bert), enrolled("f3", anna)))
	feed, err := b.Mailboxes(ctx)
	must(t, err)
	var got []string
	take := func(n int) {
		for range n {
			got = append(got, nameOf(receive(t, feed, "feed")))
		}
	}
	take(4)
	must(t, b.Record(ctx, enrolled("f4", bert)))
	must(t, b.Record(ctx, enrolled("f5", anna)))
	take(2)
	want := []string{"f1@1", "f2@2", "f3@3", "caught up", "f4@4", "f5@5"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("delivered (-want +got):\n%s", diff)
	}
	select {
	case extra := <-feed:
		t.Errorf("after everything came %+v", extra)
	case <-time.After(50 * time.Millisecond):
	}
}

func feedRetention(t *testing.T, b Bus) {
	ctx := limited(t)
	const kept = 16
	for i := range kept + 4 {
		must(t, b.Record(ctx, enrolled(fmt.Sprint("a", i), anna)))
	}
	must(t, b.Record(ctx, enrolled("b", bert)))
	feed, err := b.Mailboxes(ctx)
	must(t, err)
	if got, want := nameOf(receive(t, feed, "first")), "a4@5"; got != want {
		t.Errorf("oldest kept is %s, want %s", got, want)
	}
	for range kept - 1 {
		receive(t, feed, "rest")
	}
	if got, want := nameOf(receive(t, feed, "last")), "b@21"; got != want {
		t.Errorf("newest is %s, want %s", got, want)
	}
}

func feedEnds(t *testing.T, b Bus) {
	ctx, cancel := context.WithCancel(limited(t))
	must(t, b.Record(ctx, enrolled("f1", anna)))
	feed, err := b.Mailboxes(ctx)
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

func nameOf(r messages.Recorded) string {
	if r.CaughtUp() {
		return "caught up"
	}
	return fmt.Sprintf("%s@%d", r.Fact.FactMeta().ID, r.Sequence)
}
