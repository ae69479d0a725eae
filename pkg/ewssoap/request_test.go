package ewssoap

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unused is a transport that must not be reached.
func unused(t *testing.T) roundTrip {
	return func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, errors.New("unused")
	}
}

// headersOf returns the headers of a Subscribe.
func headersOf(t *testing.T, o Options, call Call) http.Header {
	t.Helper()
	var sent http.Header
	o.Calls = roundTrip(func(r *http.Request) (*http.Response, error) {
		sent = r.Header.Clone()
		return nil, errors.New("seen enough")
	})
	call.URL = someURL
	_, _ = NewClient(o).Subscribe(t.Context(), call, oneSubscribe)
	return sent
}

func TestHeaders(t *testing.T) {
	always := http.Header{
		"Content-Type": {"text/xml; charset=utf-8"}, "Accept": {"text/xml"}, "Accept-Encoding": {"identity"},
		"User-Agent": {"ewsnats"}, "Return-Client-Request-Id": {"true"},
	}
	tests := []struct {
		name    string
		options Options
		call    Call
		more    http.Header
	}{
		{"none", Options{}, Call{}, nil},
		{"user agent", Options{UserAgent: "probe/1"}, Call{}, http.Header{"User-Agent": {"probe/1"}}},
		{"anchor", Options{}, Call{Affinity: Affinity{Anchor: "anna@example.com"}}, http.Header{"X-Anchormailbox": {"anna@example.com"}}},
		{"group", Options{}, Call{Affinity: grouped}, http.Header{
			"X-Anchormailbox": {"anna@example.com"}, "X-Preferserveraffinity": {"true"},
			"Cookie": {"X-BackEndOverrideCookie=BE1.example.local~1941996295"},
		}},
		{"basic", Options{Auth: BasicAuth("sa1", func() (string, error) { return "secret", nil })}, Call{}, http.Header{"Authorization": {"Basic c2ExOnNlY3JldA=="}}},
		{"bearer", Options{Auth: BearerAuth(func(context.Context) (string, error) { return "token", nil })}, Call{}, http.Header{"Authorization": {"Bearer token"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := always.Clone()
			for name, values := range test.more {
				want[name] = values
			}
			have := headersOf(t, test.options, test.call)
			guid := have.Get("client-request-id")
			if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(guid) {
				t.Errorf("client-request-id is %q", guid)
			}
			if again := headersOf(t, test.options, test.call).Get("client-request-id"); again == guid {
				t.Errorf("client-request-id %s is used twice", guid)
			}
			have.Del("client-request-id")
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("-want +have:\n%s", diff)
			}
		})
	}
}

// TestRotation: a secret is asked for every request.
func TestRotation(t *testing.T) {
	asked := 0
	auth := BasicAuth("sa1", func() (string, error) {
		asked++
		return string(rune('a' + asked)), nil
	})
	first, second := headersOf(t, Options{Auth: auth}, Call{}), headersOf(t, Options{Auth: auth}, Call{})
	if first.Get("Authorization") == second.Get("Authorization") {
		t.Error("the second request went with the first secret")
	}
}

// TestNoCredentials: nothing is sent without them.
func TestNoCredentials(t *testing.T) {
	unreadable := errors.New("the file is unreadable")
	for name, auth := range map[string]Authorizer{
		"basic":  BasicAuth("sa1", func() (string, error) { return "", unreadable }),
		"bearer": BearerAuth(func(context.Context) (string, error) { return "", unreadable }),
	} {
		_, err := NewClient(Options{Calls: unused(t), Auth: auth}).Subscribe(t.Context(), Call{URL: someURL}, oneSubscribe)
		if code(err) != ConditionAuthorizer || !errors.Is(err, unreadable) {
			t.Errorf("%s: have %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	auth := BearerAuth(func(ctx context.Context) (string, error) {
		cancel()
		<-ctx.Done() // the call's context
		return "", errors.New("interrupted")
	})
	if _, err := NewClient(Options{Calls: unused(t), Auth: auth}).Subscribe(ctx, Call{URL: someURL}, oneSubscribe); err != context.Canceled {
		t.Errorf("cancelled: have %v", err)
	}
}

// TestRefused: arguments that make no request are refused without sending one.
func TestRefused(t *testing.T) {
	c, ctx := NewClient(Options{Calls: unused(t)}), t.Context()
	subscribe := func(call Call, r SubscribeRequest) error {
		_, err := c.Subscribe(ctx, call, r)
		return err
	}
	here := Call{URL: someURL}
	inbox := []FolderID{{Distinguished: "inbox"}}
	newMail := []EventType{NewMailEvent}
	find := func(r FindFolderRequest) error {
		_, err := c.FindFolder(ctx, here, r)
		return err
	}
	get := func(ids ...FolderID) error {
		_, err := c.GetFolder(ctx, here, GetFolderRequest{Folders: ids})
		return err
	}
	discover := func(users, settings []string) error {
		_, err := c.GetUserSettings(ctx, someURL, GetUserSettingsRequest{Users: users, Settings: settings})
		return err
	}
	tests := map[string]error{
		"no URL":                     subscribe(Call{}, oneSubscribe),
		"no host":                    subscribe(Call{URL: "/EWS/Exchange.asmx"}, oneSubscribe),
		"no URL at all":              subscribe(Call{URL: "http://[::1"}, oneSubscribe),
		"all folders and some":       subscribe(here, SubscribeRequest{AllFolders: true, Folders: inbox, EventTypes: newMail}),
		"no folders":                 subscribe(here, SubscribeRequest{EventTypes: newMail}),
		"no event types":             subscribe(here, SubscribeRequest{Folders: inbox}),
		"status events":              subscribe(here, SubscribeRequest{Folders: inbox, EventTypes: []EventType{StatusEvent}}),
		"unknown events":             subscribe(here, SubscribeRequest{Folders: inbox, EventTypes: []EventType{"FooEvent"}}),
		"a folder of no name":        subscribe(here, SubscribeRequest{Folders: []FolderID{{}}, EventTypes: newMail}),
		"a folder of two names":      subscribe(here, SubscribeRequest{Folders: []FolderID{{Distinguished: "inbox", ID: "A"}}, EventTypes: newMail}),
		"a mailbox's folder by id":   subscribe(here, SubscribeRequest{Folders: []FolderID{{ID: "A", Mailbox: "room1@example.com"}}, EventTypes: newMail}),
		"no subscription":            c.Unsubscribe(ctx, here, ""),
		"get no folders":             get(),
		"get a folder of no name":    get(FolderID{}),
		"find below nothing":         find(FindFolderRequest{MaxEntries: 1}),
		"find no entries":            find(FindFolderRequest{Parent: inbox[0]}),
		"find too many entries":      find(FindFolderRequest{Parent: inbox[0], MaxEntries: 1001}),
		"find from before the start": find(FindFolderRequest{Parent: inbox[0], MaxEntries: 1, Offset: -1}),
		"no users":                   discover(nil, []string{"ExternalEwsUrl"}),
		"no settings":                discover([]string{"u1@example.com"}, nil),
	}
	for name, err := range tests {
		if code(err) != ConditionRequest {
			t.Errorf("%s: have %v", name, err)
		}
	}
}
