package exchangesim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// Each request stands for itself, after a folder Child with a mail in it was made below the inbox.
func TestFolderOperationsRefuse(t *testing.T) {
	const inbox, none = ofInbox, `<t:DistinguishedFolderId Id="nosuch"/>`
	move := func(operation, to, folder string) string {
		return `<m:` + operation + `><m:ToFolderId>` + to + `</m:ToFolderId><m:FolderIds>` + folder + `</m:FolderIds></m:` + operation + `>`
	}
	update := func(folder, updates string) string {
		return `<m:UpdateFolder><m:FolderChanges><t:FolderChange>` + folder + `<t:Updates>` + updates + `</t:Updates></t:FolderChange></m:FolderChanges></m:UpdateFolder>`
	}
	set := func(property string) string {
		return `<t:SetFolderField><t:FieldURI FieldURI="folder:X"/><t:Folder>` + property + `</t:Folder></t:SetFolderField>`
	}
	for _, test := range []struct{ name, body, want string }{
		{"a distinguished folder moves", move("MoveFolder", `<t:DistinguishedFolderId Id="notes"/>`, inbox), "ErrorMoveDistinguishedFolder"},
		{"a folder moves into itself", move("MoveFolder", "CHILD", "CHILD"), "ErrorMoveCopyFailed"},
		{"a folder is copied below itself", move("CopyFolder", "CHILD", inbox), "ErrorMoveCopyFailed"},
		{"a name is there already", move("CopyFolder", inbox, "CHILD"), "ErrorFolderExists"},
		{"no folder to move to", move("MoveFolder", none, "CHILD"), "ErrorToFolderNotFound"},
		{"no folder to move", move("MoveFolder", inbox, none), "ErrorFolderNotFound"},
		{"to another mailbox", move("MoveFolder", `<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>`+bert+`</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>`, "CHILD"), "ErrorCrossMailboxMoveCopy"},
		{"nowhere", move("MoveFolder", "", "CHILD"), "ErrorSchemaValidation"},
		{"an empty name", update("CHILD", set(`<t:DisplayName/>`)), "ErrorFolderSave"},
		{"a name of another folder", update(`<t:DistinguishedFolderId Id="notes"/>`, set(`<t:DisplayName>inbox</t:DisplayName>`)), "ErrorFolderExists"},
		{"a property that is read-only", update("CHILD", set(`<t:TotalCount>3</t:TotalCount>`)), "ErrorInvalidPropertySet"},
		{"two properties in one update", update("CHILD", set(`<t:DisplayName>a</t:DisplayName><t:FolderClass>IPF.Note</t:FolderClass>`)), "ErrorUpdatePropertyMismatch"},
		{"the name is deleted", update("CHILD", `<t:DeleteFolderField><t:FieldURI FieldURI="folder:DisplayName"/></t:DeleteFolderField>`), "ErrorInvalidPropertyDelete"},
		{"the name grows", update("CHILD", strings.ReplaceAll(set(`<t:DisplayName>a</t:DisplayName>`), "SetFolder", "AppendToFolder")), "ErrorInvalidPropertyAppend"},
		{"no folder to update", update(none, set(`<t:DisplayName>a</t:DisplayName>`)), "ErrorFolderNotFound"},
		{"an update of nothing", `<m:UpdateFolder><m:FolderChanges/></m:UpdateFolder>`, "ErrorSchemaValidation"},
		{"an update without a folder", update("", set(`<t:DisplayName>a</t:DisplayName>`)), "ErrorFolderNotFound"},
		{"a calendar is emptied", fmt.Sprintf(emptyFolderFormat, "HardDelete", false, `<t:DistinguishedFolderId Id="calendar"/>`), "ErrorCannotEmptyFolder"},
		{"distinguished subfolders go", fmt.Sprintf(emptyFolderFormat, "HardDelete", true, `<t:DistinguishedFolderId Id="msgfolderroot"/>`), "ErrorDeleteDistinguishedFolder"},
		{"emptied somehow", fmt.Sprintf(emptyFolderFormat, "Shred", false, inbox), "ErrorSchemaValidation"},
		{"emptied without a word on subfolders", strings.Replace(fmt.Sprintf(emptyFolderFormat, "HardDelete", true, inbox), ` DeleteSubFolders="true"`, "", 1), "ErrorSchemaValidation"},
		{"read or unread", strings.Replace(fmt.Sprintf(markAllFormat, true, inbox), "ReadFlag", "Flag", 2), "ErrorSchemaValidation"},
		{"no folder to read", fmt.Sprintf(markAllFormat, true, none), "ErrorFolderNotFound"},
	} {
		t.Run(test.name, func(t *testing.T) {
			withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
				child := readyFull(w)
				w.begin()
				if a := w.call(strings.ReplaceAll(test.body, "CHILD", `<t:FolderId Id="`+child+`"/>`)); a.code != test.want {
					t.Errorf("have %s, want %s", a.code, test.want)
				}
				if have := w.since(); have != "" {
					t.Errorf("and yet: %s", have)
				}
			})
		})
	}
}

