package ewssoap

import (
	"net/http"
	"strings"
)

// Affinity leads a request to the mailbox server that holds what it is about. It is a value given with every call, never
// kept by the client: a cookie jar would mix the groups of one host.
//
// For Subscribe, Unsubscribe and GetStreamingEvents: the anchor and the cookie of the group, and Prefer. For calls about
// items and folders: the mailbox itself as the anchor, and nothing else (office-developer-exchange-docs, "How to: Maintain
// affinity between a group of subscriptions and the Mailbox server").
//
// The cookies come with answers, and a server may set either, both or none. Take Cookie from the answer to the group's
// first Subscribe: some servers set it on every answer, unasked. Exchange 2010 sets exchangecookie instead, may replace it
// with any answer, and wants the newest sent; later versions set and ignore it. An answer that sets no cookie takes none
// away. Every other cookie is dropped.
type Affinity struct {
	Anchor         string // SMTP address, sent as X-AnchorMailbox; empty: not sent
	Prefer         bool   // sends X-PreferServerAffinity: true
	Cookie         Cookie // sent as the cookie X-BackEndOverrideCookie; empty: not sent
	ExchangeCookie Cookie // sent as the cookie exchangecookie; empty: not sent
}

// Call says where a request goes and on whose behalf.
type Call struct {
	URL         string // of Exchange Web Services, as Autodiscover gives it
	Affinity    Affinity
	Impersonate string // SMTP address of the mailbox to act as; empty: none
	Label       string // names the call in the trace, see [Exchange]; never sent
}

const (
	overrideCookie = "X-BackEndOverrideCookie"
	exchangeCookie = "exchangecookie"
)

// header returns a's headers. Cookies are written as they came: a value may hold a tilde, which cookie libraries quote.
func (a Affinity) header() http.Header {
	h := http.Header{}
	if a.Anchor != "" {
		h.Set("X-AnchorMailbox", a.Anchor)
	}
	if a.Prefer {
		h.Set("X-PreferServerAffinity", "true")
	}
	var cookies []string
	if a.Cookie != "" {
		cookies = append(cookies, overrideCookie+"="+a.Cookie.Value())
	}
	if a.ExchangeCookie != "" {
		cookies = append(cookies, exchangeCookie+"="+a.ExchangeCookie.Value())
	}
	if len(cookies) > 0 {
		h.Set("Cookie", strings.Join(cookies, "; "))
	}
	return h
}

// cookieOf returns the value an answer sets for the cookie called wanted, empty if none. Servers and documents disagree
// about the case of names. Every Set-Cookie line is one cookie.
func cookieOf(h http.Header, wanted string) Cookie {
	var found Cookie
	for _, line := range h.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(strings.TrimSpace(name), wanted) {
			found = Cookie(strings.TrimSpace(value))
		}
	}
	return found
}
