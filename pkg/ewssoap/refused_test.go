package ewssoap

import (
	"testing"
	"time"
)

// TestItemRequestsRefused: arguments that make no request about items and properties are refused without sending one.
func TestItemRequestsRefused(t *testing.T) {
	c, ctx, here := NewClient(Options{Calls: unused(t)}), t.Context(), Call{URL: someURL}
	find := func(change func(*FindItemRequest)) error {
		r := FindItemRequest{Parent: inbox, MaxEntries: 1}
		change(&r)
		_, err := c.FindItem(ctx, here, r)
		return err
	}
	get := func(s Shape, ids ...string) error {
		_, err := c.GetItem(ctx, here, GetItemRequest{IDs: ids, Shape: s})
		return err
	}
	sync := func(change func(*SyncFolderItemsRequest)) error {
		r := SyncFolderItemsRequest{Folder: inbox, MaxChanges: 1}
		change(&r)
		_, err := c.SyncFolderItems(ctx, here, r)
		return err
	}
	hierarchy := func(r SyncFolderHierarchyRequest) error {
		_, err := c.SyncFolderHierarchy(ctx, here, r)
		return err
	}
	property := func(p Property) error { return get(Shape{Properties: []Property{p}}, "A") }
	folders := func(p ...Property) error {
		_, err := c.GetFolder(ctx, here, GetFolderRequest{Folders: []FolderID{inbox}, Properties: p})
		return err
	}
	tests := map[string]error{
		"find in no folder":          find(func(r *FindItemRequest) { r.Parent = FolderID{} }),
		"find no entries":            find(func(r *FindItemRequest) { r.MaxEntries = 0 }),
		"find too many":              find(func(r *FindItemRequest) { r.MaxEntries = 1001 }),
		"find from before the start": find(func(r *FindItemRequest) { r.Offset = -1 }),
		"find in no shape":           find(func(r *FindItemRequest) { r.Shape.Base = "Round" }),
		"find since nothing":         find(func(r *FindItemRequest) { r.Since = &Since{Time: time.Now()} }),
		"find since two":             find(func(r *FindItemRequest) { r.Since = &Since{Path{FieldReceived, LocalCommitTime}, stamp} }),
		"sort by nothing":            find(func(r *FindItemRequest) { r.Sort = &Sort{} }),
		"get nothing":                get(Shape{}),
		"get an item of no id":       get(Shape{}, "A", ""),
		"get a field of no name":     get(Shape{Fields: []Field{""}}, "A"),
		"property of no name":        property(Property{Type: "String"}),
		"property of two names":      property(Property{Tag: 1, Set: "Common", Name: "a", Type: "String"}),
		"tag and name":               property(Property{Tag: 1, Name: "a", Type: "String"}),
		"a set alone":                property(Property{Set: "Common", Type: "String"}),
		"name and id in a set":       property(Property{Set: "Common", Name: "a", ID: 1, Type: "String"}),
		"property of no type":        property(Property{Tag: 1}),
		"property of a wrong type":   property(Property{Tag: 1, Type: "Object"}),
		"array of a wrong type":      property(Property{Tag: 1, Type: "BooleanArray"}),
		"folder's property":          folders(Property{Tag: 1}),
		"sync nothing":               sync(func(r *SyncFolderItemsRequest) { r.Folder = FolderID{} }),
		"sync no changes":            sync(func(r *SyncFolderItemsRequest) { r.MaxChanges = 0 }),
		"sync too many changes":      sync(func(r *SyncFolderItemsRequest) { r.MaxChanges = 513 }),
		"sync in an unknown scope":   sync(func(r *SyncFolderItemsRequest) { r.Scope = "All" }),
		"sync without nothing":       sync(func(r *SyncFolderItemsRequest) { r.Ignore = []string{""} }),
		"sync in no shape":           sync(func(r *SyncFolderItemsRequest) { r.Shape.Base = "Round" }),
		"hierarchy of two roots":     hierarchy(SyncFolderHierarchyRequest{Root: FolderID{Distinguished: "inbox", ID: "A"}}),
		"hierarchy's property":       hierarchy(SyncFolderHierarchyRequest{Properties: []Property{{Tag: 1}}}),
	}
	for name, err := range tests {
		if code(err) != ConditionRequest {
			t.Errorf("%s: have %v", name, err)
		}
	}
}

// TestExtendedProperties: how values are looked up.
func TestExtendedProperties(t *testing.T) {
	upper := Property{Set: "00062003-0000-0000-C000-000000000046", ID: 0x8101, Type: "Integer"}
	lower := upper
	lower.Set = "00062003-0000-0000-c000-000000000046"
	l := ExtendedProperties{{Property: lower, Value: "2"}, {Property: LocalCommitTime, Value: "2026-11-21T01:00:05Z"}, {Property: keywords, Values: []string{"red"}}}
	if have, found := l.Value(upper); have != "2" || !found {
		t.Errorf("have %q, %v", have, found)
	}
	if _, found := l.Value(LocalCommitTimeMax); found {
		t.Error("found what is not there")
	}
	if have := l.Time(LocalCommitTime); !have.Equal(stamp) {
		t.Errorf("have %v", have)
	}
	if have := l.Time(LocalCommitTimeMax); !have.IsZero() {
		t.Errorf("have %v", have)
	}
}
