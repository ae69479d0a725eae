package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/ewsnats/ewsnats/internal/jetbus"
	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// producer stores events as a streamer does, and as a broken one would.
type producer struct {
	t    *testing.T
	url  string
	lane *jetbus.Lane
	raw  *nats.Conn
}

func newProducer(t *testing.T) *producer {
	t.Helper()
	server, err := natsserver.Start(natsserver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	bus, err := jetbus.Connect(t.Context(), jetbus.Config{URL: server.ClientURL(), Stage: "test", EventMaxBytes: 64 << 20,
		Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bus.Close)
	if err := bus.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	raw, err := nats.Connect(server.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(raw.Close)
	return &producer{t: t, url: server.ClientURL(), lane: bus.NewLane(), raw: raw}
}

func (p *producer) store(events ...messages.Event) {
	p.t.Helper()
	if _, err := p.lane.Publish(p.t.Context(), events); err != nil {
		p.t.Fatal(err)
	}
}

// again stores an event a second time, as happens beyond the duplicate window;
// eventType replaces its type, unless empty.
func (p *producer) again(event messages.Event, eventType string) {
	p.t.Helper()
	m, err := messages.EncodeEvent(messages.Subjects{Prefix: messages.DefaultPrefix}, event)
	if err != nil {
		p.t.Fatal(err)
	}
	header := nats.Header(m.Header)
	header.Del(messages.HeaderMsgID)
	if eventType != "" {
		header.Set("ce-type", eventType)
	}
	if _, err := p.raw.RequestMsg(&nats.Msg{Subject: m.Subject, Header: header, Data: m.Data}, patience); err != nil {
		p.t.Fatal(err)
	}
}

func meta(epoch messages.Epoch, sequence messages.Sequence) messages.EventMeta {
	return messages.EventMeta{Mailbox: "anna@contoso.com", Group: "g1", Generation: 1, Time: noon, Epoch: epoch, Sequence: sequence}
}

func newMail(epoch messages.Epoch, sequence messages.Sequence) messages.Event {
	return messages.MailboxEvent{EventMeta: meta(epoch, sequence), Event: "NewMailEvent",
		What:   messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbNewMail},
		Folder: messages.FolderInbox, Item: &messages.Ref{ID: "AAMk="}, Origin: messages.OriginStream}
}

// read runs the consumer until it has printed a line, and ends it.
func read(t *testing.T, url, last string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	in, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- consume(ctx, url, out); out.Close() }()
	var have []string
	for scanner := bufio.NewScanner(in); scanner.Scan(); { // to the end: what was on the way belongs to it
		if have = append(have, scanner.Text()); scanner.Text() == last {
			cancel()
		}
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the consumer ended with %v", err)
	}
	return have
}

func TestConsumer(t *testing.T) {
	p := newProducer(t)
	p.store(messages.MailboxStreaming{EventMeta: meta(0, 0), Opening: "o1", Reason: "subscribed"})
	p.store(newMail(1, 1), newMail(1, 2))
	p.again(newMail(1, 2), "")
	p.again(newMail(1, 3), "ewsnats.mailbox.renamed.v1") // of a newer version: it leaves no hole
	p.again(newMail(1, 3), "com.example.other.v1")
	p.store(newMail(1, 5), newMail(1, 4),
		messages.MailboxGap{EventMeta: meta(1, 6), From: noon, To: noon.Add(7 * time.Second), Uncertainty: 62, Cause: "silence"})
	p.store(messages.MailboxStreaming{EventMeta: meta(0, 0), Opening: "o2", FormerEpoch: 1, LastSequence: 8, Reason: "taken over"})
	p.store(newMail(9, 1), messages.MailboxStopped{EventMeta: meta(9, 2), Reason: messages.StopWithdrawn})
	want := []string{
		"anna@contoso.com: NewMailEvent in inbox: AAMk= (1-1)",
		"anna@contoso.com: NewMailEvent in inbox: AAMk= (1-2)",
		`skipped: unknown message type "com.example.other.v1"`,
		"anna@contoso.com: 1 events before 1-5 are missing",
		"anna@contoso.com: NewMailEvent in inbox: AAMk= (1-5)",
		"anna@contoso.com: NewMailEvent in inbox: AAMk= (1-4)",
		"anna@contoso.com: look for changes yourself from 2026-03-04T12:00:00Z to 2026-03-04T12:00:07Z, 62 s more on either side (silence)",
		"anna@contoso.com: 2 events before opening-o2 are missing",
		"anna@contoso.com: NewMailEvent in inbox: AAMk= (9-1)",
		"anna@contoso.com: no more events: withdrawn",
	}
	if diff := cmp.Diff(want, read(t, p.url, want[len(want)-1])); diff != "" {
		t.Errorf("want -, have +\n%s", diff)
	}
}

// A consumer that ends has events on the way. They must not come after newer ones.
func TestConsumerGoesOnWhereItEnded(t *testing.T) {
	p := newProducer(t)
	const before, all = 100, 103
	var events []messages.Event
	var want []string
	for n := range messages.Sequence(all) {
		events = append(events, newMail(7, n+1))
		want = append(want, fmt.Sprintf("anna@contoso.com: NewMailEvent in inbox: AAMk= (7-%d)", n+1))
	}
	p.store(events[:before]...)
	have := read(t, p.url, want[1])
	if len(have) >= before {
		t.Fatalf("all %d events were read before the consumer ended", len(have))
	}
	p.store(events[before:]...)
	have = append(have, read(t, p.url, want[all-1])...)
	if diff := cmp.Diff(want, slices.Compact(have)); diff != "" { // one whose acknowledgement got lost comes again
		t.Errorf("want -, have +\n%s", diff)
	}
}
