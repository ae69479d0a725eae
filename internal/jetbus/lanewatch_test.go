package jetbus

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestLaneOneMessageOfAMailboxOnTheWay(t *testing.T) {
	scripted(t, 10, func(t *testing.T, l *Lane, s *script) {
		// The key of a subject is here what stands before its number.
		first := publishing(t.Context(), l, "a1", "a2", "b1", "b2")
		second := publishing(t.Context(), l, "c1", "b3")
		expect(t, "sent", []string{"a1", "c1"}, s.sent(0))
		s.ack(0, 1)
		synctest.Wait()
		expect(t, "then", []string{"a2", "b1"}, s.sent(2))
		s.ack(3, 3) // b1
		s.ack(1, 2) // c1
		synctest.Wait()
		expect(t, "then", []string{"b2"}, s.sent(4))
		s.fail(4, &jetstream.APIError{ErrorCode: codeStorageFull, Code: 503})
		s.ack(2, 4)
		time.Sleep(lastLaneWait)
		synctest.Wait()
		expect(t, "the probe", []string{"b2"}, s.sent(5))
		s.ack(5, 5)
		synctest.Wait()
		expect(t, "then", []string{"b3"}, s.sent(6))
		s.ack(6, 6)
		expect(t, "first", []uint64{1, 4, 3, 5}, (<-first).sequences)
		expect(t, "second", []uint64{2, 6}, (<-second).sequences)
		expect(t, "stored", uint64(6), l.Stored())
		expect(t, "stats", Stats{Published: 6, Restarts: 1}, l.Stats())
	})
}

// A long burst of one mailbox does not keep the others out.
func TestLaneTakesOthersBesideABurst(t *testing.T) {
	scripted(t, 3, func(t *testing.T, l *Lane, s *script) {
		publishing(t.Context(), l, "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8")
		publishing(t.Context(), l, "a9")
		publishing(t.Context(), l, "b1")
		expect(t, "sent", []string{"a1", "b1"}, s.sent(0))
		publishing(t.Context(), l, "c1")
		expect(t, "as many calls as the window has places", 2, len(s.attempts))
	})
}

func TestLaneNamesSlowAcknowledgements(t *testing.T) {
	scripted(t, 10, func(t *testing.T, l *Lane, s *script) {
		publishing(t.Context(), l, "a", "b")
		time.Sleep(slowAck - watchInterval)
		synctest.Wait()
		expect(t, "trouble before", "", l.Trouble())
		time.Sleep(2 * watchInterval)
		synctest.Wait()
		expect(t, "trouble within a second", troubleNoAnswer, l.Trouble())
		s.ack(1, 1)
		synctest.Wait()
		expect(t, "trouble while the oldest waits", troubleNoAnswer, l.Trouble())
		s.ack(0, 2)
		synctest.Wait()
		expect(t, "trouble afterwards", "", l.Trouble())
	})
}

// An acknowledgement that is late and then fails stays a trouble until one succeeds.
func TestLaneSlowThenFailed(t *testing.T) {
	scripted(t, 10, func(t *testing.T, l *Lane, s *script) {
		publishing(t.Context(), l, "a")
		time.Sleep(5 * time.Second)
		s.fail(0, jetstream.ErrAsyncPublishTimeout)
		synctest.Wait()
		time.Sleep(lastLaneWait)
		synctest.Wait()
		expect(t, "trouble while it is tried again", troubleNoAnswer, l.Trouble())
		s.ack(1, 1)
		synctest.Wait()
		expect(t, "trouble afterwards", "", l.Trouble())
	})
}

func TestLaneProgress(t *testing.T) {
	scripted(t, 10, func(t *testing.T, l *Lane, s *script) {
		time.Sleep(time.Hour)
		must(t, l.Progress()) // nothing waits
		s.stuck = make(chan struct{})
		done := publishing(t.Context(), l, "a")
		time.Sleep(stuckAfter)
		must(t, l.Progress())
		expect(t, "waiting", 1, l.Stats().Waiting)
		time.Sleep(time.Second)
		if err := l.Progress(); err == nil || !strings.Contains(err.Error(), "1 messages have waited for 31s") {
			t.Errorf("progress of a lane that is stuck: %v", err)
		}
		l.trouble.set(troubleStorageFull, nil)
		must(t, l.Progress()) // there is a reason
		l.trouble.clear()
		close(s.stuck)
		synctest.Wait()
		s.ack(0, 1)
		<-done
		must(t, l.Progress())
		expect(t, "waiting afterwards", 0, l.Stats().Waiting)
	})
}

func TestLaneHasAMissingStreamMadeAgain(t *testing.T) {
	scripted(t, 10, func(t *testing.T, l *Lane, s *script) {
		var made []time.Duration
		begin := time.Now()
		l.remake = func() { made = append(made, time.Since(begin).Round(time.Second)) }
		s.refuseAll(jetstream.ErrNoStreamResponse)
		done := publishing(t.Context(), l, "a")
		expect(t, "trouble at once", troubleNoStream, l.Trouble())
		time.Sleep(11 * time.Second)
		synctest.Wait()
		expect(t, "made again after", []time.Duration{5 * time.Second, 10 * time.Second}, made)
		s.refuseAll(nats.ErrReconnectBufExceeded) // another trouble
		time.Sleep(time.Minute)
		synctest.Wait()
		expect(t, "made again while there is no connection", 2, len(made))
		s.refuseAll(nil)
		time.Sleep(lastLaneWait)
		synctest.Wait()
		s.ack(0, 1)
		<-done
		time.Sleep(time.Minute)
		synctest.Wait()
		expect(t, "made again when all is well", 2, len(made))
	})
}

func TestLaneNoticesAStreamGoneBackwards(t *testing.T) {
	scripted(t, 10, func(t *testing.T, l *Lane, s *script) {
		var log bytes.Buffer
		l.state.log = slog.New(slog.NewTextHandler(&log, nil))
		publishing(t.Context(), l, "a", "b")
		s.ackIn("S", 1, 101, false) // out of order: no regression
		s.ackIn("S", 0, 100, false)
		synctest.Wait()
		expect(t, "stored", uint64(101), l.Stored())

		publishing(t.Context(), l, "c", "d", "e")
		s.ackIn("S", 2, 7, true) // a repeat lies where it was
		s.ackIn("S", 3, 50, false)
		s.ackIn("S", 4, 51, false) // the same regression
		synctest.Wait()
		expect(t, "regressions", uint64(1), l.Stats().Regressions)
		expect(t, "told", Regression{Stream: "S", Acknowledged: 101, Sequence: 50}, <-l.Regressions())
		expect(t, "stored", uint64(50), l.Stored())
		if got := log.String(); !strings.Contains(got, "level=ERROR") || !strings.Contains(got, "hint=") {
			t.Errorf("the log says %q", got)
		}

		publishing(t.Context(), l, "f")
		s.ackIn("S", 5, 52, false)
		synctest.Wait()
		publishing(t.Context(), l, "g")
		s.ackIn("S", 6, 52, false)
		synctest.Wait()
		publishing(t.Context(), l, "h")
		s.ackIn("S", 7, 1, false) // no one has read the last one
		synctest.Wait()
		expect(t, "regressions", uint64(3), l.Stats().Regressions)
		expect(t, "told first", uint64(52), (<-l.Regressions()).Sequence)
		expect(t, "told", 0, len(l.Regressions()))
	})
}
