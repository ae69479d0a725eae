package jetbus

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestLaneUnstorable(t *testing.T) {
	huge := newMail(anna, 3)
	huge.Item = &messages.Ref{ID: strings.Repeat("x", 2<<20)}
	badTime := newMail(anna, 3)
	badTime.Time = time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name    string
		event   messages.Event
		reason  string
		leftOut string
	}{
		{"larger than the server takes", huge, "maximum payload exceeded", "ce-subject of 2097152 bytes"},
		{"not to be encoded", badTime, "year outside of range", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := fresh(t)
			lane := b.NewLane()
			events := slices.Concat(newMails(anna, 1, 2), []messages.Event{tt.event}, newMails(anna, 4, 5))
			sequences, err := lane.Publish(limited(t), events)
			var unstorable *outcome.UnstorableError
			if !errors.As(err, &unstorable) {
				t.Fatalf("error %v, want UnstorableError", err)
			}
			expect(t, "index", 2, unstorable.Index)
			expect(t, "sequences of those before", []uint64{1, 2}, sequences)
			expect(t, "stored", 2, len(storedEvents(t, b)))

			letters := deadLetters(t, b, 1)
			if got := letters[0].Header.Get(headerReason); !strings.Contains(got, tt.reason) {
				t.Errorf("reason %q, want %q in it", got, tt.reason)
			}
			expect(t, "topic", b.subjects.Event(tt.event.Kind(), messages.FolderInbox, anna), letters[0].Header.Get(headerTopic))
			if got := letters[0].Header.Get(headerLeftOut); !strings.Contains(got, tt.leftOut) {
				t.Errorf("left out is %q, want %q in it", got, tt.leftOut)
			}
			sequences, err = lane.Publish(limited(t), newMails(anna, 4, 5))
			must(t, err)
			expect(t, "afterwards", []uint64{3, 4}, sequences)
		})
	}
}

// deadLetters reads n messages of the dead letters.
func deadLetters(t testing.TB, b *Bus, n int) []*jetstream.RawStreamMsg {
	t.Helper()
	ctx := limited(t)
	stream, err := b.stream(ctx, streamDLQ)
	must(t, err)
	waitFor(t, "the dead letters", func() bool {
		info, err := stream.Info(ctx)
		must(t, err)
		return info.State.Msgs >= uint64(n)
	})
	var letters []*jetstream.RawStreamMsg
	for i := range n {
		m, err := stream.GetMsg(ctx, uint64(i+1))
		must(t, err)
		letters = append(letters, m)
	}
	return letters
}

func countOf(t testing.TB, b *Bus, stream string) uint64 {
	t.Helper()
	handle, err := b.stream(limited(t), stream)
	must(t, err)
	info, err := handle.Info(limited(t))
	must(t, err)
	return info.State.Msgs
}

func TestLaneNamesItsTrouble(t *testing.T) {
	tests := []struct {
		name       string
		begin, end func(t *testing.T, b *Bus)
		trouble    string
	}{
		{
			name: "no stream",
			begin: func(t *testing.T, b *Bus) {
				must(t, b.js.DeleteStream(limited(t), b.cfg.streamName(streamEvent)))
			},
			end:     func(t *testing.T, b *Bus) { must(t, b.EnsureStreams(limited(t))) },
			trouble: troubleNoStream,
		},
		{
			name:    "stream full",
			begin:   func(t *testing.T, b *Bus) { limitEvents(t, b, 1, jetstream.DiscardNew) },
			end:     func(t *testing.T, b *Bus) { limitEvents(t, b, -1, jetstream.DiscardOld) },
			trouble: troubleStoreFailed,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := fresh(t)
			lane := b.NewLane()
			tt.begin(t, b)
			done := make(chan error, 1)
			go func() {
				_, err := lane.Publish(limited(t), newMails(anna, 1, 200))
				done <- err
			}()
			waitFor(t, "the lane to name its trouble", func() bool { return lane.Trouble() == tt.trouble })
			tt.end(t, b)
			must(t, receive(t, done, "publish"))
			expect(t, "trouble", "", lane.Trouble())
			expect(t, "stored", 200, len(storedEvents(t, b)))
		})
	}
}

