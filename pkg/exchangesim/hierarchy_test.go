package exchangesim_test

import (
	"encoding/xml"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// syncHierarchy asks for the changes below a folder since a state; an empty folder is the whole mailbox.
func (w *work) syncHierarchy(folder, state string) answer {
	w.t.Helper()
	if folder != "" {
		folder = "<m:SyncFolderId>" + folder + "</m:SyncFolderId>"
	}
	if state != "" {
		state = "<m:SyncState>" + state + "</m:SyncState>"
	}
	return w.call("<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape>" + folder + state + "</m:SyncFolderHierarchy>")
}

var (
	folderIDPattern = regexp.MustCompile(`<t:FolderId Id="([^"]*)"`)
	statePattern    = regexp.MustCompile(`<m:SyncState>([^<]*)<`)
)

func folderIDs(body string) []string {
	var ids []string
	for _, m := range folderIDPattern.FindAllStringSubmatch(body, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

func hierarchyState(a answer) string {
	if m := statePattern.FindStringSubmatch(a.body); m != nil {
		return m[1]
	}
	return ""
}

// hierarchyChange is a change of an answer.
type hierarchyChange struct {
	XMLName xml.Name
	Deleted id     `xml:"FolderId"`
	Folder  listed `xml:",any"`
}

func (w *work) hierarchyChanges(a answer) []hierarchyChange {
	w.t.Helper()
	var e struct {
		Changes struct {
			Entries []hierarchyChange `xml:",any"`
		} `xml:"Body>SyncFolderHierarchyResponse>ResponseMessages>SyncFolderHierarchyResponseMessage>Changes"`
	}
	if err := xml.Unmarshal([]byte(a.body), &e); err != nil {
		w.t.Fatal(err)
	}
	return e.Changes.Entries
}

// tellHierarchy tells the changes of an answer: "Create Alpha, Delete".
func (w *work) tellHierarchy(a answer) string {
	w.t.Helper()
	var told []string
	for _, ch := range w.hierarchyChanges(a) {
		told = append(told, strings.TrimSpace(ch.XMLName.Local+" "+ch.Folder.Name))
	}
	return strings.Join(told, ", ")
}

func TestSyncFolderHierarchyTellsNetChanges(t *testing.T) {
	const ofNotes, create = `<t:DistinguishedFolderId Id="notes"/>`, "Create "
	for _, test := range []struct {
		name   string
		folder string // to synchronize
		do     func(w *work, alpha string)
		want   string
	}{
		{"nothing", "", func(*work, string) {}, ""},
		{"what a folder holds", "", func(w *work, alpha string) { w.s.MarkRead(anna, w.s.Create(anna, "Alpha").ID) }, ""},
		{"created", "", func(w *work, _ string) { w.s.CreateFolder(anna, "Alpha", "Beta") }, create + "Beta"},
		{"created and renamed", "", func(w *work, _ string) {
			w.must(updateFolderFormat, w.s.CreateFolder(anna, "Alpha", "Beta").ID, fmt.Sprintf(setName, "Gamma"))
		}, create + "Gamma"},
		{"created and deleted", "", func(w *work, _ string) {
			w.must(deleteFolderFormat, "HardDelete", w.s.CreateFolder(anna, "Alpha", "Beta").ID)
		}, ""},
		{"renamed", "", func(w *work, alpha string) { w.must(updateFolderFormat, alpha, fmt.Sprintf(setName, "Gamma")) }, "Update Gamma"},
		{"moved", "", func(w *work, alpha string) { w.must(moveFolderFormat, "MoveFolder", "notes", alpha) }, "Update Alpha"},
		{"deleted", "", func(w *work, alpha string) { w.must(deleteFolderFormat, "HardDelete", alpha) }, "Delete"},
		{"deleted with what is below", "", func(w *work, _ string) { w.must(deleteFolderFormat, "SoftDelete", w.idOf("Projects")) }, "Delete, Delete"},
		{"to Deleted Items", "", func(w *work, alpha string) { w.must(deleteFolderFormat, "MoveToDeletedItems", alpha) }, "Update Alpha"},
		{"copied", "", func(w *work, alpha string) { w.must(moveFolderFormat, "CopyFolder", "notes", w.idOf("Projects")) }, create + "Projects, Create Alpha"},
		{"moved in", ofNotes, func(w *work, alpha string) { w.must(moveFolderFormat, "MoveFolder", "notes", alpha) }, create + "Alpha"},
		{"moved in with what is below", ofNotes, func(w *work, _ string) { w.must(moveFolderFormat, "MoveFolder", "notes", w.idOf("Projects")) }, create + "Projects, Create Alpha"},
		{"moved in and out", ofNotes, func(w *work, alpha string) {
			w.must(moveFolderFormat, "MoveFolder", "notes", alpha)
			w.must(moveFolderFormat, "MoveFolder", "tasks", alpha)
		}, ""},
		{"moved out", `PROJECTS`, func(w *work, alpha string) { w.must(moveFolderFormat, "MoveFolder", "notes", alpha) }, "Delete"},
		{"elsewhere", ofNotes, func(w *work, alpha string) { w.must(updateFolderFormat, alpha, fmt.Sprintf(setName, "Gamma")) }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
				alpha := w.s.CreateFolder(anna, "Projects", "Alpha").ID
				test.folder = strings.Replace(test.folder, "PROJECTS", `<t:FolderId Id="`+w.idOf("Projects")+`"/>`, 1)
				state := hierarchyState(w.syncHierarchy(test.folder, ""))
				test.do(w, alpha)
				a := w.syncHierarchy(test.folder, state)
				if have := w.tellHierarchy(a); have != test.want || !strings.Contains(a.body, "<m:IncludesLastFolderInRange>true<") {
					t.Errorf("have %q, want %q: %s", have, test.want, a.body)
				}
				if again := w.tellHierarchy(w.syncHierarchy(test.folder, hierarchyState(a))); again != "" {
					t.Errorf("told again: %s", again)
				}
			})
		})
	}
}

