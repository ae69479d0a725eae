package ewssoap_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// Subscribe to an inbox and read its stream until the server ends it.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(toyExchange))
	defer server.Close()

	client := ewssoap.NewClient(ewssoap.Options{
		Auth: ewssoap.BasicAuth("EXAMPLE\\sa1", func() (string, error) { return "secret", nil }),
	})
	defer client.CloseIdleConnections()
	ctx := context.Background()
	call := ewssoap.Call{
		URL:         server.URL + "/EWS/Exchange.asmx",
		Affinity:    ewssoap.Affinity{Anchor: "anna@example.com", Prefer: true},
		Impersonate: "anna@example.com",
	}

	subscription, err := client.Subscribe(ctx, call, ewssoap.SubscribeRequest{
		Folders:    []ewssoap.FolderID{{Distinguished: "inbox"}},
		EventTypes: []ewssoap.EventType{ewssoap.NewMailEvent, ewssoap.CreatedEvent},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	call.Affinity.Cookie = subscription.Cookie // for every later request of the group

	stream, err := client.GetStreamingEvents(ctx, call, ewssoap.StreamRequest{
		SubscriptionIDs: []string{subscription.SubscriptionID},
		TimeoutMinutes:  29,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stream.Close()
	for {
		envelope, err := stream.Next()
		if err == io.EOF {
			fmt.Println("in order: open again with the same id")
			return
		}
		if err != nil {
			fmt.Println("events may be lost:", err)
			return
		}
		for _, message := range envelope.Messages {
			for _, notification := range message.Notifications {
				for _, event := range notification.Events {
					fmt.Println(event.Type, event.ItemID.ID)
				}
			}
		}
	}
	// Output:
	// NewMailEvent AAMkAD
	// in order: open again with the same id
}

// Decide by the code of an error, never by its text.
func ExampleError() {
	server := httptest.NewServer(http.HandlerFunc(toyExchange))
	defer server.Close()
	client := ewssoap.NewClient(ewssoap.Options{})
	defer client.CloseIdleConnections()

	err := client.Unsubscribe(context.Background(), ewssoap.Call{URL: server.URL}, "JgBj")
	var failure *ewssoap.Error
	switch {
	case err == nil, errors.As(err, &failure) && failure.Code == "ErrorSubscriptionNotFound":
		fmt.Println("done")
	case errors.As(err, &failure) && failure.BackOff > 0:
		fmt.Println("try again after", failure.BackOff)
	default:
		fmt.Println(err)
	}
	// Output: done
}

// toyExchange answers each operation with one fixed answer.
func toyExchange(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch request := string(body); {
	case strings.Contains(request, "<m:Subscribe>"):
		w.Header().Set("Set-Cookie", "X-BackEndOverrideCookie=BE1.example.com~1941996295; path=/; secure; HttpOnly")
		answer(w, "Subscribe", "Success", "NoError", "<SubscriptionId>JgBj</SubscriptionId>")
	case strings.Contains(request, "<m:Unsubscribe>"):
		answer(w, "Unsubscribe", "Error", "ErrorSubscriptionNotFound", "")
	case strings.Contains(request, "<m:FindItem "):
		answer(w, "FindItem", "Success", "NoError", `<RootFolder IndexedPagingOffset="1" TotalItemsInView="1" IncludesLastItemInRange="true"><Items>`+
			`<Message><ItemId Id="AAMkAD"/><Subject>Lunch</Subject></Message></Items></RootFolder>`)
	case strings.Contains(request, "<m:SyncFolderItems>"):
		answer(w, "SyncFolderItems", "Success", "NoError", `<SyncState>H4sI</SyncState><IncludesLastItemInRange>true</IncludesLastItemInRange>`+
			`<Changes><Create><Message><ItemId Id="AAMkAD"/></Message></Create><Delete><ItemId Id="AAMkAE"/></Delete></Changes>`)
	case strings.Contains(request, "<m:GetItem>"):
		answer(w, "GetItem", "Error", "ErrorItemNotFound", "<Items/>")
	default:
		answer(w, "GetStreamingEvents", "Success", "NoError", "<ConnectionStatus>OK</ConnectionStatus>")
		answer(w, "GetStreamingEvents", "Success", "NoError", `<Notifications><Notification><SubscriptionId>JgBj</SubscriptionId>`+
			`<NewMailEvent><ItemId Id="AAMkAD"/></NewMailEvent></Notification></Notifications>`)
		answer(w, "GetStreamingEvents", "Success", "NoError", "<ConnectionStatus>Closed</ConnectionStatus>")
	}
}

func answer(w io.Writer, operation, class, code, rest string) {
	fmt.Fprintf(w, `<Envelope><Body><%[1]sResponse><ResponseMessages><%[1]sResponseMessage ResponseClass=%[2]q>`+
		`<ResponseCode>%[3]s</ResponseCode>%[4]s</%[1]sResponseMessage></ResponseMessages></%[1]sResponse></Body></Envelope>`, operation, class, code, rest)
}
