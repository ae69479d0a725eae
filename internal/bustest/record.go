package bustest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ewsnats/ewsnats/internal/jetbus/outcome"
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
	if _, sequence, err := b.Coverage(ctx, "g 1"); sequence != 0 || err != nil {
		t.Fatalf("before any: %d, %v", sequence, err)
	}
	want := messages.Coverage{Group: "g 1", Generation: 2, Revision: 3, Until: noon, Owner: "host-2", Opened: noon, Stored: 7,
		Members: []messages.Address{anna, bert}}
	first, err := b.SaveCoverage(ctx, messages.Coverage{Group: "g 1", Until: noon.Add(-1)}, 0)
	must(t, err)
	second, err := b.SaveCoverage(ctx, want, first)
	must(t, err)
	_, err = b.SaveCoverage(ctx, messages.Coverage{Group: "g2", Until: noon}, 0)
	must(t, err)
	got, sequence, err := b.Coverage(ctx, "g 1")
	if must(t, err); sequence != second {
		t.Fatalf("sequence %d, want %d", sequence, second)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
}

func coverageConflict(t *testing.T, b Bus) {
	ctx := limited(t)
	stale, err := b.SaveCoverage(ctx, messages.Coverage{Group: "g1", Until: noon}, 0)
	must(t, err)
	want := messages.Coverage{Group: "g1", Until: noon.Add(1), Owner: "successor"}
	newest, err := b.SaveCoverage(ctx, want, stale)
	must(t, err)
	for _, expected := range []uint64{0, stale} {
		_, err = b.SaveCoverage(ctx, messages.Coverage{Group: "g1", Until: noon.Add(2), Owner: "stale"}, expected)
		var conflict *outcome.ConflictError
		if !errors.As(err, &conflict) || conflict.Expected != expected || conflict.Actual != newest {
			t.Errorf("expecting %d: %v, want a conflict with %d", expected, err, newest)
		}
	}
	got, _, err := b.Coverage(ctx, "g1")
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("coverage (-want +got):\n%s", diff)
	}
}
