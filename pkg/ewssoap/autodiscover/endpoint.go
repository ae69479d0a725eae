package autodiscover

import (
	"net/url"
	"strings"
)

// Source is what led to an endpoint.
type Source string

// Sources of endpoints.
const (
	SourceConfigured   Source = "configured"    // Options.URL
	SourceKnown        Source = "known"         // it answered before
	SourceDomain       Source = "domain"        // https://<domain>
	SourceAutodiscover Source = "autodiscover"  // https://autodiscover.<domain>
	SourcePlain        Source = "http-redirect" // the redirect of http://autodiscover.<domain>
	SourceSRV          Source = "srv"           // a SRV record
	SourceRedirect     Source = "redirect"      // a redirect of HTTP, or RedirectUrl
)

// Protocol is what is spoken in a step.
type Protocol string

// Protocols.
const (
	SOAP Protocol = "SOAP" // GetUserSettings
	POX  Protocol = "POX"  // plain XML
	GET  Protocol = "GET"  // http without credentials
	DNS  Protocol = "DNS"  // SRV records
)

// The paths of Autodiscover.
const (
	servicePath = "/autodiscover/autodiscover.svc"
	poxPath     = "/autodiscover/autodiscover.xml"
)

// endpoint is an Autodiscover service, or what may be one.
type endpoint struct {
	url      string
	protocol Protocol
	source   Source
}

// is reports whether both are the same service.
func (e endpoint) is(other endpoint) bool { return e.url == other.url && e.protocol == other.protocol }

// endpointAt is the service that a URL names: plain XML if its path ends with xml.
func endpointAt(address string, source Source) endpoint {
	e := endpoint{url: address, protocol: SOAP, source: source}
	if u, err := url.Parse(address); err == nil && strings.HasSuffix(strings.ToLower(u.Path), ".xml") {
		e.protocol = POX
	}
	return e
}

// speaking is the service beside e that speaks a protocol. Redirects of a site often name autodiscover.xml whatever was
// asked for; SOAP is found at the same place with the extension svc ("Generate a list of Autodiscover endpoints").
func (e endpoint) speaking(p Protocol) endpoint {
	if e.protocol == p {
		return e
	}
	u, err := url.Parse(e.url)
	if err != nil {
		return e
	}
	lower := strings.ToLower(u.Path)
	switch i := strings.LastIndex(lower, "autodiscover."); {
	case i < 0:
		return e
	case p == POX:
		u.Path = u.Path[:i] + "autodiscover.xml"
	default:
		u.Path = u.Path[:i] + "autodiscover.svc"
	}
	u.RawPath = ""
	return endpoint{url: u.String(), protocol: p, source: e.source}
}

// first are the endpoints that need no look-up.
func (w *walk) first() []endpoint {
	if w.c.configuredFor(w.key) {
		return []endpoint{endpointAt(w.c.o.URL, SourceConfigured)}
	}
	return []endpoint{
		{"https://" + w.key.domain + servicePath, SOAP, SourceDomain},
		{"https://autodiscover." + w.key.domain + servicePath, SOAP, SourceAutodiscover},
	}
}
