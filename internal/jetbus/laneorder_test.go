package jetbus

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// What may become of an attempt to publish.
const (
	isStored    = iota
	ackLost     // stored, but the lane is told of a time-out
	isRefused   // by an answer of the server
	isLost      // not stored, and no answer
	isLate      // no answer, and stored after the lane was told so
	isCut       // the connection breaks: no answer to this nor to what is on the way
	isBlocked   // the client itself does not send it
	endOfFates  //
	fickleAckIn = time.Second
)

type fate struct {
	kind  int
	delay time.Duration // of the answer
}

// fickle plays a stream: each attempt meets its fate, and all is well when no fates are left.
type fickle struct {
	settled *settlements

	mu      sync.Mutex
	fates   []fate
	stored  []string // ids, in the order of the stream
	at      map[string]uint64
	waiting map[*nats.Msg]*time.Timer // for their answers
}

func (f *fickle) publish(m *nats.Msg) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := fate{kind: isStored}
	if len(f.fates) > 0 {
		next, f.fates = f.fates[0], f.fates[1:]
	}
	switch next.kind {
	case isStored:
		ack := f.store(m)
		f.answer(m, next.delay, func() { f.settled.acked(m, ack) })
	case ackLost:
		f.store(m)
		f.fail(m, fickleAckIn, jetstream.ErrAsyncPublishTimeout)
	case isRefused:
		f.fail(m, next.delay, &jetstream.APIError{ErrorCode: codeStoreFailed, Code: 503})
	case isLost:
		f.fail(m, fickleAckIn, jetstream.ErrAsyncPublishTimeout)
	case isLate:
		f.fail(m, fickleAckIn, jetstream.ErrAsyncPublishTimeout)
		time.AfterFunc(fickleAckIn+next.delay, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.store(m)
		})
	case isCut:
		f.fail(m, next.delay, nats.ErrDisconnected)
		for other, timer := range f.waiting {
			timer.Stop()
			f.fail(other, next.delay, nats.ErrDisconnected)
		}
	case isBlocked:
		return nats.ErrReconnectBufExceeded
	}
	return nil
}

// store drops what is stored already.
func (f *fickle) store(m *nats.Msg) jetstream.PubAck {
	id := m.Header.Get(messages.HeaderMsgID)
	if sequence, ok := f.at[id]; ok {
		return jetstream.PubAck{Stream: "S", Sequence: sequence, Duplicate: true}
	}
	f.stored = append(f.stored, id)
	f.at[id] = uint64(len(f.stored))
	return jetstream.PubAck{Stream: "S", Sequence: f.at[id]}
}

func (f *fickle) fail(m *nats.Msg, delay time.Duration, err error) {
	f.answer(m, delay, func() { f.settled.failed(m, err) })
}

func (f *fickle) answer(m *nats.Msg, delay time.Duration, tell func()) {
	f.waiting[m] = time.AfterFunc(delay, func() {
		f.mu.Lock()
		delete(f.waiting, m)
		f.mu.Unlock()
		tell()
	})
}

// newBareLane is a lane without a bus, and what its owner is made of.
func newBareLane(stop context.CancelFunc, keyOf func(string) string) *Lane {
	quiet := slog.New(slog.DiscardHandler)
	return &Lane{
		queue: make(chan *batch), closing: make(chan struct{}), done: make(chan struct{}), stop: stop,
		trouble: trouble{log: quiet}, state: newLaneState(quiet), keyOf: keyOf, remake: func() {},
		link: func() string { return "" },
	}
}

// caller publishes calls one after another, each of some messages of its mailboxes.
type caller struct{ calls [][]messages.Message }

