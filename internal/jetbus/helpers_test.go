package jetbus

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/internal/natsserver"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

const patience = 2 * time.Minute

// startServer starts a server of the test's own.
func startServer(t testing.TB, cfg natsserver.Config) *natsserver.Server {
	t.Helper()
	server, err := natsserver.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// openBus connects to a server and makes the streams.
func openBus(t testing.TB, server *natsserver.Server, change ...func(*Config)) *Bus {
	t.Helper()
	cfg := Config{URL: server.ClientURL(), Stage: "test", EventMaxBytes: 1 << 30, Logger: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&cfg)
	}
	b, err := Connect(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if err := b.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// fresh is a bus on a server of its own.
func fresh(t testing.TB, change ...func(*Config)) (*Bus, *natsserver.Server) {
	t.Helper()
	server := startServer(t, natsserver.Config{})
	return openBus(t, server, change...), server
}

func limited(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func receive[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	select {
	case got, ok := <-from:
		if !ok {
			t.Fatalf("%s: the channel was closed", what)
		}
		return got
	case <-time.After(patience):
		t.Fatalf("%s: nothing came within %s", what, patience)
	}
	panic("unreachable")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const (
	anna = messages.Address("anna@contoso.com")
	bert = messages.Address("bert@contoso.com")

	endpoint = messages.Endpoint("https://mail.contoso.com/EWS/Exchange.asmx")
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func newMail(mailbox messages.Address, n messages.Sequence) messages.MailboxEvent {
	return messages.MailboxEvent{
		EventMeta: messages.EventMeta{Mailbox: mailbox, Group: "g1", Generation: 1, Time: noon, Recorded: noon, Epoch: 7, Sequence: n},
		Event:     "NewMailEvent",
		What:      messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbNewMail},
		Folder:    messages.FolderInbox,
		Item:      &messages.Ref{ID: "AAMkAGI2", ChangeKey: "CQ=="},
		Origin:    messages.OriginStream,
	}
}

func newMails(mailbox messages.Address, from, to messages.Sequence) []messages.Event {
	var events []messages.Event
	for n := from; n <= to; n++ {
		events = append(events, newMail(mailbox, n))
	}
	return events
}

func enrolled(id string, mailbox messages.Address) messages.MailboxEnrolled {
	return messages.MailboxEnrolled{Meta: messages.Meta{ID: id, Time: noon}, Mailbox: mailbox, EnrolledBy: "test"}
}

func request(id string, g messages.GroupID) messages.RegroupRequested {
	return messages.RegroupRequested{
		Meta: messages.Meta{ID: id, Time: noon}, Group: g, Generation: 1, URL: endpoint,
		Died: map[messages.Address]messages.SubscriptionID{anna: "s"}, Code: "ErrorSubscriptionNotFound", Action: messages.Resubscribe,
	}
}