func limitEvents(t *testing.T, b *Bus, limit int64, discard jetstream.DiscardPolicy) {
	t.Helper()
	cfg := b.cfg.streams()[3]
	cfg.MaxMsgs, cfg.Discard = limit, discard
	_, err := b.js.UpdateStream(limited(t), cfg)
	must(t, err)
}

// nats.go by itself would repeat each message that no stream took alone, twice.
func TestLaneAloneRepeats(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	proxy, url := newProxy(t, server)
	b := openBus(t, server, func(c *Config) { c.URL = url })
	must(t, b.js.DeleteStream(limited(t), b.cfg.streamName(streamEvent)))
	lane := b.NewLane()
	done := make(chan error, 1)
	go func() {
		_, err := lane.Publish(limited(t), newMails(anna, 1, 200))
		done <- err
	}()
	waitFor(t, "the lane to name its trouble", func() bool { return lane.Trouble() == troubleNoStream })
	must(t, b.EnsureStreams(limited(t)))
	must(t, receive(t, done, "publish"))
	for i, e := range storedEvents(t, b) {
		expect(t, "order", messages.Sequence(i+1), e.Event.Meta().Sequence)
	}
	if got, most := proxy.published.Load(), int64(2*200+20); got > most {
		t.Errorf("%d messages were sent, want at most the window twice and some probes: %d", got, most)
	}
}

func TestLaneTroubleWithoutServer(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	b := openBus(t, server)
	lane := b.NewLane()
	expect(t, "trouble", "", lane.Trouble())
	server.Stop()
	waitFor(t, "the lane to name its trouble", func() bool { return lane.Trouble() == troubleDisconnected })

	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := lane.Publish(ctx, newMails(anna, 1, 1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("publish without a server: %v, want the context's error", err)
	}
	if err := b.Record(ctx, enrolled("f1", anna)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("record without a server: %v, want the context's error", err)
	}
	must(t, server.Restart())
}

func TestLaneClose(t *testing.T) {
	b, server := fresh(t)
	lane := b.NewLane()
	must(t, lane.Close(limited(t)))
	if _, err := lane.Publish(limited(t), newMails(anna, 1, 1)); !errors.Is(err, outcome.ErrClosed) {
		t.Errorf("publish after Close: %v", err)
	}

	stuck := b.NewLane()
	server.Stop()
	given := make(chan error, 1)
	go func() {
		_, err := stuck.Publish(limited(t), newMails(anna, 1, 1))
		given <- err
	}()
	waitFor(t, "the lane to be in trouble", func() bool { return stuck.trouble.name() != "" })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := stuck.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("close of a lane that cannot flush: %v", err)
	}
	if err := receive(t, given, "publish"); !errors.Is(err, outcome.ErrClosed) {
		t.Errorf("publish on a lane that was given up: %v", err)
	}
	must(t, server.Restart())
}

func TestLaneAsWatermillPublisher(t *testing.T) {
	b, _ := fresh(t)
	publisher := b.NewLane().Publisher()
	subject := b.subjects.Event(messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbCreated}, messages.FolderInbox, anna)
	m := message.NewMessage("uuid", []byte(`{"mailbox":"anna@contoso.com"}`))
	m.Metadata.Set(messages.HeaderMsgID, "m1")
	m.Metadata.Set("ce-type", "ewsnats.item.created.v1")
	must(t, publisher.Publish(subject, m, m))
	must(t, publisher.Close())
	must(t, publisher.Publish(subject))
	events := storedEvents(t, b)
	expect(t, "stored once", 1, len(events))
	expect(t, "subject", subject, events[0].Message.Subject)
}
