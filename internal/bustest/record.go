package bustest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

func recordRoundTrip(t *testing.T, b Bus) {
	ctx := limited(t)
	want := enrolled("f1", bert)
	must(t, b.Record(ctx, want))
	feed, err := b.Mailboxes(ctx)
	must(t, err)
	if diff := cmp.Diff(messages.Fact(want), receive(t, feed, "fact").Fact); diff != "" {
		t.Errorf("fact (-recorded +delivered):\n%s", diff)
	}
}

func recordRepeat(t *testing.T, b Bus) {
	ctx := limited(t)
	must(t, b.Record(ctx, enrolled("f1", anna), enrolled("f2", anna)))
	must(t, b.Record(ctx, enrolled("f1", anna), enrolled("f3", anna)))
	feed, err := b.Mailboxes(ctx)
	must(t, err)
	var got []string
	for range 4 {
		got = append(got, nameOf(receive(t, feed, "feed")))
	}
	if diff := cmp.Diff([]string{"f1@1", "f2@2", "f3@3", "caught up"}, got); diff != "" {
		t.Errorf("delivered (-want +got):\n%s", diff)
	}
}

func recordWithoutID(t *testing.T, b Bus) {
	if err := b.Record(limited(t), enrolled("", anna)); err == nil {
		t.Error("a fact without an id was stored: a repeat of it could not be recognised")
	}
}

func foldersNewest(t *testing.T, b Bus) {
	ctx := limited(t)
	if got, ok, err := b.Folders(ctx, anna); ok || err != nil {
		t.Fatalf("before any: %+v, %v, %v", got, ok, err)
	}
	folders := func(id, inbox string) messages.MailboxFolders {
		return messages.MailboxFolders{
			Meta: messages.Meta{ID: id, Time: noon}, Mailbox: anna,
			Folders: map[messages.FolderName]string{messages.FolderInbox: inbox},
		}
	}
	want := folders("f2", "AAMk-new")
	must(t, b.Record(ctx, folders("f1", "AAMk-old"), want, enrolled("f3", anna)))
	got, ok, err := b.Folders(ctx, anna)
	if must(t, err); !ok {
		t.Fatal("stored folders are not found")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("folders (-want +got):\n%s", diff)
	}
	if _, ok, err := b.Folders(ctx, bert); ok || err != nil {
		t.Errorf("another mailbox: %v, %v", ok, err)
	}
}

func coverageRecord(t *testing.T, b Bus) {
	ctx := limited(t)
	if _, ok, err := b.Coverage(ctx, "g 1"); ok || err != nil {
		t.Fatalf("before any: %v, %v", ok, err)
	}
	want := messages.Coverage{Group: "g 1", Generation: 2, Revision: 3, Until: noon, Members: []messages.Address{anna, bert}}
	must(t, b.SaveCoverage(ctx, messages.Coverage{Group: "g 1", Until: noon.Add(-1)}))
	must(t, b.SaveCoverage(ctx, want))
	must(t, b.SaveCoverage(ctx, messages.Coverage{Group: "g2", Until: noon}))
	got, ok, err := b.Coverage(ctx, "g 1")
	if must(t, err); !ok {
		t.Fatal("a saved record is not found")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
}
