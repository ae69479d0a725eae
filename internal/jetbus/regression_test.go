package jetbus

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// record is a log that many may write to.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) holds(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Contains(r.text.String(), text)
}

func logged(to *record) func(*Config) {
	return func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(to, nil)) }
}

func TestStreamRestoredFromAnOldCopy(t *testing.T) {
	dir := t.TempDir()
	store, old := filepath.Join(dir, "store"), filepath.Join(dir, "old")
	server := startServer(t, natsserver.Config{Dir: store})
	var log record
	b := openBus(t, server, logged(&log))
	b.quietLookAgain = 200 * time.Millisecond
	lane := b.NewLane()
	facts, err := b.Mailboxes(t.Context())
	must(t, err)
	events, err := b.FollowEvents(t.Context(), nil, From{})
	must(t, err)
	store10 := func(from messages.Sequence) {
		_, err := lane.Publish(limited(t), newMails(anna, from, from+9))
		must(t, err)
		must(t, b.Record(limited(t), enrolled("f"+string(rune('a'+from)), anna)))
	}
	store10(1)
	server.Stop()
	must(t, os.CopyFS(old, os.DirFS(store)))
	must(t, server.Restart())
	store10(11)
	awaitFact(t, facts, 2)
	awaitEvent(t, events, 20)

	server.Stop()
	must(t, os.RemoveAll(store))
	must(t, os.CopyFS(store, os.DirFS(old)))
	must(t, server.Restart())
	for range facts { // ends, though nothing is stored any more
	}
	for range events {
	}
	var regressed *outcome.RegressedError
	if err := b.FeedError(); !errors.As(err, &regressed) || regressed.Remade {
		t.Errorf("the cause is %v, want RegressedError of a restored stream", err)
	}
	_, err = lane.Publish(limited(t), newMails(anna, 21, 21))
	must(t, err)
	expect(t, "told", Regression{Stream: "EWS_EVENT", Acknowledged: 20, Sequence: 11}, receive(t, lane.Regressions(), "regression"))
	for _, text := range []string{`level=ERROR msg="a stream has gone backwards, its feed ends"`, `level=ERROR msg="a stream has gone backwards: it holds less`} {
		if !log.holds(text) {
			t.Errorf("the log lacks %q", text)
		}
	}
	again, err := b.Mailboxes(t.Context())
	must(t, err)
	awaitFact(t, again, 1)
}

func awaitFact(t *testing.T, facts <-chan messages.Recorded, sequence uint64) {
	t.Helper()
	for receive(t, facts, "fact").Sequence != sequence {
	}
}

func awaitEvent(t *testing.T, events <-chan StoredEvent, sequence uint64) {
	t.Helper()
	for receive(t, events, "event").Sequence != sequence {
	}
}

func TestStreamDeletedUnderARunningLane(t *testing.T) {
	var log record
	b, _ := fresh(t, logged(&log))
	lane := b.NewLane()
	events, err := b.FollowEvents(t.Context(), nil, From{})
	must(t, err)
	_, err = lane.Publish(limited(t), newMails(anna, 1, 10))
	must(t, err)
	awaitEvent(t, events, 10)
	must(t, b.js.DeleteStream(limited(t), b.cfg.streamName(streamEvent)))

	begin := time.Now()
	done := make(chan error, 1)
	go func() {
		_, err := lane.Publish(limited(t), newMails(anna, 11, 12))
		done <- err
	}()
	waitFor(t, "the lane to name its trouble", func() bool { return lane.Trouble() == troubleNoStream })
	within(t, namedWithin, "trouble named", begin)
	must(t, receive(t, done, "publish"))
	within(t, 15*time.Second, "publishing resumed", begin)
	if time.Since(begin) < remakeAfter {
		t.Error("the stream was made anew at once")
	}
	expect(t, "the sequences begin again", uint64(2), lane.Stored())
	expect(t, "told", Regression{Stream: "EWS_EVENT", Acknowledged: 10, Sequence: 1}, receive(t, lane.Regressions(), "regression"))
	for range events { // ends
	}
	var regressed *outcome.RegressedError
	if err := b.FeedError(); !errors.As(err, &regressed) || !regressed.Remade {
		t.Errorf("the cause is %v, want RegressedError of a stream made again", err)
	}
	for _, text := range []string{`level=ERROR msg="publishing waits" trouble="no stream takes`, `level=ERROR msg="a stream is missing and is made anew`} {
		if !log.holds(text) {
			t.Errorf("the log lacks %q", text)
		}
	}
}

// A stream that goes backwards while the consumer of a fold lives is noticed when
// nothing comes for a while.
func TestFollowerLooksAgainWhenAllIsQuiet(t *testing.T) {
	b, _ := fresh(t)
	b.quietLookAgain = 50 * time.Millisecond
	must(t, b.Record(limited(t), enrolled("f1", anna)))
	f := &follower{bus: b, stream: b.cfg.streamName(streamMailbox), last: 1}
	must(t, f.look(t.Context()))
	must(t, f.look(t.Context()))
	facts, err := b.Mailboxes(t.Context())
	must(t, err)
	awaitFact(t, facts, 1)
	_, stillOpen := quietFor(facts, 10*b.quietLookAgain)
	if !stillOpen {
		t.Fatal("a feed of a stream that is well ended")
	}

	f.caughtUp = func() bool { f.began = 5; return true } // as if it had begun when there was more
	var regressed *outcome.RegressedError
	if err := f.read(limited(t)); !errors.As(err, &regressed) {
		t.Fatalf("error %v, want RegressedError", err)
	}
	expect(t, "says", outcome.RegressedError{Stream: "EWS_MAILBOX", Delivered: 5, Last: 1}, *regressed)
}

// quietFor reports whether a feed stays open for a while; it may bring the mark.
func quietFor(facts <-chan messages.Recorded, wait time.Duration) (got messages.Recorded, open bool) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case r, ok := <-facts:
			if !ok {
				return r, false
			}
			got = r
		case <-timer.C:
			return got, true
		}
	}
}
