package exchange_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
)

// TestReadingBack runs the operations by which is read back what a stream missed against
// the simulated Exchange.
func TestReadingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, client := newSim(t, exchangesim.Config{})
		ctx := t.Context()
		call := ewssoap.Call{URL: string(ews), Affinity: ewssoap.Affinity{Anchor: string(anna)}, Impersonate: string(anna)}
		inbox := ewssoap.FolderID{Distinguished: "inbox"}
		properties := []ewssoap.Property{ewssoap.LocalCommitTimeMax, ewssoap.DeletedCountTotal}

		var before []exchangesim.Item
		for range 7 {
			before = append(before, sim.Deliver(string(anna)))
		}
		state, known := "", map[string]bool{}
		sync := func() (kinds []ewssoap.ChangeKind) {
			r := ewssoap.SyncFolderItemsRequest{Folder: inbox, State: state, MaxChanges: 2, Scope: ewssoap.NormalItems}
			for page, err := range client.SyncFolderItemsPages(ctx, call, r) {
				if err != nil {
					t.Fatal(err)
				}
				for _, change := range page.Changes {
					kinds = append(kinds, change.Kind)
					known[change.Item.ID.ID] = change.Kind != ewssoap.ChangeDelete
				}
				state = page.State
			}
			return kinds
		}
		if kinds := sync(); len(kinds) != 7 {
			t.Fatalf("at first it tells %v", kinds)
		}
		folder := func() ewssoap.Folder {
			results, err := client.GetFolder(ctx, call, ewssoap.GetFolderRequest{
				Folders: []ewssoap.FolderID{inbox}, Properties: properties, Fields: []ewssoap.Field{ewssoap.FieldTotalCount, ewssoap.FieldUnreadCount}})
			if err != nil || results[0].Err != nil {
				t.Fatal(err, results)
			}
			return results[0].Folder
		}
		old := folder()

		time.Sleep(time.Hour)
		since := time.Now()
		sim.MarkRead(string(anna), before[0].ID)
		moved := sim.Move(string(anna), before[1].ID, "Projects")
		sim.Delete(string(anna), before[2].ID)
		late := sim.Deliver(string(anna))

		if have := folder(); have.Properties[properties[0]] == old.Properties[properties[0]] || have.Properties[properties[1]] != "2" || *have.TotalCount != 6 || *have.UnreadCount != 5 {
			t.Errorf("the inbox is %+v", have)
		}
		kinds := sync()
		slices.Sort(kinds)
		if want := []ewssoap.ChangeKind{"Create", "Delete", "Delete", "ReadFlagChange"}; !slices.Equal(kinds, want) || !known[late.ID] || known[before[1].ID] {
			t.Errorf("have %v, want %v", kinds, want)
		}
		if again := sync(); len(again) != 0 {
			t.Errorf("nothing happened since, and it tells %v", again)
		}

		found := map[string]time.Time{}
		for page, err := range client.FindItemPages(ctx, call, ewssoap.FindItemRequest{
			Parent: inbox, MaxEntries: 1, Shape: ewssoap.Shape{Properties: []ewssoap.Property{ewssoap.LocalCommitTime}},
			Since: &ewssoap.Since{Path: ewssoap.Path{Property: ewssoap.LocalCommitTime}, Time: since},
			Sort:  &ewssoap.Sort{Path: ewssoap.Path{Property: ewssoap.LocalCommitTime}},
		}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				found[item.ID.ID] = item.Properties.Time(ewssoap.LocalCommitTime)
			}
		}
		if len(found) != 2 || !found[before[0].ID].Equal(since) || !found[late.ID].Equal(since) {
			t.Errorf("found %v since %v", found, since)
		}

		results, err := client.GetItem(ctx, call, ewssoap.GetItemRequest{
			IDs:   []string{before[1].ID, moved.ID, before[0].ID},
			Shape: ewssoap.Shape{Fields: []ewssoap.Field{ewssoap.FieldParentFolder, ewssoap.FieldReceived, ewssoap.FieldIsRead}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if e := results[0].Err; e == nil || e.Code != "ErrorItemNotFound" {
			t.Errorf("of the old id: %+v", results[0])
		}
		if item := results[1].Item; results[1].Err != nil || item.ParentFolderID.ID != moved.FolderID || item.Class != "Message" || *item.IsRead {
			t.Errorf("of the new id: %+v", results[1])
		}
		if item := results[2].Item; results[2].Err != nil || !*item.IsRead || !item.Received.Equal(since.Add(-time.Hour)) {
			t.Errorf("of the one read: %+v", results[2])
		}

		var names []string
		for page, err := range client.FindFolderPages(ctx, call, ewssoap.FindFolderRequest{
			Parent: ewssoap.FolderID{Distinguished: "msgfolderroot"}, Deep: true, MaxEntries: 4, Fields: []ewssoap.Field{ewssoap.FieldDisplayName}, Properties: properties}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range page.Folders {
				names = append(names, f.DisplayName)
			}
		}
		if len(names) != 11 || !slices.Contains(names, "Projects") {
			t.Errorf("the folders are %q", names)
		}
	})
}

// TestAVersionThatTheSimulatorDoesNotKnow is replaced by one that it knows.
func TestAVersionThatTheSimulatorDoesNotKnow(t *testing.T) {
	for fixed, requests := range map[bool]int{false: 2, true: 1} {
		sim, client := newSimFor(t, exchangesim.Config{Profile: exchangesim.Exchange2016}, ewssoap.Options{Version: "Exchange2019", FixedVersion: fixed})
		_, err := client.GetFolder(t.Context(), ewssoap.Call{URL: string(ews), Impersonate: string(anna)},
			ewssoap.GetFolderRequest{Folders: []ewssoap.FolderID{{Distinguished: "inbox"}}})
		if have := len(sim.Truth().Requests); fixed != (err != nil) || have != requests {
			t.Errorf("fixed %v: have %v after %d requests", fixed, err, have)
		}
	}
}
