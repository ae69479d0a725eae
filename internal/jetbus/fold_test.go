package jetbus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestFoldSurvivesServerRestarts(t *testing.T) {
	b, server := fresh(t)
	ctx := limited(t)
	feed, err := b.Mailboxes(ctx)
	must(t, err)
	const facts = 600
	recorded := make(chan error, 1)
	go func() {
		for i := range facts {
			if err := b.Record(ctx, enrolled(fmt.Sprint("f", i), messages.Address(fmt.Sprintf("u%d@contoso.com", i%100)))); err != nil {
				recorded <- err
				return
			}
		}
		recorded <- nil
	}()
	marks := 0
	for i := 0; i < facts; {
		r := receive(t, feed, fmt.Sprint("fact ", i))
		if r.CaughtUp() {
			marks++
			continue
		}
		if got, want := r.Fact.FactMeta().ID, fmt.Sprint("f", i); got != want || r.Sequence != uint64(i+1) {
			t.Fatalf("delivered %s at %d, want %s at %d", got, r.Sequence, want, i+1)
		}
		if i++; i == 150 || i == 300 || i == 450 {
			must(t, server.Restart())
		}
	}
	must(t, receive(t, recorded, "recording"))
	expect(t, "marks", 1, marks)
}

func TestFoldGoesOnWhenItsConsumerIsDeleted(t *testing.T) {
	b, _ := fresh(t)
	ctx := limited(t)
	feed, err := b.Mailboxes(ctx)
	must(t, err)
	must(t, b.Record(ctx, enrolled("f1", anna)))
	receive(t, feed, "mark or fact")
	receive(t, feed, "fact or mark")
	stream, err := b.stream(ctx, streamMailbox)
	must(t, err)
	names := stream.ConsumerNames(ctx)
	for name := range names.Name() {
		must(t, stream.DeleteConsumer(ctx, name))
	}
	must(t, b.Record(ctx, enrolled("f2", anna)))
	expect(t, "next fact", "f2", receive(t, feed, "next fact").Fact.FactMeta().ID)
}

func TestFoldSkipsWhatItCannotRead(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	b := openBus(t, server)
	ctx := limited(t)
	subject := b.subjects.Folders(anna)
	bad := []struct {
		name, reason string
		message      *nats.Msg
	}{
		{"no header at all", "no ce-type header", &nats.Msg{Subject: subject, Data: []byte("{}")}},
		{"unknown type", `unknown message type "ewsnats.mailbox.moonphase.v1"`,
			&nats.Msg{Subject: subject, Header: nats.Header{"ce-type": {"ewsnats.mailbox.moonphase.v1"}}}},
		{"no JSON", "read ewsnats.mailbox.folders.v1", &nats.Msg{
			Subject: subject, Data: []byte("<xml/>"),
			Header: nats.Header{"ce-type": {"ewsnats.mailbox.folders.v1"}, "ce-id": {"x"}, jetstream.ExpectedStreamHeader: {"EWS_MAILBOX"}},
		}},
	}
	for _, m := range bad {
		_, err := b.js.PublishMsg(ctx, m.message)
		must(t, err)
	}
	must(t, b.Record(ctx, enrolled("good", anna)))

	second := openBus(t, server) // another process that folds the same stream
	for _, bus := range []*Bus{b, b, second} {
		feed, err := bus.Mailboxes(ctx)
		must(t, err)
		expect(t, "delivered", "good", receive(t, feed, "the good fact").Fact.FactMeta().ID)
		expect(t, "then", true, receive(t, feed, "mark").CaughtUp())
	}
	expect(t, "skipped by two folds", uint64(6), b.Skipped())
	for i, letter := range deadLetters(t, b, len(bad)) {
		if got := letter.Header.Get(headerReason); !strings.Contains(got, bad[i].reason) {
			t.Errorf("%s: reason %q, want %q in it", bad[i].name, got, bad[i].reason)
		}
		expect(t, bad[i].name+": id", fmt.Sprintf("EWS_MAILBOX-%d", i+1), letter.Header.Get(messages.HeaderMsgID))
		expect(t, bad[i].name+": body", string(bad[i].message.Data), string(letter.Data))
	}
	expect(t, "dead letters: each once", uint64(len(bad)), countOf(t, b, streamDLQ))
}

