package ewssoap

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A wireCase is one request and the answer to it, each with a file in testdata/wire.
type wireCase struct {
	name    string // operation/case
	status  int    // 0: 200
	call    Call
	do      func(context.Context, *Client, Call) (any, error)
	want    any
	wantErr *Error
}

var grouped = Affinity{Anchor: "anna@example.com", Prefer: true, Cookie: "BE1.example.local~1941996295"}

func subscribing(r SubscribeRequest) func(context.Context, *Client, Call) (any, error) {
	return func(ctx context.Context, c *Client, call Call) (any, error) { return c.Subscribe(ctx, call, r) }
}

func unsubscribing(ctx context.Context, c *Client, call Call) (any, error) {
	return nil, c.Unsubscribe(ctx, call, firstID)
}

func discovering(users ...string) func(context.Context, *Client, Call) (any, error) {
	return func(ctx context.Context, c *Client, _ Call) (any, error) {
		return c.GetUserSettings(ctx, "https://autodiscover.example.com/autodiscover/autodiscover.svc", GetUserSettingsRequest{
			Users: users, Settings: []string{"ExternalEwsUrl", "GroupingInformation"},
		})
	}
}

func streaming(ctx context.Context, c *Client, call Call) (any, error) {
	s, err := c.GetStreamingEvents(ctx, call, StreamRequest{SubscriptionIDs: []string{firstID, secondID}, TimeoutMinutes: 29})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	envelopes, err := readAll(s)
	if err == io.EOF {
		err = nil
	}
	return envelopes, err
}

var everyType = []EventType{CopiedEvent, CreatedEvent, DeletedEvent, ModifiedEvent, MovedEvent, NewMailEvent, FreeBusyChangedEvent}

var settings = map[string]string{"ExternalEwsUrl": "https://mail.example.com/EWS/Exchange.asmx"}

