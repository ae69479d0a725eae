package exchange

import (
	"strings"
	"time"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// What is taken over from an answer. All of it ends in facts, of which up to 200 make
// one message, and in headers of requests.
const (
	longestID     = 2 << 10 // bytes of a subscription's or folder's id: those of Exchange have up to 250
	longestCookie = 1 << 10
	longestText   = 2 << 10 // of the server's words
	longestCode   = 100

	// longestHint is how long a server may ask to be left alone; then it is asked again.
	longestHint = 24 * time.Hour
	// furthestDate is how far its clock may be from ours to be one.
	furthestDate = 24 * time.Hour
)

// clip shortens a text to so many bytes.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}

// cookie is a cookie as it can be sent back; empty where it cannot, as if the server
// had set none.
func cookie(c ewssoap.Cookie) string {
	value := c.Value()
	if len(value) > longestCookie {
		return ""
	}
	for _, b := range []byte(value) {
		if b <= ' ' || b > '~' || strings.ContainsRune(`",;\\`, rune(b)) {
			return ""
		}
	}
	return value
}

// date is Exchange's time of an answer; zero: it gives none that can be true. Bounds
// of gaps rest on it.
func date(m ewssoap.Meta) time.Time {
	if m.Date.IsZero() || m.Date.Sub(m.Received).Abs() > furthestDate {
		return time.Time{}
	}
	return m.Date.UTC()
}
