package autodiscover

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"time"
)

const (
	lookupTimeout = 15 * time.Second
	maxRecords    = 5 // SRV records that are tried
)

var (
	errNoRedirect = errors.New("no redirect")
	errNoRecord   = errors.New("no record with port 443")
)

// plain asks by http, without credentials, where the domain's service is. Of the answer only the Location counts.
func (w *walk) plain(ctx context.Context) []endpoint {
	s := Step{Domain: w.key.domain, Source: SourcePlain, Protocol: GET, URL: "http://autodiscover." + w.key.domain + poxPath, Began: w.c.o.Now()}
	location, err := w.c.locate(ctx, s.URL)
	if s.Err = err; err != nil {
		w.tried = append(w.tried, w.c.observed(s))
		return nil
	}
	s.Outcome = "redirect to " + withoutSecrets(location)
	w.tried = append(w.tried, w.c.observed(s))
	e, refusal := w.c.target(s.URL, location, w.key.trust)
	if refusal != nil {
		w.refuse(endpoint{url: location, protocol: SOAP, source: SourcePlain}, refusal)
		return nil
	}
	e.source = SourcePlain
	return []endpoint{e.speaking(SOAP)}
}

// locate returns the Location that an URL redirects to.
func (c *Client) locate(ctx context.Context, address string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	r.Close = true // nothing more is asked of the host by http
	answer, err := c.o.Plain.RoundTrip(r)
	if err != nil {
		return "", err
	}
	_ = answer.Body.Close()
	location := answer.Header.Get("Location")
	if !isRedirect(answer.StatusCode) || location == "" {
		return "", errNoRedirect
	}
	return location, nil
}

// srv are the hosts that the domain's SRV records name.
func (w *walk) srv(ctx context.Context) []endpoint {
	s := Step{Domain: w.key.domain, Source: SourceSRV, Protocol: DNS, URL: "_autodiscover._tcp." + w.key.domain, Began: w.c.o.Now()}
	lookup, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	_, records, err := w.c.o.Resolver.LookupSRV(lookup, "autodiscover", "tcp", w.key.domain)
	var endpoints []endpoint
	for _, r := range usable(records, w.c.o.Random) {
		endpoints = append(endpoints, endpoint{"https://" + canonicalHost(r.Target) + servicePath, SOAP, SourceSRV})
	}
	var absent *net.DNSError
	switch {
	case len(endpoints) > 0:
		s.Outcome = "ok"
	case err != nil && !(errors.As(err, &absent) && absent.IsNotFound):
		s.Err = err
	default:
		s.Err = errNoRecord
	}
	w.tried = append(w.tried, w.c.observed(s))
	return endpoints
}

// usable are the records to try, in the order of RFC 2782: the lowest priority first, and within one priority at random,
// more often first the greater the weight. Only port 443 is used; the target "." says that there is no service.
func usable(records []*net.SRV, random func() float64) []*net.SRV {
	var left []*net.SRV
	for _, r := range records {
		if r.Port == 443 && isHostName(canonicalHost(r.Target)) {
			left = append(left, r)
		}
	}
	// Those without weight stand first, as the RFC wants: then they have a small chance, and no other order matters.
	slices.SortStableFunc(left, func(a, b *net.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight))
	})
	var ordered []*net.SRV
	for len(left) > 0 && len(ordered) < maxRecords {
		i := draw(left, random())
		ordered = append(ordered, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return ordered
}

// draw picks one of the records of the first priority.
func draw(records []*net.SRV, random float64) int {
	sum := 0
	same := 0
	for ; same < len(records) && records[same].Priority == records[0].Priority; same++ {
		sum += int(records[same].Weight)
	}
	mark := int(random * float64(sum+1))
	for i := range same {
		if mark -= int(records[i].Weight); mark <= 0 {
			return i
		}
	}
	return same - 1
}