var notificationCases = []wireCase{
	{
		name: "subscribe/folders",
		call: Call{Affinity: grouped, Impersonate: "bob@example.com"},
		do:   subscribing(SubscribeRequest{Folders: []FolderID{{Distinguished: "inbox"}, {ID: `AAMk+/="<&>`}}, EventTypes: []EventType{NewMailEvent, CreatedEvent}}),
		want: &SubscribeResponse{SubscriptionID: firstID, Cookie: "BE1.example.local~1941996295"},
	},
	{
		name: "subscribe/all-folders",
		do:   subscribing(SubscribeRequest{AllFolders: true, EventTypes: everyType}),
		want: &SubscribeResponse{SubscriptionID: secondID, Cookie: "BE1.example.local~1941996295"},
	},
	{
		name: "subscribe/delegate",
		do:   subscribing(SubscribeRequest{Folders: []FolderID{{Distinguished: "calendar", Mailbox: "room1@example.com"}}, EventTypes: []EventType{ModifiedEvent}}),
		wantErr: &Error{Op: "Subscribe", Code: "ErrorSubscriptionDelegateAccessNotSupported", HTTPStatus: 200,
			Text: "Subscriptions are not supported for delegate user access."},
	},
	{
		name: "subscribe/delegate-mixed",
		do: subscribing(SubscribeRequest{
			Folders:    []FolderID{{Distinguished: "inbox", Mailbox: "o'neil&co@example.com"}, {ID: "AAMkAFolder"}, {Distinguished: "msgfolderroot"}},
			EventTypes: []EventType{NewMailEvent, DeletedEvent},
		}),
		want: &SubscribeResponse{SubscriptionID: firstID, Cookie: "BE1.example.local~1941996295"},
	},
	{
		name: "subscribe/exceeded", do: subscribing(oneSubscribe),
		wantErr: &Error{Op: "Subscribe", Code: "ErrorExceededSubscriptionCount", HTTPStatus: 200,
			Text: "You have exceeded the available subscriptions for your account.", Values: map[string]string{"Policy": "EwsMaxSubscriptions"}},
	},
	{
		name: "subscribe/inner-code", do: subscribing(oneSubscribe),
		wantErr: &Error{Op: "Subscribe", Code: "ErrorServerBusy", HTTPStatus: 200, Text: "An internal server error occurred.",
			Values: map[string]string{
				"InnerErrorResponseCode": "ErrorServerBusy", "InnerErrorDescriptiveLinkKey": "0",
				"InnerErrorMessageText": "The server cannot service this request right now.",
			}},
	},
	{
		name: "subscribe/busy-fault", status: 500, do: subscribing(oneSubscribe),
		wantErr: &Error{Op: "Subscribe", Code: "ErrorServerBusy", HTTPStatus: 500, BackOff: 297749 * time.Millisecond,
			Text: "The server cannot service this request right now. Try again later.", Values: map[string]string{"BackOffMilliseconds": "297749"}},
	},
	{
		name: "subscribe/gromox-fault", do: subscribing(oneSubscribe),
		wantErr: &Error{Op: "Subscribe", Code: "ErrorCannotFindUser", HTTPStatus: 200, Text: "no such user"},
	},
	{
		name: "subscribe/schema-fault", status: 500, do: subscribing(oneSubscribe),
		wantErr: &Error{Op: "Subscribe", Code: "ErrorSchemaValidation", HTTPStatus: 500, Text: "The request failed schema validation.",
			Values: map[string]string{"LineNumber": "1", "LinePosition": "632", "Violation": "The element is incomplete."}},
	},
	{name: "unsubscribe/done", call: Call{Affinity: grouped, Impersonate: "bob@example.com"}, do: unsubscribing},
	{
		name: "unsubscribe/gone", do: unsubscribing,
		wantErr: &Error{Op: "Unsubscribe", Code: "ErrorSubscriptionNotFound", HTTPStatus: 200, Text: "The subscription with the specified id was not found."},
	},
	{
		name: "getusersettings/batch", do: discovering("u1@example.com", "u2@example.com", "u3@example.com", "nobody@example.com"),
		want: &GetUserSettingsResponse{Users: []UserSettings{
			{Mailbox: "u1@example.com", Answered: true, Settings: map[string]string{"ExternalEwsUrl": settings["ExternalEwsUrl"], "GroupingInformation": "CONTOSO-1"}},
			{Mailbox: "u2@example.com", Answered: true, Settings: settings, SettingErrors: map[string]string{"GroupingInformation": "SettingIsNotAvailable"}},
			{
				Mailbox: "u3@example.com", Answered: true, RedirectTarget: "u3@example.mail.onmicrosoft.com",
				Err: &Error{Op: "GetUserSettings", Code: "RedirectAddress", HTTPStatus: 200, Text: "See the code."},
			},
			{Mailbox: "nobody@example.com", Answered: true, Err: &Error{Op: "GetUserSettings", Code: "InvalidUser", HTTPStatus: 200, Text: "See the code."}},
		}},
	},
	{
		name: "getusersettings/shorter", do: discovering("u1@example.com", "u2@example.com"),
		want: &GetUserSettingsResponse{Users: []UserSettings{
			{Mailbox: "u1@example.com", Answered: true, Settings: settings},
			{Mailbox: "u2@example.com"},
		}},
	},
	{
		name: "getusersettings/longer", do: discovering("u1@example.com"),
		wantErr: &Error{Op: "GetUserSettings", Code: ConditionMalformed, HTTPStatus: 200, Text: "2 user responses for 1 users"},
	},
	{
		name: "getusersettings/busy", do: discovering("u1@example.com"),
		wantErr: &Error{Op: "GetUserSettings", Code: "ServerBusy", HTTPStatus: 200, Text: "The server is too busy."},
	},
	{
		name: "getusersettings/soap12-fault", status: 500, do: discovering("u1@example.com"),
		wantErr: &Error{Op: "GetUserSettings", Code: "Receiver", HTTPStatus: 500, Text: "The service is starting."},
	},
	{name: "getstreamingevents/calm", call: Call{Affinity: grouped, Impersonate: "anna@example.com"}, do: streaming, want: calmStream},
	{name: "getstreamingevents/errors", do: streaming, want: errorStream},
	{
		name: "getstreamingevents/refused", status: 500, do: streaming,
		wantErr: &Error{Op: "GetStreamingEvents", Code: "ErrorExceededConnectionCount", HTTPStatus: 500,
			Text:   "You have exceeded the available concurrent connections for your account.",
			Values: map[string]string{"Policy": "MaxStreamingConcurrency", "BackOffMilliseconds": "0"}},
	},
}

var wireCases = slices.Concat(notificationCases, folderCases, itemCases, syncCases)

// TestWire sends every golden request and decodes every golden answer.
func TestWire(t *testing.T) {
	for _, test := range slices.Concat(wireCases, poxCases) {
		t.Run(test.name, func(t *testing.T) {
			var sent []byte
			transport := roundTrip(func(r *http.Request) (*http.Response, error) {
				var err error
				if sent, err = io.ReadAll(r.Body); err != nil {
					return nil, err
				}
				header := http.Header{"Set-Cookie": {"X-BackEndOverrideCookie=BE1.example.local~1941996295; path=/; secure; HttpOnly"}}
				body := strings.NewReader(string(wire(t, test.name+".res.xml")))
				return answering(max(test.status, http.StatusOK), header, func() io.Reader { return body })(r)
			})
			call := test.call
			call.URL = someURL
			have, err := test.do(t.Context(), NewClient(Options{Calls: transport, Streams: transport}), call)
			golden(t, test.name+".req.xml", sent)
			options := cmp.Options{cmpopts.IgnoreTypes(Meta{}), cmpopts.EquateEmpty()}
			if test.wantErr != nil {
				var e *Error
				if !errors.As(err, &e) {
					t.Fatalf("have error %v, want %v", err, test.wantErr)
				}
				if diff := cmp.Diff(test.wantErr, e, options); diff != "" {
					t.Errorf("error (-want +have):\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, have, options); diff != "" {
				t.Errorf("answer (-want +have):\n%s", diff)
			}
		})
	}
}
