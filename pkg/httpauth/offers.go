package httpauth

import (
	"encoding/base64"
	"net/http"
	"strings"
)

// Bounds of what is read of the headers of a 401.
const (
	maxOffers = 32
	maxToken  = 128 << 10 // base64 characters
)

// Offered lists the authentication schemes that an answer offers in its WWW-Authenticate headers, as the server writes
// them and in its order. Ask a server without credentials to see all: many answer a login with the scheme used alone.
func Offered(header http.Header) []string {
	var schemes []string
	for _, o := range offersOf(header) {
		schemes = append(schemes, o.scheme)
	}
	return schemes
}

// offer is an element of a WWW-Authenticate header.
type offer struct{ scheme, token string }

// offersOf reads the headers (RFC 9110, section 11.6.1). A word with an equals sign belongs to the scheme before it.
func offersOf(header http.Header) []offer {
	var offers []offer
	for _, line := range header.Values("WWW-Authenticate") {
		for _, element := range splitList(line) {
			scheme, token, _ := strings.Cut(element, " ")
			if scheme == "" || strings.Contains(scheme, "=") {
				continue
			}
			if len(offers) == maxOffers {
				return offers
			}
			offers = append(offers, offer{scheme, strings.TrimSpace(token)})
		}
	}
	return offers
}

// splitList splits at the commas outside of quotes.
func splitList(line string) []string {
	var elements []string
	quoted, escaped, from := false, false, 0
	for i := range len(line) {
		switch c := line[i]; {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			elements = append(elements, strings.TrimSpace(line[from:i]))
			from = i + 1
		}
	}
	return append(elements, strings.TrimSpace(line[from:]))
}

// tokenOf returns the token of a scheme, and whether the scheme is there at all. Of a broken token it returns none.
func tokenOf(header http.Header, scheme string) (token []byte, offered bool) {
	for _, o := range offersOf(header) {
		if !strings.EqualFold(o.scheme, scheme) {
			continue
		}
		offered = true
		if len(o.token) > maxToken {
			continue
		}
		if t, err := base64.StdEncoding.DecodeString(o.token); err == nil && len(t) > 0 {
			return t, true
		}
	}
	return nil, offered
}
