package exchange

import (
	"sync"

	"github.com/ewsnats/ewsnats/pkg/messages"
)

// maxReplaced limits how many groups' cookies are kept. Beyond it all are forgotten:
// the group's message still has one.
const maxReplaced = 10_000

// replacedCookies keeps the exchangecookies that answers to GetStreamingEvents set, by
// the place that the group's message names. A new message of the group that names
// another cookie is newer, and another place.
type replacedCookies struct {
	mu     sync.Mutex
	newest map[messages.Place]messages.Cookie
}

// in is the place with its newest cookie.
func (r *replacedCookies) in(place messages.Place) messages.Place {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cookie, ok := r.newest[place]; ok {
		place.ExchangeCookie = cookie
	}
	return place
}

// note keeps a cookie that was set; an answer without one takes none away.
func (r *replacedCookies) note(place messages.Place, cookie messages.Cookie) {
	if cookie == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.newest == nil || len(r.newest) >= maxReplaced {
		r.newest = map[messages.Place]messages.Cookie{}
	}
	r.newest[place] = cookie
}
