package audit_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// TestGenuineStreamsAreSound: what looks odd and is right.
func TestGenuineStreamsAreSound(t *testing.T) {
	tests := []struct {
		name  string
		story func(w *world)
	}{
		{"equal events of one second", func(w *world) {
			w.subscribe(0)
			w.open(1)
			for n := range 3 {
				w.write(w.repeat(5))
				w.storeRaised(1, n+1, n)
			}
		}},
		{"an epoch follows another", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 1, 0)
			w.stop(1, 2, 1, messages.StopMoved)
			w.open(9)
			w.storeRaised(9, 1, 1)
			w.storeRaised(9, 2, 2)
		}},
		{"late events of an epoch after the next one opened", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 1, 0)
			w.open(9)
			w.storeRaised(9, 1, 2)
			w.storeRaised(1, 2, 1)
			w.stop(1, 3, 1, messages.StopMoved)
		}},
		{"a mailbox that moves has two subscriptions for a while", func(w *world) {
			inOrder(w)
			w.subscribe(1)
			w.open(9)
			w.write(1, 2)
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 2, 1)
			w.storeRaised(9, 1, 1)
			w.storeRaised(1, 3, 2)
			w.storeRaised(9, 2, 2)
		}},
		{"a write that failed arrived nevertheless", func(w *world) {
			inOrder(w)
			w.truth.Writes[2].Failed = true
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 2, 1)
			w.storeRaised(1, 3, 2)
		}},
		{"an event is read back though it had come", func(w *world) {
			inOrder(w)
			w.storeRaised(1, 1, 0)
			w.storeRaised(1, 2, 1)
			w.storeRaised(1, 3, 2)
			w.open(9)
			e := w.event(9, 1, 2)
			e.Origin = messages.OriginRecovered
			w.keep(e)
		}},
		{"a lifecycle that counts on", func(w *world) {
			inOrder(w)
			w.gap(1, 1, 0, 0)
			w.storeRaised(1, 2, 0)
			w.keep(messages.MailboxHealed{EventMeta: w.meta(1, 3)})
			w.storeRaised(1, 4, 1)
			w.storeRaised(1, 5, 2)
			w.stop(1, 6, 3, messages.StopLost)
		}},
		{"a mailbox nobody subscribed", func(w *world) { w.raise(1) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld()
			test.story(w)
			if report, _ := w.judge(); !report.Sound() {
				t.Error(report)
			}
		})
	}
}

// TestNoDamageGoesUnseen damages a sound stream in a random place and way.
func TestNoDamageGoesUnseen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		w.subscribe(0)
		w.randomEpochs(t)
		if report, _ := w.judge(); !report.Sound() {
			t.Fatalf("the undamaged stream: %s", report)
		}
		damaged := w.damage(t)
		if report, _ := w.judge(); report.Sound() {
			t.Fatalf("%s goes unseen: %s", damaged, report)
		}
	})
}
