package streamer

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// stopTimed stops a process and returns how long that took.
func (p *process) stopTimed() time.Duration {
	asked := time.Now()
	p.stop()
	return time.Since(asked)
}

func TestAStopRecordsUpToWhenTheGroupIsCovered(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.group("g", "a=a1")
		w.until(time.Minute)
		w.say("a1", mail("a1", "m1"))
		w.until(65 * time.Second)
		s := w.stream("a1")
		if took := p.stopTimed(); took != 0 {
			t.Errorf("an idle stage took %s to stop", took)
		}
		if !s.isOver() {
			t.Error("the stream is still open")
		}
		w.wantCovered("a", time.Minute)
		w.wantHistory("a", "streaming subscribed", "1 newmail inbox m1")
		if _, _, err := w.bus.Last(context.Background(), address("a")); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAStopStoresWhatWasRead(t *testing.T) {
	for _, n := range []int{1, 5, readAhead + 1, 2 * readAhead, 100} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			inWorld(t, func(w *world) {
				p := w.start()
				w.group("g", "a=a1")
				w.pass(time.Second)
				s := w.stream("a1")
				w.bus.Outage(true)
				before := s.taken()
				s.say(numbered(n)...)
				w.pass(time.Minute)
				read := s.taken() - before

				ending := make(chan time.Duration)
				go func() { ending <- p.stopTimed() }()
				w.pass(20 * time.Second)
				w.bus.Outage(false)
				if took := <-ending; took != 20*time.Second {
					t.Errorf("took %s to stop, want no longer than the outage", took)
				}
				w.wantNumbered(read)
			})
		})
	}
}

func TestAStopEndsWithinDrainAlthoughNothingCanBeStored(t *testing.T) {
	inWorld(t, func(w *world) {
		p := w.start()
		w.group("g", "a=a1")
		w.until(time.Minute)
		w.say("a1", heartbeat)
		w.until(70 * time.Second)
		w.bus.Outage(true)
		w.say("a1", numbered(100)...)
		w.pass(time.Minute)
		if took := p.stopTimed(); took > 25*time.Second {
			t.Errorf("took %s to stop, want 25s at most", took)
		}
		w.bus.Outage(false)
		w.wantNumbered(0)
		w.wantCovered("a", time.Minute)

		w.start()
		w.wantHistory("a", "streaming subscribed", "streaming taken over, after 0 of epoch 1",
			"1 gap 1m0s-2m35s takeover (coverage)")
	})
}

// Between two connections there is one that is read and one that waits; a stop leaves none.
func TestAStopClosesWhatIsOpening(t *testing.T) {
	for name, story := range map[string]func(w *world){
		"an opening under way": func(w *world) {
			w.exchange.answer(answer{takes: time.Minute})
			w.group("g", "a=a1", "b=b1")
			w.pass(time.Second)
		},
		"a stream that waits for a goodbye": func(w *world) {
			w.exchange.goodbye = saysNothing
			w.group("g", "a=a1", "b=b1")
			w.say("b1", numbered(100)...)
			w.pass(time.Second)
		},
		"a pause": func(w *world) {
			w.exchange.answer(answer{fault: busy()})
			w.group("g", "a=a1", "b=b1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				p := w.start()
				w.group("g", "a=a1")
				w.pass(time.Minute)
				story(w)
				if took := p.stopTimed(); took != 0 {
					t.Errorf("took %s to stop", took)
				}
				for i, call := range w.exchange.opened() {
					if call.stream != nil && !call.stream.isOver() {
						t.Errorf("stream %d is still open", i+1)
					}
				}
				w.wantHistory("b")
			})
		})
	}
}

func TestTheStageEndsWhenItsFeedEnds(t *testing.T) {
	inWorld(t, func(w *world) {
		stage := New(w.cfg, endedFeed{newPort(w.bus)}, w.bus, w.exchange, w.owner)
		ended := make(chan error)
		go func() { ended <- stage.Run(w.t.Context()) }()
		synctest.Wait()
		if err := <-ended; err == nil || err == context.Canceled {
			t.Errorf("have %v, want an error that says so", err)
		}
	})
}

// endedFeed is a store whose feed of groups is over.
type endedFeed struct{ *port }

func (endedFeed) Groups(context.Context) (<-chan messages.Recorded, error) {
	feed := make(chan messages.Recorded)
	close(feed)
	return feed, nil
}
