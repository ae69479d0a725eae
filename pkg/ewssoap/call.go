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
type Affinity struct {
	Anchor string // SMTP address, sent as X-AnchorMailbox; empty: not sent
	Prefer bool   // sends X-PreferServerAffinity: true
	Cookie Cookie // sent as the cookie X-BackEndOverrideCookie; empty: not sent
}

// Call says where a request goes and on whose behalf.
type Call struct {
	URL         string // of Exchange Web Services, as Autodiscover gives it
	Affinity    Affinity
	Impersonate string // SMTP address of the mailbox to act as; empty: none
	Label       string // names the call in the trace, see [Exchange]; never sent
}

const overrideCookie = "X-BackEndOverrideCookie"

// header returns a's headers. The cookie is written as it came: its value holds a tilde, which cookie libraries may quote.
func (a Affinity) header() http.Header {
	h := http.Header{}
	if a.Anchor != "" {
		h.Set("X-AnchorMailbox", a.Anchor)
	}
	if a.Prefer {
		h.Set("X-PreferServerAffinity", "true")
	}
	if a.Cookie != "" {
		h.Set("Cookie", overrideCookie+"="+a.Cookie.Value())
	}
	return h
}

// cookieOf returns the X-BackEndOverrideCookie an answer sets, empty if none. Servers and documents disagree about the
// case of its name. Every Set-Cookie line is one cookie.
func cookieOf(h http.Header) Cookie {
	var found Cookie
	for _, line := range h.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(strings.TrimSpace(name), overrideCookie) {
			found = Cookie(strings.TrimSpace(value))
		}
	}
	return found
}