func TestCopyFolderCopiesWhatItHolds(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		child := readyFull(w)
		w.s.CreateFolder(anna, child, "Grandchild")
		w.s.Create(anna, "Grandchild")
		w.begin()
		w.must(moveFolderFormat, "CopyFolder", "notes", child)
		want := "createfolder anna: Created() Modified(notes); copy anna: Created Modified(); " +
			"createfolder anna: Created() Modified(); copy anna: Created Modified()"
		if have := w.since(); have != want {
			t.Errorf("have %s\nwant %s", have, want)
		}
		if have := w.find(fmt.Sprintf(findDeep, "Default", "")).names(); strings.Join(have[11:], " ") != "Child Grandchild Child Grandchild" {
			t.Errorf("folders %q", have)
		}
	})
}

func TestRoomForFolders(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		child := readyFolder(w)
		for i := range 1000 {
			w.s.CreateFolder(anna, child, fmt.Sprint("F", i))
		}
		if have := w.call(fmt.Sprintf(moveFolderFormat, "CopyFolder", "notes", child)).code; have != "ErrorQuotaExceeded" {
			t.Errorf("1001 folders: have %s", have)
		}
		for range 10_001 {
			w.s.Create(anna, "F1")
		}
		if have := w.call(fmt.Sprintf(moveFolderFormat, "CopyFolder", "notes", w.idOf("F1"))).code; have != "ErrorQuotaExceeded" {
			t.Errorf("10,001 items: have %s", have)
		}
		w.must(moveFolderFormat, "CopyFolder", "notes", w.idOf("F2"))
	})
}

func TestUpdateFolderChangesTheCaseOfAName(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		w.must(updateFolderFormat, readyFolder(w), fmt.Sprintf(setName, "CHILD"))
		w.idOf("CHILD")
	})
}

func TestMarkAllItemsAsRead(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		first := readyItem(w)
		readyItem(w)
		readyHidden(w)
		w.s.MarkRead(anna, first)
		for _, test := range []struct {
			read bool
			want string
		}{{true, "read anna: Modified Modified(inbox)"}, {true, ""}, {false, "unread anna: Modified Modified(inbox); unread anna: Modified Modified(inbox)"}} {
			w.begin()
			w.must(markAllFormat, test.read, ofInbox)
			if have := w.since(); have != test.want {
				t.Errorf("read %v: have %s, want %s", test.read, have, test.want)
			}
		}
		if have := w.call(strings.Replace(getInbox, "IdOnly", "Default", 1)).body; !strings.Contains(have, "<t:TotalCount>2<") || !strings.Contains(have, "<t:UnreadCount>2<") {
			t.Errorf("the inbox: %s", have)
		}
	})
}

// A hidden item is found by Traversal Associated alone, and no part of what the folder holds.
func TestHiddenItems(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		hidden := readyHidden(w)
		state := w.sync("", 512)
		if have := w.call(strings.Replace(getInbox, "IdOnly", "Default", 1)).body; state.kinds() != "" || !strings.Contains(have, "<t:TotalCount>0<") {
			t.Errorf("changes %q, the inbox %s", state.kinds(), have)
		}
		find := `<m:FindItem Traversal="%s"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape><m:ParentFolderIds>` + ofInbox + `</m:ParentFolderIds></m:FindItem>`
		for traversal, want := range map[string]int{"Shallow": 0, "Associated": 1, "SoftDeleted": 0} {
			if have := w.find(fmt.Sprintf(find, traversal)).Total; have != want {
				t.Errorf("%s finds %d items, want %d", traversal, have, want)
			}
		}
		wantAll(t, w.getItem(hidden, allShape), "<t:IsAssociated>true<")
		moved, _ := w.must(moveFormat, "MoveItem", "notes", hidden).firstID(t)
		wantAll(t, w.getItem(moved, allShape), "<t:IsAssociated>true<")
		w.must(deleteFormat, "HardDelete", moved)
		if have := w.sync(state.State, 512).kinds(); have != "" {
			t.Errorf("changes %s", have)
		}
	})
}

// The truth says whose folder or item a request is about.
func TestRequestsAreAboutMailboxes(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		for _, body := range []string{
			fmt.Sprintf(updateFolderFormat, readyFolder(w), fmt.Sprintf(setName, "Renamed")),
			fmt.Sprintf(attachFormat, readyItem(w), fmt.Sprintf(textFile, "a.txt")),
			fmt.Sprintf(emptyFolderFormat, "HardDelete", false, `<t:FolderId Id="`+w.idOf("Inbox")+`"/>`),
		} {
			before := len(w.s.Truth().Requests)
			if a := w.do(w.request(as(bert), body)); a.code != "NoError" {
				t.Errorf("%s: %s", body, a.code)
			}
			if have := w.s.Truth().Requests[before]; !slices.Equal(have.Mailboxes, []string{bert, anna}) {
				t.Errorf("%s is about %v", have.Operation, have.Mailboxes)
			}
		}
	})
}

func TestEmptyFolderLeavesWhatItIsNotAskedFor(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		hidden := readyHidden(w)
		readyBoth(w)
		w.must(emptyFolderFormat, "HardDelete", false, ofInbox)
		w.idOf("Child")
		w.must(emptyFolderFormat, "HardDelete", true, ofInbox)
		if have := w.find(fmt.Sprintf(findDeep, "Default", "")).names(); slices.Contains(have, "Child") {
			t.Errorf("folders %q", have)
		}
		wantAll(t, w.getItem(hidden, allShape), "<t:IsAssociated>true<")
	})
}
