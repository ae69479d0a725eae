package bustest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func publishOrder(t *testing.T, b Bus) {
	ctx := limited(t)
	got, err := b.Publish(ctx, slices.Concat(newMails(anna, 1, 3), newMails(bert, 1, 1)))
	must(t, err)
	if diff := cmp.Diff([]uint64{1, 2, 3, 4}, got); diff != "" {
		t.Errorf("sequences (-want +got):\n%s", diff)
	}
	got, err = b.Publish(ctx, newMails(anna, 2, 4))
	must(t, err)
	if diff := cmp.Diff([]uint64{2, 3, 5}, got); diff != "" {
		t.Errorf("sequences of two repeats and a new one (-want +got):\n%s", diff)
	}
	if got, err := b.Publish(ctx, nil); len(got) != 0 || err != nil {
		t.Errorf("nothing to publish: %v, %v", got, err)
	}
}

func publishEnded(t *testing.T, b Bus) {
	ctx, cancel := context.WithCancel(limited(t))
	cancel()
	if _, err := b.Publish(ctx, newMails(anna, 1, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func publishConcurrent(t *testing.T, b Bus) {
	ctx := limited(t)
	const callers, calls = 8, 20
	var mu sync.Mutex
	seen := make(map[uint64]bool)
	var wg sync.WaitGroup
	for c := range callers {
		mailbox := messages.Address(fmt.Sprintf("user%d@contoso.com", c))
		wg.Go(func() {
			var last uint64
			for call := range messages.Sequence(calls) {
				sequences, err := b.Publish(ctx, newMails(mailbox, call*3+1, call*3+3))
				if err != nil {
					t.Errorf("%s: %v", mailbox, err)
					return
				}
				for _, s := range sequences {
					if s <= last {
						t.Errorf("%s: sequence %d after %d", mailbox, s, last)
					}
					last = s
					mu.Lock()
					seen[s] = true
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if want := callers * calls * 3; len(seen) != want {
		t.Errorf("%d different sequences, want %d", len(seen), want)
	}
}

func lastEvent(t *testing.T, b Bus) {
	ctx := limited(t)
	if got, ok, err := b.Last(ctx, anna); ok || err != nil {
		t.Fatalf("before any: %v, %v, %v", got, ok, err)
	}
	streaming := messages.MailboxStreaming{
		EventMeta: messages.EventMeta{Mailbox: anna, Group: "g1", Generation: 1, Time: noon, Recorded: noon},
		Opening:   "o1", Reason: "subscribed",
	}
	sequences, err := b.Publish(ctx, []messages.Event{newMail(bert, 1), streaming})
	must(t, err)
	streaming.Epoch = messages.Epoch(sequences[1])
	expectLast(ctx, t, b, anna, streaming)
	_, err = b.Publish(ctx, []messages.Event{newMail(anna, 1), newMail(anna, 2), newMail(bert, 2)})
	must(t, err)
	expectLast(ctx, t, b, anna, newMail(anna, 2))
}

func expectLast(ctx context.Context, t *testing.T, b Bus, mailbox messages.Address, want messages.Event) {
	t.Helper()
	got, ok, err := b.Last(ctx, mailbox)
	if must(t, err); !ok {
		t.Fatal("no last event is found")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("last event (-want +got):\n%s", diff)
	}
}
