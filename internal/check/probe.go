package check

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/ewsnats/ewsnats/pkg/httpauth"
)

// probe is what came of one request without credentials.
type probe struct {
	session   *tls.ConnectionState // nil: there was none
	handshake error                // why TLS failed
	status    int                  // 0: no answer
	header    http.Header
	err       error // why there is no answer
}

// errHandshake marks what failed before there was a TLS session.
var errHandshake = errors.New("TLS handshake")

// probe sends an empty request without credentials. Certificates are looked at afterwards: nothing is sent that had to be
// kept from a wrong server.
func (w *walk) probe(ctx context.Context, s *site) probe {
	ctx, cancel := w.bounded(ctx)
	defer cancel()
	transport := w.transport()
	defer transport.CloseIdleConnections()
	var session atomic.Pointer[tls.ConnectionState]
	transport.TLSClientConfig.InsecureSkipVerify = true
	transport.TLSClientConfig.VerifyConnection = func(state tls.ConnectionState) error {
		session.Store(&state)
		return nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, http.NoBody)
	if err != nil {
		return probe{err: err}
	}
	request.Header.Set("User-Agent", "ewsnats/check")
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	answer, err := transport.RoundTrip(request)
	p := probe{session: session.Load(), err: err}
	if err != nil {
		if p.session == nil && request.URL.Scheme == "https" {
			p.handshake = errors.Join(errHandshake, err)
		}
		return p
	}
	_ = answer.Body.Close()
	p.status, p.header = answer.StatusCode, answer.Header
	return p
}

// offers tells which authentication is offered.
func (w *walk) offers(_ context.Context, s *site) Finding {
	f := offered(s.probe, schemes(w.cfg.Settings.Exchange.Account))
	s.healthy = !f.stops()
	return f
}

// offered judges the answer to a request without credentials; wanted are the schemes of which one should be offered;
// empty: that is not known.
func offered(p probe, wanted []string) Finding {
	offers := httpauth.Offered(p.header)
	list := strings.Join(offers, ", ")
	switch {
	case p.err != nil:
		return failed(causeUnreachable, "no answer").with(reason(p.err))
	case p.status >= 300 && p.status < 400:
		return warning("HTTP %d to %s", p.status, withoutQuery(p.header.Get("Location"))).
			advise("a login page before Exchange: EWS and Autodiscover must be let through without pre-authentication")
	case p.status != http.StatusUnauthorized:
		return warning("HTTP %d to a request without credentials: no login is asked for", p.status)
	case len(offers) == 0:
		return warning("HTTP 401 without an offer (WWW-Authenticate)").advise("something else than Exchange answers, or hides its offers")
	case len(wanted) > 0 && !slices.ContainsFunc(offers, one(wanted)):
		return warning("offered: %s; not %s, which exchange.account logs in by", list, wanted[0]).
			advise("set exchange.account.method, or allow " + wanted[0] + " on the virtual directory")
	}
	return ok("offered: %s", list)
}

// one reports whether a scheme is one of several; case does not count.
func one(of []string) func(string) bool {
	return func(scheme string) bool {
		return slices.ContainsFunc(of, func(s string) bool { return strings.EqualFold(s, scheme) })
	}
}