func drawCallers(t *rapid.T) []caller {
	callers := make([]caller, rapid.IntRange(1, 4).Draw(t, "callers"))
	for i := range callers {
		published := make(map[string]int) // of each mailbox
		for _, mailboxes := range rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 2), 1, 12), 1, 4).Draw(t, "calls") {
			var call []messages.Message
			for _, mailbox := range mailboxes {
				subject := fmt.Sprintf("m%d.%d", i, mailbox)
				published[subject]++
				id := fmt.Sprintf("%s/%d", subject, published[subject])
				call = append(call, messages.Message{Subject: subject, Header: map[string][]string{messages.HeaderMsgID: {id}}})
			}
			callers[i].calls = append(callers[i].calls, call)
		}
	}
	return callers
}

func drawFates(t *rapid.T) []fate {
	one := rapid.Custom(func(t *rapid.T) fate {
		kind := max(0, rapid.IntRange(-endOfFates, endOfFates-1).Draw(t, "kind")) // half of all is well
		return fate{kind: kind, delay: time.Duration(rapid.IntRange(0, 30).Draw(t, "delay")) * time.Millisecond}
	})
	return rapid.SliceOfN(one, 0, 80).Draw(t, "fates")
}

// Whatever becomes of single messages: of each mailbox all are stored, once, in
// the order published, under their ids, and Publish says where.
func TestLaneKeepsTheOrderOfAMailbox(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		callers, fates := drawCallers(rt), drawFates(rt)
		window := rapid.SampledFrom([]int{1, 3, 40}).Draw(rt, "window")
		var wrong string
		synctest.Test(t, func(t *testing.T) { wrong = publishAll(t, callers, fates, window) })
		if wrong != "" {
			rt.Fatal(wrong)
		}
	})
}

func publishAll(t *testing.T, callers []caller, fates []fate, window int) (wrong string) {
	ctx, stop := context.WithCancel(t.Context())
	l := newBareLane(stop, func(subject string) string { return subject })
	settled := newSettlements()
	f := &fickle{settled: settled, fates: fates, at: make(map[string]uint64), waiting: make(map[*nats.Msg]*time.Timer)}
	go newLaneOwner(l, f, settled, window).run(ctx)
	errs := make(chan error, len(callers))
	for _, c := range callers {
		go func() { errs <- c.publish(ctx, l, f) }()
	}
	for range callers {
		if err := <-errs; err != nil {
			wrong = err.Error()
		}
	}
	time.Sleep(10 * fickleAckIn) // what is late arrives
	if err := l.Close(t.Context()); err != nil {
		wrong = err.Error()
	}
	if wrong == "" {
		wrong = f.check(callers, l)
	}
	return wrong
}

func (c caller) publish(ctx context.Context, l *Lane, f *fickle) error {
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	for _, call := range c.calls {
		sequences, err := l.publish(ctx, call)
		if err != nil {
			return fmt.Errorf("publish: %w", err)
		}
		for i, m := range call {
			f.mu.Lock()
			at := f.at[firstValue(m, messages.HeaderMsgID)]
			f.mu.Unlock()
			if sequences[i] != at {
				return fmt.Errorf("%s is stored at %d, Publish says %d", firstValue(m, messages.HeaderMsgID), at, sequences[i])
			}
		}
	}
	return nil
}

func (f *fickle) check(callers []caller, l *Lane) string {
	want, total := make(map[string]int), 0
	for _, c := range callers {
		for _, call := range c.calls {
			total += len(call)
		}
	}
	for _, id := range f.stored {
		mailbox, _, _ := strings.Cut(id, "/")
		want[mailbox]++
		if id != fmt.Sprintf("%s/%d", mailbox, want[mailbox]) {
			return fmt.Sprintf("the stream holds %v: %s is out of order", f.stored, id)
		}
	}
	stats := l.Stats()
	switch {
	case len(f.stored) != total:
		return fmt.Sprintf("%d messages are stored, want %d", len(f.stored), total)
	case stats.Published+stats.Duplicates != uint64(total) || stats.Waiting != 0 || stats.Regressions != 0:
		return fmt.Sprintf("stats are %+v of %d messages", stats, total)
	case l.Stored() != uint64(total):
		return fmt.Sprintf("the highest sequence is %d, Stored says %d", total, l.Stored())
	}
	return ""
}
