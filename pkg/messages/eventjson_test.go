package messages_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// TestEventBodiesAreAsEncodingJSONWritesThem: the encoder of events knows their fields
// by heart, and must not forget one.
func TestEventBodiesAreAsEncodingJSONWritesThem(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "AAMk+/=", "<a&b>", "\"\\", "\u2028\x7f", "\xff"}))
	ref := rapid.Ptr(rapid.Custom(func(t *rapid.T) messages.Ref {
		return messages.Ref{ID: text.Draw(t, "id"), ChangeKey: text.Draw(t, "key")}
	}), true)
	rapid.Check(t, func(t *rapid.T) {
		e := messages.MailboxEvent{
			EventMeta: messages.EventMeta{
				Mailbox: anyAddress().Draw(t, "mailbox"), Group: messages.GroupID(text.Draw(t, "group")),
				Generation: messages.Generation(rapid.Uint64().Draw(t, "generation")),
				Time:       anyTime(t).In(time.FixedZone("", 60*rapid.IntRange(-720, 720).Draw(t, "zone"))),
			},
			Event: text.Draw(t, "event"), Folder: messages.FolderName(text.Draw(t, "folder")),
			Item: ref.Draw(t, "item"), FolderRef: ref.Draw(t, "folderID"), Parent: ref.Draw(t, "parent"),
			OldItem: ref.Draw(t, "oldItem"), OldFolderRef: ref.Draw(t, "oldFolderID"), OldParent: ref.Draw(t, "oldParent"),
			UnreadCount: rapid.Ptr(rapid.Int(), true).Draw(t, "unread"),
		}
		want, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if have := string(encodeEvent(t, e).Data); have != string(want) {
			t.Fatalf("have %s\nwant %s", have, want)
		}
	})
}

func TestAnEventWithoutAYearOfFourDigitsIsRefused(t *testing.T) {
	e := messages.MailboxEvent{EventMeta: messages.EventMeta{Mailbox: anna, Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}}
	if _, err := messages.EncodeEvent(subjects, e); err == nil {
		t.Error("no error")
	}
}

// BenchmarkEncodeEvent encodes the event of an item in place of the one before, as the
// streamer does.
func BenchmarkEncodeEvent(b *testing.B) {
	e := messages.MailboxEvent{EventMeta: eventMeta(1), Event: "NewMailEvent",
		What:   messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbNewMail},
		Folder: messages.FolderInbox, Item: &messages.Ref{ID: strings.Repeat("AAMk", 38), ChangeKey: "CQAAAA=="},
		Parent: &messages.Ref{ID: strings.Repeat("AQMk", 30), ChangeKey: "AQAAAA=="}, Origin: messages.OriginStream}
	e.Mailbox = anna
	b.ReportAllocs()
	var m messages.Message
	for b.Loop() {
		if err := messages.EncodeEventInto(&m, subjects, e); err != nil {
			b.Fatal(err)
		}
	}
}
