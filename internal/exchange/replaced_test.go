package exchange_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ewsnats/ewsnats/internal/exchange"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// TestCookiesThatAreReplaced: a server sets every cookie anew with every answer. Of the
// override cookie the anchor's counts; of the exchangecookie the newest, which a stream
// hands to the next one of the same group and to nobody else.
func TestCookiesThatAreReplaced(t *testing.T) {
	var sent []string
	a := over(exchange.Config{}, func(r *http.Request) (*http.Response, error) {
		connected(r)
		sent = append(sent, r.Header.Get("Cookie"))
		body := subscribed("s1")
		if strings.Contains(read(t, r), "<m:GetStreamingEvents>") {
			body = streamed(healthy) + streamed(closed)
		}
		a := answer(200, body)
		a.Header["Set-Cookie"] = []string{
			fmt.Sprintf("ExchangeCookie=old-%d; path=/; HttpOnly", len(sent)),
			fmt.Sprintf("X-BackEndOverrideCookie=ex%d~1; path=/; secure; HttpOnly", len(sent)),
			"X-BackEndCookie=other; path=/EWS",
		}
		return a, nil
	})
	open := func(place messages.Place) {
		t.Helper()
		s, err := a.Open(t.Context(), place, []messages.SubscriptionID{"s1"})
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
	}
	place := messages.Place{URL: ews, Anchor: anna}
	anchor, err := a.Subscribe(t.Context(), place, anna)
	if err != nil || anchor.Cookie != "ex1~1" || anchor.ExchangeCookie != "old-1" {
		t.Fatalf("have %+v, %v", anchor, err)
	}
	place.Cookie, place.ExchangeCookie = anchor.Cookie, anchor.ExchangeCookie
	other := messages.Place{URL: ews, Anchor: cora, Cookie: "ex9~1", ExchangeCookie: "theirs"}
	newer := place
	newer.ExchangeCookie = "newer" // by a later message of the group

	open(place)
	open(place)
	open(other)
	open(newer)
	open(place)
	if _, err := a.Subscribe(t.Context(), messages.Place{URL: ews, Anchor: anna}, anna); err != nil {
		t.Fatal(err)
	}
	cookies := func(override, exchange string) string {
		return "X-BackEndOverrideCookie=" + override + "; exchangecookie=" + exchange
	}
	want := []string{"", cookies("ex1~1", "old-1"), cookies("ex1~1", "old-2"), cookies("ex9~1", "theirs"), cookies("ex1~1", "newer"), cookies("ex1~1", "old-3"), ""}
	if !slices.Equal(sent, want) {
		t.Errorf("\nsent %q\nwant %q", sent, want)
	}
}