func TestFoldDoesNotWaitForDeadLetters(t *testing.T) {
	b, _ := fresh(t)
	ctx := limited(t)
	must(t, b.js.DeleteStream(ctx, b.cfg.streamName(streamDLQ)))
	for range 16 {
		_, err := b.js.Publish(ctx, b.subjects.Folders(anna), []byte("?"))
		must(t, err)
	}
	must(t, b.Record(ctx, enrolled("good", anna)))
	feed, err := b.Mailboxes(ctx)
	must(t, err)
	expect(t, "delivered", "good", receive(t, feed, "the fact behind the bad ones").Fact.FactMeta().ID)
	expect(t, "skipped", uint64(16), b.Skipped())
}

func TestFoldBeginsBeforeItsStreamExists(t *testing.T) {
	server := startServer(t, natsserver.Config{})
	b, err := Connect(t.Context(), Config{URL: server.ClientURL(), Stage: "test", Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(b.Close)
	feed, err := b.Mailboxes(limited(t))
	must(t, err)
	must(t, b.EnsureStreams(limited(t)))
	expect(t, "first", true, receive(t, feed, "mark").CaughtUp())
}

func TestFoldCatchesUpWhenTheLastFactExpires(t *testing.T) {
	b, _ := fresh(t)
	ctx := limited(t)
	m, err := messages.EncodeFact(b.subjects, enrolled("f1", anna))
	must(t, err)
	f := &follower{
		bus: b, stream: b.cfg.streamName(streamGroup),
		deliver:  func(jetstream.Msg, *jetstream.MsgMetadata) bool { return true },
		caughtUp: func() bool { return false },
	}
	// The stream counts a message that is gone when the consumer asks for it.
	expiring := &nats.Msg{Subject: b.subjects.Group(1, "g1"), Header: nats.Header(m.Header), Data: m.Data}
	_, err = b.js.PublishMsg(ctx, expiring, jetstream.WithMsgTTL(time.Second))
	must(t, err)
	_, err = f.open(ctx)
	must(t, err)
	waitFor(t, "the message to expire", func() bool { return countOf(t, b, streamGroup) == 0 })
	must(t, f.ask(ctx))
	if !f.told || !f.finished {
		t.Error("the follower did not notice that nothing is left")
	}
}

func TestFoldEndsWithTheBus(t *testing.T) {
	b, _ := fresh(t)
	feed, err := b.Mailboxes(context.Background())
	must(t, err)
	b.Close()
	for range feed {
	}
	if _, err := b.Mailboxes(t.Context()); !errors.Is(err, outcome.ErrClosed) {
		t.Errorf("a feed of a closed bus: %v", err)
	}
	if err := b.Record(t.Context(), enrolled("f1", anna)); !errors.Is(err, outcome.ErrClosed) {
		t.Errorf("record on a closed bus: %v", err)
	}
	if _, err := b.SaveCoverage(t.Context(), messages.Coverage{Group: "g1"}, 0); !errors.Is(err, outcome.ErrClosed) {
		t.Errorf("coverage on a closed bus: %v", err)
	}
}

// at is a message of a stream.
type at struct {
	jetstream.Msg
	sequence uint64
}

func (m at) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{Sequence: jetstream.SequencePair{Stream: m.sequence}, NumPending: 1}, nil
}

func TestFollowerDeliversEachOnceAndGoesOnAfterTheLast(t *testing.T) {
	b, _ := fresh(t)
	var delivered []uint64
	f := &follower{
		bus: b, stream: b.cfg.streamName(streamMailbox),
		deliver: func(_ jetstream.Msg, meta *jetstream.MsgMetadata) bool {
			delivered = append(delivered, meta.Sequence.Stream)
			return true
		},
		caughtUp: func() bool { return true },
	}
	for _, sequence := range []uint64{1, 2, 2, 1, 3} {
		must(t, f.take(at{sequence: sequence}))
	}
	expect(t, "delivered", []uint64{1, 2, 3}, delivered)
	consumer, err := f.open(limited(t))
	must(t, err)
	expect(t, "the next consumer begins at", uint64(4), consumer.CachedInfo().Config.OptStartSeq)
}
