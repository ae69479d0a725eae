package ewssoap

import (
	"context"
	"time"
)

func findingItems(r FindItemRequest) func(context.Context, *Client, Call) (any, error) {
	return func(ctx context.Context, c *Client, call Call) (any, error) { return c.FindItem(ctx, call, r) }
}

func gettingItems(r GetItemRequest) func(context.Context, *Client, Call) (any, error) {
	return func(ctx context.Context, c *Client, call Call) (any, error) { return c.GetItem(ctx, call, r) }
}

var (
	keywords = Property{Set: "PublicStrings", Name: "Keywords", Type: "StringArray"}
	flagged  = Property{Set: "00062003-0000-0000-C000-000000000046", ID: 0x8101, Type: "Integer"}
	fullest  = Shape{
		Fields: []Field{
			FieldParentFolder, FieldItemClass, FieldSubject, FieldReceived, FieldCreated, FieldLastModified, FieldSize,
			FieldHasAttachments, FieldSender, FieldFrom, FieldIsRead,
		},
		Properties: []Property{LocalCommitTime, keywords, flagged},
	}
)

func truth(b bool) *bool { return &b }

var (
	fullMail = Item{
		Class: "Message", ID: ID{"AAMkAItem1+/=", "CQAAABYAAAD"}, ParentFolderID: id("AQMkInbox"), ItemClass: "IPM.Note",
		Subject: "Q3 <draft> & more", Sender: Mailbox{"Bob", "bob@example.com", "SMTP"}, From: Mailbox{"Anna", "/o=Example/cn=anna", "EX"},
		Received: stamp, Created: stamp, LastModified: stamp, Size: count(2534), IsRead: truth(false), HasAttachments: truth(true),
		Properties: ExtendedProperties{{Property: LocalCommitTime, Value: "2026-11-21T01:00:05Z"}, {Property: keywords, Values: []string{"red", "blue"}}},
	}
	meeting     = Item{Class: "MeetingRequest", ID: ID{"AAMkAItem2", "CwAAAA=="}, ItemClass: "IPM.Schedule.Meeting.Request", IsRead: truth(true)}
	appointment = Item{Class: "CalendarItem", ID: ID{"AAMkAItem3", "DwAAAA=="}}
)

var itemCases = []wireCase{
	{
		name: "finditem/since", call: Call{Affinity: Affinity{Anchor: "bob@example.com"}, Impersonate: "bob@example.com"},
		do: findingItems(FindItemRequest{
			Parent: FolderID{Distinguished: "inbox"}, Shape: fullest, MaxEntries: 2,
			Since: &Since{Path{Property: LocalCommitTime}, stamp.Add(999 * time.Millisecond).In(time.FixedZone("", 3600))},
			Sort:  &Sort{Path: Path{Property: LocalCommitTime}},
		}),
		want: &FindItemPage{Items: []Item{fullMail, meeting}, Total: 3, NextOffset: 2},
	},
	{
		name: "finditem/default",
		do: findingItems(FindItemRequest{
			Parent: FolderID{Distinguished: "calendar", Mailbox: "room1@example.com"}, Shape: Shape{Base: ShapeDefault}, Offset: 2, MaxEntries: 1000,
			Since: &Since{Path{Field: FieldReceived}, stamp}, Sort: &Sort{Path{Field: FieldLastModified}, true},
		}),
		want: &FindItemPage{Items: []Item{appointment}, Total: 3, NextOffset: 3, Last: true},
	},
	{
		name: "finditem/empty", do: findingItems(FindItemRequest{Parent: FolderID{ID: "AAMkA0"}, Shape: Shape{Base: ShapeAllProperties}, MaxEntries: 5}),
		want: &FindItemPage{Last: true},
	},
	{
		name: "finditem/foreign", do: findingItems(FindItemRequest{Parent: FolderID{ID: "AAMkA0"}, MaxEntries: 5}),
		want: &FindItemPage{NextOffset: 2, Last: true, Items: []Item{{
			Class: "FutureItem", ID: ID{ID: "AAMkAItem4"}, Subject: "New", IsRead: truth(true),
			Properties: ExtendedProperties{{Property: LocalCommitTime, Value: "2026-11-21T01:00:05Z"}},
		}}},
	},
	{
		name: "finditem/denied", do: findingItems(FindItemRequest{Parent: FolderID{ID: "AAMkA0"}, MaxEntries: 5, Since: &Since{Path{Property: keywords}, stamp}}),
		wantErr: &Error{Op: "FindItem", Code: "ErrorUnsupportedPathForQuery", HTTPStatus: 200, Text: "The property can not be used with this type of restriction."},
	},
	{
		name: "getitem/mixed",
		do:   gettingItems(GetItemRequest{IDs: []string{"AAMkAItem1+/=", `"<gone>&"`, "AAMkAItem2", "AAMkAItem8", "AAMkAItem9"}, Shape: fullest}),
		want: []ItemResult{
			{Item: fullMail},
			{Err: &Error{Op: "GetItem", Code: "ErrorItemNotFound", HTTPStatus: 200, Text: "The specified object was not found in the store."}},
			{Item: meeting},
			{Err: &Error{Op: "GetItem", Code: "ErrorBatchProcessingStopped", HTTPStatus: 200, Text: "Batch processing stopped."}},
			{Err: &Error{Op: "GetItem", Code: ConditionMalformed, HTTPStatus: 200, Text: "success without an item"}},
		},
	},
	{
		name: "getitem/busy", do: gettingItems(GetItemRequest{IDs: []string{"AAMkAItem1"}, Shape: Shape{Base: ShapeIDOnly}}),
		want: []ItemResult{{Err: &Error{Op: "GetItem", Code: "ErrorTooManyObjectsOpened", HTTPStatus: 200, Text: "Too many concurrent connections opened."}}},
	},
}
