package streamer

import (
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestTheFirstSubscriptionOpensAnEpochWithoutGap(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.pass(10 * time.Second)
		w.group("g", "a=a1", "b=b1")
		w.pass(time.Second)
		w.say("a1", mail("a1", "m1", "m2"))

		w.wantHistory("a", "streaming subscribed", "1 newmail inbox m1", "2 newmail inbox m2")
		w.wantHistory("b", "streaming subscribed")
		call := w.exchange.opened()[0]
		if want := (messages.Place{Group: "g", URL: endpointURL, Anchor: address("a"), Cookie: "ex01.contoso.com~1"}); call.place != want {
			t.Errorf("place: have %+v, want %+v", call.place, want)
		}
	})
}

func TestEventsCarryGroupTimesAndTheSequenceOfTheirStreaming(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		w.pass(time.Second)
		w.say("a1", mail("a1", "m1"))

		stored := w.bus.Events()
		opening, event := stored[0].Event.(messages.MailboxStreaming), stored[1].Event.(messages.MailboxEvent)
		if have, want := event.Epoch, messages.Epoch(stored[0].Sequence); have != want {
			t.Errorf("epoch: have %d, want the sequence of its streaming, %d", have, want)
		}
		if event.Group != "g" || event.Generation != 1 || event.Origin != messages.OriginStream {
			t.Errorf("group %s, generation %d, origin %s: want g, 1, stream", event.Group, event.Generation, event.Origin)
		}
		if have := since(event.Time); have != time.Second {
			t.Errorf("time: have %s, want Exchange's 1s", have)
		}
		if have := event.Recorded.Sub(begin); have != time.Second {
			t.Errorf("recorded: have %s, want our 1s", have)
		}
		if have := since(opening.Time); have != 0 {
			t.Errorf("time of the opening: have %s, want Exchange's 0s", have)
		}
	})
}

func TestASuccessorOpensAnEpochAndAnnouncesTheGap(t *testing.T) {
	for _, c := range []struct {
		name  string
		story func(w *world)
		want  []string
	}{
		{"from the record", func(w *world) {
			w.say("a1", mail("a1", "m1"))
			w.until(time.Minute)
			w.say("a1", heartbeat)
			w.until(70 * time.Second) // recorded
		}, []string{"streaming subscribed", "1 newmail inbox m1",
			"streaming taken over, after 1 of epoch 1", "1 gap 1m0s-2m0s takeover (coverage)"}},
		{"from the last event, where that is newer", func(w *world) {
			w.until(time.Minute)
			w.say("a1", heartbeat)
			w.until(73 * time.Second)
			w.say("a1", mail("a1", "m1"))
		}, []string{"streaming subscribed", "1 newmail inbox m1",
			"streaming taken over, after 1 of epoch 1", "1 gap 1m13s-2m0s takeover (lastevent)"}},
		{"from the subscription, where nothing came", func(w *world) {},
			[]string{"streaming subscribed", "streaming taken over, after 0 of epoch 1", "1 gap 0s-2m0s takeover (coverage)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.cfg.Drain = time.Millisecond
				former := w.start()
				w.group("g", "a=a1")
				w.pass(time.Second)
				c.story(w)
				former.kill()
				w.until(2 * time.Minute)

				w.start()
				w.wantHistory("a", c.want...)
				if have := w.covered("g", "a"); have != 2*time.Minute {
					t.Errorf("covered after the gap was announced: have %s, want 2m0s", have)
				}
				w.pass(time.Second)
				w.say("a1", mail("a1", "m9"))
				w.wantHistory("a", append(c.want, "2 newmail inbox m9")...)
			})
		})
	}
}

// TestASecondDeathLosesNoGap kills a successor at every step of its takeover.
// Whatever the third finds, the time from the first death on is announced.
func TestASecondDeathLosesNoGap(t *testing.T) {
	first := []string{"streaming subscribed", "1 newmail inbox m1"}
	for _, c := range []struct {
		name  string
		judge func(write any) verdict
		want  []string
	}{
		{"before its streaming is stored", func(write any) verdict { return verdict{cut: holds[messages.MailboxStreaming](write)} },
			[]string{"streaming taken over, after 1 of epoch 1", "1 gap 1m0s-3m0s takeover (coverage)"}},
		{"after its streaming is stored", func(write any) verdict { return verdict{after: holds[messages.MailboxStreaming](write)} },
			[]string{"streaming taken over, after 1 of epoch 1",
				"streaming taken over, after 0 of epoch 2", "1 gap 1m0s-3m0s takeover (coverage)"}},
		{"before its gap is stored", func(write any) verdict { return verdict{cut: holds[messages.MailboxGap](write)} },
			[]string{"streaming taken over, after 1 of epoch 1",
				"streaming taken over, after 0 of epoch 2", "1 gap 1m0s-3m0s takeover (coverage)"}},
		{"after its gap is stored, before coverage moved", func(write any) verdict { return verdict{after: holds[messages.MailboxGap](write)} },
			[]string{"streaming taken over, after 1 of epoch 1", "1 gap 1m0s-2m0s takeover (coverage)",
				"streaming taken over, after 1 of epoch 2", "1 gap 2m0s-3m0s takeover (lastevent)"}},
		{"after coverage moved", func(write any) verdict { _, save := write.(messages.Coverage); return verdict{after: save} },
			[]string{"streaming taken over, after 1 of epoch 1", "1 gap 1m0s-2m0s takeover (coverage)",
				"streaming taken over, after 1 of epoch 2", "1 gap 2m0s-3m0s takeover (coverage)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.cfg.Drain = time.Millisecond
				p := w.start()
				w.group("g", "a=a1")
				w.pass(time.Second)
				w.say("a1", mail("a1", "m1"))
				w.until(time.Minute)
				w.say("a1", heartbeat)
				w.until(70 * time.Second)
				p.kill()

				w.owner.set("g", false)
				w.until(2 * time.Minute)
				second := w.start()
				second.watch(c.judge)
				w.owner.give("g", true)
				<-second.cut
				second.kill()

				w.until(3 * time.Minute)
				w.start()
				w.wantHistory("a", append(first, c.want...)...)
			})
		})
	}
}

// TestWhatAnOpeningTookIsAGapForTheSuccessor kills the very first streamer after
// Exchange may have written events to its connection, before anything is stored.
func TestWhatAnOpeningTookIsAGapForTheSuccessor(t *testing.T) {
	inWorld(t, func(w *world) {
		w.cfg.Drain = time.Millisecond
		w.owner.set("g", false)
		first := w.start()
		first.watch(func(write any) verdict { return verdict{cut: holds[messages.MailboxStreaming](write)} })
		w.group("g", "a=a1")
		w.pass(20 * time.Second)
		w.owner.give("g", true)
		<-first.cut
		first.kill()

		w.until(time.Minute)
		w.start()
		w.wantHistory("a", "streaming taken over", "1 gap 0s-1m0s takeover (coverage)")
	})
}

func TestAServerWithoutDateIsTimedByOurClockBeforeTheAnswer(t *testing.T) {
	inWorld(t, func(w *world) {
		w.exchange.answer(answer{dateless: true, takes: 3 * time.Second})
		w.start()
		w.group("g", "a=a1")
		w.pass(10 * time.Second)
		opening := w.bus.Events()[0].Event.Meta()
		if have := opening.Time.Sub(begin); have != 0 {
			t.Errorf("time of the opening: have %s after begin, want 0s", have)
		}
	})
}
