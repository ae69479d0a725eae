package streamer

import (
	"bytes"
	"encoding/base64"
	"hash/maphash"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// packedFormOf is a folder id in the run-length packed encoding: two equal bytes are
// followed by the number of further repeats.
func packedFormOf(entry string) string {
	packed := []byte{1}
	for rest := []byte(entry); len(rest) > 0; {
		n := 1
		for n < len(rest) && n < 257 && rest[n] == rest[0] {
			n++
		}
		packed = append(packed, rest[0])
		if n > 1 {
			packed = append(packed, rest[0], byte(n-2))
		}
		rest = rest[n:]
	}
	return base64.StdEncoding.EncodeToString(packed)
}

// entryID looks like what ids are made of: a length, a GUID in letters, zeros and ones.
const entryID = "\x03\x24\x0072f0e7b1-0001-4555-a5cc-000000000017\x00\x2e\x00\x00\x00\x00\x00\xd1\x11\x11\x01\x00"

func TestFoldersAreNamedByTheirIDInEitherEncoding(t *testing.T) {
	plain, packed, other := plainID(entryID), packedFormOf(entryID), plainID(entryID+"x")
	if len(packed) >= len(plain) {
		t.Fatalf("the packed id %q is not shorter than %q", packed, plain)
	}
	parent := func(id string) *messages.Ref { return &messages.Ref{ID: id} }
	for _, c := range []struct {
		name   string
		known  string
		parent *messages.Ref
		want   messages.FolderName
	}{
		{"both plain", plain, parent(plain), "calendar"},
		{"both packed", packed, parent(packed), "calendar"},
		{"known plain, told packed", plain, parent(packed), "calendar"},
		{"known packed, told plain", packed, parent(plain), "calendar"},
		{"another folder", plain, parent(other), messages.FolderOther},
		{"another folder, packed", plain, parent(packedFormOf(entryID + "x")), messages.FolderOther},
		{"no base64", plain, parent("*" + plain), messages.FolderOther},
		{"known without being base64", "inbox!", parent("inbox!"), "calendar"},
		{"packed wrongly", plain, parent(base64.StdEncoding.EncodeToString([]byte{1, 7, 7})), messages.FolderOther},
		{"packed to burst", plain, parent(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1, 9, 9, 255}, 40))), messages.FolderOther},
		{"no parent", plain, nil, messages.FolderNone},
	} {
		t.Run(c.name, func(t *testing.T) {
			names := namesOf(messages.MailboxFolders{Folders: map[messages.FolderName]string{"calendar": c.known, "notes": plainID("notes")}})
			if have := names.name(c.parent); have != c.want {
				t.Errorf("have %q, want %q", have, c.want)
			}
		})
	}
}

func TestEveryWellKnownFolderHasAPlace(t *testing.T) {
	if known := messages.WellKnownFolders(); len(known) != wellKnownFolders {
		t.Errorf("there are %d well-known folders, and %d places", len(known), wellKnownFolders)
	}
}

func FuzzFolderKey(f *testing.F) {
	f.Add(entryID)
	f.Add(strings.Repeat("\x00", 300))
	f.Add("aab")
	f.Fuzz(func(t *testing.T, entry string) {
		if entry == "" || len(entry) > maxUnpackedID {
			t.Skip("no folder has such an id: it is empty, or longer than what is unpacked")
		}
		want := maphash.String(folderSeed, entry)
		if plain, packed := folderKey(plainID(entry)), folderKey(packedFormOf(entry)); plain != want || packed != want {
			t.Errorf("keys of %q: plain %x, packed %x, want %x", entry, plain, packed, want)
		}
		folderKey(entry) // whatever Exchange sends
	})
}

func TestEventsCarryWhatTheNotificationSaid(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.group("g", "a=a1")
		w.pass(time.Minute)
		unread := 3
		moved := Notice{Name: "MovedEvent", Kind: messages.Kind{Object: messages.ObjectItem, Verb: messages.VerbMoved}, Time: exchangeNow(),
			Item: &messages.Ref{ID: "new", ChangeKey: "CQAAAA=="}, OldItem: &messages.Ref{ID: "old"},
			Parent: &messages.Ref{ID: plainID("elsewhere")}, OldParent: &messages.Ref{ID: inboxID}}
		folder := Notice{Name: "ModifiedEvent", Kind: messages.Kind{Object: messages.ObjectFolder, Verb: messages.VerbModified}, Time: exchangeNow(),
			Folder: &messages.Ref{ID: inboxID}, Parent: &messages.Ref{ID: plainID("root")}, OldFolder: &messages.Ref{ID: "was"}, UnreadCount: &unread}
		w.say("a1", Envelope{Notifications: []Notification{{Subscription: "a1", Events: []Notice{moved, folder}}}})

		w.wantHistory("a", "streaming subscribed", "1 moved other new", "2 modified other "+inboxID)
		var events []messages.MailboxEvent
		for _, s := range w.bus.Events() {
			if e, ok := s.Event.(messages.MailboxEvent); ok {
				events = append(events, e)
			}
		}
		if e := events[0]; e.Event != "MovedEvent" || *e.Item != *moved.Item || *e.OldItem != *moved.OldItem || *e.Parent != *moved.Parent || *e.OldParent != *moved.OldParent {
			t.Errorf("moved: have %+v", e)
		}
		if e := events[1]; *e.FolderRef != *folder.Folder || *e.OldFolderRef != *folder.OldFolder || *e.UnreadCount != unread {
			t.Errorf("folder: have %+v", e)
		}
	})
}

func TestAMailboxWithoutKnownFoldersIsStreamedAsOther(t *testing.T) {
	inWorld(t, func(w *world) {
		w.start()
		w.since["x1"] = exchangeNow() // so that no folders are recorded
		w.group("g", "x=x1")
		w.pass(time.Second)
		w.say("x1", mail("x1", "m1"))
		if have := w.history("x"); !slices.Contains(have, "1 newmail other m1") {
			t.Errorf("have %q", have)
		}
	})
}

func TestAFolderIDThatWasGivenForTwoNamesIsNeithers(t *testing.T) {
	for range 20 { // the fact's folders come in any order
		names := namesOf(messages.MailboxFolders{Folders: map[messages.FolderName]string{
			messages.FolderInbox: inboxID, messages.FolderDrafts: inboxID, messages.FolderOutbox: inboxID, messages.FolderNotes: plainID("notes")}})
		if have := names.name(&messages.Ref{ID: inboxID}); have != messages.FolderOther {
			t.Fatalf("have %s, want %s", have, messages.FolderOther)
		}
		if have := names.name(&messages.Ref{ID: plainID("notes")}); have != messages.FolderNotes {
			t.Fatalf("have %s, want %s", have, messages.FolderNotes)
		}
	}
}
