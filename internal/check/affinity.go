package check

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
	"github.com/ewsnats/ewsnats/pkg/messages"
)

// affinity says whether requests reach the server that holds the subscription.
func (w *walk) affinity(context.Context) Finding {
	s := w.subscription
	id := messages.SubscriptionID(s.answer.SubscriptionID)
	return affine(id, s.answer.Cookie, backEnd(s.reply.header()), backEnd(w.stream.header()))
}

// backEnd is the mailbox server that an answer names; empty: none.
func backEnd(h http.Header) string {
	if target := h.Get("X-CalculatedBETarget"); target != "" {
		return target
	}
	return h.Get("X-BEServer")
}

// affine compares the servers that the subscription's id and cookie name with those that answered.
func affine(id messages.SubscriptionID, cookie ewssoap.Cookie, subscribed, streamed string) Finding {
	host, named := id.Host()
	if !named {
		return ok("the subscription's id names no server: nothing to compare")
	}
	cookieHost, _, _ := strings.Cut(cookie.Value(), "~")
	var other []string
	for _, s := range []struct{ what, host string }{
		{"the cookie names", cookieHost}, {"Subscribe was answered by", subscribed}, {"the stream was answered by", streamed},
	} {
		if s.host != "" && !sameServer(s.host, host) {
			other = append(other, fmt.Sprintf("%s %s", s.what, s.host))
		}
	}
	if len(other) > 0 {
		return warning("the subscription is on %s, and not everything went there", host).with(other...).
			advise("does a proxy take X-AnchorMailbox, X-PreferServerAffinity or cookies away?")
	}
	if subscribed == "" || streamed == "" {
		return ok("the subscription is on %s; not every answer names who gave it", host)
	}
	return ok("everything went to %s", host)
}

// sameServer compares names of which one may be short.
func sameServer(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	shortA, restA, _ := strings.Cut(a, ".")
	shortB, restB, _ := strings.Cut(b, ".")
	return strings.EqualFold(shortA, shortB) && (restA == "" || restB == "")
}
