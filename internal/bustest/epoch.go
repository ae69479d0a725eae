package bustest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func opening(a messages.Address, id string, former messages.Epoch) messages.MailboxStreaming {
	return messages.MailboxStreaming{
		EventMeta: messages.EventMeta{Mailbox: a, Group: "g1", Generation: 1, Time: noon, Recorded: noon},
		Opening:   id, FormerEpoch: former, Reason: "subscribed",
	}
}

func epochConflict(t *testing.T, b Bus) {
	ctx := limited(t)
	expectEpoch(ctx, t, b, anna, 0)
	first, err := b.OpenEpochs(ctx, []messages.MailboxStreaming{opening(anna, "a1", 0), opening(bert, "b1", 0)})
	must(t, err)
	expectEpoch(ctx, t, b, anna, first[0])
	expectEpoch(ctx, t, b, bert, first[1])
	_, err = b.Publish(ctx, []messages.Event{newMail(anna, 1)})
	must(t, err)
	second, err := b.OpenEpochs(ctx, []messages.MailboxStreaming{opening(anna, "a2", first[0])})
	must(t, err)
	if second[0] <= first[0] {
		t.Errorf("epoch %d after %d", second[0], first[0])
	}
	for _, former := range []messages.Epoch{0, first[0]} {
		_, err := b.OpenEpochs(ctx, []messages.MailboxStreaming{opening(bert, "b2", first[1]), opening(anna, "stale", former)})
		var conflict *outcome.EpochError
		if !errors.As(err, &conflict) || conflict.Mailbox != anna || conflict.Former != former || conflict.Newest != second[0] {
			t.Errorf("after %d: %v, want an EpochError of %s with %d", former, err, anna, second[0])
		}
	}
	expectEpoch(ctx, t, b, anna, second[0])
}

func expectEpoch(ctx context.Context, t *testing.T, b Bus, a messages.Address, want messages.Epoch) {
	t.Helper()
	if have, err := b.Epoch(ctx, a); err != nil || have != want {
		t.Errorf("epoch of %s: %d, %v, want %d", a, have, err, want)
	}
}

func epochRace(t *testing.T, b Bus) {
	ctx := limited(t)
	const racers = 8
	opened := make([]bool, racers)
	var running sync.WaitGroup
	for i := range racers {
		running.Go(func() {
			_, err := b.OpenEpochs(ctx, []messages.MailboxStreaming{opening(anna, string(rune('a'+i)), 0)})
			var conflict *outcome.EpochError
			if opened[i] = err == nil; err != nil && !errors.As(err, &conflict) {
				t.Errorf("racer %d: %v", i, err)
			}
		})
	}
	running.Wait()
	if n := len(slices.DeleteFunc(opened, func(won bool) bool { return !won })); n != 1 {
		t.Errorf("%d openings were stored, want 1", n)
	}
}

func epochRepeat(t *testing.T, b Bus) {
	ctx := limited(t)
	own := []messages.MailboxStreaming{opening(anna, "a1", 0)}
	first, err := b.OpenEpochs(ctx, own)
	must(t, err)
	again, err := b.OpenEpochs(ctx, own)
	must(t, err)
	if !slices.Equal(first, again) {
		t.Errorf("opened again: %d, want %d", again, first)
	}
}
