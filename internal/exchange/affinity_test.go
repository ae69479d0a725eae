package exchange_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/exchangesim"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// group subscribes anna as the anchor, then bert behind her, and opens the stream.
func group(t *testing.T, a *exchange.Adapter) (messages.Place, []messages.SubscriptionID) {
	t.Helper()
	place := messages.Place{URL: ews, Anchor: anna}
	first, err := a.Subscribe(t.Context(), place, anna)
	if err != nil {
		t.Fatal(err)
	}
	place.Cookie = first.Cookie
	second, err := a.Subscribe(t.Context(), place, bert)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := a.Open(t.Context(), place, []messages.SubscriptionID{first.ID, second.ID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Next(); err != nil {
		t.Errorf("the first envelope: %v", err)
	}
	if err := stream.Close(); err != nil {
		t.Error(err)
	}
	return place, []messages.SubscriptionID{first.ID, second.ID}
}

// routing is what a request says about where it goes and on whose behalf.
type routing struct {
	operation, anchor, cookie, impersonated string
	prefer                                  bool
}

func routings(sim *exchangesim.Server) []routing {
	var all []routing
	for _, r := range sim.Truth().Requests {
		all = append(all, routing{r.Operation, r.AnchorMailbox, r.Cookie, r.Impersonated, r.PreferServerAffinity})
	}
	return all
}

func TestEveryCallCarriesItsAffinity(t *testing.T) {
	sim, client := newSim(t, exchangesim.Config{HangingConnectionLimit: -1})
	a := exchange.New(exchange.Config{Impersonation: true, Random: func() float64 { return 0 }}, client)
	place, ids := group(t, a)
	cookie := place.Cookie.Value()
	if cookie == "" {
		t.Fatal("the anchor's answer set no cookie")
	}
	if err := a.Unsubscribe(t.Context(), place, bert, ids[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Folders(t.Context(), ews, bert); err != nil {
		t.Fatal(err)
	}
	want := []routing{
		{"Subscribe", string(anna), "", string(anna), true},
		{"Subscribe", string(anna), cookie, string(bert), true},
		{"GetStreamingEvents", string(anna), cookie, string(anna), true},
		{"Unsubscribe", string(anna), cookie, string(bert), true},
		{"GetFolder", string(bert), "", string(bert), false},
	}
	have := routings(sim)
	slices.SortStableFunc(have, func(a, b routing) int { return rank(a) - rank(b) }) // a stream is noted when it ends
	if !slices.Equal(have, want) {
		t.Errorf("\nwant %+v\nhave %+v", want, have)
	}
}

func rank(r routing) int {
	return slices.Index([]string{"Subscribe", "GetStreamingEvents", "Unsubscribe", "GetFolder"}, r.operation)
}

// TestGroupsShareNoCookie: two groups behind one host.
func TestGroupsShareNoCookie(t *testing.T) {
	sim, client := newSim(t, exchangesim.Config{Cookies: exchangesim.CookieAlways})
	a := exchange.New(exchange.Config{Impersonation: true, Random: func() float64 { return 0 }}, client)
	first, err := a.Subscribe(t.Context(), messages.Place{URL: ews, Anchor: anna}, anna)
	if err != nil {
		t.Fatal(err)
	}
	second, err := a.Subscribe(t.Context(), messages.Place{URL: ews, Anchor: cora}, cora)
	if err != nil {
		t.Fatal(err)
	}
	if first.Cookie == "" || first.Cookie == second.Cookie {
		t.Errorf("want a cookie of its own for each server, have %q and %q", first.Cookie.Value(), second.Cookie.Value())
	}
	if have := routings(sim)[1]; have.cookie != "" {
		t.Errorf("the second group's anchor brought the cookie %q", have.cookie)
	}
}

func TestACookieMayNeverCome(t *testing.T) {
	sim, client := newSim(t, exchangesim.Config{Cookies: exchangesim.CookieNever})
	place, _ := group(t, exchange.New(exchange.Config{Impersonation: true, Random: func() float64 { return 0 }}, client))
	if place.Cookie != "" {
		t.Errorf("want no cookie, have %q", place.Cookie.Value())
	}
	for _, r := range routings(sim) {
		if r.cookie != "" || r.anchor != string(anna) {
			t.Errorf("want the anchor and no cookie, have %+v", r)
		}
	}
}

// TestADelegateImpersonatesNobody: who is meant, the folders say.
func TestADelegateImpersonatesNobody(t *testing.T) {
	var bodies []string
	a := over(exchange.Config{Folders: []messages.FolderName{messages.FolderInbox}}, func(r *http.Request) (*http.Response, error) {
		body := read(t, r)
		bodies = append(bodies, body)
		switch {
		case strings.Contains(body, "<m:Subscribe>"):
			return answer(200, subscribed("s1")), nil
		case strings.Contains(body, "<m:Unsubscribe>"):
			return answer(200, response("Unsubscribe", message("Unsubscribe", "Success", "NoError", ""))), nil
		case strings.Contains(body, "<m:GetFolder>"):
			return answer(200, folders(nil)), nil
		}
		return answer(200, response("GetStreamingEvents", message("GetStreamingEvents", "Success", "NoError", ""))), nil
	})
	place, ids := group(t, a)
	if err := a.Unsubscribe(t.Context(), place, bert, ids[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Folders(t.Context(), ews, cora); err != nil {
		t.Fatal(err)
	}
	for _, body := range bodies {
		if strings.Contains(body, "Impersonation") {
			t.Errorf("impersonation in %s", body)
		}
	}
	contains(t, bodies[1], "<t:EmailAddress>bert@sim.test</t:EmailAddress>")
	contains(t, bodies[4], "<t:EmailAddress>cora@sim.test</t:EmailAddress>")
}

func TestWhatIsSubscribed(t *testing.T) {
	const named = `<t:DistinguishedFolderId Id="inbox"><t:Mailbox><t:EmailAddress>bert@sim.test</t:EmailAddress></t:Mailbox></t:DistinguishedFolderId>`
	inbox := []messages.FolderName{messages.FolderInbox}
	tests := []struct {
		name   string
		cfg    exchange.Config
		want   []string
		absent []string
	}{
		{"all folders and all events", exchange.Config{Impersonation: true},
			[]string{`SubscribeToAllFolders="true"`, "CopiedEvent", "CreatedEvent", "DeletedEvent", "ModifiedEvent", "MovedEvent",
				"NewMailEvent", "FreeBusyChangedEvent", "<t:SmtpAddress>bert@sim.test</t:SmtpAddress>"},
			[]string{"StatusEvent", "FolderIds"}},
		{"folders of whom is impersonated", exchange.Config{Impersonation: true, Folders: inbox},
			[]string{`<t:DistinguishedFolderId Id="inbox"></t:DistinguishedFolderId>`}, []string{"EmailAddress", "SubscribeToAllFolders"}},
		{"folders of whom a delegate serves", exchange.Config{Folders: inbox}, []string{named}, []string{"ExchangeImpersonation"}},
		{"folders by id beside those by name", exchange.Config{Impersonation: true, Folders: inbox, FolderIDs: []string{"AAMk1", "AAMk2"}},
			[]string{`Id="inbox"`, `<t:FolderId Id="AAMk1">`, `<t:FolderId Id="AAMk2">`}, []string{"SubscribeToAllFolders"}},
		{"some events", exchange.Config{Impersonation: true, Events: []ewssoap.EventType{ewssoap.NewMailEvent}},
			[]string{"<t:EventTypes><t:EventType>NewMailEvent</t:EventType></t:EventTypes>"}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var body string
			a := over(test.cfg, func(r *http.Request) (*http.Response, error) {
				body = strings.NewReplacer(`"inbox"/>`, `"inbox"></t:DistinguishedFolderId>`, `1"/>`, `1">`, `2"/>`, `2">`).Replace(read(t, r))
				return answer(200, subscribed("s1")), nil
			})
			if _, err := a.Subscribe(t.Context(), messages.Place{URL: ews, Anchor: anna}, bert); err != nil {
				t.Fatal(err)
			}
			contains(t, body, test.want...)
			for _, unwanted := range test.absent {
				if strings.Contains(body, unwanted) {
					t.Errorf("want no %q in %s", unwanted, body)
				}
			}
		})
	}
}

// subscribed is the answer to a Subscribe.
func subscribed(id string) string {
	return response("Subscribe", message("Subscribe", "Success", "NoError", "<m:SubscriptionId>"+id+"</m:SubscriptionId>"))
}

func TestSubscribedSaysWhenByExchangesTime(t *testing.T) {
	place := messages.Place{URL: ews, Anchor: anna}
	s, err := over(exchange.Config{}, answering(200, subscribed("s1"), "Set-Cookie", "X-BackEndOverrideCookie=ex01~1; path=/")).Subscribe(t.Context(), place, anna)
	if err != nil || s.ID != "s1" || s.Cookie != "ex01~1" || !s.Since.Equal(date) || s.Since.Location() != date.Location() {
		t.Errorf("want s1 since %s, have %+v, %v", date, s, err)
	}
	s, err = over(exchange.Config{}, answering(200, subscribed("s1"), "Date", "")).Subscribe(t.Context(), place, anna)
	if err != nil || s.Since.IsZero() || s.Since.Equal(date) {
		t.Errorf("without a Date our own time counts, have %+v, %v", s, err)
	}
}
