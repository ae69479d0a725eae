package ewssoap_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// A delegate acts as itself, and names whose folder it means.
func ExampleClient_Subscribe_delegate() {
	server := httptest.NewServer(http.HandlerFunc(toyExchange))
	defer server.Close()
	client := ewssoap.NewClient(ewssoap.Options{})
	defer client.CloseIdleConnections()

	call := ewssoap.Call{URL: server.URL, Affinity: ewssoap.Affinity{Anchor: "room1@example.com", Prefer: true}}
	subscription, err := client.Subscribe(context.Background(), call, ewssoap.SubscribeRequest{
		Folders:    []ewssoap.FolderID{{Distinguished: "calendar", Mailbox: "room1@example.com"}},
		EventTypes: []ewssoap.EventType{ewssoap.ModifiedEvent},
	})
	if err != nil {
		fmt.Println(err) // ErrorSubscriptionDelegateAccessNotSupported: impersonate the mailbox instead
		return
	}
	fmt.Println(subscription.SubscriptionID)
	// Output: JgBj
}

// Find what changed in an inbox since a time. A few minutes of overlap cost nothing but items that are found twice.
func ExampleClient_FindItemPages() {
	server := httptest.NewServer(http.HandlerFunc(toyExchange))
	defer server.Close()
	client := ewssoap.NewClient(ewssoap.Options{})
	defer client.CloseIdleConnections()

	call := ewssoap.Call{URL: server.URL, Affinity: ewssoap.Affinity{Anchor: "bob@example.com"}, Impersonate: "bob@example.com"}
	changed := ewssoap.Path{Property: ewssoap.LocalCommitTime}
	for page, err := range client.FindItemPages(context.Background(), call, ewssoap.FindItemRequest{
		Parent:     ewssoap.FolderID{Distinguished: "inbox"},
		Shape:      ewssoap.Shape{Fields: []ewssoap.Field{ewssoap.FieldSubject}},
		Since:      &ewssoap.Since{Path: changed, Time: time.Date(2026, 11, 21, 1, 0, 0, 0, time.UTC)},
		Sort:       &ewssoap.Sort{Path: changed},
		MaxEntries: 200,
	}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, item := range page.Items {
			fmt.Println(item.Class, item.ID.ID, item.Subject)
		}
	}
	// Output: Message AAMkAD Lunch
}

// Bring a copy of a folder up to date. Keep the state of a page once its changes are dealt with.
func ExampleClient_SyncFolderItemsPages() {
	server := httptest.NewServer(http.HandlerFunc(toyExchange))
	defer server.Close()
	client := ewssoap.NewClient(ewssoap.Options{})
	defer client.CloseIdleConnections()

	call := ewssoap.Call{URL: server.URL, Affinity: ewssoap.Affinity{Anchor: "bob@example.com"}, Impersonate: "bob@example.com"}
	state := "" // as it was kept
	for page, err := range client.SyncFolderItemsPages(context.Background(), call, ewssoap.SyncFolderItemsRequest{
		Folder: ewssoap.FolderID{Distinguished: "inbox"}, State: state, MaxChanges: 512,
	}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, change := range page.Changes {
			fmt.Println(change.Kind, change.Item.ID.ID)
		}
		state = page.State
	}
	fmt.Println("keep", state)
	// Output:
	// Create AAMkAD
	// Delete AAMkAE
	// keep H4sI
}

// An item that is gone is an answer like another, not a failed call.
func ExampleClient_GetItem() {
	server := httptest.NewServer(http.HandlerFunc(toyExchange))
	defer server.Close()
	client := ewssoap.NewClient(ewssoap.Options{})
	defer client.CloseIdleConnections()

	call := ewssoap.Call{URL: server.URL, Affinity: ewssoap.Affinity{Anchor: "bob@example.com"}, Impersonate: "bob@example.com"}
	results, err := client.GetItem(context.Background(), call, ewssoap.GetItemRequest{IDs: []string{"AAMkAD"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, result := range results {
		if result.Err != nil {
			fmt.Println(result.Err.Code)
			continue
		}
		fmt.Println(result.Item.Class)
	}
	// Output: ErrorItemNotFound
}