// idOf is the id of the folder of a name.
func (w *work) idOf(name string) string {
	w.t.Helper()
	for _, f := range w.find(fmt.Sprintf(findDeep, "Default", "")).Folders.Entries {
		if f.Name == name {
			return f.FolderID.ID
		}
	}
	w.t.Fatalf("no folder %s", name)
	return ""
}

func TestSyncFolderHierarchyBegins(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		first := w.tellHierarchy(w.syncHierarchy(`<t:DistinguishedFolderId Id="msgfolderroot"/>`, ""))
		if want := "Create Inbox, Create Sent Items, Create Drafts, Create Deleted Items, Create Junk Email, Create Outbox, Create Calendar, " +
			"Create Contacts, Create Tasks, Create Notes, Create Projects"; first != want {
			t.Errorf("have %s, want %s", first, want)
		}
		whole := w.tellHierarchy(w.syncHierarchy("", ""))
		if root := w.tellHierarchy(w.syncHierarchy(`<t:DistinguishedFolderId Id="root"/>`, "")); root != whole || !strings.HasPrefix(root, "Create Top of Information Store, ") {
			t.Errorf("of the root %s\nwithout a folder %s", root, whole)
		}
		if !strings.Contains(w.syncHierarchy("", "").body, "<t:CalendarFolder>") {
			t.Error("no t:CalendarFolder")
		}
	})
}

