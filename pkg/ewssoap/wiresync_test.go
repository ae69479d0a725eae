package ewssoap

import "context"

func syncingItems(r SyncFolderItemsRequest) func(context.Context, *Client, Call) (any, error) {
	return func(ctx context.Context, c *Client, call Call) (any, error) { return c.SyncFolderItems(ctx, call, r) }
}

func syncingFolders(r SyncFolderHierarchyRequest) func(context.Context, *Client, Call) (any, error) {
	return func(ctx context.Context, c *Client, call Call) (any, error) {
		return c.SyncFolderHierarchy(ctx, call, r)
	}
}

var inbox = FolderID{Distinguished: "inbox"}

var syncCases = []wireCase{
	{
		name: "syncfolderitems/first", call: Call{Affinity: Affinity{Anchor: "bob@example.com"}, Impersonate: "bob@example.com"},
		do:   syncingItems(SyncFolderItemsRequest{Folder: inbox, Shape: fullest, MaxChanges: 2, Scope: NormalItems}),
		want: &SyncFolderItemsPage{State: "H4sIAAA+/=", Changes: []ItemChange{{ChangeCreate, fullMail}, {ChangeCreate, appointment}}},
	},
	{
		name: "syncfolderitems/changes",
		do: syncingItems(SyncFolderItemsRequest{
			Folder: FolderID{ID: "AAMkA0"}, State: "H4sIAAA+/=", MaxChanges: 512, Scope: NormalAndAssociatedItems, Ignore: []string{"AAMkAItem1+/=", "AAMkAItem3"},
		}),
		want: &SyncFolderItemsPage{State: "H4sIBBB", Last: true, Changes: []ItemChange{
			{ChangeUpdate, meeting},
			{ChangeDelete, Item{ID: mail("5")}},
			{ChangeReadFlag, Item{ID: mail("6"), IsRead: truth(true)}},
			{ChangeReadFlag, Item{ID: mail("7"), IsRead: truth(false)}},
		}},
	},
	{
		name: "syncfolderitems/nothing", do: syncingItems(SyncFolderItemsRequest{Folder: inbox, State: "H4sIBBB", MaxChanges: 1}),
		want: &SyncFolderItemsPage{State: "H4sIBBB", Last: true},
	},
	{
		name: "syncfolderitems/foreign",
		do:   syncingItems(SyncFolderItemsRequest{Folder: FolderID{Distinguished: "inbox", Mailbox: "bob@example.com"}, State: "H4sIBBB", MaxChanges: 1}),
		want: &SyncFolderItemsPage{State: "H4sICCC", Last: true, Changes: []ItemChange{{ChangeDelete, Item{ID: ID{ID: "AAMkAItem5"}}}}},
	},
	{
		name: "syncfolderitems/invalid-state", do: syncingItems(SyncFolderItemsRequest{Folder: inbox, State: "<damaged>", MaxChanges: 512}),
		wantErr: &Error{Op: "SyncFolderItems", Code: "ErrorInvalidSyncStateData", HTTPStatus: 200, Text: "Synchronization state data is corrupt or otherwise invalid."},
	},
	{
		name: "syncfolderhierarchy/first", call: Call{Affinity: Affinity{Anchor: "bob@example.com"}, Impersonate: "bob@example.com"},
		do:   syncingFolders(SyncFolderHierarchyRequest{Fields: folderFields, Properties: []Property{DeletedCountTotal}}),
		want: &SyncFolderHierarchyPage{State: "H4sIAAA", Changes: []FolderChange{{ChangeCreate, projects}}},
	},
	{
		name: "syncfolderhierarchy/changes", do: syncingFolders(SyncFolderHierarchyRequest{Root: FolderID{Distinguished: "msgfolderroot"}, State: "H4sIAAA"}),
		want: &SyncFolderHierarchyPage{State: "H4sIBBB", Last: true, Changes: []FolderChange{
			{ChangeUpdate, Folder{Class: "CalendarFolder", ID: ID{"AAMkA2", "AgAAAA=="}}},
			{ChangeDelete, Folder{ID: id("AAMkA3")}},
		}},
	},
	{
		name: "syncfolderhierarchy/nothing", do: syncingFolders(SyncFolderHierarchyRequest{Root: FolderID{ID: "AAMkA0"}, State: "H4sIBBB"}),
		want: &SyncFolderHierarchyPage{State: "H4sIBBB", Last: true},
	},
	{
		name: "syncfolderhierarchy/warning", do: syncingFolders(SyncFolderHierarchyRequest{}),
		wantErr: &Error{Op: "SyncFolderHierarchy", Code: "ErrorBatchProcessingStopped", HTTPStatus: 200, Text: "Batch processing stopped."},
	},
}
