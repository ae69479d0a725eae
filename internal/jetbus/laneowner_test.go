package jetbus

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// script plays the server to a lane's owner: it notes each attempt, and the test answers.
type script struct {
	settled *settlements
	stuck   chan struct{} // when set, publish hangs until it is closed

	mu       sync.Mutex
	attempts []*nats.Msg
	refuse   error // what publish returns
	refused  int   // how often
}

func (s *script) publish(m *nats.Msg) error {
	if s.stuck != nil {
		<-s.stuck
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse != nil {
		s.refused++
		return s.refuse
	}
	s.attempts = append(s.attempts, m)
	return nil
}

func (s *script) refuseAll(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = err
}

func (s *script) ack(attempt int, sequence uint64) { s.ackIn("S", attempt, sequence, false) }

func (s *script) ackIn(stream string, attempt int, sequence uint64, duplicate bool) {
	s.settled.acked(s.attempt(attempt), jetstream.PubAck{Stream: stream, Sequence: sequence, Duplicate: duplicate})
}

func (s *script) fail(attempt int, err error) { s.settled.failed(s.attempt(attempt), err) }

// attempt is the n-th message sent: an answer may let the owner send more while the test gives the next.
func (s *script) attempt(n int) *nats.Msg {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attempts[n]
}

// sent is the subjects of the attempts since the n-th.
func (s *script) sent(n int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var subjects []string
	for _, m := range s.attempts[n:] {
		subjects = append(subjects, m.Subject)
	}
	return subjects
}

// scripted runs a lane's owner in a bubble.
func scripted(t *testing.T, window int, test func(t *testing.T, l *Lane, s *script)) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		l := newBareLane(stop, func(subject string) string { return strings.TrimRight(subject, "0123456789") })
		settled := newSettlements()
		s := &script{settled: settled}
		go newLaneOwner(l, s, settled, window).run(ctx)
		test(t, l, s)
		stop()
		<-l.done
	})
}

// result is what publish returned.
type result struct {
	sequences []uint64
	err       error
}

func encodedAs(subjects ...string) []messages.Message {
	var list []messages.Message
	for _, subject := range subjects {
		list = append(list, messages.Message{Subject: subject, Header: map[string][]string{messages.HeaderMsgID: {subject}}})
	}
	return list
}

func publishing(ctx context.Context, l *Lane, subjects ...string) <-chan result {
	done := make(chan result, 1)
	go func() {
		sequences, err := l.publish(ctx, encodedAs(subjects...))
		done <- result{sequences, err}
	}()
	synctest.Wait()
	return done
}

