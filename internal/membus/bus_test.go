package membus

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

const anna = messages.Address("anna@contoso.com")

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func newMails(from, to messages.Sequence) []messages.Event {
	var events []messages.Event
	for n := from; n <= to; n++ {
		events = append(events, messages.MailboxEvent{
			EventMeta: messages.EventMeta{Mailbox: anna, Group: "g1", Generation: 1, Time: noon, Recorded: noon, Epoch: 7, Sequence: n},
			Event:     "NewMailEvent",
			What:      messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbNewMail},
			Folder:    messages.FolderInbox,
			Origin:    messages.OriginStream,
		})
	}
	return events
}

func enrolled(id string) messages.MailboxEnrolled {
	return messages.MailboxEnrolled{Meta: messages.Meta{ID: id, Time: noon}, Mailbox: anna, EnrolledBy: "test"}
}

func request(id string) messages.RegroupRequested {
	return messages.RegroupRequested{Meta: messages.Meta{ID: id, Time: noon}, Group: "g1", Action: messages.Resubscribe}
}

func expect(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestOutageBlocksUntilItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		b.Outage(true)
		expect(t, "trouble", "outage", b.Trouble())
		calls := map[string]func(context.Context) error{
			"publish": func(ctx context.Context) error { _, err := b.Publish(ctx, newMails(1, 1)); return err },
			"record":  func(ctx context.Context) error { return b.Record(ctx, enrolled("f1")) },
			"decide": func(ctx context.Context) error {
				_, err := b.Decide(ctx, messages.GroupSubscribed{Meta: messages.Meta{ID: "d1"}, Group: "g1"}, 0)
				return err
			},
			"request":  func(ctx context.Context) error { return b.RequestRegroup(ctx, request("r1")) },
			"last":     func(ctx context.Context) error { _, _, err := b.Last(ctx, anna); return err },
			"folders":  func(ctx context.Context) error { _, _, err := b.Folders(ctx, anna); return err },
			"coverage": func(ctx context.Context) error { _, _, err := b.Coverage(ctx, "g1"); return err },
			"save": func(ctx context.Context) error {
				_, err := b.SaveCoverage(ctx, messages.Coverage{Group: "g1"}, 0)
				return err
			},
		}
		for name, call := range calls {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s during an outage: %v", name, err)
			}
			cancel()
		}
		for name, call := range calls {
			done := make(chan error, 1)
			b.Outage(true)
			go func() { done <- call(t.Context()) }()
			synctest.Wait()
			select {
			case err := <-done:
				t.Errorf("%s did not wait for the end of the outage: %v", name, err)
			default:
				b.Outage(false)
				expect(t, name+" after the outage", error(nil), <-done)
			}
		}
	})
}

func TestOutageSilencesFeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		must(t, b.Record(t.Context(), enrolled("f1")))
		b.Outage(true)
		feed, err := b.Mailboxes(t.Context())
		must(t, err)
		synctest.Wait()
		select {
		case r := <-feed:
			t.Errorf("during the outage came %+v", r)
		default:
		}
		b.Outage(false)
		expect(t, "then", uint64(1), (<-feed).Sequence)
		expect(t, "then", true, (<-feed).CaughtUp())
	})
}

func TestFailAndRefuse(t *testing.T) {
	b := New()
	ctx := t.Context()
	broken := errors.New("broken")
	b.Fail(broken)
	if _, err := b.Publish(ctx, newMails(1, 1)); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	expect(t, "trouble", "broken", b.Trouble())
	b.Fail(nil)
	expect(t, "trouble", "", b.Trouble())

	b.Refuse(func(e messages.Event) string {
		if e.Meta().Sequence == 2 {
			return "too big"
		}
		return ""
	})
	sequences, err := b.Publish(ctx, newMails(1, 3))
	var unstorable *outcome.UnstorableError
	if !errors.As(err, &unstorable) {
		t.Fatalf("error %v", err)
	}
	expect(t, "error", outcome.UnstorableError{Index: 1, Reason: "too big"}, *unstorable)
	expect(t, "stored before it", []uint64{1}, sequences)
	expect(t, "dead letter", "too big", b.DeadLetters()[0].Reason)
	b.Refuse(nil)
	_, err = b.Publish(ctx, newMails(2, 2))
	must(t, err)
	expect(t, "events", []Stored{{newMails(1, 1)[0], 1}, {newMails(2, 2)[0], 2}}, b.Events())
}

func TestRegroupsAreServedInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New()
		ctx, cancel := context.WithCancel(t.Context())
		must(t, b.RequestRegroup(ctx, request("bad")))
		must(t, b.RequestRegroup(ctx, request("good")))
		began := time.Now()
		var handled []string
		err := b.ServeRegroups(ctx, nil, func(_ context.Context, r messages.RegroupRequested) error {
			handled = append(handled, r.ID)
			if r.ID == "bad" {
				return errors.New("no one can")
			}
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("serving ended with %v", err)
		}
		expect(t, "handled", []string{"bad", "bad", "bad", "bad", "bad", "good"}, handled)
		expect(t, "waits", 3*time.Second, time.Since(began))
		expect(t, "dead letter", "no one can", b.DeadLetters()[0].Reason)
		expect(t, "left", 0, len(b.Facts()))
	})
}

func TestFacts(t *testing.T) {
	b := New()
	must(t, b.Record(t.Context(), enrolled("f1")))
	must(t, b.RequestRegroup(t.Context(), request("r1")))
	expect(t, "facts", []messages.Recorded{{Fact: enrolled("f1"), Sequence: 1}, {Fact: request("r1"), Sequence: 1}}, b.Facts())
}
