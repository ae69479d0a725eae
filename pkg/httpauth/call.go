package httpauth

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// call is one request on its way.
type call struct {
	t     *Transport
	r     *http.Request
	renew bool      // the next login is to trust no cache
	sent  time.Time // when the last request was
}

// on sends the request on a slot, after a login if it needs one.
func (c *call) on(s *slot) (*http.Response, error) {
	if s.ready {
		answer, err := c.send(s, "", true)
		if err != nil || answer.StatusCode != http.StatusUnauthorized {
			return answer, err
		}
		s.ready, c.renew = false, true
		if err := c.drain(answer); err != nil {
			return nil, err
		}
	}
	return c.login(s)
}

// login tries the schemes of the mechanism, the next one only if the server offers it in place of the one before.
func (c *call) login(s *slot) (*http.Response, error) {
	schemes := c.t.cfg.Mechanism.Schemes()
	for i, scheme := range schemes {
		l := &login{call: c, slot: s, seen: Observation{Host: c.r.URL.Host, Scheme: scheme}}
		answer, err := l.run()
		if err == nil && l.seen.Outcome == NotOffered && offersAny(answer, schemes[i+1:]) {
			if err := c.drain(answer); err != nil {
				return nil, err
			}
			continue
		}
		l.report()
		return answer, err
	}
	return nil, fmt.Errorf("httpauth: %T names no scheme", c.t.cfg.Mechanism)
}

func offersAny(answer *http.Response, schemes []string) bool {
	return slices.ContainsFunc(schemes, func(scheme string) bool {
		_, offered := tokenOf(answer.Header, scheme)
		return offered
	})
}

// send sends a copy of the request: with the credentials if there are any, and with its body or none.
func (c *call) send(s *slot, credentials string, withBody bool) (*http.Response, error) {
	r := c.r.Clone(c.r.Context())
	r.Header.Del("Authorization")
	if credentials != "" {
		r.Header.Set("Authorization", credentials)
	}
	switch {
	case !hasBody(c.r):
	case withBody:
		body, err := c.r.GetBody()
		if err != nil {
			return nil, fmt.Errorf("httpauth: body of the request: %w", err)
		}
		r.Body = body
	default:
		r.Body, r.GetBody, r.ContentLength, r.TransferEncoding, r.Trailer = http.NoBody, nil, 0, nil, nil
		r.Header.Del("Expect")
	}
	c.sent = time.Now()
	return s.transport.RoundTrip(r)
}

func authorization(scheme string, token []byte) string {
	if len(token) == 0 {
		return ""
	}
	return scheme + " " + base64.StdEncoding.EncodeToString(token)
}

// hostname is the host of the request without port and without the dot at the end.
func (c *call) hostname() string { return strings.TrimSuffix(c.r.URL.Hostname(), ".") }
