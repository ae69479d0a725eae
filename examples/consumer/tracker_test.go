package main

import (
	"testing"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func streaming(epoch, former messages.Epoch, last messages.Sequence) messages.Event {
	return messages.MailboxStreaming{EventMeta: meta(epoch, 0), FormerEpoch: former, LastSequence: last}
}

func TestTracker(t *testing.T) {
	type step struct {
		event   messages.Event
		fresh   bool
		missing int
	}
	tests := map[string][]step{
		"in order":                       {{streaming(1, 0, 0), true, 0}, {newMail(1, 1), true, 0}, {newMail(1, 2), true, 0}},
		"repeat":                         {{streaming(1, 0, 0), true, 0}, {newMail(1, 1), true, 0}, {newMail(1, 1), false, 0}},
		"repeated opening":               {{streaming(1, 0, 0), true, 0}, {newMail(1, 1), true, 0}, {streaming(1, 0, 0), false, 0}, {newMail(1, 1), false, 0}},
		"hole":                           {{streaming(1, 0, 0), true, 0}, {newMail(1, 3), true, 2}, {newMail(1, 4), true, 0}},
		"late":                           {{streaming(1, 0, 0), true, 0}, {newMail(1, 2), true, 1}, {newMail(1, 1), true, 0}, {newMail(1, 1), false, 0}},
		"begun in the middle":            {{newMail(1, 5), true, 0}, {newMail(1, 6), true, 0}, {newMail(1, 4), true, 0}, {newMail(1, 5), false, 0}},
		"end of the former epoch":        {{newMail(1, 5), true, 0}, {streaming(8, 1, 7), true, 2}, {newMail(8, 1), true, 0}, {newMail(1, 6), true, 0}},
		"complete former epoch":          {{newMail(1, 5), true, 0}, {streaming(8, 1, 5), true, 0}, {newMail(1, 5), false, 0}},
		"former epoch goes on":           {{newMail(1, 5), true, 0}, {streaming(8, 1, 5), true, 0}, {newMail(1, 6), true, 0}},
		"former epoch that is not known": {{streaming(8, 1, 5), true, 0}, {newMail(8, 1), true, 0}},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			tr := tracker{}
			for _, s := range steps {
				if fresh, missing := tr.take(s.event); fresh != s.fresh || missing != s.missing {
					t.Errorf("%s: have fresh %t, missing %d, want %t, %d", s.event.ID(), fresh, missing, s.fresh, s.missing)
				}
			}
		})
	}
}

func TestTrackerForgets(t *testing.T) {
	tr := tracker{}
	for epoch := range messages.Epoch(100) {
		tr.take(streaming(epoch+1, epoch, 1))
		tr.take(newMail(epoch+1, 1))
	}
	if len(tr) > 2 {
		t.Errorf("%d epochs are remembered, want the present one and the former", len(tr))
	}
}
