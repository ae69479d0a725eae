package autodiscover

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/ewsnats/ewsnats/pkg/ewssoap"
)

// maxHops is how many redirects are followed for a user: of HTTP, to URLs and to addresses together
// (office-developer-exchange-docs, "RedirectUrl (POX)").
const maxHops = 10

// Reason is why a redirect is not followed.
type Reason string

// Reasons.
const (
	ReasonHost     Reason = "host-not-allowed"   // the host may not get credentials
	ReasonInsecure Reason = "not-https"          // another scheme than https, another port than 443, or credentials in the URL
	ReasonTarget   Reason = "no-autodiscover"    // the target names no Autodiscover service, or is no address
	ReasonLoop     Reason = "redirect-loop"      // the target was asked already
	ReasonHops     Reason = "too-many-redirects" // it would be the eleventh
)

// A RedirectError is a redirect, a SRV record, or the domain of a redirected address, that is not followed.
type RedirectError struct {
	Reason  Reason
	Address bool   // an address redirected: RedirectAddress; else a URL did
	Target  string // the URL or address
	Host    string // of the URL
	Err     error  // the answer that redirected, if it was one to a request with credentials
}

// Unwrap returns the answer that redirected.
func (e *RedirectError) Unwrap() error { return e.Err }

// Error says what was refused, why, and what may be done.
func (e *RedirectError) Error() string {
	target := withoutSecrets(e.Target)
	switch e.Reason {
	case ReasonHost:
		return "autodiscover: " + target + " is not asked: no credentials are sent to " + e.Host +
			"; allow that host, or configure the URL of the service"
	case ReasonInsecure:
		return "autodiscover: not redirected to " + target + ": only https and port 443 are followed, and no user in the URL"
	case ReasonTarget:
		return "autodiscover: not redirected to " + target + ": it names no Autodiscover service and no address"
	case ReasonLoop:
		return "autodiscover: redirected in a circle, to " + target
	}
	return "autodiscover: redirected more than ten times, last to " + target
}

// withoutSecrets takes user, query and fragment out of a URL; an address stays.
func withoutSecrets(target string) string {
	u, err := url.Parse(target)
	switch {
	case err != nil:
		return "an unreadable URL"
	case u.Host == "":
		return target
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// target checks where a redirect from base leads, for mailboxes of a domain, and makes an endpoint of it.
func (c *Client) target(base, location, domain string) (endpoint, *RedirectError) {
	u, err := url.Parse(strings.TrimSpace(location))
	if err != nil {
		return endpoint{}, &RedirectError{Reason: ReasonTarget, Target: location}
	}
	if b, err := url.Parse(base); err == nil {
		u = b.ResolveReference(u)
	}
	refuse := func(r Reason) (endpoint, *RedirectError) {
		return endpoint{}, &RedirectError{Reason: r, Target: u.String(), Host: u.Hostname()}
	}
	path := strings.ToLower(u.Path)
	switch {
	case u.Scheme != "https", u.User != nil, u.Port() != "" && u.Port() != "443":
		return refuse(ReasonInsecure)
	case !isHostName(u.Hostname()), !strings.Contains(path, "autodiscover.svc") && !strings.HasSuffix(path, "autodiscover.xml"):
		return refuse(ReasonTarget)
	case !c.allowed(u.Hostname(), domain):
		return refuse(ReasonHost)
	}
	u.Host, u.Fragment = canonicalHost(u.Hostname()), ""
	return endpointAt(u.String(), SourceRedirect), nil
}

// redirect is where an answer of HTTP points to; empty when it is no redirect.
func redirect(err error) string {
	var e *ewssoap.Error
	if !errors.As(err, &e) || !isRedirect(e.HTTPStatus) {
		return ""
	}
	return e.Location
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}
