package ewssoap

import "context"

func gettingFolders(r GetFolderRequest) func(context.Context, *Client, Call) (any, error) {
	return func(ctx context.Context, c *Client, call Call) (any, error) { return c.GetFolder(ctx, call, r) }
}

func findingFolders(r FindFolderRequest) func(context.Context, *Client, Call) (any, error) {
	return func(ctx context.Context, c *Client, call Call) (any, error) { return c.FindFolder(ctx, call, r) }
}

var folderFields = []Field{
	FieldFolderParent, FieldFolderClass, FieldDisplayName, FieldTotalCount, FieldChildFolderCount, FieldUnreadCount, FieldDistinguishedName,
}

func count(n int) *int { return &n }

var projects = Folder{
	Class: "Folder", ID: ID{"AAMkA1", "AQAAAA=="}, ParentID: ID{"AAMkA0", "AQAAAA=="}, FolderClass: "IPF.Note",
	DisplayName: "Projects & more", TotalCount: count(7), ChildFolderCount: count(0), UnreadCount: count(2),
	Properties: map[Property]string{DeletedCountTotal: "3"},
}

var folderCases = []wireCase{
	{
		name: "getfolder/mixed", call: Call{Affinity: Affinity{Anchor: "bob@example.com"}, Impersonate: "bob@example.com"}, do: gettingFolders(GetFolderRequest{
			Folders:    []FolderID{{Distinguished: "inbox"}, {ID: "AQMkGone"}, {Distinguished: "calendar"}, {Distinguished: "tasks"}},
			Properties: []Property{LocalCommitTimeMax, DeletedCountTotal},
		}),
		want: []FolderResult{
			{Folder: Folder{Class: "Folder", ID: ID{"AQMkInbox+/=", "AQAAABYA"}, Properties: map[Property]string{LocalCommitTimeMax: "2026-11-21T01:00:05Z", DeletedCountTotal: "17"}}},
			{Err: &Error{Op: "GetFolder", Code: "ErrorFolderNotFound", HTTPStatus: 200, Text: "The specified folder could not be found in the store."}},
			{Folder: Folder{Class: "CalendarFolder", ID: ID{"AQMkCalendar", "AgAAABYA"}}},
			{Err: &Error{Op: "GetFolder", Code: "ErrorBatchProcessingStopped", HTTPStatus: 200, Text: "Batch processing stopped."}},
		},
	},
	{
		name: "findfolder/first",
		do:   findingFolders(FindFolderRequest{Parent: FolderID{Distinguished: "root"}, Deep: true, MaxEntries: 3, Properties: []Property{LocalCommitTimeMax, DeletedCountTotal}}),
		want: &FindFolderPage{Total: 4, NextOffset: 3, Folders: []Folder{
			{Class: "Folder", ID: ID{"AAMkA1", "AQAAAA=="}, Properties: map[Property]string{LocalCommitTimeMax: "2026-11-21T01:00:05Z", DeletedCountTotal: "3"}},
			{Class: "ContactsFolder", ID: ID{"AAMkA2", "AwAAAA=="}},
			{Class: "SearchFolder", ID: ID{"AAMkA3", "BwAAAA=="}},
		}},
	},
	{
		name: "findfolder/last", do: findingFolders(FindFolderRequest{Parent: FolderID{ID: "AAMkA0"}, Offset: 3, MaxEntries: 1000}),
		want: &FindFolderPage{Total: 4, NextOffset: 4, Last: true, Folders: []Folder{{Class: "TasksFolder", ID: ID{"AAMkA4", "BAAAAA=="}}}},
	},
	{
		name: "findfolder/unpaged", do: findingFolders(FindFolderRequest{Parent: FolderID{Distinguished: "inbox"}, MaxEntries: 2}),
		want: &FindFolderPage{Total: 1, NextOffset: 1, Last: true, Folders: []Folder{{Class: "Folder", ID: ID{"AAMkA1", "AQAAAA=="}}}},
	},
	{
		name: "findfolder/denied", do: findingFolders(FindFolderRequest{Parent: FolderID{Distinguished: "inbox"}, MaxEntries: 1}),
		wantErr: &Error{Op: "FindFolder", Code: "ErrorAccessDenied", HTTPStatus: 200, Text: "Access is denied. Check credentials and try again."},
	},
	{
		name: "getfolder/delegate",
		do:   gettingFolders(GetFolderRequest{Folders: []FolderID{{Distinguished: "calendar", Mailbox: "room1@example.com"}}, Fields: []Field{FieldDistinguishedName}}),
		want: []FolderResult{{Folder: Folder{Class: "CalendarFolder", ID: ID{"AQMkCalendar", "AgAAABYA"}, Distinguished: "calendar"}}},
	},
	{
		name: "findfolder/fields",
		do:   findingFolders(FindFolderRequest{Parent: FolderID{Distinguished: "msgfolderroot", Mailbox: "room1@example.com"}, MaxEntries: 10, Fields: folderFields, Properties: []Property{DeletedCountTotal}}),
		want: &FindFolderPage{Total: 1, NextOffset: 1, Last: true, Folders: []Folder{projects}},
	},
	{
		name: "findfolder/empty", do: findingFolders(FindFolderRequest{Parent: FolderID{Distinguished: "inbox"}, MaxEntries: 10}),
		want: &FindFolderPage{Last: true},
	},
}
