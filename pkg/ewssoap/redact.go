package ewssoap

import (
	"encoding/base64"
	"errors"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Values that are shorter are not looked for elsewhere: they would be found by chance.
const (
	shortestPassword = 4
	shortestCookie   = 8
)

// asXML names the quotation marks that HTML numbers.
var asXML = strings.NewReplacer("&#34;", "&quot;", "&#39;", "&apos;")

// requestHeader is what the transport sent for an answer, as far as it says: one that logs connections in adds to it.
func (t *trip) requestHeader(answer *http.Response) http.Header {
	if answer != nil && answer.Request != nil {
		return answer.Request.Header
	}
	return t.sent
}

// hider takes the secrets of the request and of an answer out of a text that repeats them.
func (t *trip) hider(answer *http.Response) func(string) string {
	secrets := secretsOf(t.requestHeader(answer))
	if answer != nil {
		secrets = append(secrets, secretsOf(answer.Header)...)
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // the longest is found first
	var pairs []string
	for _, s := range secrets {
		escaped := html.EscapeString(s)
		for _, form := range []string{s, escaped, asXML.Replace(escaped), url.QueryEscape(s)} {
			pairs = append(pairs, form, redacted)
		}
	}
	return strings.NewReplacer(pairs...).Replace
}

// clean takes secrets out of the server's words in an error.
func (t *trip) clean(err error) {
	var e *Error
	if errors.As(err, &e) {
		hide := t.hider(t.answer)
		e.Text, e.Location = hide(e.Text), hide(e.Location)
	}
}

// secretsOf lists the credentials and the values of cookies in headers.
func secretsOf(h http.Header) []string {
	var secrets []string
	add := func(value string, shortest int) {
		if value = strings.TrimSpace(value); len(value) >= shortest {
			secrets = append(secrets, value)
		}
	}
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		_, credentials, _ := strings.Cut(h.Get(name), " ")
		add(credentials, shortestPassword)
		if plain, err := base64.StdEncoding.DecodeString(credentials); err == nil {
			_, password, _ := strings.Cut(string(plain), ":")
			add(password, shortestPassword)
		}
	}
	for _, line := range h.Values("Cookie") {
		for pair := range strings.SplitSeq(line, ";") {
			_, value, _ := strings.Cut(pair, "=")
			add(value, shortestCookie)
		}
	}
	for _, line := range h.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(line, ";")
		_, value, _ := strings.Cut(pair, "=")
		add(value, shortestCookie)
	}
	return secrets
}

// redact returns a copy of h without secrets. The scheme of credentials and the names of cookies stay.
func redact(h http.Header, hide func(string) string) http.Header {
	clean := h.Clone()
	for name, values := range clean {
		hideOwn := hiderOf(name)
		for i := range values {
			values[i] = hide(hideOwn(values[i]))
		}
	}
	return clean
}

func hiderOf(header string) func(string) string {
	switch http.CanonicalHeaderKey(header) {
	case "Authorization", "Proxy-Authorization":
		return hideCredentials
	case "Www-Authenticate", "Proxy-Authenticate", "Authentication-Info", "Proxy-Authentication-Info":
		return hideHandshake
	case "Cookie":
		return hideCookies
	case "Set-Cookie":
		return hideSetCookie
	case http.CanonicalHeaderKey(overrideCookie):
		return func(string) string { return redacted }
	}
	return func(value string) string { return value }
}

func hideCredentials(value string) string {
	scheme, _, found := strings.Cut(value, " ")
	if !found {
		return redacted
	}
	return scheme + " " + redacted
}

// handshake is a scheme with a token68 (RFC 9110, section 11.2), as NTLM and Negotiate have it, but not with parameters.
var handshake = regexp.MustCompile(`([A-Za-z0-9-]+) +[A-Za-z0-9+/_.~-]+=*\s*(,|$)`)

func hideHandshake(value string) string {
	return handshake.ReplaceAllString(value, "$1 "+redacted+"$2")
}

func hideCookies(value string) string {
	pairs := strings.Split(value, ";")
	for i, pair := range pairs {
		pairs[i] = hidePair(pair)
	}
	return strings.Join(pairs, ";")
}

func hideSetCookie(value string) string {
	pair, attributes, found := strings.Cut(value, ";")
	if !found {
		return hidePair(pair)
	}
	return hidePair(pair) + ";" + attributes
}

func hidePair(pair string) string {
	name, _, found := strings.Cut(pair, "=")
	if !found {
		return redacted
	}
	return name + "=" + redacted
}