func TestSyncStateOfHierarchyIsChecked(t *testing.T) {
	withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
		state, items := hierarchyState(w.syncHierarchy("", "")), w.sync("", 512).State
		for name, test := range map[string]struct{ folder, state, want string }{
			"good": {"", state, "NoError"}, "damaged": {"", state[1:], "ErrorInvalidSyncStateData"}, "junk": {"", "anJ1bms=", "ErrorInvalidSyncStateData"},
			"of items": {ofInbox, items, "ErrorInvalidSyncStateData"}, "of another folder": {ofInbox, state, "ErrorInvalidSyncStateData"},
			"no such folder": {`<t:DistinguishedFolderId Id="nosuch"/>`, "", "ErrorSyncFolderNotFound"},
		} {
			if have := w.syncHierarchy(test.folder, test.state).code; have != test.want {
				t.Errorf("%s: have %s, want %s", name, have, test.want)
			}
		}
		if have := w.sync(hierarchyState(w.syncHierarchy(ofInbox, "")), 512).Code; have != "ErrorInvalidSyncStateData" {
			t.Errorf("SyncFolderItems with a state of the hierarchy: have %s", have)
		}
		other := w.do(w.request(as(bert), "<m:SyncFolderHierarchy><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:SyncState>"+state+"</m:SyncState></m:SyncFolderHierarchy>"))
		if other.code != "ErrorInvalidSyncStateData" {
			t.Errorf("of another mailbox: have %s", other.code)
		}
	})
}

// A client that applies the changes whenever it asks has the folders below the one it synchronizes, with their names.
func TestSyncFolderHierarchyConverges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		top := rapid.SampledFrom([]string{"msgfolderroot", "notes"}).Draw(rt, "top")
		steps := rapid.SliceOfN(rapid.IntRange(0, 1<<20), 1, 40).Draw(rt, "steps")
		withWork(t, exchangesim.Config{}, func(t *testing.T, w *work) {
			ref := `<t:DistinguishedFolderId Id="` + top + `"/>`
			copied, state, own := map[string]string{}, "", []string{}
			for i, step := range steps {
				if step%5 == 4 {
					state = w.applyHierarchy(copied, ref, state)
				} else {
					own = w.reshape(own, i, step)
				}
			}
			w.applyHierarchy(copied, ref, state)
			truth := map[string]string{}
			w.applyHierarchy(truth, ref, "")
			if !maps.Equal(truth, copied) {
				rt.Errorf("there are %v, the copy has %v", slices.Sorted(maps.Values(truth)), slices.Sorted(maps.Values(copied)))
			}
		})
	})
}

// reshape makes, renames, moves or deletes a folder of the user's. Some of it is refused.
func (w *work) reshape(own []string, i, step int) []string {
	place := []string{"notes", "tasks", "inbox"}[step/5%3]
	if step%5 == 0 || len(own) == 0 {
		return append(own, w.s.CreateFolder(anna, place, fmt.Sprint("F", i)).ID)
	}
	id, to := own[step/7%len(own)], own[step/11%len(own)]
	switch step % 5 {
	case 1:
		w.call(fmt.Sprintf(updateFolderFormat, id, fmt.Sprintf(setName, fmt.Sprint("R", i))))
	case 2:
		w.call(fmt.Sprintf(`<m:MoveFolder><m:ToFolderId><t:FolderId Id="%s"/></m:ToFolderId><m:FolderIds><t:FolderId Id="%s"/></m:FolderIds></m:MoveFolder>`, to, id))
		w.call(fmt.Sprintf(moveFolderFormat, "MoveFolder", place, own[0]))
	case 3:
		if step%2 == 0 {
			w.call(fmt.Sprintf(deleteFolderFormat, "HardDelete", id))
		}
	}
	return own
}

// applyHierarchy brings a copy of the hierarchy up to date: names by id.
func (w *work) applyHierarchy(copied map[string]string, ref, state string) string {
	w.t.Helper()
	a := w.syncHierarchy(ref, state)
	for _, ch := range w.hierarchyChanges(a) {
		if ch.XMLName.Local == "Delete" {
			if _, known := copied[ch.Deleted.ID]; !known {
				w.t.Errorf("deletion of a folder that the copy has not")
			}
			delete(copied, ch.Deleted.ID)
			continue
		}
		if _, known := copied[ch.Folder.FolderID.ID]; known == (ch.XMLName.Local == "Create") {
			w.t.Errorf("%s of %s, which the copy has: %v", ch.XMLName.Local, ch.Folder.Name, known)
		}
		copied[ch.Folder.FolderID.ID] = ch.Folder.Name
	}
	return hierarchyState(a)
}