func expect(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestLaneRepeatsInOrderAfterRefusal(t *testing.T) {
	scripted(t, 10, func(t *testing.T, l *Lane, s *script) {
		first := publishing(t.Context(), l, "a", "b", "c", "d")
		second := publishing(t.Context(), l, "e")
		expect(t, "sent", []string{"a", "b", "c", "d", "e"}, s.sent(0))
		s.ack(0, 1)
		s.fail(1, errors.New("refused"))
		synctest.Wait()
		third := publishing(t.Context(), l, "f")
		time.Sleep(time.Minute)
		expect(t, "sent while the window is not settled", 5, len(s.attempts))
		s.ack(2, 2)
		s.fail(3, errors.New("refused"))
		s.fail(4, errors.New("refused"))
		synctest.Wait()
		expect(t, "trouble", "refused", l.trouble.name())
		time.Sleep(lastLaneWait)
		synctest.Wait()
		expect(t, "the probe", []string{"b"}, s.sent(5))
		expect(t, "its id", "b", s.attempts[5].Header.Get(messages.HeaderMsgID))
		s.ack(5, 3)
		synctest.Wait()
		expect(t, "then what is not stored", []string{"d", "e", "f"}, s.sent(6))
		for i := range 3 {
			s.ack(6+i, uint64(4+i))
		}
		expect(t, "first", []uint64{1, 3, 2, 4}, (<-first).sequences)
		expect(t, "second", []uint64{5}, (<-second).sequences)
		expect(t, "third", []uint64{6}, (<-third).sequences)
		expect(t, "trouble", "", l.trouble.name())
	})
}

func TestLaneWindowBoundsWhatIsOnTheWay(t *testing.T) {
	scripted(t, 2, func(t *testing.T, l *Lane, s *script) {
		done := publishing(t.Context(), l, "a", "b", "c")
		waiting := publishing(t.Context(), l, "d")
		expect(t, "sent", []string{"a", "b"}, s.sent(0))
		s.ack(1, 2) // out of order: the window counts what is on the way
		synctest.Wait()
		expect(t, "sent", []string{"c"}, s.sent(2))
		s.ack(0, 1)
		s.ack(2, 3)
		expect(t, "stored", []uint64{1, 2, 3}, (<-done).sequences)
		synctest.Wait()
		s.ack(3, 4)
		expect(t, "stored", []uint64{4}, (<-waiting).sequences)
	})
}

func TestLaneWaitsLongerAndLonger(t *testing.T) {
	scripted(t, 4, func(t *testing.T, l *Lane, s *script) {
		s.refuseAll(nats.ErrReconnectBufExceeded)
		done := publishing(t.Context(), l, "a")
		expect(t, "trouble", troubleDisconnected, l.trouble.name())
		time.Sleep(time.Hour)
		synctest.Wait()
		if most := 2*int(time.Hour/lastLaneWait) + 10; s.refused > most || s.refused < most/3 {
			t.Errorf("tried %d times in an hour, want about one in %s to %s", s.refused, lastLaneWait/2, lastLaneWait)
		}
		s.refuseAll(nil)
		time.Sleep(lastLaneWait)
		synctest.Wait()
		expect(t, "sent", []string{"a"}, s.sent(0))
		s.ack(0, 1)
		expect(t, "stored", []uint64{1}, (<-done).sequences)
	})
}

func TestLaneDropsWhatItsCallerGaveUp(t *testing.T) {
	scripted(t, 1, func(t *testing.T, l *Lane, s *script) {
		ctx, cancel := context.WithCancel(t.Context())
		gone := publishing(ctx, l, "a", "b")
		cancel()
		if err := (<-gone).err; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		next := publishing(t.Context(), l, "c")
		s.fail(0, errors.New("refused"))
		time.Sleep(lastLaneWait)
		synctest.Wait()
		expect(t, "sent", []string{"a", "c"}, s.sent(0))
		s.ack(1, 1)
		expect(t, "stored", []uint64{1}, (<-next).sequences)
	})
}

func TestLaneIgnoresAnswersToSettledAttempts(t *testing.T) {
	scripted(t, 4, func(t *testing.T, l *Lane, s *script) {
		done := publishing(t.Context(), l, "a")
		s.fail(0, nats.ErrDisconnected)
		time.Sleep(lastLaneWait)
		synctest.Wait()
		s.fail(0, nats.ErrDisconnected) // nats.go may tell of one attempt twice
		synctest.Wait()
		s.ack(1, 1)
		expect(t, "stored", []uint64{1}, (<-done).sequences)
		expect(t, "attempts", 2, len(s.attempts))
	})
}

func TestLaneEndsABatchAtWhatTheServerRefusesForGood(t *testing.T) {
	tooBig := &jetstream.APIError{ErrorCode: codeMessageTooBig, Code: 400}
	scripted(t, 10, func(t *testing.T, l *Lane, s *script) {
		batch := newBatch(t.Context(), []messages.Message{{Subject: "a"}, {Subject: "b"}, {Subject: "c"}})
		l.queue <- batch
		next := publishing(t.Context(), l, "d")
		s.fail(1, tooBig)
		s.fail(2, nats.ErrDisconnected)
		s.ack(3, 2)
		s.ack(0, 1)
		<-batch.settled
		expect(t, "end", 1, batch.end)
		if !errors.Is(batch.refusal, tooBig) {
			t.Errorf("refusal %v", batch.refusal)
		}
		expect(t, "stored", []uint64{2}, (<-next).sequences)
		time.Sleep(time.Minute)
		expect(t, "attempts: nothing after it is repeated", 4, len(s.attempts))
	})
}

func TestLaneCloseFlushes(t *testing.T) {
	scripted(t, 1, func(t *testing.T, l *Lane, s *script) {
		done := publishing(t.Context(), l, "a", "b")
		closed := make(chan error, 1)
		go func() { closed <- l.Close(t.Context()) }()
		synctest.Wait()
		s.ack(0, 1)
		synctest.Wait()
		s.ack(1, 2)
		expect(t, "close", error(nil), <-closed)
		expect(t, "stored", []uint64{1, 2}, (<-done).sequences)
	})
}
